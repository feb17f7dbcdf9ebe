"""What people searched and opened: counted together, patiently, and nothing that was not asked."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.archive.query_log import MAX_OPENINGS, QueryLog
from indexer.archive.store import Archive
from indexer.errors import ArchiveBusy
from indexer.model import LoggedClick, LoggedSearch

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def asked(query: str, total: int = 3, channel: str = "page") -> LoggedSearch:
    return LoggedSearch(channel, query, total, NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Archive(tmp_path / "archive.db").close()
    return tmp_path / "archive.db"


def top(path: Path) -> dict[str, tuple[int, int, int]]:
    archive = Archive(path)
    rows = {str(row["query"]): (row["count"], row["total"], row["opened"]) for row in archive.top_queries(20)}
    archive.close()
    return rows


def test_an_opening_counts_for_the_query_that_led_to_it(path: Path) -> None:
    log = QueryLog(path)
    log.note([asked("ferry"), asked("ferry", 5), asked("wall"), LoggedClick("ferry"), LoggedClick("ferry")], 1)
    assert top(path) == {"ferry": (2, 5, 2), "wall": (1, 3, 0)}


def test_strangers_can_neither_invent_queries_nor_fill_the_archive(path: Path) -> None:
    log = QueryLog(path)
    log.note([asked("ferry"), *[LoggedClick("nobody asked this")] * 9, *[LoggedClick("ferry")] * (MAX_OPENINGS + 9)], 1)
    assert top(path) == {"ferry": (1, 3, MAX_OPENINGS)}


def test_long_and_broken_texts_are_kept_as_far_as_they_can_be(path: Path) -> None:
    QueryLog(path).note(
        [asked("x" * 999), asked("half a pair \ud800"), LoggedClick("half a pair \ud800"), LoggedClick("x" * 500)], 1
    )
    assert top(path) == {"half a pair ?": (1, 3, 1), "x" * 200: (1, 3, 1)}


def test_many_are_one_transaction(path: Path) -> None:
    log, statements = QueryLog(path), list[str]()
    log._database._connection.set_trace_callback(statements.append)
    log.note([asked(f"query {number}") for number in range(50)], 1)
    assert sum(line.startswith(("COMMIT", "BEGIN", "PRAGMA")) for line in statements) == 3


def test_it_waits_for_the_crawler_but_not_longer_than_it_was_told(path: Path) -> None:
    log = QueryLog(path)
    crawler = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    crawler.execute("BEGIN IMMEDIATE")
    statements = list[str]()
    log._database._connection.set_trace_callback(statements.append)
    with pytest.raises(ArchiveBusy):
        log.note([asked("ferry")], 0.05)
    assert statements[0] == "PRAGMA busy_timeout = 50"
    threading.Timer(0.2, lambda: crawler.execute("ROLLBACK")).start()
    log.note([asked("ferry")], 20)
    assert top(path) == {"ferry": (1, 3, 0)}
