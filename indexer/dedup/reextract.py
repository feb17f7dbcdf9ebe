"""Which stored pages are read again without the network: those that another version or other settings have read."""

from __future__ import annotations

from collections.abc import Iterator

from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.dedup.assigner import DocumentAssigner
from indexer.extract.extractor import ExtractionResult, extraction_stamp
from indexer.model import Source
from indexer.reasons import Reason

BATCH = 50  # pages in one transaction
WHY = Reason("re-extracted")


def read_page_again(
    archive: Archive, assigner: DocumentAssigner, page: PageRecord, source: Source, understood: ExtractionResult | None = None
) -> None:
    """As a crawl would store it. What was withdrawn stays so. `understood`: when somebody has read it again already."""
    with archive.transaction():
        known = archive.pages.get(page.id)  # another page's place may have changed this one's meanwhile
        if known is None:
            return
        if not is_withdrawn(archive, known):
            assigner.assign(known, understood or assigner.read_again(known, source), source, WHY)
        archive.pages.stamp(known.id, extraction_stamp(source))


def is_withdrawn(archive: Archive, page: PageRecord) -> bool:
    """Whether it gives nothing because it is gone, forbidden or not to be indexed."""
    visit = archive.visits.get(page.id)
    return visit is not None and visit.withdrawn is not None


def outdated(archive: Archive, state: SourceState, most: int) -> Iterator[list[PageRecord]]:
    """A source's pages that other settings or another version have read, in batches; `most` at most. Each must be read again
    (`read_page_again`) before the next batch is asked for."""
    while most > 0 and (pages := archive.pages.with_other_stamp(state.id, extraction_stamp(state.source), min(BATCH, most))):
        yield pages
        most -= len(pages)
