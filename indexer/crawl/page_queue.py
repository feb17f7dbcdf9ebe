"""Choose the pages that one source's crawl fetches, in which order and until when, and fetch them ahead of their extraction.

SourceRun       what the steps of one source's crawl share
PageQueue       the pages that are due
PrefetchWindow  the pages that are fetched and still being extracted
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from types import TracebackType

from indexer.archive.frontier import NOT_REQUESTED, Frontier
from indexer.archive.store import Archive, PageRecord, SourceState, entry_hash
from indexer.archive.visits import Visit, Visits
from indexer.crawl import revisit_policy
from indexer.crawl.backfill.walk import Cursor
from indexer.crawl.batch_writer import BatchWriter
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.crawl.extraction_processes.worker import PageExtraction
from indexer.crawl.plan import planned_fetch
from indexer.crawl.report import CrawlOptions, SourceReport, Watch
from indexer.crawl.response_policy import FetchAttempt, PageRequest, is_readable
from indexer.crawl.site_links import SiteWalk
from indexer.extract.crawler_directives import product_name
from indexer.feeds.entries import complete_entry
from indexer.fetch.fetcher import ACCEPT_PAGE, Fetcher, get_page
from indexer.fetch.politeness import Budget
from indexer.model import Entry, Failure, Response, Source
from indexer.urls import resolve

MAX_UNLISTED_PAGES = 200  # in one crawl: politeness, and an hourly crawl must end within the hour
MAX_BATCH_PAGES = 500  # waiting pages in memory
MAX_LOOKUP_PAGES = 32  # that the archive is asked for at once, right before they are fetched


@dataclass(frozen=True, slots=True)
class CrawlServices:
    """What all sources of one crawl share. `now` is the moment when the crawl began."""

    archive: Archive
    fetcher: Fetcher
    writer: BatchWriter
    pool: ExtractionPool
    now: datetime
    options: CrawlOptions
    watch: Watch


@dataclass
class SourceRun:
    """One source in one crawl. `state` changes when its template is learned."""

    services: CrawlServices
    state: SourceState
    report: SourceReport = field(init=False)
    budget: Budget = field(init=False)

    def __post_init__(self) -> None:
        self.report = SourceReport(self.state.source)
        self.budget = Budget.of(self.services.fetcher.policy)

    @property
    def source(self) -> Source:
        return self.state.source

    @cached_property
    def visits(self) -> Visits:
        return self.services.archive.visits

    @cached_property
    def frontier(self) -> Frontier:
        return self.services.archive.frontier(self.state.id)

    @cached_property
    def site(self) -> SiteWalk | None:
        """Return the links that the crawl has met, of a source whose links are followed."""
        if self.source.kind != "site":
            return None
        agent = product_name(self.services.fetcher.policy.user_agent)
        walk = SiteWalk(self.source, agent)
        walk.learn(self.services.archive.pages.outcomes(self.state.id))
        return walk

    def is_stored(self, key: str) -> bool:
        """Return whether the archive holds the page of a key, or was told to forget it."""
        archive = self.services.archive
        return archive.pages.get(key) is not None or archive.documents.is_forgotten(key)

    def show_progress(self, text: str = "") -> None:
        """Tell the operator how far the crawl is; `text` describes the reading of lists."""
        self.report.backfill_progress = text or self.report.backfill_progress
        self.services.watch(self.report)


class PageQueue:
    """The pages of one source that are due.

    `is_cut_short`: not every page that is due was fetched. `budget_spent`: that is because of the budget. `has_more`: unlisted
    pages are left to the next crawl.
    """

    def __init__(self, run: SourceRun) -> None:
        self._run, self._archive = run, run.services.archive
        self.is_cut_short = self.budget_spent = self.has_more = False

    def due(self, entries: Mapping[str, Entry], *, is_sitemap: bool = False) -> Iterator[PageRequest]:
        """Yield the pages to fetch, in the order of the entries. In a dry run they are added to the report instead."""
        run, report, options = self._run, self._run.report, self._run.services.options
        other_sources = self._archive.sources.ids() - {run.state.id}
        for position, key, entry, before, visit in self._with_stored(entries):
            digest = entry_hash(entry)
            if not self._is_due(before, visit, entry, digest, other_sources, is_sitemap=is_sitemap):
                report.unchanged += 1
                continue
            if reason := self._reason_to_stop(entry):
                report.notes.append(f"{reason}; the rest follows with the next crawl")
                self.is_cut_short = True
                if self.budget_spent:
                    self.enqueue(dict(islice(entries.items(), position, None)))  # the feed may not list them by then
                return
            if not run.services.writer.claim(key) or self._is_taken(key, entry, digest, other_sources, is_sitemap=is_sitemap):
                report.unchanged += 1
                continue
            report.fetched += 1
            if options.dry_run:
                report.planned.append(planned_fetch(entry, before, digest))
            else:
                yield self._request(key, entry, digest, before, visit, is_sitemap=is_sitemap)
            run.show_progress()

    def _with_stored(self, entries: Mapping[str, Entry]) -> Iterator[tuple[int, str, Entry, PageRecord | None, Visit | None]]:
        """Yield position, key and entry with what is stored of the page, without pages that were forgotten.

        The archive is asked for some pages at a time: three statements for each page took a twentieth of a crawl's time.
        """
        numbered = enumerate(entries.items())
        while batch := list(islice(numbered, MAX_LOOKUP_PAGES)):
            keys = [key for _, (key, _) in batch]
            forgotten = self._archive.documents.forgotten_among(keys)
            pages, visits = self._archive.pages.get_many(keys), self._run.visits.get_many(keys)
            for position, (key, entry) in batch:
                if key not in forgotten:
                    yield position, key, entry, pages.get(key), visits.get(key)

    def _is_taken(self, key: str, entry: Entry, digest: str, other_sources: Collection[int], *, is_sitemap: bool) -> bool:
        """Return whether another crawler fetches this page for another source, or has just stored it."""
        writer = self._run.services.writer
        if not (other_sources and writer.is_shared):
            return False
        if not writer.claim_shared(key, self._run.state.id):
            return True
        before, visit = self._archive.pages.get(key), self._run.visits.get(key)
        if self._is_due(before, visit, entry, digest, other_sources, is_sitemap=is_sitemap):
            return False
        writer.release((key,))
        return True

    def waiting(self, already_fetched: Container[str]) -> Iterator[dict[str, Entry]]:
        """Yield the pages that a backfill or a linked file has added, in batches: a site's archive does not fit into memory."""
        last_row = 0
        while not self.is_cut_short:
            pages, last_row = self._run.frontier.next_batch(last_row, MAX_BATCH_PAGES)
            if not pages:
                return
            yield {page.id: page.entry for page in pages if page.id not in already_fetched}

    def unlisted(self, listed: Collection[str], *, is_backfilled: bool = False) -> dict[str, Entry]:
        """Return stored pages that the source does not list and that are due. After a backfill, those that were
        never fetched are left for a later crawl."""
        run, options = self._run, self._run.services.options
        if options.everything:
            pages = [
                page for page in self._archive.pages.all(run.state.id) if page.url and (page.fetched_at or not is_backfilled)
            ]
            return {page.id: page.entry for page in pages if page.id not in listed}
        max_pages = MAX_UNLISTED_PAGES + 1 + len(listed)
        now = run.services.now
        impossible = now + revisit_policy.MAX_PAGE_WAIT, revisit_policy.NEVER, now + revisit_policy.MAX_CLOCK_ERROR
        pages = run.visits.due(run.state.id, now, max_pages, asked_before=is_backfilled, impossible=impossible)
        pages = [page for page in pages if page.id not in listed]
        self.has_more = self.has_more or len(pages) > MAX_UNLISTED_PAGES
        return {page.id: page.entry for page in pages[:MAX_UNLISTED_PAGES]}

    def enqueue(self, entries: Mapping[str, Entry]) -> None:
        """Store items as pages that wait to be fetched."""
        self._archive.run(lambda: self._enqueue(entries))

    def _enqueue(self, entries: Mapping[str, Entry]) -> None:
        for key, entry in entries.items():
            stored = self._archive.pages.get(key)
            if stored is None and not self._archive.documents.is_forgotten(key):
                self._archive.pages.put(PageRecord(key, entry.url or "", self._run.state.id, entry, NOT_REQUESTED))
            if stored is not None and stored.source_id == self._run.state.id:
                complete = complete_entry(entry, stored.entry)
                if complete != stored.entry:
                    self._archive.pages.put(dataclasses.replace(stored, entry=complete, entry_hash=NOT_REQUESTED))

    def store_backfilled(self, entries: Mapping[str, Entry], cursor: Cursor) -> None:
        """Store what a backfill has listed together with where it goes on, in one transaction."""

        def store() -> None:
            self._enqueue(entries)
            self._run.frontier.cursor = cursor

        self._archive.run(store)

    def completed(self, key: str, entry: Entry) -> Entry:
        """Return a listed item completed from the archive: a sitemap has little more than addresses, which is not a change."""
        stored = self._archive.pages.get(key)
        return complete_entry(entry, stored.entry) if stored is not None and stored.source_id == self._run.state.id else entry

    def _is_due(
        self,
        before: PageRecord | None,
        visit: Visit | None,
        entry: Entry,
        digest: str,
        other_sources: Container[int],
        *,
        is_sitemap: bool,
    ) -> bool:
        if before is not None and before.source_id in other_sources:  # a page that two feeds list belongs to the first
            return False
        services = self._run.services
        return services.options.everything or revisit_policy.wants_page(
            before, visit, entry, digest, services.now, is_sitemap=is_sitemap
        )

    def _reason_to_stop(self, entry: Entry) -> str:
        run, options = self._run, self._run.services.options
        if options.limit is not None and run.report.fetched >= options.limit:
            return f"stopped after {options.limit} pages"
        if entry.url and (spent := run.budget.spent) and not options.dry_run:
            self.budget_spent = True
            return f"stopped, as {spent}"
        return ""

    def _request(
        self, key: str, entry: Entry, digest: str, before: PageRecord | None, visit: Visit | None, *, is_sitemap: bool
    ) -> PageRequest:
        source_id = self._run.state.id
        page = PageRecord(key, entry.url or "", source_id, entry, digest)
        if before is not None:
            page = dataclasses.replace(before, entry=entry, entry_hash=digest, source_id=source_id)
        visit = dataclasses.replace(visit, source_id=source_id) if visit else Visit(key, source_id)
        return PageRequest(page, before, visit, is_sitemap)


