"""A change that concerns more pages than one transaction assigns loses none of them."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from indexer.archive.store import Archive, PageRecord, entry_hash
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.crawl.stale_extractions import reextract
from indexer.dedup import document_assigner
from indexer.dedup.document_assigner import DocumentAssigner
from indexer.extract.extractor import extract_document, extraction_stamp
from indexer.model import Entry, Source
from indexer.urls import document_id

SITE = "https://n.example"
TEXT = "<p>" + "The ferry crosses the estuary again after nine winters in the yard of the old shipwright. " * 9


def test_pages_beyond_the_limit_are_assigned_by_the_next_reextraction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_assigner, "MAX_REASSIGNED_PAGES", 3)
    archive = Archive(tmp_path / "archive.db")
    source = Source(f"{SITE}/rss", "News")
    archive.sources.add(source)
    (state,) = archive.sources.all()

    def store(number: int, text: str) -> None:
        url = f"{SITE}/{number:02}"
        entry = Entry(url, title="The ferry is back", content_html=text)
        page = archive.pages.get(document_id(url)) or PageRecord(document_id(url), url, state.id, entry, entry_hash(entry))
        page = PageRecord(page.id, url, state.id, entry, entry_hash(entry), document_id=page.document_id)
        DocumentAssigner(archive).assign(page, extract_document(entry, url, source, None), source)

    for number in range(10):
        store(number, TEXT)
    assert archive.documents.count() == 1
    store(0, "<p>" + "Seven carpenters have rebuilt the mill wheel, and the water turned it once more. " * 9)
    marked = archive.pages.with_other_stamp(state.id, extraction_stamp(source), 100)
    assert len(marked) > 0
    assert asyncio.run(reextract(archive, ExtractionPool(workers=0), marked, {state.id: source})).failures == []
    owners = {page.document_id for page in archive.pages.all()}
    assert archive.documents.count() == 2
    assert all(archive.documents.get(owner or "") for owner in owners)
    assert archive.integrity_problems() == []
    archive.close()


def test_a_page_that_was_fetched_meanwhile_keeps_no_other_from_being_extracted_again(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    source = Source(f"{SITE}/rss", "News")
    archive.sources.add(source)
    (state,) = archive.sources.all()
    pages = []
    for name in ("one", "two"):
        url = f"{SITE}/{name}"
        entry = Entry(url, title=f"Title {name}", content_html=f"<p>The text of page {name} is short.")
        page = PageRecord(document_id(url), url, state.id, entry, entry_hash(entry))
        DocumentAssigner(archive).assign(page, extract_document(entry, url, source, None), source)
        pages.append(archive.pages.get(page.id) or page)
    fetched_meanwhile = dataclasses.replace(pages[0], entry_hash="that of an older entry")
    titled = dataclasses.replace(source, category="Harbour")
    report = asyncio.run(reextract(archive, ExtractionPool(workers=0), [fetched_meanwhile, pages[1]], {state.id: titled}))
    assert report.changed == 1
    assert [document.categories for document in sorted(archive.documents.all(), key=lambda each: each.url)] == [(), ("Harbour",)]
    archive.close()
