"""Store what stored pages give when they are extracted again. `crawl.stale_extractions` extracts them."""

from __future__ import annotations

from indexer.archive.store import Archive, PageRecord
from indexer.dedup.assigner import DocumentAssigner
from indexer.extract.extractor import ExtractionResult, extraction_stamp
from indexer.model import Source
from indexer.reasons import Reason

MAX_BATCH_PAGES = 50  # in one transaction
WHY = Reason("re-extracted")


def store_again(archive: Archive, assigner: DocumentAssigner, page: PageRecord, source: Source, result: ExtractionResult) -> None:
    """Store what a page gives as a crawl would. What was withdrawn stays withdrawn."""
    with archive.transaction():
        known = archive.pages.get(page.id)  # an earlier page may have moved it, or dropped it
        if known is None:
            return
        if not is_withdrawn(archive, known):
            assigner.assign(known, result, source, WHY)
        archive.pages.stamp(known.id, extraction_stamp(source))


def is_withdrawn(archive: Archive, page: PageRecord) -> bool:
    """Report whether a page gives nothing because it is gone, forbidden or not to be indexed."""
    visit = archive.visits.get(page.id)
    return visit is not None and visit.withdrawn is not None