# -- fetching ahead ----------------------------------------------------------------------------------------------------
MAX_PAGES_AHEAD = 160  # fetched while others are still being extracted
MAX_BYTES_AHEAD = 8_000_000


class PrefetchWindow:
    """The pages of one source that are fetched and not yet handed on. A context manager, which cancels what is left in it.

    `hand_on` gets each page with its extraction (None: there is nothing to extract). Requests go out one after the other.
    `refresh` brings what is stored of a page up to date before its new answer is compared with it.
    """

    def __init__(
        self,
        run: SourceRun,
        hand_on: Callable[[FetchAttempt, PageExtraction | None], None],
        refresh: Callable[[PageRecord], Awaitable[None]],
    ) -> None:
        self._run, self._hand_on, self._refresh = run, hand_on, refresh
        self._pool = run.services.pool
        self._window: deque[tuple[FetchAttempt, asyncio.Task[PageExtraction] | None]] = deque()
        self._bytes = 0

    def __enter__(self) -> PrefetchWindow:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for _, task in self._window:
            if task is not None:
                task.cancel()
        self._window.clear()
        self._hold(-self._bytes)

    async def fetch(self, request: PageRequest) -> None:
        """Request a page and begin its extraction; then wait until the window has room for another one."""
        if not self._window:
            await self._pool.wait_for_room()
        task, answer = None, None
        if url := resolve(request.page.entry.url or ""):
            answer = await self._get(url, request)
            if (
                isinstance(answer, Response)
                and not answer.not_modified
                and is_readable(answer, file_kinds=self._run.source.file_kinds)
            ):
                task = asyncio.create_task(self._extract(request, answer))
        self._hold(_size(answer))
        self._window.append((FetchAttempt(request.page, request.before, request.visit, request.is_in_sitemap, answer), task))
        await self.drain(MAX_PAGES_AHEAD)

    async def drain(self, max_pages: int = 0) -> None:
        """Pass on the extracted pages. Wait until at most `max_pages` are still being extracted."""
        self._hand_on_ready()
        while len(self._window) > max_pages or self._bytes > MAX_BYTES_AHEAD or (self._window and self._pool.is_full):
            if task := self._window[0][1]:
                await asyncio.wait({task})
            self._hand_on_ready()

    async def _get(self, url: str, request: PageRequest) -> Response | Failure:
        """Return the answer. While it is on the way, hand on what has been extracted by then."""
        fetcher, page = self._run.services.fetcher, request.page
        answer = asyncio.ensure_future(
            get_page(fetcher, url, etag=page.etag, last_modified=page.last_modified, accept=ACCEPT_PAGE, budget=self._run.budget)
        )
        try:
            while not answer.done():
                task = self._window[0][1] if self._window else None
                await asyncio.wait({answer, task} if task else {answer}, return_when=asyncio.FIRST_COMPLETED)
                self._hand_on_ready()
            return answer.result()
        finally:
            answer.cancel()  # has an effect only after an error

    async def _extract(self, request: PageRequest, answer: Response) -> PageExtraction:
        if request.before is not None:
            await self._refresh(request.before)
        dictionary = self._run.services.archive.responses.dictionary(self._run.state.id)
        return await self._pool.extract(request.page.entry, request.page.url, self._run.source, answer, dictionary)

    def _hand_on_ready(self) -> None:
        while self._window and (self._window[0][1] is None or self._window[0][1].done()):
            attempt, task = self._window.popleft()
            self._hold(-_size(attempt.answer))
            self._hand_on(attempt, task.result() if task else None)

    def _hold(self, size: int) -> None:
        self._bytes += size
        self._pool.hold(size)


def _size(answer: Response | Failure | None) -> int:
    return len(answer.body) if isinstance(answer, Response) else 0
