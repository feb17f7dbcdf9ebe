"""Read a source that is an index of sitemaps. A sitemap is read again only where something may have changed.

| a sitemap | is read |
|---|---|
| that is new, or failed | now |
| whose lastmod in the index is what it was | not before a day has passed since all were read |
| without a lastmod, or whose lastmod lied once | with If-None-Match, If-Modified-Since |

The cursor must be stored after the listed pages: then a kill costs reading, and loses nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from indexer.crawl.backfill.from_sitemaps import MAX_DEPTH, MAX_SITEMAPS, SitemapQueue, children, parse_any_sitemap
from indexer.crawl.backfill.walk import BackfillRequest, BackfillWalk, Cursor, LimitReached
from indexer.crawl.page_queue import SourceRun
from indexer.extract.extractor import page_key
from indexer.feeds.url_scope import is_wanted
from indexer.model import Entry, Failure, Feed, Response
from indexer.urls import identity

CURSOR_VERSION = 2  # 1 is that of a backfill
READ_ALL_EVERY = timedelta(days=1)
DAY_AND_CACHES = timedelta(days=2)  # after a day begins in UTC it has ended everywhere, and caches have expired


@dataclass(frozen=True, slots=True)
class SitemapVisit:
    """What is stored about a sitemap that was read. `lastmod` is that of the index, "" when it does not count."""

    lastmod: str = ""
    pages: str = ""  # a hash of the pages that it listed
    newest: str = ""  # the newest lastmod in it
    etag: str | None = None
    modified: str | None = None
    lied: bool = False  # it changed while its lastmod did not


@dataclass(frozen=True, slots=True)
class IndexReading:
    """What the sitemaps of an index list, as far as they were read; `cursor` is for the next reading."""

    entries: dict[str, Entry]
    cursor: Cursor
    digest: str  # of what all sitemaps list, those that were not read included
    is_complete: bool  # all were read: nothing else is listed
    has_more: bool  # some were not reached, or could not be fetched


async def read_index(run: SourceRun, feed: Feed, *, everything: bool) -> IndexReading:
    """Read the sitemaps of an index, all of them with `everything`. Notes and failures go into the run's report."""
    now, stored = run.services.now, run.frontier.cursor or {}
    cursor = stored if stored.get("version") == CURSOR_VERSION else {}
    before = {url: SitemapVisit(*values) for url, values in cursor.get("sitemaps", {}).items()}
    all_at = datetime.fromisoformat(cursor["all_at"]) if cursor.get("all_at") else None
    everything = everything or all_at is None or not timedelta(0) <= now - all_at < READ_ALL_EVERY
    request = BackfillRequest(
        run.source, feed, run.services.fetcher, page_key, run.is_stored, run.show_progress, budget=run.budget
    )
    reader = _IndexReader(BackfillWalk(request, {}), before, now, everything)
    walk = reader.walk
    try:
        await reader.read(deque(sorted(children(feed, 1), key=lambda child: child[0] in before)))
        all_at = now if everything else all_at
    except LimitReached:
        reader.has_more = True
    after: Cursor = {
        "version": CURSOR_VERSION,
        "sitemaps": {url: astuple(each) for url, each in reader.after.items()},
        "all_at": all_at.isoformat() if all_at else None,
    }
    if reader.skipped:
        walk.notes.append(f"{reader.skipped:,} of its sitemaps have not changed")
    run.report.failures += walk.failures
    run.report.notes += walk.notes
    lines = sorted(f"{url} {each.pages}" for url, each in reader.after.items())
    return IndexReading(walk.entries, after, _hash(lines), everything and not reader.has_more, reader.has_more)


class _IndexReader:
    """One pass through the index."""

    def __init__(self, walk: BackfillWalk, before: Mapping[str, SitemapVisit], now: datetime, everything: bool) -> None:
        self.walk, self.before, self.now, self.everything = walk, before, now, everything
        self.after = dict(before)
        self.skipped = 0
        self.has_more = False

    async def read(self, queue: SitemapQueue) -> None:
        """Read the sitemaps that may have changed, and those that other sitemaps name in turn."""
        requested, listed = set[str](), set[str]()
        own = {identity(self.walk.request.feed.url), identity(self.walk.request.source.url)}
        while queue and len(requested) < MAX_SITEMAPS:
            url, changed, depth = queue.popleft()
            stored, key = self.before.get(url, SitemapVisit()), identity(url)
            if key in requested or url in listed:
                continue
            listed.add(url)
            if key in own:
                self.walk.notes.append(f"{url} lists itself; that entry is ignored")
                continue
            if not self.everything and changed and not stored.lied and stored.lastmod == changed.isoformat():
                self.skipped += 1
                continue
            requested.add(key)
            answer = await self._get(url, stored)
            if isinstance(answer, Failure):
                self._record_failure(url, stored, answer)
            elif answer.not_modified:
                self.skipped += 1
            elif (sitemap := parse_any_sitemap(answer, self.walk.request.source)) is None:
                self.walk.notes.append(f"{url} is listed as a sitemap, but is not one")
            elif sitemap.kind == "sitemapindex":
                if depth < MAX_DEPTH:
                    queue.extendleft(reversed(children(sitemap, depth + 1)))
            else:
                self._record(url, changed, stored, sitemap, answer)
        self.has_more = self.has_more or bool(queue)
        if not queue:  # forget what the index does not name any more
            self.after = {url: each for url, each in self.after.items() if url in listed}

    async def _get(self, url: str, stored: SitemapVisit) -> Response | Failure:
        if self.everything:
            return await self.walk.get(url)
        return await self.walk.get(url, etag=stored.etag, last_modified=stored.modified)

    def _record_failure(self, url: str, stored: SitemapVisit, failure: Failure) -> None:
        self.has_more = not self.walk.is_final(failure, f"the sitemap {url}") or self.has_more
        if failure.reason != "robots" and failure not in self.walk.failures:  # the index names it
            self.walk.failures.append(failure)
        self.after[url] = SitemapVisit(pages=stored.pages, lied=stored.lied)

    def _record(self, url: str, changed: datetime | None, stored: SitemapVisit, sitemap: Feed, answer: Response) -> None:
        entries = [
            entry
            for entry in sitemap.entries
            if entry.url and is_wanted(entry.url, file_kinds=self.walk.request.source.file_kinds)
        ]
        self.walk.add("sitemaps", entries)
        pages = _hash(sorted(self.walk.keys(entries)))
        newest = max((entry.updated for entry in entries if entry.updated), default=None)
        latest = newest.isoformat() if newest else ""
        lastmod = changed.isoformat() if changed and _is_over(changed, self.now) else ""
        lied = bool(lastmod) and lastmod == stored.lastmod and (pages, latest) != (stored.pages, stored.newest)
        headers = answer.headers
        validators = headers.get("etag"), headers.get("last-modified")
        self.after[url] = SitemapVisit(lastmod, pages, latest, *validators, lied=stored.lied or lied)


def _is_over(lastmod: datetime, now: datetime) -> bool:
    """Return whether a later change must have a later lastmod. One without a time may mean any time of its day."""
    if lastmod.time() != lastmod.min.time():
        return lastmod < now
    return lastmod + DAY_AND_CACHES <= now


def _hash(lines: list[str]) -> str:
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]
