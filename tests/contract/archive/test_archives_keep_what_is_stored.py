"""The archive: what is stored comes back, changes are numbered, a second writer is told who holds the lock."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from indexer.archive.database import Location
from indexer.archive.store import Archive, PageRecord, entry_hash
from indexer.exchange.warc import write_warc
from indexer.model import Document, Entry, Response, Source
from indexer.reasons import Reason

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def archive(location: Location) -> Iterator[Archive]:
    archive = Archive(location)
    yield archive
    archive.close()


def document(id_: str = "d1", **fields: object) -> Document:
    return Document(**{"id": id_, "url": f"https://example.org/{id_}", "title": "Ferry", "text": "Tide", "date": NOW, **fields})


def test_a_source_added_twice_is_one(archive: Archive) -> None:
    source = Source("https://example.org/rss.xml", name="News")
    assert archive.sources.add(source)
    assert not archive.sources.add(source)
    assert [s.source.url for s in archive.sources.all()] == [source.url]
    found = archive.sources.find("News")
    assert found
    archive.sources.remove(found.id)
    assert archive.sources.all() == []
    assert archive.sources.add(source)


def test_documents_become_numbered_changes_and_the_same_document_none(archive: Archive) -> None:
    assert archive.documents.put(document("a"), None, 1)
    assert archive.documents.put(document("b"), None, 1)
    assert not archive.documents.put(document("a"), None, 1)
    assert [(c.number, c.document_id) for c in archive.documents.changes_since(0)] == [(1, "a"), (2, "b")]
    assert archive.documents.put(document("a", title="New"), None, 1)
    assert archive.documents.remove("b", Reason("gone"))
    assert not archive.documents.remove("b", Reason("gone"))
    changes = list(archive.documents.changes_since(2))
    assert [(c.number, c.document and c.document.title) for c in changes] == [(3, "New"), (4, None)]
    assert archive.documents.last_change == 4
    assert [what.code for _, what in archive.documents.history("a")] == ["new", "changed"]
    assert archive.documents.get("a") == document("a", title="New")


def test_a_batch_is_all_or_nothing(archive: Archive) -> None:
    def fail_halfway() -> None:
        with archive.transaction():
            archive.documents.put(document("a"), None, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert archive.documents.last_change == 0
    assert archive.documents.put(document("a"), None, 1)


def test_pages_and_responses_come_back_whole(archive: Archive) -> None:
    archive.sources.add(Source("https://example.org/rss.xml"))
    entry = Entry(url="https://example.org/a", title="Ferry", published=NOW, categories=("Port",))
    body = "Zürich\x00".encode() * 1000
    number = archive.responses.put(Response(entry.url or "", "https://example.org/x", 200, {"etag": "1"}, body, NOW))
    page = PageRecord("p", entry.url or "", 1, entry, entry_hash(entry), number, fetched_at=NOW)
    archive.pages.put(page)
    assert archive.pages.get("p") == page
    assert list(archive.pages.all()) == [page] == list(archive.pages.all(1))
    response = archive.responses.get(number)
    assert response is not None
    assert (response.body, response.headers["etag"], response.fetched_at) == (body, "1", NOW)


def test_forgotten_is_known_again(archive: Archive) -> None:
    archive.documents.put(document("a"), None, 1)
    archive.forget(["a"], "https://example.org/a")
    assert archive.documents.is_forgotten("a")
    assert archive.documents.get("a") is None
    assert list(archive.documents.all()) == []


def page_with(archive: Archive, body: bytes, before: int | None = None, url: str = "https://example.org/a") -> int:
    archive.sources.add(Source("https://example.org/rss.xml"))
    number = archive.responses.put(Response(url, url, 200, {}, body, NOW), before)
    entry = Entry(url=url)
    archive.pages.put(PageRecord(url, url, 1, entry, entry_hash(entry), number, document_id="a"))
    return number


def answers(archive: Archive) -> list[bytes]:
    return [response.body for number in range(1, 9) if (response := archive.responses.get(number))]


def test_the_same_answer_again_takes_no_room_and_others_are_kept(archive: Archive, tmp_path: Path) -> None:
    first = page_with(archive, b"one")
    assert page_with(archive, b"one", first) == first
    assert page_with(archive, b"two", first) != first
    assert answers(archive) == [b"one", b"two"] == [response.body for response in archive.responses.all()]
    assert write_warc(archive, tmp_path / "all.warc.gz") == 2


def test_a_header_that_was_sent_twice_is_two_in_the_warc(archive: Archive, tmp_path: Path) -> None:
    url = "https://example.org/a"
    headers = {"content-type": "text/html", "x-robots-tag": "googlebot: noindex\nnofollow", "x-empty": ""}
    number = page_with(archive, b"one")
    archive.responses.put(Response(url, url, 200, headers, b"two", NOW), number)
    write_warc(archive, tmp_path / "all.warc.gz")
    head = gzip.decompress((tmp_path / "all.warc.gz").read_bytes()).split(b"HTTP/1.1 200 OK\r\n")[-1].partition(b"\r\n\r\n")[0]
    lines = [b"content-type: text/html", b"x-robots-tag: googlebot: noindex", b"x-robots-tag: nofollow", b"x-empty: "]
    assert head.split(b"\r\n")[:4] == lines


def test_forgetting_and_dropping_take_every_answer_along(archive: Archive) -> None:
    page_with(archive, b"two", page_with(archive, b"one"))
    archive.documents.put(document("a"), 1, 1)
    archive.forget(["a"], "https://example.org/a")
    assert answers(archive) == []
    archive.documents.put(document("c"), 1, 1)
    page_with(archive, b"more", page_with(archive, b"once", url="https://example.org/c"), url="https://example.org/c")
    assert archive.drop_documents_of(1) == 1
    assert answers(archive) == []
    assert list(archive.pages.all()) == []


def test_a_source_added_again_is_due_at_once(archive: Archive) -> None:
    source = Source("https://example.org/rss.xml")
    archive.sources.add(source)
    archive.sources.record_crawl(1, NOW, next_crawl=NOW, error=Reason("connect", "it was down"))
    archive.sources.remove(1)
    assert archive.sources.add(source)
    state = archive.sources.all()[0]
    assert (state.state, state.next_crawl, state.failures, state.last_error) == ("new", None, 0, None)


def test_documents_that_share_hashes_are_found_by_how_many_they_share(archive: Archive) -> None:
    """Hashes that many documents have do not count, and of several documents those that share most come first."""
    chance = Random(4)
    sketches = {f"d{n:02}": {chance.randrange(40) for _ in range(8)} for n in range(60)}
    for name, sketch in sketches.items():
        archive.documents.put(document(name), None, 1, minhash=sketch)

    def expected(values: set[int], max_documents: int, most: int) -> list[str]:
        rare = {v for v in values if sum(v in sketch for sketch in sketches.values()) < max_documents}
        counts = {name: len(rare & sketch) for name, sketch in sketches.items()}
        likely = sorted((-count, name) for name, count in counts.items() if count and count >= 0.5 * len(rare))
        return [name for _, name in likely[:most]]

    found = 0
    for _ in range(200):
        values = {chance.randrange(44) for _ in range(chance.randint(1, 8))}
        max_documents, most = chance.choice([3, 9, 12, 64]), chance.choice([1, 2, 6])
        shared = archive.documents.sharing_hashes(sorted(values), max_documents=max_documents, min_share=0.5, most=most)
        assert shared == expected(values, max_documents, most)
        found += len(shared)
    assert found > 100
    assert archive.documents.sharing_hashes([], max_documents=64, min_share=0.5, most=6) == []
