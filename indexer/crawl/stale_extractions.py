"""What an operator changes of a source (selectors, language, category, name) reaches its stored pages with the next crawl."""

from __future__ import annotations

import asyncio

from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.crawl.extraction_pool import ExtractionPool
from indexer.crawl.extraction_worker import Extraction
from indexer.crawl.report import SourceReport
from indexer.dedup.assigner import DocumentAssigner
from indexer.dedup.reextract import outdated, read_page_again
from indexer.extract.extractor import extraction_stamp
from indexer.model import Failure

MAX_AGAIN = 2_000  # pages of a source in one crawl; the next one goes on
AT_ONCE = 8  # in memory: they may have 10 MB each


async def read_outdated_again(
    archive: Archive, understander: ExtractionPool, state: SourceState, report: SourceReport, *, says: bool = True
) -> None:
    """Read a source's pages again that other settings or another version of the extractor have read: without the network, a batch
    in one transaction. What cannot be read now keeps its document. `says`: a note of it goes into the report."""
    assigner, done, before, turn = DocumentAssigner(archive), 0, archive.documents.last_change, asyncio.Semaphore(AT_ONCE)
    for pages in outdated(archive, state, MAX_AGAIN):
        readings = await asyncio.gather(*(_read(archive, understander, page, state, turn) for page in pages))
        with archive.transaction():
            for page, reading in zip(pages, readings, strict=True):
                if reading.given_up:
                    archive.pages.stamp(page.id, extraction_stamp(state.source))  # else each crawl would spend a minute on it
                    report.failures.append(Failure(page.url, "unreadable", cause=reading.given_up, stands="stored-text"))
                else:
                    read_page_again(archive, assigner, page, state.source, reading.result)
        done += len(pages)
    if (changed := archive.documents.last_change - before) and says:
        report.notes.append(f"settings or program have changed: {done} stored pages were read again, {changed} documents changed")


async def _read(
    archive: Archive, understander: ExtractionPool, page: PageRecord, state: SourceState, turn: asyncio.Semaphore
) -> Extraction:
    async with turn:
        held = archive.responses.get(page.response_id) if page.response_id is not None else None
        if held is None:
            return Extraction(DocumentAssigner(archive).read_again(page, state.source))
        return await understander.extract(page.entry, page.url, state.source, held)
