"""Extract stored pages again, without the network, after their source's settings or the extractor have changed.

All re-extraction goes through the pool: with all cores, and with the time limits of pages that a crawl fetches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from indexer.archive.store import Archive, PageRecord
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.crawl.extraction_processes.single_page import extract_apart
from indexer.crawl.extraction_processes.worker import PageExtraction
from indexer.crawl.page_queue import SourceRun
from indexer.dedup.document_assigner import DocumentAssigner
from indexer.extract.extractor import ExtractionResult, extraction_stamp
from indexer.model import Failure, Source
from indexer.reasons import Reason

MAX_PAGES = 2_000  # of a source in one crawl; the next crawl goes on
MAX_PAGES_IN_MEMORY = 8  # they may have 10 MB each
BATCH_PAGES = 8  # stored in one transaction, while the crawl waits

Progress = Callable[[int, int], None]  # done, of how many


@dataclass(frozen=True, slots=True)
class ReextractionReport:
    """The number of changed documents, and the pages that could not be extracted. These pages keep their documents."""

    changed: int
    failures: list[Failure]


async def reextract_outdated(run: SourceRun, *, adds_note: bool = True) -> None:
    """Extract a source's outdated pages again, in small pieces between which the crawl goes on.

    `adds_note`: the report tells how many there were.
    """
    archive, state = run.services.archive, run.state
    pages = changed = 0
    while pages < MAX_PAGES and (batch := archive.pages.with_other_stamp(state.id, extraction_stamp(state.source), BATCH_PAGES)):
        report = await reextract(archive, run.services.pool, batch, {state.id: state.source}, trusts_archive=True)
        run.report.failures += report.failures
        pages, changed = pages + len(batch), changed + report.changed
    if changed and adds_note:
        run.report.notes.append(f"settings or extractor changed: re-extracted {pages} stored pages, {changed} documents updated")


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
                failures += (await reextract(archive, workers, batch, sources)).failures
                done += len(batch)
                progress(done, total)
        return failures

    before = archive.documents.last_change
    failures = asyncio.run(run())
    return ReextractionReport(archive.documents.last_change - before, failures)


async def reextract(
    archive: Archive,
    pool: ExtractionPool,
    pages: Sequence[PageRecord],
    sources: Mapping[int, Source],
    *,
    trusts_archive: bool = False,
) -> ReextractionReport:
    """Extract stored pages again and store the documents in one transaction.

    A page that the crawl has fetched meanwhile is left as it is: its document is newer. `trusts_archive`: a page that gives the
    document that is stored is not assigned again. Otherwise it is, which repairs what the archive has lost around it.
    """
    assigner, slots = DocumentAssigner(archive, extract_apart), asyncio.Semaphore(MAX_PAGES_IN_MEMORY)
    extractions = await asyncio.gather(
        *(_extract(archive, pool, assigner, page, sources[page.source_id], slots) for page in pages)
    )
    before, failures = archive.documents.last_change, []
    with archive.transaction():
        for page, extraction in zip(pages, extractions, strict=True):
            source, current = sources[page.source_id], archive.pages.get(page.id)
            if current is None or (current.response_id, current.entry_hash) != (page.response_id, page.entry_hash):
                continue
            if extraction.given_up is not None:
                archive.pages.stamp(page.id, extraction_stamp(source))  # otherwise each crawl would spend a minute on it
                failures.append(Failure(page.url, "unreadable", cause=extraction.given_up, stands="stored-text"))
            elif trusts_archive and assigner.is_assigned(current, extraction.result):
                archive.pages.stamp(page.id, extraction_stamp(source))
            else:
                store_again(archive, assigner, page, source, extraction.result)
    return ReextractionReport(archive.documents.last_change - before, failures)


async def _extract(
    archive: Archive,
    pool: ExtractionPool,
    assigner: DocumentAssigner,
    page: PageRecord,
    source: Source,
    slots: asyncio.Semaphore,
) -> PageExtraction:
    async with slots:
        response = archive.responses.get(page.response_id) if page.response_id is not None else None
        if response is None:
            return PageExtraction(assigner.extract_stored(page, source))
        return await pool.extract(page.entry, page.url, source, response)


# -- storing again -----------------------------------------------------------------------------------------------------
MAX_BATCH_PAGES = 50  # in one transaction
WHY = Reason("re-extracted")


def store_again(archive: Archive, assigner: DocumentAssigner, page: PageRecord, source: Source, result: ExtractionResult) -> None:
    """Store what a page gives as a crawl would. What was withdrawn stays withdrawn."""
    with archive.transaction():
        current = archive.pages.get(page.id)  # an earlier page may have moved it, or dropped it
        if current is None:
            return
        if not is_withdrawn(archive, current):
            assigner.assign(current, result, source, WHY)
        archive.pages.stamp(current.id, extraction_stamp(source))


def is_withdrawn(archive: Archive, page: PageRecord) -> bool:
    """Return whether a page gives nothing because it is gone, forbidden or not to be indexed."""
    visit = archive.visits.get(page.id)
    return visit is not None and visit.withdrawn is not None
