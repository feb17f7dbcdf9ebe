"""Store what a crawl decided: pages are written in batches, each batch in one transaction.

A batch is written when it holds `MAX_BATCH_PAGES` pages or its first one has waited `MAX_BATCH_SECONDS`. A kill costs the batch
in flight, whose pages the next crawl fetches again.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from indexer.archive.frontier import NOT_REQUESTED
from indexer.archive.store import Archive, PageRecord
from indexer.archive.visits import VisitUpdate
from indexer.crawl.extraction_processes.single_page import extract_apart
from indexer.crawl.extraction_processes.worker import PageExtraction
from indexer.crawl.report import SourceReport
from indexer.crawl.soft_errors import SoftError
from indexer.dedup.document_assigner import ChangeCounts, DocumentAssigner
from indexer.extract.extractor import extraction_stamp
from indexer.model import Entry, Failure, Response, Source
from indexer.urls import document_id

MAX_BATCH_PAGES = 100
MAX_BATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class PageUpdate:
    """What is to be stored of a page that was fetched. Without `response` and `extraction` the answer brought nothing new."""

    page: PageRecord
    response: Response | None = None
    extraction: PageExtraction | None = None
    withdrawn: bool = False  # the page gives no document any more
    visit: VisitUpdate | None = None
    failure: Failure | None = None  # for the report
    soft_error: SoftError | None = None  # of the answer, even if the answer is trusted after all
    doubts_others: bool = False  # other pages with the same text, trusted so far, have become doubtful


class PageClaims(Protocol):
    """Claims on pages that all crawlers of an archive respect (`indexer.archive.leases.Leases`)."""

    def claim(self, page_id: str, source_id: int) -> bool: ...

    def release(self, page_ids: Iterable[str]) -> None: ...


class BatchWriter:
    """The only writer of a crawl."""

    def __init__(self, archive: Archive, worker: str = "", claims: PageClaims | None = None) -> None:
        """`worker`: the holder of the leases, if several crawlers share the sources. `claims`: theirs on single pages."""
        self._archive, self._assigner, self._worker = archive, DocumentAssigner(archive, extract_apart), worker
        self._batch: list[tuple[PageUpdate, Source, SourceReport]] = []
        self._batch_began = 0.0
        self._claimed: set[str] = set()
        self._claims = claims

    @property
    def is_shared(self) -> bool:
        """Return whether other crawlers may store pages meanwhile."""
        return self._claims is not None

    def claim(self, page_id: str) -> bool:
        """Return whether no other source of this crawl has claimed the page: of two that list one, the faster crawls it."""
        if page_id in self._claimed:
            return False
        self._claimed.add(page_id)
        return True

    def claim_shared(self, page_id: str, source_id: int) -> bool:
        """Return whether no other crawler has claimed the page. One of them may have stored it right before.

        If another one has, the claim of `claim` ends: this crawl may take over the source of the other crawler later.
        """
        if self._claims is None or self._claims.claim(page_id, source_id):
            return True
        self._claimed.discard(page_id)
        return False

    def release(self, page_ids: Iterable[str]) -> None:
        """End the claims of pages on which other crawlers may wait."""
        if self._claims is not None:
            self._claims.release(page_ids)

    def add(self, update: PageUpdate, source: Source, report: SourceReport) -> None:
        """Store an update with this batch; failures go into the report immediately, counts when the batch is written."""
        if update.failure is not None:
            report.failures.append(update.failure)
        now = time.monotonic()
        self._batch_began = self._batch_began if self._batch else now
        self._batch.append((update, source, report))
        if len(self._batch) >= MAX_BATCH_PAGES or now - self._batch_began >= MAX_BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the batch. It is written again if the connection to the archive is lost meanwhile.

        Pages of a source that another worker has taken over are left out: that worker fetches them.
        """
        batch, self._batch = self._batch, []
        if batch:
            for report, counts in self._archive.run(lambda: self._write(batch)):
                report.new += counts.new
                report.changed += counts.changed
                report.removed += counts.removed
                report.unchanged += not (counts.new or counts.changed or counts.removed)
            self.release(update.page.id for update, _, _ in batch)

    def _write(self, batch: list[tuple[PageUpdate, Source, SourceReport]]) -> list[tuple[SourceReport, ChangeCounts]]:
        source_ids = {update.page.source_id for update, _, _ in batch}
        leased = self._archive.held_sources(self._worker, source_ids) if self._worker else source_ids
        written = []
        for update, source, report in batch:
            if update.page.source_id in leased:
                written.append((report, self._store(update, source)))
                if update.visit is not None:
                    self._archive.visits.remember(update.visit)
        return written

    def _store(self, update: PageUpdate, source: Source) -> ChangeCounts:
        stored, response = self._archive.pages.get(update.page.id), update.response
        page = _with_assignment(update.page, stored)
        if response is not None:
            packed = update.extraction.packed if update.extraction else None
            page = dataclasses.replace(
                page,
                response_id=self._archive.responses.put(response, page.response_id, packed, page.source_id),
                etag=response.headers.get("etag"),
                last_modified=response.headers.get("last-modified"),
            )
        if response is None and not update.withdrawn and self._is_up_to_date(page, stored, source):
            self._archive.pages.put(page)
            return ChangeCounts()
        if update.withdrawn:
            counts = self._assigner.withdraw(page, page.failure, source)
        else:
            result = update.extraction.result if update.extraction else self._assigner.extract_stored(page, source)
            counts = self._assigner.assign(page, result, source)
            for url in result.files:
                self._enqueue_file(url, page)
        return counts

    def _enqueue_file(self, url: str, linked_by: PageRecord) -> None:
        """Store a linked file as a page of the same source that waits to be fetched."""
        key = document_id(url)
        if self._archive.pages.get(key) is None and not self._archive.documents.is_forgotten(key):
            self._archive.pages.put(PageRecord(key, url, linked_by.source_id, Entry(url), NOT_REQUESTED))

    def _is_up_to_date(self, page: PageRecord, stored: PageRecord | None, source: Source) -> bool:
        """Return whether this program has made the document of the same entry and answer."""
        if stored is None or stored.document_id is None or stored.own_document_id is None:
            return False
        if (stored.entry_hash, stored.response_id) != (page.entry_hash, page.response_id):
            return False
        return (
            stored.extraction_stamp == extraction_stamp(source)
            and self._archive.documents.extractor_of(stored.document_id) is not None
        )


def _with_assignment(page: PageRecord, stored: PageRecord | None) -> PageRecord:
    """Return the page with its present assignment to a document: a duplicate stored meanwhile may have changed it."""
    if stored is None:
        return page
    return dataclasses.replace(
        page,
        document_id=stored.document_id,
        own_document_id=stored.own_document_id,
        address=stored.address,
        extraction_stamp=stored.extraction_stamp,
        canonical_note=stored.canonical_note,
    )
