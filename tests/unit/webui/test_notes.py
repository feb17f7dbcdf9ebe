"""Searches on their way to the archive."""

from __future__ import annotations

import threading
import time

import pytest

from indexer.model import SearchRequest, SearchResult
from webui import notes
from webui.notes import Notes


def found(query: str = "ferry", page: int = 1, total: int = 3) -> SearchResult:
    return SearchResult(SearchRequest(query=query, page=page), total, (), 1.0, "g1")


def wait_for(holds: threading.Event) -> None:
    assert holds.wait(5)


def test_a_note_is_written_soon_by_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "SECONDS", 0.05)
    written, done = [], threading.Event()

    def record(result: SearchResult, channel: str) -> None:
        written.append((result.request.query, result.total, channel, threading.current_thread().name))
        done.set()

    kept = Notes(record)
    kept.add(found(), "api")
    wait_for(done)
    done.clear()
    kept.add(found("harbour"), "page")
    wait_for(done)
    assert written == [("ferry", 3, "api", "notes"), ("harbour", 3, "page", "notes")]


def test_many_are_written_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "SECONDS", 30)
    done, count = threading.Event(), 0

    def record(result: SearchResult, channel: str) -> None:
        nonlocal count
        count += 1
        if count == notes.MANY:
            done.set()

    kept = Notes(record)
    for _ in range(notes.MANY):
        kept.add(found(), "api")
    wait_for(done)


def test_adding_never_waits_for_a_slow_archive_and_never_grows_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "SECONDS", 0)
    monkeypatch.setattr(notes, "MOST", 20)
    busy, stuck = threading.Event(), threading.Event()

    def record(result: SearchResult, channel: str) -> None:
        busy.set()
        stuck.wait(10)

    kept = Notes(record)
    kept.add(found(), "api")
    wait_for(busy)
    started = time.perf_counter()
    for _ in range(100):
        kept.add(found(), "api")
    kept.flush(0.05)
    assert time.perf_counter() - started < 1
    assert len(kept._waiting) <= 20
    stuck.set()


def test_a_failure_is_logged_and_the_next_are_written(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "SECONDS", 30)
    written = []

    def record(result: SearchResult, channel: str) -> None:
        if result.request.query == "bad":
            raise OSError("disk full")
        written.append(result.request.query)

    kept = Notes(record)
    for query in ("bad", "good"):
        kept.add(found(query), "api")
    kept.flush()
    assert written == ["good"]
    assert "disk full" in caplog.text


def test_other_pages_and_empty_queries_are_not_noted() -> None:
    kept = Notes(lambda *_: None)
    kept.add(found(page=2), "api")
    kept.add(found(query=""), "page")
    assert not kept._waiting
