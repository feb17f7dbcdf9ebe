"""A source that is an index of sitemaps: what they list now, read again only where something may have changed.

| a sitemap | is read |
|---|---|
| that is new, or failed | now |
| whose lastmod in the index is what it was | not before a day has passed since all were read |
| without a lastmod, or whose lastmod lied once | with If-None-Match, If-Modified-Since |

The memo is to be stored when the pages that were listed are: then a kill costs reading, and loses nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from indexer.crawl.backfill.sitemaps import DEEPEST, MAX_SITEMAPS, Waiting, children, parsed
from indexer.crawl.backfill.walk import Enough, Memo, Walk
from indexer.feeds.url_scope import is_wanted
from indexer.model import Entry, Failure, Feed, Response
from indexer.urls import identity

VERSION = 2  # of the memo; 1 is that of `roads`
ALL_AGAIN = timedelta(days=1)
DAY_OVER = timedelta(days=2)  # after the beginning of a day in UTC it is over everywhere, and its copies have reached everybody


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What is remembered of one that was read. `lastmod`: by the index, "" when it does not count."""

    lastmod: str = ""
    pages: str = ""  # a hash of what it listed
    newest: str = ""  # lastmod in it
    etag: str | None = None
    modified: str | None = None
    lied: bool = False  # it changed while its lastmod did not


@dataclass(frozen=True, slots=True)
class Listing:
    """What the index's sitemaps list, as far as they were read; `memo` for the next time."""

    entries: dict[str, Entry]
    memo: Memo
    digest: str  # of what all of them list, those that were not read included
    whole: bool  # all were read: nothing else is listed
    more: bool  # some were not reached, or could not be had
    failures: list[Failure]
    notes: list[str]


async def read_index(feed: Feed, walk: Walk, now: datetime, *, everything: bool) -> Listing:
    """`walk.memo` is what the last reading gave (or anything); `everything`: whatever has changed or not."""
    memo = walk.memo if walk.memo.get("version") == VERSION else {}
    before = {url: Sitemap(*values) for url, values in memo.get("sitemaps", {}).items()}
    all_at = datetime.fromisoformat(memo["all_at"]) if memo.get("all_at") else None
    everything = everything or all_at is None or now - all_at >= ALL_AGAIN
    reading = _Reading(walk, before, now, everything)
    try:
        await reading.read(deque(sorted(children(feed, 1), key=lambda child: child[0] in before)))
        all_at = now if everything else all_at
    except Enough:
        reading.more = True
    whole = everything and not reading.more
    after: Memo = {
        "version": VERSION,
        "sitemaps": {url: astuple(each) for url, each in reading.after.items()},
        "all_at": all_at.isoformat() if all_at else None,
    }
    if reading.skipped:
        walk.notes.append(f"{reading.skipped:,} of its sitemaps are what they were")
    lines = sorted(f"{url} {each.pages}" for url, each in reading.after.items())
    return Listing(walk.entries, after, _hash(lines), whole, reading.more, walk.failures, walk.notes)


class _Reading:
    """One pass through the index."""

    def __init__(self, walk: Walk, before: Mapping[str, Sitemap], now: datetime, everything: bool) -> None:
        self.walk, self.before, self.now, self.everything = walk, before, now, everything
        self.after = dict(before)
        self.skipped = 0
        self.more = False

    async def read(self, waiting: Waiting) -> None:
        asked, listed = set[str](), set[str]()
        while waiting and len(asked) < MAX_SITEMAPS:
            url, changed, depth = waiting.popleft()
            known, key = self.before.get(url, Sitemap()), identity(url)
            if key in asked or url in listed:
                continue
            listed.add(url)
            if not self.everything and changed and not known.lied and known.lastmod == changed.isoformat():
                self.skipped += 1
                continue
            asked.add(key)
            answer = await self._get(url, known)
            if isinstance(answer, Failure):
                self._failed(url, known, answer)
            elif answer.not_modified:
                self.skipped += 1
            elif (found := parsed(answer)) is None:
                self.walk.notes.append(f"{url} is named as a sitemap, but is none")
            elif found.kind == "sitemapindex":
                if depth < DEEPEST:
                    waiting.extendleft(reversed(children(found, depth + 1)))
            else:
                self._take(url, changed, known, found, answer)
        self.more = self.more or bool(waiting)
        if not waiting:  # what the index does not name any more is forgotten
            self.after = {url: each for url, each in self.after.items() if url in listed}

    async def _get(self, url: str, known: Sitemap) -> Response | Failure:
        if self.everything:
            return await self.walk.get(url)
        return await self.walk.get(url, etag=known.etag, last_modified=known.modified)

    def _failed(self, url: str, known: Sitemap, failure: Failure) -> None:
        self.more = not self.walk.closed(failure, f"the sitemap {url}") or self.more
        if failure.reason != "robots" and failure not in self.walk.failures:  # the index names it
            self.walk.failures.append(failure)
        self.after[url] = Sitemap(pages=known.pages, lied=known.lied)

    def _take(self, url: str, changed: datetime | None, known: Sitemap, found: Feed, answer: Response) -> None:
        entries = [entry for entry in found.entries if entry.url and is_wanted(entry.url, pdf=self.walk.source.pdf)]
        self.walk.take("sitemaps", entries)
        pages = _hash(sorted(self.walk.keys(entries)))
        newest = max((entry.updated for entry in entries if entry.updated), default=None)
        latest = newest.isoformat() if newest else ""
        lastmod = changed.isoformat() if changed and _is_over(changed, self.now) else ""
        lied = bool(lastmod) and lastmod == known.lastmod and (pages, latest) != (known.pages, known.newest)
        headers = answer.headers
        validators = headers.get("etag"), headers.get("last-modified")
        self.after[url] = Sitemap(lastmod, pages, latest, *validators, lied=known.lied or lied)


def _is_over(lastmod: datetime, now: datetime) -> bool:
    """Whether what changes from now on must have a later lastmod: one without a time may be any time of its day."""
    if lastmod.astimezone(UTC).time() != lastmod.min.time():
        return lastmod < now
    return lastmod + DAY_OVER <= now


def _hash(lines: list[str]) -> str:
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]
