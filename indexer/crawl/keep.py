"""What becomes of an answer in the archive: pages are stored in batches, each batch in one transaction.

A batch is as small as the web is slow: it is written when it holds `BATCH` pages or its first one has waited `BATCH_SECONDS`.
A kill costs the batch in flight, whose pages the next crawl fetches again.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

from indexer.archive.store import Archive, Page
from indexer.archive.visits import Memo, Visits
from indexer.crawl.report import SourceReport
from indexer.crawl.workers import Extracted
from indexer.extract import EXTRACTOR_VERSION
from indexer.model import Response, Source
from indexer.understand import Understood, understand

BATCH = 200  # pages
BATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A page after it was asked for. `response` and `extracted` are None when the answer brought nothing new."""

    page: Page
    source: Source
    report: SourceReport
    response: Response | None = None
    extracted: Extracted | None = None
    withdrawn: bool = False
    memo: Memo | None = None  # what is remembered of the visit


class Keeper:
    """The one writer of a crawl."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._visits = archive, Visits(archive)
        self._waiting: list[Outcome] = []
        self._since = 0.0
        self._claimed: set[str] = set()

    def claim(self, page_id: str) -> bool:
        """Whether nobody else of this crawl has taken the page: of two sources that list one, the faster crawls it."""
        if page_id in self._claimed:
            return False
        self._claimed.add(page_id)
        return True

    def keep(self, outcome: Outcome) -> None:
        """Store it with this batch."""
        now = time.monotonic()
        self._since = self._since if self._waiting else now
        self._waiting.append(outcome)
        if len(self._waiting) >= BATCH or now - self._since >= BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            with self._archive.batch():
                for outcome in waiting:
                    self._store(outcome)
                    if outcome.memo is not None:
                        self._visits.remember(outcome.memo)

    def _store(self, outcome: Outcome) -> None:
        page, response, report = outcome.page, outcome.response, outcome.report
        if response is not None:
            packed = outcome.extracted.packed if outcome.extracted else None
            page = dataclasses.replace(
                page,
                response_id=self._archive.put_response(response, page.response_id, packed),
                etag=response.headers.get("etag"),
                last_modified=response.headers.get("last-modified"),
            )
        if response is None and not outcome.withdrawn and self._stands(page):
            report.unchanged += 1
            self._archive.put_page(page)
            return
        understood = outcome.extracted.understood if outcome.extracted else self._read_again(page, outcome.source)
        document = None if outcome.withdrawn else understood.document
        if document is not None and self._archive.is_forgotten(document.id):
            return
        left = page.document_id
        shared = [each for each in self._archive.givers(left or "") if each != page.id]
        before = None if shared else page.document_id  # the document that goes when this page does
        if document is None:
            why = page.failure or understood.why_not
            if before and self._archive.remove_document(before, why):
                report.removed += 1
            page = dataclasses.replace(page, document_id=before)
        else:
            if before and before != document.id:
                self._archive.remove_document(before, f"moved to {document.url}")
            was_there = self._archive.document(document.id) is not None
            # Two addresses of one page (?page=1, ?page=2) would overwrite each other's title and date in every crawl.
            others = was_there and page.id != document.id and self._archive.givers(document.id)[:1] not in ([], [page.id])
            stored = not others and self._archive.put_document(document, page.source_id, EXTRACTOR_VERSION)
            report.changed += stored and was_there
            report.new += stored and not was_there
            report.unchanged += not stored
            page = dataclasses.replace(page, document_id=document.id)
        self._archive.put_page(page)
        if shared and page.document_id != left:  # the document is the next page's now
            heir = self._archive.page(shared[0])
            inherited = self._read_again(heir, outcome.source).document if heir else None
            if heir is not None and inherited is not None:
                report.changed += self._archive.put_document(inherited, heir.source_id, EXTRACTOR_VERSION)

    def _read_again(self, page: Page, source: Source) -> Understood:
        """From the stored answer, else from the feed's own text."""
        held = self._archive.response(page.response_id) if page.response_id is not None else None
        return understand(page.entry, page.url, source, held)

    def _stands(self, page: Page) -> bool:
        """Whether the document is what this program makes of the very entry and answer that we hold."""
        known = self._archive.page(page.id)
        if known is None or known.document_id is None:
            return False
        if (known.entry_hash, known.response_id) != (page.entry_hash, page.response_id):
            return False
        return self._archive.extractor_of(known.document_id) == EXTRACTOR_VERSION
