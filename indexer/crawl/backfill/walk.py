"""What all methods of a backfill share: requesting lists, counting items, and remembering where to go on.

A method requests a list, calls `add` with what it contains and with where the method would go on, and requests the next one.
`add` hands both to `store` in one call, which writes them in one transaction. A kill at any moment costs one request.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from indexer.fetch.fetcher import ACCEPT_FEED, Fetcher
from indexer.fetch.politeness import Budget
from indexer.fetch.robots import Robots
from indexer.model import Entry, Failure, Feed, Response, Source

MAX_REQUESTS = 2_000  # of lists, for one source in one run; the next run goes on
MAX_ITEMS = 200_000
MAX_PAGES = 1_000  # of one method: beyond it a server makes them up
_HOST_IS_LOST = ("deferred", "robots-unreachable", "dns", "connect", "tls", "private-address")  # not only this address

BackfillMethod = Literal["archive", "wordpress", "pages", "sitemaps", "lists"]
Cursor = dict[str, Any]


class LimitReached(Exception):
    """The backfill ends here in this run: a limit is reached, or the host is lost."""


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """A source whose older items are wanted, and what finds and stores them.

    `key` returns the page key of an entry, `is_stored` whether the archive holds the page of a key. `store` writes new entries
    together with the cursor; None: they are collected. `max_new_items` ends the backfill (None: no limit). Lists
    that are fetched use up the source's `budget`, as pages do.
    """

    source: Source
    feed: Feed
    fetcher: Fetcher
    key: Callable[[Entry, Source], str]
    is_stored: Callable[[str], bool]
    show_progress: Callable[[str], None] = lambda text: None
    store: Callable[[Mapping[str, Entry], Cursor], None] | None = None
    max_new_items: int | None = None
    budget: Budget | None = None


@dataclass(slots=True)
class BackfillWalk:
    """How far a backfill is. `cursor` says where each method goes on; only `add` and `finish` change it."""

    request: BackfillRequest
    cursor: Cursor
    entries: dict[str, Entry] = field(default_factory=dict)  # those that were not stored
    seen: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)  # method -> items that no method before it listed
    new: int = 0  # items that the archive does not hold
    notes: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    requests: int = 0
    robots: Robots | None = None  # the site's robots.txt, once it was read
    is_open: bool = False  # a list could not be fetched for now

    def state(self, method: BackfillMethod) -> Cursor:
        """Return a copy of what earlier runs noted about a method."""
        state = self.cursor.get("roads", {}).get(method)
        return copy.deepcopy(state) if isinstance(state, dict) else {}

    async def get(
        self, url: str, *, accept: str = ACCEPT_FEED, etag: str | None = None, last_modified: str | None = None
    ) -> Response | Failure:
        """Request one list. Raises LimitReached after too many requests, or when the host is lost for now."""
        request = self.request
        if self.requests >= MAX_REQUESTS or (request.max_new_items is not None and self.new >= request.max_new_items):
            raise LimitReached
        self.requests += 1
        answer = await request.fetcher.get(url, etag=etag, last_modified=last_modified, accept=accept, budget=request.budget)
        if isinstance(answer, Failure) and answer.reason == "budget":
            self.notes.append(answer.detail)
            raise LimitReached
        if isinstance(answer, Failure) and answer.reason in _HOST_IS_LOST:
            self.failures.append(answer)
            raise LimitReached
        return answer

    def keys(self, entries: Iterable[Entry]) -> list[str]:
        return [self.request.key(entry, self.request.source) for entry in entries]

    def all_stored(self, entries: Iterable[Entry]) -> bool:
        """Return whether there are entries and the archive holds all of them."""
        keys = self.keys(entries)
        return bool(keys) and all(map(self.request.is_stored, keys))

    def add(self, method: BackfillMethod | None, entries: Iterable[Entry], state: Cursor | None = None) -> int:
        """Take over what a list contains, and where the method goes on; return how many items no list contained before."""
        fresh: dict[str, Entry] = {}
        for entry in entries:
            key = self.request.key(entry, self.request.source)
            if key not in self.seen and len(self.seen) < MAX_ITEMS:
                self.seen.add(key)
                fresh[key] = entry
        if method is not None:
            self.counts[method] = self.counts.get(method, 0) + len(fresh)
            if state is not None:
                self.cursor.setdefault("roads", {})[method] = state
        self.new += sum(not self.request.is_stored(key) for key in fresh)
        if self.request.store is None:
            self.entries |= fresh
        else:
            self.request.store(fresh, self.cursor)
        if fresh:
            self.request.show_progress(f"{len(self.seen):,} items are listed so far")
        return len(fresh)

    def finish(self, method: BackfillMethod, **state: object) -> None:
        """Note that a method has come to its end; `state` is what the next run should know."""
        self.add(method, (), {**state, "whole": True})

    def is_final(self, failure: Failure, what: str) -> bool:
        """Return whether a failure means that there is nothing for good. Otherwise note it, and the method stays open."""
        if failure.reason == "robots":
            self.notes.append(f"{what}: disallowed by robots.txt")
            return True
        if failure.status is not None and 400 <= failure.status < 500 and failure.status not in (408, 425, 429):
            return True
        self.failures.append(failure)
        self.is_open = True
        return False
