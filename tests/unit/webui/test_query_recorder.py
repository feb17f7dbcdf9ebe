"""Searches on their way to the archive."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from indexer.archive.query_log import LoggedClick, LoggedSearch
from indexer.model import SearchRequest, SearchResult
from support.waiting import eventually
from webui import query_recorder
from webui.query_recorder import QueryRecorder


def found(query: str = "ferry", page: int = 1, total: int = 3) -> SearchResult:
    return SearchResult(SearchRequest(query=query, page=page), total, (), 1.0, "g1")


def wait_for(holds: threading.Event) -> None:
    assert holds.wait(60)


def test_a_note_is_written_soon_by_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_recorder, "MAX_WAIT_SECONDS", 0.05)
    written, done = [], threading.Event()

    def record(some: Sequence[LoggedSearch | LoggedClick], seconds: float) -> bool:
        written.extend((note.query, threading.current_thread().name) for note in some)
        done.set()
        return True

    recorder = QueryRecorder(record)
    recorder.record_search(found(), "page", {})
    wait_for(done)
    done.clear()
    recorder.record_click("harbour")
    wait_for(done)
    assert written == [("ferry", "query-recorder"), ("harbour", "query-recorder")]


def test_many_are_written_together_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_recorder, "MAX_WAIT_SECONDS", 30)
    done, counts = threading.Event(), []

    def record(some: Sequence[LoggedSearch | LoggedClick], seconds: float) -> bool:
        counts.append(len(some))
        if sum(counts) == query_recorder.MIN_BATCH:
            done.set()
        return True

    recorder = QueryRecorder(record)
    for _ in range(query_recorder.MIN_BATCH):
        recorder.record_search(found(), "page", {})
    wait_for(done)
    assert len(counts) < query_recorder.MIN_BATCH / 2


def test_adding_never_waits_for_a_slow_archive_and_never_grows_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_recorder, "MAX_WAIT_SECONDS", 0)
    monkeypatch.setattr(query_recorder, "MAX_QUEUE", 20)
    busy, stuck, written = threading.Event(), threading.Event(), threading.Event()

    def record(some: Sequence[LoggedSearch | LoggedClick], seconds: float) -> bool:
        busy.set()
        stuck.wait(60)  # the guard against hanging
        written.set()
        return True

    recorder = QueryRecorder(record)
    recorder.record_search(found(), "page", {})
    wait_for(busy)
    for _ in range(100):
        recorder.record_search(found(), "page", {})
    recorder.flush(0.05)
    assert not written.is_set()
    assert len(recorder) <= 20
    stuck.set()


def test_what_could_not_be_written_while_the_crawler_wrote_is_written_later_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_recorder, "MAX_WAIT_SECONDS", 30)
    written, answers = [], [False, True]

    def record(some: Sequence[LoggedSearch | LoggedClick], seconds: float) -> bool:
        if fine := answers.pop(0):
            written.extend(note.query for note in some)
        return fine

    recorder = QueryRecorder(record)
    for query in ("ferry", "wall"):
        recorder.record_search(found(query), "page", {})
    recorder.flush(1)
    assert (written, len(recorder)) == ([], 2)
    recorder.record_click("wall")
    recorder.flush(1)
    assert written == ["ferry", "wall", "wall"]


def test_a_failure_is_logged_and_the_next_are_written(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_recorder, "MAX_WAIT_SECONDS", 30)
    written = []

    def record(some: Sequence[LoggedSearch | LoggedClick], seconds: float) -> bool:
        if some[0].query == "bad":
            raise OSError("disk full")
        written.extend(note.query for note in some)
        return True

    recorder = QueryRecorder(record)
    for query in ("bad", "good"):
        recorder.record_search(found(query), "page", {})
        recorder.flush()
    assert written == ["good"]
    assert "disk full" in caplog.text


def test_other_pages_and_empty_queries_are_not_noted() -> None:
    recorder = QueryRecorder(lambda *_: True)
    recorder.record_search(found(page=2), "page", {})
    recorder.record_search(found(query=""), "page", {})
    assert not len(recorder)


def queries_of(sent: list[tuple[str, dict[str, str]]], channel: str = "api") -> list[str]:
    """Return the queries that are written after searches with these texts and environs."""
    written: list[str] = []
    recorder = QueryRecorder(lambda records, _: bool(written.extend(record.query for record in records)) or True)
    for query, environ in sent:
        recorder.record_search(found(query), channel, environ)
    recorder.flush()
    return written


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Twitterbot/1.0", "facebookexternalhit/1.1", "Screaming Frog SEO Spider/19", "my-crawler", "UptimeRobot/2.0 monitor",
    ],
)  # fmt: skip
def test_searches_of_bots_are_not_counted(agent: str) -> None:
    assert queries_of([("ferry", {"HTTP_USER_AGENT": agent})], "page") == []


@pytest.mark.parametrize(
    "agent", ["", "Mozilla/5.0 (X11; Linux x86_64) Chrome/120", "Mozilla/5.0 (iPhone) Safari/604", "robotics fan"]
)
def test_searches_of_people_are_counted(agent: str) -> None:
    assert queries_of([("ferry", {"HTTP_USER_AGENT": agent})], "page") == ["ferry"]


def test_half_typed_words_are_not_counted() -> None:
    one, two = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    assert queries_of([(text, one) for text in ("f", "fe", "fer", "ferr", "fer", "ferry")]) == ["ferry"]
    assert queries_of([("fer", one), ("bri", two), ("ferry", one), ("bridge", two)]) == ["ferry", "bridge"]
    assert queries_of([("ferry", one), ("bridge", one)]) == ["ferry", "bridge"]
    assert queries_of([("ferry", one), ("ferry", one)]) == ["ferry", "ferry"]
    assert queries_of([("fer", {"QUERY_STRING": "q=fer&prefix_last=1"})]) == []


def test_a_search_may_still_be_typed_until_its_client_rests() -> None:
    written: list[str] = []
    recorder = QueryRecorder(lambda records, _: bool(written.extend(record.query for record in records)) or True)
    recorder.record_search(found("fer"), "api", {})
    recorder.flush(1, everything=False)
    recorder.record_search(found("ferry"), "api", {})
    assert eventually(lambda: written)
    assert written == ["ferry"]


def test_digests_differ_by_client_day_and_process() -> None:
    one, other = query_recorder.DailyDigest(), query_recorder.DailyDigest()
    day, evening = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, 23, 59, tzinfo=UTC)
    digest = one.digest("192.0.2.1", day)
    assert digest == one.digest("192.0.2.1", evening)
    assert digest not in (one.digest("192.0.2.2", day), other.digest("192.0.2.1", day))
    assert digest != one.digest("192.0.2.1", datetime(2026, 5, 2, tzinfo=UTC))
    assert digest != one.digest("192.0.2.1", day), "the key of a day that is over is lost"


def test_a_feed_reader_that_repeats_a_search_is_not_counted() -> None:
    assert queries_of([("ferry", {})], "rss") == []
