"""When a batch of pages is written, and who may store a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from indexer.archive.store import Archive, PageRecord, entry_hash
from indexer.crawl import batch_writer
from indexer.crawl.batch_writer import MAX_BATCH_SECONDS, BatchWriter, PageUpdate
from indexer.crawl.report import SourceReport
from indexer.model import Entry, Failure, Source
from indexer.reasons import Reason
from indexer.urls import document_id

SOURCE = Source("https://n.example/rss", "News")


class Claims:
    """The claims of this crawl, and the pages that others have claimed."""

    def __init__(self, of_others: Iterable[str] = ()) -> None:
        self.of_others, self.released = set(of_others), list[str]()

    def claim(self, page_id: str, source_id: int) -> bool:
        return page_id not in self.of_others

    def release(self, page_ids: Iterable[str]) -> None:
        self.released += page_ids


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive.db")
    archive.sources.add(SOURCE)
    yield archive
    archive.close()


def update(number: int, failure: Failure | None = None) -> PageUpdate:
    url = f"https://n.example/{number}"
    entry = Entry(url, title=f"Title {number}", content_html=f"<p>The text of page {number} is short.")
    return PageUpdate(PageRecord(document_id(url), url, 1, entry, entry_hash(entry)), failure=failure)


@pytest.mark.parametrize(("seconds", "written"), [(0.0, 0), (MAX_BATCH_SECONDS / 2 - 0.01, 0), (MAX_BATCH_SECONDS / 2, 3)])
def test_a_batch_is_written_when_its_first_page_has_waited(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, seconds: float, written: int
) -> None:
    clock = SimpleNamespace(now=100.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(batch_writer, "time", clock)
    writer, report = BatchWriter(archive), SourceReport(SOURCE)
    for number in range(3):
        writer.add(update(number), SOURCE, report)
        clock.now += seconds
    assert archive.documents.count() == report.new == written


def test_a_page_waits_a_second_at_most() -> None:
    assert MAX_BATCH_SECONDS == 1.0


def test_the_next_batch_waits_anew(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(batch_writer, "time", clock)
    writer, report = BatchWriter(archive), SourceReport(SOURCE)
    counts = []
    for number, seconds in enumerate((0.0, MAX_BATCH_SECONDS, 0.1, MAX_BATCH_SECONDS)):
        clock.now += seconds
        writer.add(update(number), SOURCE, report)
        counts.append(report.new)
    assert counts == [0, 2, 2, 4]


def test_a_full_batch_is_written_at_once(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_writer, "MAX_BATCH_PAGES", 2)
    writer, report = BatchWriter(archive), SourceReport(SOURCE)
    counts = []
    for number in range(5):
        writer.add(update(number), SOURCE, report)
        counts.append(report.new)
    assert counts == [0, 2, 2, 4, 4]
    writer.flush()
    assert report.new == 5


def test_a_failure_is_reported_before_its_page_is_stored(archive: Archive) -> None:
    writer, report = BatchWriter(archive), SourceReport(SOURCE)
    writer.add(update(1, Failure("https://n.example/1", "timeout")), SOURCE, report)
    assert [failure.reason for failure in report.failures] == ["timeout"]
    assert archive.documents.count() == 0


def test_of_two_sources_that_list_a_page_one_crawls_it(archive: Archive) -> None:
    writer = BatchWriter(archive)
    assert [writer.claim("a"), writer.claim("a"), writer.claim("b")] == [True, False, True]
    assert writer.claim_shared("a", 1), "no other crawler shares the archive"
    assert not writer.is_shared
    writer.release(["a"])


def test_a_page_that_another_crawler_has_claimed_may_be_claimed_again_later(archive: Archive) -> None:
    claims = Claims(of_others=["a"])
    writer = BatchWriter(archive, claims=claims)
    assert writer.is_shared
    assert [writer.claim("a"), writer.claim_shared("a", 1), writer.claim("a")] == [True, False, True]
    assert [writer.claim("b"), writer.claim_shared("b", 1), writer.claim("b")] == [True, True, False]


def test_other_crawlers_may_have_the_pages_of_a_batch_that_is_written(archive: Archive) -> None:
    claims = Claims()
    writer, report = BatchWriter(archive, claims=claims), SourceReport(SOURCE)
    pages = [update(number) for number in range(2)]
    for each in pages:
        writer.add(each, SOURCE, report)
    assert claims.released == []
    writer.flush()
    assert claims.released == [each.page.id for each in pages]
    writer.release(["x"])
    assert claims.released[-1] == "x"


def test_a_page_whose_document_is_missing_is_not_up_to_date(archive: Archive) -> None:
    writer, report, page = BatchWriter(archive), SourceReport(SOURCE), update(1)
    for _ in range(2):
        writer.add(page, SOURCE, report)
        writer.flush()
    assert (report.new, report.unchanged) == (1, 1)
    archive.documents.remove(page.page.id, Reason("gone"))
    writer.add(page, SOURCE, report)
    writer.flush()
    assert archive.documents.count() == 1
    assert (report.new, report.unchanged) == (2, 1)
