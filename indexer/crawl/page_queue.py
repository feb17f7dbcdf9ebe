"""Choose the pages that one source's crawl fetches, in which order, and until when."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Container, Iterator, Mapping
from itertools import islice

from indexer.archive.frontier import NOT_ASKED
from indexer.archive.store import PageRecord, entry_hash
from indexer.archive.visits import Visit
from indexer.crawl import revisit_policy
from indexer.crawl.backfill.walk import Memo
from indexer.crawl.decider import PageRequest
from indexer.crawl.plan import planned_fetch
from indexer.crawl.source_run import SourceRun
from indexer.feeds.entries import complete_entry
from indexer.model import Entry

MAX_UNLISTED_PAGES = 200  # in one crawl: politeness, and an hourly crawl must end within the hour
MAX_BATCH_PAGES = 500  # waiting pages in memory


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
        for position, (key, entry) in enumerate(entries.items()):
            if self._archive.is_forgotten(key):
                continue
            before, digest = self._archive.pages.get(key), entry_hash(entry)
            visit = run.visits.get(key)
            if not self._is_due(before, visit, entry, digest, other_sources, is_sitemap=is_sitemap):
                report.unchanged += 1
                continue
            if reason := self._reason_to_stop(entry):
                report.notes.append(f"{reason}; the rest follows with the next crawl")
                self.is_cut_short = True
                if self.budget_spent:
                    self.enqueue(dict(islice(entries.items(), position, None)))  # the feed may not list them by then
                return
            if not run.services.writer.claim(key):
                report.unchanged += 1
                continue
            report.fetched += 1
            if options.dry_run:
                report.planned.append(planned_fetch(entry, before, digest))
            else:
                yield self._request(key, entry, digest, before, visit, is_sitemap=is_sitemap)
            run.show_progress()

    def waiting(self, already_fetched: Container[str]) -> Iterator[dict[str, Entry]]:
        """Yield the pages that a backfill or a linked PDF has added, in batches: a site's archive does not fit into memory."""
        last_row = 0
        while not self.is_cut_short:
            pages, last_row = self._run.frontier.next_batch(last_row, MAX_BATCH_PAGES)
            if not pages:
                return
            yield {page.id: page.entry for page in pages if page.id not in already_fetched}

    def unlisted(self, listed: Collection[str], *, is_backfilled: bool = False) -> dict[str, Entry]:
        """Return stored pages that the source does not list and that are due. After a backfill those that were never fetched
        come later."""
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
        with self._archive.transaction():
            for key, entry in entries.items():
                stored = self._archive.pages.get(key)
                if stored is None and not self._archive.is_forgotten(key):
                    self._archive.pages.put(PageRecord(key, entry.url or "", self._run.state.id, entry, NOT_ASKED))
                if stored is not None and stored.source_id == self._run.state.id:
                    complete = complete_entry(entry, stored.entry)
                    if complete != stored.entry:
                        self._archive.pages.put(dataclasses.replace(stored, entry=complete, entry_hash=NOT_ASKED))

    def store_backfilled(self, entries: Mapping[str, Entry], memo: Memo) -> None:
        """Store what a backfill has listed together with where it goes on, in one transaction."""
        with self._archive.transaction():
            self.enqueue(entries)
            self._run.frontier.memo = memo

    def completed(self, key: str, entry: Entry) -> Entry:
        """Return a listed item completed from the archive: a sitemap names little more than an address, which is no change."""
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
