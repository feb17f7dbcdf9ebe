"""One source's crawl: which steps, in which order."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from datetime import datetime

from indexer.archive.store import Archive, Page, SourceState, entry_hash
from indexer.crawl.keep import Keeper, Outcome
from indexer.crawl.listing import FEED_TYPES, read_listing, unique
from indexer.crawl.report import CrawlOptions, SourceReport, Watch
from indexer.crawl.roads import past
from indexer.crawl.schedule import SOONEST_AGAIN, is_withdrawn, next_crawl, wants_another_look, wants_page
from indexer.crawl.workers import Extracted, Understander
from indexer.fetch.get import Fetcher
from indexer.model import Entry, Failure, Response
from indexer.urls import resolve

PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.5"
MOST_OLD_PAGES = 200  # that the feed does not list, in one crawl: politeness, and an hourly crawl must end within the hour
AHEAD = 16  # pages that are fetched while others are still being extracted


class SourceCrawl:
    """One source's crawl. Pages are fetched one after the other and kept in that order, while earlier ones are extracted."""

    def __init__(
        self,
        archive: Archive,
        fetcher: Fetcher,
        keeper: Keeper,
        understander: Understander,
        state: SourceState,
        now: datetime,
        options: CrawlOptions,
        watch: Watch,
    ) -> None:
        self.archive, self.fetcher, self.keeper, self.understander = archive, fetcher, keeper, understander
        self.state, self.now, self.options, self.watch = state, now, options, watch
        self.source = state.source
        self.report = SourceReport(state.source)
        self._ahead: deque[tuple[Outcome, asyncio.Task[Extracted] | None]] = deque()

    async def run(self) -> SourceReport:
        etag, modified = (None, None) if self.options.full else (self.state.etag, self.state.last_modified)
        answer = await self.fetcher.get(self.source.url, etag=etag, last_modified=modified, accept=FEED_TYPES)
        if isinstance(answer, Failure):
            self._source_failed(answer.detail, answer)
            return self.report
        entries: dict[str, Entry] = {}
        if answer.not_modified:
            self.report.notes.append("the feed has not changed since the last crawl")
            if self.options.everything:  # the pages behind it may have
                entries = {page.id: page.entry for page in self.archive.pages(self.state.id)}
        else:
            feed = await read_listing(answer, self.source, self.fetcher, self.report.failures)
            self.report.notes += feed.problems
            if not feed.kind:
                self._source_failed(feed.problems[0] if feed.problems else "this is neither a feed nor a sitemap", None)
                return self.report
            entries = unique(feed.entries, self.source)
            if self.options.full and feed.kind != "sitemap":
                entries = await past(feed, entries, self.archive, self.state.id, self.fetcher, self.report)
            if not entries:
                self.report.notes.append("the feed lists no items")
            etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        entries = {**entries, **self._not_listed(entries)}
        self.report.entries = len(entries)
        try:
            whole = await self._entries(entries)
        finally:
            for _, task in self._ahead:  # only left when something broke
                if task is not None:
                    task.cancel()
        if not self.options.dry_run:
            self.keeper.flush()  # what the source is said to have given must be there
            later = next_crawl(self.state, self.now, None) if whole else self.now
            kept = (etag, modified) if whole else (None, None)  # what was cut short must be read again
            self.archive.source_crawled(self.state.id, self.now, next_crawl=later, etag=kept[0], last_modified=kept[1])
        self.watch(self.report)
        return self.report

    def _not_listed(self, entries: dict[str, Entry]) -> dict[str, Entry]:
        """Pages that we hold and the feed does not list, as far as it is time to look at them again."""
        soonest = self.now if self.options.everything else self.now - SOONEST_AGAIN
        pages = [page for page in self.archive.pages_not_seen_since(soonest, self.state.id) if page.id not in entries]
        if not self.options.everything:
            pages = [page for page in pages if wants_another_look(page, self.now)][:MOST_OLD_PAGES]
        return {page.id: page.entry for page in pages}

    def _source_failed(self, error: str, failure: Failure | None) -> None:
        self.report.error = error
        if not self.options.dry_run:
            failure = failure or Failure(self.source.url, "content-type", error)
            later = next_crawl(self.state, self.now, failure)
            self.archive.source_crawled(self.state.id, self.now, next_crawl=later, error=error)
        self.watch(self.report)

    async def _entries(self, entries: dict[str, Entry]) -> bool:
        """Each entry in the feed's order; False when the limit cut it short."""
        others = {state.id for state in self.archive.sources()} - {self.state.id}
        whole = True
        for key, entry in entries.items():
            if self.archive.is_forgotten(key):
                continue
            known, digest = self.archive.page(key), entry_hash(entry)
            if known is not None and known.source_id in others:  # a page that two feeds list belongs to the first
                self.report.unchanged += 1
                continue
            if not wants_page(known, digest, self.now, everything=self.options.everything):
                self.report.unchanged += 1
                continue
            if self.options.limit is not None and self.report.fetched >= self.options.limit:
                self.report.notes.append(f"stopped after {self.options.limit} pages; the rest follows with the next crawl")
                whole = False
                break
            if not self.keeper.claim(key):
                self.report.unchanged += 1
                continue
            self.report.fetched += 1
            if not self.options.dry_run:
                await self._fetch(key, entry, known, digest)
                await self._keep(AHEAD)
            self.watch(self.report)
        await self._keep(0)
        return whole

    async def _fetch(self, key: str, entry: Entry, known: Page | None, digest: str) -> None:
        """Ask for a page; its extraction begins, and it waits in `_ahead`."""
        page = Page(key, entry.url or "", self.state.id, entry, digest)
        if known is not None:
            page = dataclasses.replace(known, entry=entry, entry_hash=digest, source_id=self.state.id)
        url = resolve(entry.url or "")
        if url is None:
            self._ahead.append((Outcome(page, self.source, self.report), None))
            return
        answer = await self._get_page(url, page)
        if isinstance(answer, Response) and not answer.not_modified and not _is_text(answer):
            kind = answer.headers.get("content-type", "no type")
            answer = Failure(url, "content-type", f"{url}: not a web page but {kind}; the feed's own text is used")
        if isinstance(answer, Failure):
            self.report.failures.append(answer)
            gone = page.gone_count + 1 if answer.is_gone else page.gone_count
            page = dataclasses.replace(
                page, failure=answer.detail, failed_status=answer.status, gone_count=gone, fetched_at=self.now
            )
            self._ahead.append((Outcome(page, self.source, self.report, withdrawn=is_withdrawn(known, answer)), None))
            return
        page = dataclasses.replace(page, failure=None, failed_status=None, gone_count=0, fetched_at=self.now)
        response = None if answer.not_modified else answer
        task = asyncio.create_task(self.understander.extract(entry, page.url, self.source, answer)) if response else None
        self._ahead.append((Outcome(page, self.source, self.report, response), task))

    async def _get_page(self, url: str, page: Page) -> Response | Failure:
        """The answer; while it is waited for, what has been extracted by then is kept."""
        get = self.fetcher.get(url, etag=page.etag, last_modified=page.last_modified, accept=PAGE_TYPES)
        asking = asyncio.ensure_future(get)
        try:
            while not asking.done():
                first = self._ahead[0][1] if self._ahead else None
                await asyncio.wait({asking, first} if first else {asking}, return_when=asyncio.FIRST_COMPLETED)
                self._keep_ready()
            return asking.result()
        finally:
            asking.cancel()  # only when something broke

    async def _keep(self, at_most: int) -> None:
        """Keep what is ready; wait until at most so many pages are left."""
        self._keep_ready()
        while len(self._ahead) > at_most:
            if first := self._ahead[0][1]:
                await asyncio.wait({first})
            self._keep_ready()

    def _keep_ready(self) -> None:
        """Hand over, in the order in which they were asked for, the pages whose extraction is done."""
        while self._ahead and (self._ahead[0][1] is None or self._ahead[0][1].done()):
            outcome, task = self._ahead.popleft()
            self.keeper.keep(dataclasses.replace(outcome, extracted=task.result() if task else None))


def _is_text(answer: Response) -> bool:
    kind = answer.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    return kind in ("", "text/html", "text/plain", "application/xhtml+xml", "application/xml", "text/xml")
