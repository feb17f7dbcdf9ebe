"""Crawl one source: the steps and their order. Every decision is made elsewhere.

`SameTextTracker` gathers what is known about a page before its answer is judged, and remembers which pages have the same text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from indexer.archive.sources import CrawlCounts
from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.crawl import revisit_policy
from indexer.crawl.batch_writer import PageUpdate
from indexer.crawl.extraction_processes.worker import PageExtraction
from indexer.crawl.listing import Listing, ListingFailure, Validators, read_listing
from indexer.crawl.mass_removal_guard import apply_removals
from indexer.crawl.page_queue import CrawlServices, PageQueue, PrefetchWindow, SourceRun
from indexer.crawl.report import SourceReport
from indexer.crawl.response_policy import FetchAttempt, PageFacts, ResponsePolicy, SameText
from indexer.crawl.site_links import MAX_DEPTH, MAX_SITE_PAGES, SiteWalk
from indexer.crawl.soft_errors import text_hash
from indexer.crawl.stale_extractions import reextract, reextract_outdated
from indexer.crawl.template_updates import MAX_PAGES, MIN_PAGES, learn_template
from indexer.dedup.language_variants import has_version, language_alternates
from indexer.extract.extractor import extraction_stamp, page_key
from indexer.fetch.fetcher import ACCEPT_PAGE
from indexer.model import Entry, Failure, Response
from indexer.reasons import Reason


class SourceCrawl:
    """One source's crawl.

        listing -> pages that are due -> fetch and store -> learn the template -> record the visit -> removals -> report

    Pages are fetched one after the other and stored in that order, while earlier ones are extracted. Stored pages whose settings
    are outdated are extracted again meanwhile, in small pieces; a page that is fetched now is extracted before its new answer is
    judged.
    """

    def __init__(self, services: CrawlServices, state: SourceState) -> None:
        self.context = SourceRun(services, state)
        self._services, self._queue = services, PageQueue(self.context)
        self._response_policy = ResponsePolicy(
            services.fetcher.policy.user_agent,
            services.now,
            file_kinds=state.source.file_kinds,
            is_requested=services.options.everything,
        )
        self._same_text = SameTextTracker(services.archive)
        self._has_learned = False
        self._reextraction: asyncio.Task[None] | None = None

    @property
    def report(self) -> SourceReport:
        return self.context.report

    async def run(self) -> SourceReport:
        """Crawl the source. What the web does wrong goes into the report."""
        self._begin_reextraction()
        listing = await read_listing(self.context, self._queue)
        if isinstance(listing, ListingFailure):
            return await self._fail(listing)
        await self._crawl_pages(listing)
        await self._learn()
        await self._finish_reextraction()
        self._record(listing)
        self._apply_removals()
        return self._finish()

    def record_crash(self, error: Exception) -> SourceReport:
        """Record that the program itself failed at this source. What waited to be stored is lost and fetched again."""
        if self._reextraction is not None:
            self._reextraction.cancel()
        self.report.broken = error
        return self._record_failure(Reason("internal-error", f"{type(error).__name__}: {error}"), None)

    async def _crawl_pages(self, listing: Listing) -> None:
        """Fetch what is due: listed pages, then unlisted ones, then those that wait in the frontier."""
        listed, queue, is_dry_run = listing.entries, self._queue, self._services.options.dry_run
        unlisted = queue.unlisted(listed, is_backfilled=listing.is_backfilled)
        entries = {**listed, **unlisted}
        self.report.entries = len(entries)
        if listing.is_backfilled and not is_dry_run:
            self.report.entries += self.context.frontier.waiting()
        await self._fetch(entries, is_sitemap=listing.is_sitemap)
        if self.context.site is not None and not is_dry_run:
            await self._follow_links(self.context.site)
        if (listing.is_backfilled or self.context.source.file_kinds) and not queue.is_cut_short:
            self._services.writer.flush()
            for batch in queue.waiting(entries):
                self.report.entries += 0 if listing.is_backfilled else len(batch)  # those of a backfill are counted above
                await self._fetch(batch)
                self._services.writer.flush()

    async def _follow_links(self, site: SiteWalk) -> None:
        """Fetch the pages that fetched pages link, round by round. Pages beyond a limit wait for the next crawl."""
        context, writer, pages = self.context, self._services.writer, self._services.archive.pages
        key = partial(page_key, source=context.source)
        for _ in range(MAX_DEPTH):
            writer.flush()
            site.learn(pages.outcomes(context.state.id))
            for url in [] if self._queue.is_cut_short else site.take_lists():
                answer = await self._services.fetcher.get(url, accept=ACCEPT_PAGE, budget=context.budget)
                if isinstance(answer, Response):
                    site.add(answer)
            room = MAX_SITE_PAGES - pages.count_of_source(context.state.id)
            entries = {key(entry): entry for entry in site.take_pages(lambda entry: context.is_stored(key(entry)), room)}
            if not entries:
                return
            self._queue.enqueue(entries)
            if self._queue.is_cut_short:
                return
            self.report.entries += len(entries)
            await self._fetch(entries)

    async def _fetch(self, entries: Mapping[str, Entry], *, is_sitemap: bool = False) -> None:
        """Fetch and store the entries' pages as far as they are due."""
        with PrefetchWindow(self.context, self._store, self._refresh) as window:
            for request in self._queue.due(entries, is_sitemap=is_sitemap):
                await window.fetch(request)
                if not self._has_learned and self.report.fetched >= MAX_PAGES:  # at the end, all pages would be extracted twice
                    await window.drain()
                    await self._learn()
            await window.drain()

    def _store(self, attempt: FetchAttempt, extraction: PageExtraction | None) -> None:
        """Decide what an answer means, and store it."""
        is_judged = self._response_policy.is_judged(attempt, extraction)
        facts = self._same_text.facts(attempt, extraction, is_judged=is_judged)
        if self.context.site is not None and isinstance(attempt.answer, Response):
            self.context.site.add(attempt.answer)
        update = self._response_policy.decide(attempt, extraction, facts)
        if is_judged:
            self._same_text.record(attempt, extraction, facts, update)
        self._services.writer.add(update, self.context.source, self.report)

    async def _learn(self) -> None:
        """Learn what the source's pages have in common, once enough are stored; begin to extract the earlier ones again."""
        if self._services.options.dry_run:
            return
        self._services.writer.flush()
        self._has_learned = True
        context = self.context
        if self._services.archive.pages.count_with_response(context.state.id, MIN_PAGES) < MIN_PAGES:
            return
        state = await learn_template(self._services.archive, self._services.pool, context.state)
        if state is not context.state:
            await self._finish_reextraction()
            context.state = state
            self._reextraction = asyncio.create_task(reextract_outdated(context, adds_note=False))

    def _begin_reextraction(self) -> None:
        """Begin to extract again the pages whose source has other settings now; the crawl fetches meanwhile."""
        state, pages = self.context.state, self._services.archive.pages
        if not self._services.options.dry_run and pages.with_other_stamp(state.id, extraction_stamp(state.source), 1):
            self._reextraction = asyncio.create_task(reextract_outdated(self.context))

    async def _refresh(self, before: PageRecord) -> None:
        """Extract a stored page with the settings of now, before a new answer is compared with its text."""
        state = self.context.state
        if before.response_id is not None and before.extraction_stamp != extraction_stamp(state.source):
            await reextract(self._services.archive, self._services.pool, [before], {state.id: state.source})

    async def _finish_reextraction(self) -> None:
        """Wait until the outdated pages are extracted again."""
        if self._reextraction is not None:
            await self._reextraction
            self._reextraction = None

    def _record(self, listing: Listing) -> None:
        """Store how the visit went and when the source is due again. The pages are stored by then."""
        if self._services.options.dry_run:
            return
        self._services.writer.flush()
        context, archive, queue, now = self.context, self._services.archive, self._queue, self._services.now
        before = archive.listings.get(context.state.id)
        history = revisit_policy.after_listing(before, now, listing.digest)
        due = revisit_policy.next_listing(
            context.source.url, history, now, listing.feed, listing.headers, every_seconds=context.source.every_seconds
        )
        if queue.has_more or listing.has_more or queue.budget_spent:
            due = min(due, now + revisit_policy.LISTING_INTERVAL)
        is_whole = not queue.is_cut_short
        validators = listing.validators if is_whole else Validators()  # what was cut short must be read again
        # An index of sitemaps none of which can be read
        is_unread = listing.cursor is not None and not listing.entries and bool(self.report.failures)

        def store() -> None:
            if listing.cursor is not None and is_whole:
                context.frontier.cursor = listing.cursor
            if listing.is_complete and (listing.cursor is not None or listing.digest != before.listing_hash):
                context.visits.note_listing(context.state.id, listing.entries, now)
            archive.listings.put(history)
            context.visits.look_again(sorted(self._same_text.doubtful))
            archive.sources.record_crawl(
                context.state.id,
                now,
                next_crawl=due if is_whole or queue.budget_spent else now,
                etag=validators.etag,
                last_modified=validators.last_modified,
                pages_fail=is_unread or revisit_policy.most_pages_fail(*archive.pages.failing_of_source(context.state.id)),
            )

        archive.run(store)

    def _apply_removals(self) -> None:
        """Carry out the removals that were decided upon, or ask the operator."""
        services = self._services
        if not services.options.dry_run:
            services.writer.flush()
            if services.archive.removals.are_pending(self.context.state.id):
                apply_removals(self.context)

    async def _fail(self, listing: ListingFailure) -> SourceReport:
        """Record that the source could not be read."""
        if listing.failure is not None and listing.failure.reason == "robots":
            # robots.txt may forbid the pages as well, and then they must be removed.
            await self._fetch(self._queue.unlisted(()))
            self._apply_removals()
        await self._finish_reextraction()
        return self._record_failure(listing.error, listing.failure)

    def _record_failure(self, error: Reason, failure: Failure | None) -> SourceReport:
        services, state = self._services, self.context.state
        self.report.error = error
        if not services.options.dry_run:
            services.writer.flush()
            failure = failure or Failure(state.source.url, "content-type")
            due = revisit_policy.after_listing_failure(state, services.now, failure)
            services.archive.sources.record_crawl(state.id, services.now, next_crawl=due, error=error)
        return self._finish()

    def _finish(self) -> SourceReport:
        services, report = self._services, self.report
        if not services.options.dry_run:
            counts = CrawlCounts(report.new, report.changed, report.removed, len(report.failures))
            services.archive.crawls.add(self.context.state.id, services.now, counts)
        self.context.show_progress()
        return self.report


