"""Counts and samples of an archive with two sources: what the status report and the quality checks rest on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from indexer.archive import statistics
from indexer.archive.database import Location
from indexer.archive.statistics import ArchiveStatistics
from indexer.archive.store import Archive, PageRecord, entry_hash
from indexer.model import Document, Entry, Response, Source
from indexer.reasons import Reason
from indexer.urls import document_id

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SITES = ("https://a.example", "https://b.example")


@pytest.fixture
def archive(location: Location) -> Iterator[Archive]:
    archive = Archive(location)
    for site in SITES:
        archive.sources.add(Source(f"{site}/rss.xml", site))
    yield archive
    archive.close()


def put(
    archive: Archive,
    number: int,
    *,
    source: int = 0,
    text: str | None = "told",
    answered: bool = True,
    failure: Reason | None = None,
    entry: str = "",
    document: str = "",
) -> str:
    """Store a page of a source, its answer, and its document unless `text` is None."""
    state = archive.sources.all()[source]
    url = f"{SITES[source]}/{number}"
    id_ = document or document_id(url)
    item = Entry(url=url, summary_html=entry)
    answer = Response(f"{url}/final", url, 200, {}, str(number).encode(), NOW - timedelta(days=number))
    response = archive.responses.put(answer) if answered else None
    if text is not None and not document:
        archive.documents.put(Document(id_, url, f"T{number}", text, language="fi", rule="article"), state.id, 1)
    archive.pages.put(
        PageRecord(
            document_id(url),
            url,
            state.id,
            item,
            entry_hash(item),
            response,
            fetched_at=NOW,
            failure=failure,
            failed_status=404 if failure else None,
            gone_count=2 if failure else 0,
            document_id=id_ if text is not None else None,
        )
    )
    return url


def of(archive: Archive) -> closing[ArchiveStatistics]:
    return closing(ArchiveStatistics(archive.location))


def test_pages_documents_and_failures_are_counted_for_each_source(archive: Archive) -> None:
    put(archive, 1)
    put(archive, 2, text=None, failure=Reason("status", "404", f"{SITES[0]}/2"))
    put(archive, 3, source=1)
    removed = put(archive, 4, source=1)
    archive.documents.remove(document_id(removed), Reason("gone"))
    first, second = (state.id for state in archive.sources.all())
    with of(archive) as asked:
        assert asked.entries() == {first: 2, second: 2}
        assert asked.documents() == {first: 1, second: 1}
        assert asked.failing() == {first: 1}


def test_a_failing_page_is_told_with_its_reason_and_its_last_good_answer(archive: Archive) -> None:
    url = put(archive, 2, failure=Reason("status", "404", "x"))
    put(archive, 3, text=None, answered=False, failure=Reason("status", "500", "y"))
    put(archive, 4)
    source = archive.sources.all()[0].id
    with of(archive) as asked:
        good, never = sorted(asked.failing_pages(source), key=lambda page: page.url)
        assert (good.url, good.status, good.gone_count, good.tried) == (url, 404, 2, NOW)
        assert (good.source_id, good.failure.code, good.last_good) == (source, "status", NOW - timedelta(days=2))
        assert never.last_good is None
        assert asked.failing_pages(archive.sources.all()[1].id) == []


def test_the_address_that_an_answer_came_from_leads_to_the_one_that_is_listed(archive: Archive) -> None:
    url = put(archive, 1)
    with of(archive) as asked:
        assert asked.answered_by(f"{url}/final") == url
        assert asked.answered_by(url) is None


def test_the_answers_of_an_address_are_told_newest_first(archive: Archive) -> None:
    url = f"{SITES[0]}/1"
    for day in range(3):
        archive.responses.put(Response(url, url, 200, {}, str(day).encode(), NOW + timedelta(days=day)))
    with of(archive) as asked:
        versions = asked.versions(url)
        assert [str(version["at"])[:10] for version in versions] == ["2026-05-03", "2026-05-02", "2026-05-01"]
        assert len({version["sha256"] for version in versions}) == 3
        assert {version["url"] for version in versions} == {url}


def test_a_sample_says_what_can_be_seen_of_a_document(archive: Archive) -> None:
    put(archive, 1, text="nine word", entry="<p>Said  &amp;\n done</p>")
    put(archive, 2, text="", answered=False)
    with of(archive) as asked:
        samples = [one for part in asked.sample(None) for one in part]
        first, second = sorted(samples, key=lambda sample: sample.url)
        assert (first.title, first.language, first.rule, first.length) == ("T1", "fi", "article", 9)
        assert first.feed_length == len("Said &amp; done")
        assert (first.has_page, second.has_page) == (True, False)
        assert first.fingerprint != second.fingerprint
        assert (second.length, second.feed_length) == (0, 0)


def test_pages_that_share_a_document_count_once(archive: Archive) -> None:
    url = put(archive, 1)
    put(archive, 2, document=document_id(url))
    with of(archive) as asked:
        assert [[one.url for one in part] for part in asked.sample(None)] == [[url]]


def test_a_sample_has_the_newest_half_and_some_of_the_rest(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MIN_SAMPLE_DOCUMENTS", 4)
    for number in range(20):
        put(archive, number, text=f"text {number}")
    with of(archive) as asked:
        (numbers,) = [sorted(int(one.title[1:]) for one in part) for part in asked.sample(6)]
        assert numbers == [5, 11, 16, 17, 18, 19], "3 newest ones, then steps of 17 / 3"
        (few,) = [len(part) for part in asked.sample(1)]
        assert few == 4, "some of each source, however small the sample"


def test_the_sources_share_a_sample(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MIN_SAMPLE_DOCUMENTS", 1)
    for number in range(20):
        put(archive, number, source=number % 2, text=f"text {number}")
    with of(archive) as asked:
        assert [len(part) for part in asked.sample(8)] == [4, 4]


def test_the_neighbours_of_a_page_include_its_own_document(archive: Archive) -> None:
    urls = [put(archive, number, text=f"text {number}") for number in range(12)]
    source = archive.sources.all()[0].id
    with of(archive) as asked:
        found = [one.url for one in asked.neighbours(source, document_id(urls[0]), 4)]
        assert urls[0] in found
        assert urls[11] in found
        assert len(found) == len(set(found)) <= 5


@pytest.mark.parametrize(
    ("count", "most", "chosen"),
    [(3, None, [0, 1, 2]), (3, 3, [0, 1, 2]), (10, 4, [0, 1, 2, 6]), (10, 5, [0, 1, 2, 4, 7]), (5, 1, [0])],
)
def test_a_spread_takes_the_first_half_and_equal_steps_through_the_rest(count: int, most: int | None, chosen: list[int]) -> None:
    assert statistics._spread(list(range(count)), most) == chosen


def test_long_lists_are_asked_for_in_parts() -> None:
    assert [len(part) for part in statistics._parts(list(range(1_200)))] == [500, 500, 200]
