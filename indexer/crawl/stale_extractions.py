"""Extract stored pages again, without the network, after their source's settings or the extractor have changed.

All re-extraction goes through the pool: with all cores, and with the time limits of pages that a crawl fetches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.crawl.extraction_pool import ExtractionPool
from indexer.crawl.extraction_worker import Extraction
from indexer.crawl.report import SourceReport
from indexer.dedup.assigner import DocumentAssigner
from indexer.dedup.reextract import MAX_BATCH_PAGES, outdated_pages, store_again
from indexer.extract.extractor import extraction_stamp
from indexer.model import Failure, Source

MAX_PAGES = 2_000  # of a source in one crawl; the next crawl goes on
MAX_PAGES_IN_MEMORY = 8  # they may have 10 MB each

Progress = Callable[[int, int], None]  # done, of how many


@dataclass(frozen=True, slots=True)
class ReextractionReport:
    """How many documents changed, and the pages that were given up. Those keep their documents."""

    changed: int
    failures: list[Failure]


async def reextract_outdated(
    archive: Archive, pool: ExtractionPool, state: SourceState, report: SourceReport, *, adds_note: bool = True
) -> None:
    """Extract a source's outdated pages again. `adds_note`: the report tells how many there were."""
    pages, change_before = 0, archive.documents.last_change
    for batch in outdated_pages(archive, state, MAX_PAGES):
        report.failures += await reextract(archive, pool, batch, {state.id: state.source})
        pages += len(batch)
    if (changed := archive.documents.last_change - change_before) and adds_note:
        report.notes.append(f"settings or extractor changed: re-extracted {pages} stored pages, {changed} documents updated")


def reextract_all(
    archive: Archive, progress: Progress = lambda done, total: None, pool: ExtractionPool | None = None
) -> ReextractionReport:
    """Extract every stored page again, on all cores. The caller holds the archive's writer lock."""

    async def run() -> list[Failure]:
        sources = {state.id: state.source for state in archive.sources.all(removed=True)}
        done, total, failures = 0, archive.counts()["pages"], []
        pages = archive.pages.all()
        async with pool or ExtractionPool() as workers:
            while batch := list(islice(pages, MAX_BATCH_PAGES)):
                failures += await reextract(archive, workers, batch, sources)
                done += len(batch)
                progress(done, total)
        return failures

    before = archive.documents.last_change
    failures = asyncio.run(run())
    return ReextractionReport(archive.documents.last_change - before, failures)


async def reextract(
    archive: Archive, pool: ExtractionPool, pages: Sequence[PageRecord], sources: Mapping[int, Source]
) -> list[Failure]:
    """Extract stored pages again and store the documents in one transaction. Return the pages that were given up; they keep
    their documents."""
    assigner, slots, failures = DocumentAssigner(archive), asyncio.Semaphore(MAX_PAGES_IN_MEMORY), []
    extractions = await asyncio.gather(
        *(_extract(archive, pool, assigner, page, sources[page.source_id], slots) for page in pages)
    )
    with archive.transaction():
        for page, extraction in zip(pages, extractions, strict=True):
            source = sources[page.source_id]
            if extraction.given_up is None:
                store_again(archive, assigner, page, source, extraction.result)
            else:
                archive.pages.stamp(page.id, extraction_stamp(source))  # otherwise each crawl would spend a minute on it
                failures.append(Failure(page.url, "unreadable", cause=extraction.given_up, stands="stored-text"))
    return failures


async def _extract(
    archive: Archive,
    pool: ExtractionPool,
    assigner: DocumentAssigner,
    page: PageRecord,
    source: Source,
    slots: asyncio.Semaphore,
) -> Extraction:
    async with slots:
        response = archive.responses.get(page.response_id) if page.response_id is not None else None
        if response is None:
            return Extraction(assigner.extract_stored(page, source))
        return await pool.extract(page.entry, page.url, source, response)
