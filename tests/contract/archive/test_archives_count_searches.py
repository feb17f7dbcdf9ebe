"""What people searched and opened: counted together, patiently, and never what one person searched."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.archive import query_log
from indexer.archive.backends import is_database, open_database
from indexer.archive.database import Location
from indexer.archive.query_log import MAX_CLICKS_PER_SEARCH, LoggedClick, LoggedSearch, QueryLog, QueryLogWriter
from indexer.archive.store import Archive

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = "my private question"


def search(query: str, total: int = 3, channel: str = "page", client: str = "a", days: int = 0) -> LoggedSearch:
    return LoggedSearch(channel, query, total, NOW + timedelta(days=days), client)


def twice(query: str, total: int = 3) -> list[LoggedSearch]:
    """Return searches of two clients, so that the text may be stored."""
    return [search(query, total), search(query, total, client="b")]


@pytest.fixture
def path(location: Location) -> Location:
    Archive(location).close()
    return location


def top(path: Location) -> dict[str, tuple[int, int, int]]:
    archive = Archive(path)
    rows = {str(row["query"]): (row["count"], row["total"], row["opened"]) for row in archive.top_queries(20)}
    archive.close()
    return rows


def totals(path: Location) -> list[tuple[object, ...]]:
    archive = Archive(path)
    rows = [tuple(row.values()) for row in archive.searches_by_day()]
    archive.close()
    return rows


def stored_bytes(location: Location) -> bytes:
    """Return the files of SQLite, or all rows of PostgreSQL."""
    if isinstance(location, Path):
        connection = sqlite3.connect(location)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return b"".join(each.read_bytes() for each in location.parent.iterdir())
    with closing(open_database(location)) as database:
        names = database.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        rows = [row for name in names for row in database.rows(f"SELECT t::text FROM {name[0]} AS t")]
    assert rows
    return "\n".join(str(row[0]) for row in rows).encode()


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([search("ferry")], None),
        ([search("ferry")] * 9, None),  # one client, one day
        ([search("ferry"), search("ferry", client="b")], 2),
        ([search("ferry")] * 4 + [search("ferry", client="b")], 5),
        ([search("ferry"), search("ferry", days=1)], 2),
        ([search("ferry"), search("Ferry", days=1)], 2),
        ([search("ferry"), search("ferry", days=1), search("ferry", days=1)], 3),
        ([search("ferry", channel="cli")], 1),  # the operator's own
        ([search("ferry"), search("  ferry  ", client="b")], 2),
    ],
)
def test_a_text_is_stored_once_it_comes_on_several_days_or_from_several_clients(
    path: Location, entries: list[LoggedSearch], count: int | None
) -> None:
    QueryLog(path).write(entries, 1)
    assert {query.lower(): row[0] for query, row in top(path).items()} == ({} if count is None else {"ferry": count})
    assert sum(int(str(row[1])) for row in totals(path)) == len(entries)


def test_neither_the_text_nor_the_client_of_a_single_person_is_stored(path: Location) -> None:
    log = QueryLog(path)
    log.write([search(SECRET, client="digest-of-a-client")] * 3, 1)
    log.close()
    assert SECRET.encode() not in stored_bytes(path)
    assert b"digest-of-a-client" not in stored_bytes(path)


def test_a_restart_does_not_make_one_client_two(path: Location) -> None:
    for client in ("key of one process", "key of the next"):
        log = QueryLog(path)
        log.write([search("ferry", client=client)], 1)
        log.close()
    assert top(path) == {}


def test_a_click_counts_for_the_query_that_led_to_it(path: Location) -> None:
    log = QueryLog(path)
    log.write([*twice("ferry"), search("ferry", 5), *twice("wall"), LoggedClick("ferry"), LoggedClick("ferry")], 1)
    assert top(path) == {"ferry": (3, 5, 2), "wall": (2, 3, 0)}
    log.write([search("oysters"), LoggedClick("oysters"), search("oysters", client="b")], 1)
    assert top(path)["oysters"] == (2, 3, 1)


def test_strangers_can_neither_invent_queries_nor_clicks(path: Location) -> None:
    log = QueryLog(path)
    log.write([*twice("ferry"), *[LoggedClick("invented")] * 9, *[LoggedClick("ferry")] * (2 * MAX_CLICKS_PER_SEARCH + 9)], 1)
    assert top(path) == {"ferry": (2, 3, 2 * MAX_CLICKS_PER_SEARCH)}


def test_random_queries_cannot_fill_the_archive(path: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "MAX_CANDIDATES", 100)
    monkeypatch.setattr(query_log, "MAX_CLIENTS", 100)
    monkeypatch.setattr(query_log, "MAX_NEW_QUERIES_PER_DAY", 20)
    monkeypatch.setattr(query_log, "MAX_QUERIES_PER_DAY", 30)
    log = QueryLog(path)
    log.write([each for number in range(10) for each in twice(f"popular {number}")], 1)
    for start in range(0, 1_000, 100):
        log.write([each for number in range(start, start + 100) for each in twice(f"random {number}")], 1)
        log.write([search(f"other {number}") for number in range(start, start + 100)], 1)
    assert len(log._clients) <= 100
    with closing(open_database(path)) as database:
        assert database.number("SELECT COUNT(*) FROM search_candidates") <= 100
        assert database.number("SELECT COUNT(*) FROM search_queries") <= 30
        assert database.number("SELECT COUNT(*) FROM search_days") == 1
    log.write([search("popular 3", client="c", days=1)], 1)  # a day of its own is not full
    assert top(path)["popular 3"][0] == 3


def test_searches_are_deleted_after_their_time(path: Location) -> None:
    log = QueryLog(path, keep_days=30)
    log.write([*twice("old"), search("candidate")], 1)
    log.write([search("new", client=client, days=31) for client in "ab"], 1)
    assert set(top(path)) == {"new"}
    assert len(totals(path)) == 1
    log.write([search("candidate", days=31, client="c")], 1)
    assert "candidate" not in top(path)


def test_a_clock_that_was_ahead_does_not_end_the_deletion(path: Location) -> None:
    """One search with a wrong clock: until the log was opened again, no later day began."""
    log = QueryLog(path, keep_days=30)
    log.write([search("future", days=2_000)], 1)
    for day in range(0, 100, 10):
        log.write([search("ferry", days=day), search("ferry", client="b", days=day)], 1)
    log.close()
    days = [str(row[0]) for row in totals(path) if str(row[0]) < "2027"]
    assert days == [(NOW + timedelta(days=day)).strftime("%Y-%m-%d") for day in (70, 80, 90)]


def test_with_0_days_nothing_is_stored_and_what_was_stored_is_deleted(path: Location) -> None:
    QueryLog(path).write(twice("ferry"), 1)
    QueryLog(path, keep_days=0).write([*twice("wall"), LoggedClick("ferry")], 1)
    assert top(path) == {}
    assert totals(path) == []


def test_a_query_can_be_forgotten(path: Location) -> None:
    log = QueryLog(path)
    log.write([*twice("Ferry"), *twice("wall"), search("candidate")], 1)
    assert log.forget("ferry ") == 1
    assert log.forget("nothing") == 0
    log.forget("candidate")
    log.write([search("candidate", days=1)], 1)
    assert set(top(path)) == {"wall"}
    log.close()
    assert b"Ferry" not in stored_bytes(path)


def test_all_searches_can_be_forgotten(path: Location) -> None:
    log = QueryLog(path)
    log.write([*twice("ferry"), search("wall")], 1)
    log.forget_all()
    assert top(path) == {}
    assert totals(path) == []


def test_long_and_broken_texts_are_stored_as_far_as_possible(path: Location) -> None:
    QueryLog(path).write([*twice("x" * 999), *twice("half a pair \ud800"), LoggedClick("half a pair \ud800")], 1)
    assert top(path) == {"half a pair ?": (2, 3, 1), "x" * 200: (2, 3, 0)}


def test_the_writer_creates_no_archive(location: Location) -> None:
    assert QueryLogWriter(location).write(twice("ferry"), 1)
    assert not is_database(location)
