"""Crawl one source: the steps and their order. Every decision is made elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from indexer.archive.store import SourceState
from indexer.crawl import revisit_policy
from indexer.crawl.decider import Decider, FetchAttempt
from indexer.crawl.extraction_worker import Extraction
from indexer.crawl.listing import Listing, ListingFailure, Validators, read_listing
from indexer.crawl.page_queue import PageQueue
from indexer.crawl.prefetch import PrefetchWindow
from indexer.crawl.removal_guard import apply_removals
from indexer.crawl.report import SourceReport
from indexer.crawl.same_text import SameTextTracker
from indexer.crawl.source_run import CrawlServices, SourceRun
from indexer.crawl.stale_extractions import reextract_outdated
from indexer.crawl.template_learning import MAX_PAGES, learn_template
from indexer.model import Entry, Failure
from indexer.reasons import Reason


class SourceCrawl:
    """One source's crawl.

        outdated pages -> listing -> pages that are due -> fetch and store -> learn the template
        -> record the visit -> removals -> report

    Pages are fetched one after the other and stored in that order, while earlier ones are extracted.
    """

    def __init__(self, services: CrawlServices, state: SourceState) -> None:
        self.context = SourceRun(services, state)
        self._services, self._queue = services, PageQueue(self.context)
        self._decider = Decider(
            services.fetcher.policy.user_agent,
            services.now,
            wants_pdf=state.source.pdf,
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
        await self._reextract_outdated()
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
        if (listing.is_backfilled or self.context.source.pdf) and not queue.is_cut_short:
            self._services.writer.flush()
            for batch in queue.waiting(entries):
                await self._fetch(batch)
                self._services.writer.flush()

    async def _fetch(self, entries: Mapping[str, Entry], *, is_sitemap: bool = False) -> None:
        """Fetch and store the entries' pages as far as they are due."""
        with PrefetchWindow(self.context, self._store) as window:
            for request in self._queue.due(entries, is_sitemap=is_sitemap):
                await window.fetch(request)
                if not self._has_learned and self.report.fetched >= MAX_PAGES:  # at the end, all pages would be extracted twice
                    await window.drain()
                    await self._learn()
            await window.drain()

    def _store(self, attempt: FetchAttempt, extraction: Extraction | None) -> None:
        """Decide what an answer means, and store it."""
        is_judged = self._decider.is_judged(attempt, extraction)
        facts = self._same_text.facts(attempt, extraction, is_judged=is_judged)
        update = self._decider.decide(attempt, extraction, facts)
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
        state = await learn_template(self._services.archive, self._services.pool, context.state)
        if state is not context.state:
            await self._finish_reextraction()
            context.state, self.report.source = state, state.source
            self._reextraction = asyncio.create_task(reextract_outdated(context, adds_note=False))

    async def _reextract_outdated(self) -> None:
        """Extract pages again whose source has other settings now, before the crawl compares them with new answers."""
        if not self._services.options.dry_run:
            await reextract_outdated(self.context)

    async def _finish_reextraction(self) -> None:
        """Wait until the pages are extracted again that were stored before the template was learned."""
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
        with archive.transaction():
            if listing.cursor is not None and is_whole:
                context.frontier.memo = listing.cursor
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
                pages_fail=revisit_policy.most_pages_fail(*archive.pages.failing_of_source(context.state.id)),
            )

    def _apply_removals(self) -> None:
        """Carry out the removals that were decided upon, or ask the operator."""
        services = self._services
        if not services.options.dry_run:
            services.writer.flush()
            apply_removals(self.context)

    async def _fail(self, listing: ListingFailure) -> SourceReport:
        """Record that the source could not be read."""
        if listing.failure is not None and listing.failure.reason == "robots":
            # robots.txt may forbid the pages as well, and then they must be removed.
            await self._fetch(self._queue.unlisted(()))
            self._apply_removals()
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
        self.context.show_progress()
        return self.report
