"""What becomes of an answer in the archive: pages are stored in batches, each batch in one transaction.

A batch is as small as the web is slow: it is written when it holds `BATCH` pages or its first one has waited `BATCH_SECONDS`.
A kill costs the batch in flight, whose pages the next crawl fetches again.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

from indexer.archive.frontier import NOT_ASKED
from indexer.archive.store import Archive, PageRecord
from indexer.archive.visits import VisitUpdate
from indexer.crawl.extraction_worker import Extraction
from indexer.crawl.report import SourceReport
from indexer.dedup.assigner import DocumentAssigner
from indexer.extract.extractor import extraction_stamp
from indexer.model import Entry, Response, Source
from indexer.urls import document_id

BATCH = 100  # pages
BATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class PageUpdate:
    """A page after it was asked for. `response` and `extracted` are None when the answer brought nothing new."""

    page: PageRecord
    source: Source
    report: SourceReport
    response: Response | None = None
    extracted: Extraction | None = None
    withdrawn: bool = False
    memo: VisitUpdate | None = None  # what is remembered of the visit


class BatchWriter:
    """The one writer of a crawl."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._visits, self._assigner = archive, archive.visits, DocumentAssigner(archive)
        self._waiting: list[PageUpdate] = []
        self._since = 0.0
        self._claimed: set[str] = set()

    def claim(self, page_id: str) -> bool:
        """Whether nobody else of this crawl has taken the page: of two sources that list one, the faster crawls it."""
        if page_id in self._claimed:
            return False
        self._claimed.add(page_id)
        return True

    def keep(self, outcome: PageUpdate) -> None:
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
            with self._archive.transaction():
                for outcome in waiting:
                    self._store(outcome)
                    if outcome.memo is not None:
                        self._visits.remember(outcome.memo)

    def _store(self, outcome: PageUpdate) -> None:
        known, response, report = self._archive.pages.get(outcome.page.id), outcome.response, outcome.report
        page = _placed(outcome.page, known)
        if response is not None:
            packed = outcome.extracted.packed if outcome.extracted else None
            page = dataclasses.replace(
                page,
                response_id=self._archive.responses.put(response, page.response_id, packed, page.source_id),
                etag=response.headers.get("etag"),
                last_modified=response.headers.get("last-modified"),
            )
        if response is None and not outcome.withdrawn and self._stands(page, known, outcome.source):
            report.unchanged += 1
            self._archive.pages.put(page)
            return
        if outcome.withdrawn:
            tally = self._assigner.withdraw(page, page.failure, outcome.source)
        else:
            understood = outcome.extracted.result if outcome.extracted else self._assigner.read_again(page, outcome.source)
            tally = self._assigner.assign(page, understood, outcome.source)
            for url in understood.pdfs:
                self._list(url, page)
        report.new += tally.new
        report.changed += tally.changed
        report.removed += tally.removed
        report.unchanged += not (tally.new or tally.changed or tally.removed)

    def _list(self, url: str, by: PageRecord) -> None:
        """A PDF that a page links waits to be fetched as a page of the same source."""
        key = document_id(url)
        if self._archive.pages.get(key) is None and not self._archive.is_forgotten(key):
            self._archive.pages.put(PageRecord(key, url, by.source_id, Entry(url), NOT_ASKED))

    def _stands(self, page: PageRecord, known: PageRecord | None, source: Source) -> bool:
        """Whether the document is what this program makes of the very entry and answer that we hold."""
        if known is None or known.document_id is None or known.reading is None:
            return False
        if (known.entry_hash, known.response_id) != (page.entry_hash, page.response_id):
            return False
        return known.made_by == extraction_stamp(source) and self._archive.documents.extractor_of(known.document_id) is not None


def _placed(page: PageRecord, now: PageRecord | None) -> PageRecord:
    """The page with its place among the documents as it is now: while it was asked for, a twin of it may have been stored, and
    have moved it."""
    if now is None:
        return page
    return dataclasses.replace(
        page, document_id=now.document_id, reading=now.reading, address=now.address, made_by=now.made_by, remark=now.remark
    )