# -- pages with the same text ------------------------------------------------------------------------------------------
class SameTextTracker:
    """Which pages of one source have which text. It also knows pages of this crawl that are not stored yet.

    `doubtful` are pages whose text was trusted before other pages turned out to have it, too.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.doubtful: set[str] = set()
        self._is_trusted: dict[str, dict[str, bool]] = {}  # by text hash, then by page id
        self._urls: dict[str, str] = {}  # by page id

    def facts(self, attempt: FetchAttempt, extraction: PageExtraction | None, *, is_judged: bool) -> PageFacts:
        """Return the facts about a page. `is_judged`: those that only a comparison of texts needs are gathered, too."""
        page, before, archive = attempt.page, attempt.before, self._archive
        document = archive.documents.get(before.document_id) if is_judged and before and before.document_id else None
        same_text = self._pages_with_same_text(attempt, extraction) if is_judged else SameText()
        removal = archive.removals.get(page.id) if before else None  # of a page that is not stored there is none
        return PageFacts(document, _has_document(archive, page), removal, same_text)

    def record(self, attempt: FetchAttempt, extraction: PageExtraction | None, facts: PageFacts, update: PageUpdate) -> None:
        """Remember whether the text of a judged page is trusted."""
        digest = text_hash(extraction.result.document) if extraction else None
        if digest is None:
            return
        self._is_trusted.setdefault(digest, {})[attempt.page.id] = update.soft_error is None
        self._urls[attempt.page.id] = attempt.page.url
        if update.doubts_others:
            self.doubtful |= facts.same_text.trusted

    def _pages_with_same_text(self, attempt: FetchAttempt, extraction: PageExtraction | None) -> SameText:
        document = extraction.result.document if extraction else None
        digest = text_hash(document)
        if digest is None or document is None or not isinstance(attempt.answer, Response):
            return SameText()
        others = self._archive.visits.with_text(attempt.visit, digest, document.id) | self._is_trusted.get(digest, {})
        others.pop(attempt.page.id, None)
        alternates = language_alternates(attempt.answer) if others else None
        if alternates is not None:
            others = {page_id: trusted for page_id, trusted in others.items() if not has_version(alternates, self._url(page_id))}
        trusted = frozenset(page_id for page_id, is_trusted in others.items() if is_trusted)
        return SameText(trusted, frozenset(others) - trusted)

    def _url(self, page_id: str) -> str:
        if page_id not in self._urls:
            page = self._archive.pages.get(page_id)
            return page.url if page else ""
        return self._urls[page_id]


def _has_document(archive: Archive, page: PageRecord) -> bool:
    """Return whether the page itself gives a document that is indexed."""
    is_assigned = page.own_document_id is not None and page.document_id is not None
    return is_assigned and archive.documents.extractor_of(page.document_id or "") is not None
