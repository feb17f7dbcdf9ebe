"""Searches on their way to the archive."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from indexer.model import LoggedClick, LoggedSearch, SearchRequest, SearchResult
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
    recorder.record_search(found(), "api")
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
        recorder.record_search(found(), "api")
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
    recorder.record_search(found(), "api")
    wait_for(busy)
    for _ in range(100):
        recorder.record_search(found(), "api")
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
        recorder.record_search(found(query), "api")
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
        recorder.record_search(found(query), "api")
        recorder.flush()
    assert written == ["good"]
    assert "disk full" in caplog.text


def test_other_pages_and_empty_queries_are_not_noted() -> None:
    recorder = QueryRecorder(lambda *_: True)
    recorder.record_search(found(page=2), "api")
    recorder.record_search(found(query=""), "page")
    assert not len(recorder)
