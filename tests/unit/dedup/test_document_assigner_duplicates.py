"""Which documents are compared with a page's own, and how alike they must be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.archive.store import Archive, PageRecord
from indexer.dedup.document_assigner import DocumentAssigner, DuplicateFinder
from indexer.dedup.near_duplicate import DuplicateEvidence, ShingledDocument
from indexer.extract.extractor import ExtractionResult, extract_document
from indexer.model import Document, Entry, Response, Source
from indexer.urls import document_id

SITE = "https://n.example"
SOURCE = Source(f"{SITE}/rss", "News")
FERRY = "The ferry crosses the estuary again after nine winters in the yard of the old shipwright. "
MILL = "Seven carpenters have rebuilt the mill wheel, and the water turned it once more at noon. "


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive.db")
    archive.sources.add(SOURCE)
    yield archive
    archive.close()


def fetched(name: str, text: str, *, canonical: str) -> tuple[PageRecord, Response]:
    url = f"{SITE}/{name}"
    body = (
        f"<html><head><link rel='canonical' href='{SITE}/{canonical}'></head><body><article><p>{text}</p></article></body></html>"
    )
    response = Response(url, url, 200, {"content-type": "text/html; charset=utf-8"}, body.encode())
    return PageRecord(document_id(url), url, 1, Entry(url, title=f"All about {name}"), "-"), response


def assign(archive: Archive, name: str, text: str, *, canonical: str) -> None:
    page, response = fetched(name, text, canonical=canonical)
    page = PageRecord(page.id, page.url, 1, page.entry, "-", response_id=archive.responses.put(response, None, None, 1))
    DocumentAssigner(archive).assign(page, extract_document(page.entry, page.url, SOURCE, response), SOURCE)


def addresses(archive: Archive) -> dict[str, str]:
    """Return the path of each page and that of its document."""
    documents = {document.id: document.url for document in archive.documents.all()}
    return {
        page.url.removeprefix(SITE): documents.get(page.document_id or "", "-").removeprefix(SITE) for page in archive.pages.all()
    }


def test_a_page_is_no_evidence_for_the_document_that_it_shared_before(archive: Archive) -> None:
    """Its text has changed, and it now has the address that it named before as another one of its own."""
    shared = Document("d" * 16, f"{SITE}/other", "Ferry", FERRY * 5)
    archive.documents.put(shared, 1, 1, None, None)
    other, page = (
        PageRecord(document_id(url), url, 1, Entry(url), "-", document_id=shared.id, own_document_id=shared.id)
        for url in (f"{SITE}/other", f"{SITE}/a")
    )
    archive.pages.put(other)
    archive.pages.put(page)
    own = Document(document_id(f"{SITE}/b"), f"{SITE}/b", "Ferry", FERRY * 5 + MILL * 5)
    archive.pages.put_aliases(page.id, {own.id})
    assert DuplicateFinder(archive).find(page, ShingledDocument(own), ()) is None
    archive.pages.put_aliases(other.id, {own.id})
    duplicate = DuplicateFinder(archive).find(page, ShingledDocument(own), ())
    assert duplicate is not None
    assert (duplicate.document.id, duplicate.because) == (shared.id, DuplicateEvidence.NAMED)


def test_a_page_whose_item_has_another_text_is_at_its_own_address(archive: Archive) -> None:
    assign(archive, "b", FERRY * 5, canonical="c")
    assign(archive, "a", MILL * 5, canonical="b")
    assert addresses(archive) == {"/a": "/a", "/b": "/c"}


def test_a_page_leaves_an_address_when_the_page_that_is_there_turns_out_to_be_another(archive: Archive) -> None:
    assign(archive, "a", MILL * 5, canonical="b")
    assert addresses(archive) == {"/a": "/b"}
    assign(archive, "b", FERRY * 5, canonical="c")
    assert addresses(archive) == {"/a": "/a", "/b": "/c"}


def test_pages_of_one_text_share_the_address_that_they_name(archive: Archive) -> None:
    assign(archive, "a", MILL * 5, canonical="b")
    assign(archive, "b", MILL * 5, canonical="c")
    assert len(set(addresses(archive).values())) == 1


def test_without_a_document_there_is_no_duplicate(archive: Archive) -> None:
    page, _ = fetched("a", FERRY, canonical="a")
    counts = DocumentAssigner(archive).assign(page, ExtractionResult(None), SOURCE)
    assert (counts.new, counts.changed, counts.removed) == (0, 0, 0)
