"""Why an address is, or is not, found: one reason for any address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.archive.store import Archive, PageRecord, entry_hash
from indexer.archive.visits import Removal, Visit, VisitUpdate
from indexer.diagnostics.url_diagnosis import UrlReason, decide, gather_facts, look_up
from indexer.model import Document, Entry, Response, Source
from indexer.reasons import Reason
from indexer.urls import document_id

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FEED, URL = "https://example.org/rss.xml", "https://example.org/a"
ID = document_id(URL)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive.db")
    archive.sources.add(Source(FEED, "News"))
    yield archive
    archive.close()


def put(
    archive: Archive, url: str = URL, document_url: str | None = None, visit: dict[str, object] | None = None, **fields: object
) -> None:
    """A page, its document when `document_url` names one, and its visit."""
    entry = Entry(url, title="Ferry")
    gives = document_id(document_url) if document_url else None
    given = {"fetched_at": NOW, "document_id": gives, "own_document_id": gives, **fields}
    archive.pages.put(PageRecord(document_id(url), url, 1, entry, entry_hash(entry), **given))
    if document_url:
        archive.documents.put(Document(document_id(document_url), document_url, "Ferry", "Tide"), 1, 1)
    archive.visits.remember(VisitUpdate(Visit(document_id(url), 1, **(visit or {}))))


def of(archive: Archive, url: str = URL, *, indexed: bool = True) -> UrlReason:
    return decide(gather_facts(archive, look_up(archive, url), indexed=indexed))


def test_an_address_that_no_source_lists(archive: Archive) -> None:
    assert of(archive).code == "never-listed"
    assert of(archive).source_url == FEED
    assert of(archive, "https://elsewhere.example/x").source_url is None
    assert of(archive, "no address at all").code == "never-listed"


def test_a_page_that_waits(archive: Archive) -> None:
    put(archive, fetched_at=None)
    archive.sources.record_crawl(1, NOW, next_crawl=NOW + timedelta(hours=1), error=Reason("connect", "it is down"))
    found = of(archive)
    assert (found.code, found.is_found, found.next_look) == ("waiting", False, NOW + timedelta(hours=1))
    assert found.reason == Reason("connect", "it is down")


def test_what_is_found_and_where(archive: Archive) -> None:
    put(archive, document_url=URL, visit={"due": NOW + timedelta(days=7)})
    assert (of(archive).code, of(archive).is_found, of(archive).next_look) == ("found", True, NOW + timedelta(days=7))
    assert of(archive, ID).code == "found"
    assert of(archive, f"{URL}?utm_source=x#top").code == "found"
    assert of(archive, indexed=False).code == "not-indexed-yet"
    put(archive, f"{URL}?page=2", document_url=URL)
    twin = of(archive, f"{URL}?page=2")
    assert (twin.code, twin.is_found, twin.other) == ("duplicate", True, URL)
    assert (twin.other, twin.document_url) == (URL, URL)
    put(archive, "https://example.org/old", document_url="https://example.org/new")
    assert of(archive, "https://example.org/old").other == "https://example.org/new"


def test_a_document_made_of_the_feeds_text_says_why_its_page_was_not_had(archive: Archive) -> None:
    put(archive, document_url=URL, failure=Reason("timeout", "no answer", URL))
    assert of(archive).reason == Reason("timeout", "no answer")


@pytest.mark.parametrize(
    ("failure", "more", "code"),
    [
        (Reason("robots", url=URL), {}, "robots"),
        (Reason("status", "the server answered 404", URL), {"failed_status": 404}, "gone"),
        (Reason("status", "the server answered 503", URL), {"failed_status": 503}, "failed"),
        (
            Reason("status", "the server answered 500", "https://example.org/guide-to-robots.txt"),
            {"failed_status": 500},
            "failed",
        ),
        (Reason("out-of-order", "Down for maintenance"), {}, "failed"),
        (Reason("error-page", "Not found"), {}, "gone"),
        (Reason("noindex", "meta robots"), {}, "noindex"),
    ],
)
def test_a_page_without_a_document(archive: Archive, failure: Reason, more: dict[str, object], code: str) -> None:
    put(archive, failure=failure, visit={"refused_since": NOW - timedelta(days=3)}, **more)
    found = of(archive)
    assert (found.code, found.reason, found.is_found) == (code, failure, False)
    assert found.since == NOW - timedelta(days=3)


def test_a_stored_answer_that_asks_not_to_be_indexed_or_says_nothing(archive: Archive) -> None:
    body = b"<meta name=robots content=noindex><p>Tide"
    number = archive.responses.put(Response(URL, URL, 200, {"content-type": "text/html"}, body, NOW))
    put(archive, response_id=number)
    assert of(archive).code == "noindex"
    put(archive, response_id=None)
    assert of(archive).code == "no-text"


def test_what_has_left(archive: Archive) -> None:
    put(archive, document_url=URL, visit={"withdrawn": Reason("gone", "410")}, gone_count=2)
    archive.documents.remove(ID, Reason("gone", "410"))
    assert (of(archive).code, of(archive).is_found) == ("gone", False)
    assert of(archive).since is not None
    put(archive, "https://example.org/b", document_url="https://example.org/b")
    archive.documents.remove(document_id("https://example.org/b"), Reason("moved", url="https://example.org/c"))
    moved = of(archive, "https://example.org/b")
    assert (moved.code, moved.other) == ("moved", "https://example.org/c")
    archive.forget([ID], URL)
    assert of(archive).code == "forgotten"


def test_what_is_to_leave_when_the_operator_agrees(archive: Archive) -> None:
    put(archive, document_url=URL)
    archive.visits.remember(VisitUpdate(Visit(ID, 1), Removal(ID, 1, Reason("gone", "404"), NOW)))
    found = of(archive)
    assert (found.code, found.is_found, found.since) == ("asking", True, NOW)
    assert found.reason == Reason("gone", "404")


def test_a_source_that_was_removed(archive: Archive) -> None:
    put(archive, fetched_at=None)
    archive.sources.remove(1)
    assert of(archive).code == "removed"
