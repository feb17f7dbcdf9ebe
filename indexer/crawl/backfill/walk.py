"""What all roads into a source's past share: asking, counting, and noting where to go on.

A road asks for a list, `take`s what it lists together with where it would go on, and asks for the next. `take` hands both to
`keep` in one call, which stores them in one transaction: a kill at any moment costs one request.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from indexer.crawl.listing import FEED_TYPES
from indexer.fetch.budget import Budget
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.robots import Robots
from indexer.model import Entry, Failure, Response, Source

MAX_REQUESTS = 2_000  # of lists, for one source in one run; the next one goes on
MAX_ITEMS = 200_000
MAX_PAGES = 1_000  # of one road: beyond it a server makes them up
_LOST = ("deferred", "robots-unreachable", "dns", "connect", "tls", "private-address")  # the host, not the address

Road = Literal["archive", "wordpress", "pages", "sitemaps", "lists"]
Memo = dict[str, Any]
Keep = Callable[[Mapping[str, Entry], Memo], None]
Key = Callable[[Entry, Source], str]


class Enough(Exception):
    """The walk ends here for this run: its limit is reached, or the host is lost."""


@dataclass(slots=True)
class Walk:
    """One source's past, as far as this run has seen it."""

    source: Source
    fetcher: Fetcher
    key: Key
    known: Callable[[str], bool]
    watch: Callable[[str], None]
    limit: int | None  # new items, after which the walk ends
    keep: Keep | None
    memo: Memo
    budget: Budget | None = None  # the source's for this crawl: lists cost of it as pages do
    entries: dict[str, Entry] = field(default_factory=dict)  # what `keep` has not taken
    seen: set[str] = field(default_factory=set)
    found: dict[str, int] = field(default_factory=dict)  # road -> items that no road before it listed
    new: int = 0  # items that the archive does not hold
    notes: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    requests: int = 0
    robots: Robots | None = None  # the site's robots.txt, once it was read
    is_open: bool = False  # something could not be had for now

    def state(self, road: Road) -> Memo:
        """What earlier runs noted of a road; to be changed by `take` and `close` alone."""
        known = self.memo.get("roads", {}).get(road)
        return copy.deepcopy(known) if isinstance(known, dict) else {}

    async def get(
        self, url: str, *, accept: str = FEED_TYPES, etag: str | None = None, last_modified: str | None = None
    ) -> Response | Failure:
        """One list. Raises Enough when there have been too many, or the host is lost for now."""
        if self.requests >= MAX_REQUESTS or (self.limit is not None and self.new >= self.limit):
            raise Enough
        self.requests += 1
        answer = await self.fetcher.get(url, etag=etag, last_modified=last_modified, accept=accept, budget=self.budget)
        if isinstance(answer, Failure) and answer.reason == "budget":
            self.notes.append(answer.detail)
            raise Enough
        if isinstance(answer, Failure) and answer.reason in _LOST:
            self.failures.append(answer)
            raise Enough
        return answer

    def keys(self, entries: Iterable[Entry]) -> list[str]:
        return [self.key(entry, self.source) for entry in entries]

    def all_known(self, entries: Iterable[Entry]) -> bool:
        """Whether the archive holds all of these, and there are some."""
        keys = self.keys(entries)
        return bool(keys) and all(map(self.known, keys))

    def take(self, road: Road | None, entries: Iterable[Entry], state: Memo | None = None) -> int:
        """Note what a list held, and how the road goes on; returns how many of them no list had before."""
        fresh: dict[str, Entry] = {}
        for entry in entries:
            key = self.key(entry, self.source)
            if key not in self.seen and len(self.seen) < MAX_ITEMS:
                self.seen.add(key)
                fresh[key] = entry
        if road is not None:
            self.found[road] = self.found.get(road, 0) + len(fresh)
            if state is not None:
                self.memo.setdefault("roads", {})[road] = state
        self.new += sum(not self.known(key) for key in fresh)
        if self.keep is None:
            self.entries |= fresh
        else:
            self.keep(fresh, self.memo)
        if fresh:
            self.watch(f"{len(self.seen):,} items are listed so far")
        return len(fresh)

    def close(self, road: Road, **state: object) -> None:
        """The road is walked to its end; with what the next run should know."""
        self.take(road, (), {**state, "whole": True})

    def closed(self, failure: Failure, what: str) -> bool:
        """Whether a failure means that there is nothing (any more), for good; else it is noted and the road stays open."""
        if failure.reason == "robots":
            self.notes.append(f"{what}: closed by robots.txt")
            return True
        if failure.status is not None and 400 <= failure.status < 500 and failure.status not in (408, 425, 429):
            return True
        self.failures.append(failure)
        self.is_open = True
        return False
