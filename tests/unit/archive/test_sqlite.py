"""What only SQLite does: damage, a full disk, locks on files, and migrations of archives of earlier versions."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from indexer.archive.query_log import LoggedSearch, QueryLog, QueryLogWriter
from indexer.archive.statistics import ArchiveStatistics
from indexer.archive.store import Archive
from indexer.errors import ArchiveBusy, ArchiveDamaged, ArchiveFull, ArchiveTooNew, ArchiveUnwritable
from indexer.model import Response, Source
from indexer.reasons import Reason

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def twice(query: str) -> list[LoggedSearch]:
    """Return searches of two clients, so that the text may be stored."""
    return [LoggedSearch("page", query, 3, NOW, client) for client in "ab"]


def top(path: Path) -> dict[str, tuple[int, int, int]]:
    archive = Archive(path)
    rows = {str(row["query"]): (row["count"], row["total"], row["opened"]) for row in archive.top_queries(20)}
    archive.close()
    return rows


def totals(path: Path) -> list[tuple[object, ...]]:
    archive = Archive(path)
    rows = [tuple(row.values()) for row in archive.searches_by_day()]
    archive.close()
    return rows


def test_a_damaged_or_newer_archive_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "archive.db").write_bytes(b"not a database at all, but long enough " * 100)
    with pytest.raises(ArchiveDamaged, match=r"archive\.db"):
        Archive(tmp_path / "archive.db")
    newer = Archive(tmp_path / "newer.db")
    newer._database.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(ArchiveTooNew, match="99"):
        Archive(tmp_path / "newer.db")


def test_a_second_writer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    code = (
        "import sys, pathlib; from indexer.archive.writer_lock import writer_lock\n"
        "with writer_lock(pathlib.Path(sys.argv[1]), 0, 'crawl'): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(ArchiveBusy, match=rf"process {holder.pid} \(indexer crawl"), archive.lock(0, "crawl"):
            pass
    finally:
        holder.kill()
        holder.wait()
    with archive.lock(0, "crawl"):  # the dead process holds it no more
        held = json.loads((tmp_path / "writer.lock").read_text())
        assert held["process"] == os.getpid()


def test_a_full_disk_is_no_damage(tmp_path: Path) -> None:
    """Its exit code was that of a damaged archive, which somebody's script may answer with a backup."""
    archive = Archive(tmp_path / "archive.db")
    archive.sources.add(Source("https://example.org/rss"))
    archive.database.execute("PRAGMA max_page_count = 1")  # what SQLite has by now, that is
    with pytest.raises(ArchiveFull, match="disk full") as full, archive.transaction():
        for number in range(500):
            url = f"https://example.org/{number}"
            archive.responses.put(Response(url, url, 200, {}, os.urandom(5_000), NOW))
    assert full.value.exit_code == 1
    assert archive.integrity_problems() == []
    assert len(archive.sources.all()) == 1
    archive.close()


def test_an_archive_of_before_knows_what_was_gone_and_when_the_rest_is_due(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    before = sqlite3.connect(path)
    migrations = sorted(f.name for f in resources.files("indexer.archive.migrations").iterdir() if f.name.endswith(".sql"))
    for name in migrations:
        if name < "0014":
            before.executescript(resources.files("indexer.archive.migrations").joinpath(name).read_text("utf-8"))
    before.execute("PRAGMA user_version = 13")
    before.execute("INSERT INTO sources (url, name) VALUES ('https://example.org/rss.xml', '')")
    before.execute("INSERT INTO responses VALUES (1, '', '', 200, '{}', x'', '', '', NULL)")
    columns = "(id, url, source_id, entry, entry_hash, response_id, fetched_at, failure, gone_count, document_id)"
    for page in (
        ("well", "https://example.org/w", 1, "{}", "", 1, "2026-03-01T12:00:00Z", None, 0, "dw"),
        (
            "gone",
            "https://example.org/g",
            1,
            "{}",
            "",
            1,
            "2026-03-01T12:00:00Z",
            "https://example.org/g: the server answered 404, twice since 2026-03-01",
            2,
            "dg",
        ),
        ("new", "https://example.org/n", 1, "{}", "", None, None, None, 0, None),
    ):
        before.execute(f"INSERT INTO pages {columns} VALUES (?,?,?,?,?,?,?,?,?,?)", page)
    before.commit()
    before.close()
    archive = Archive(path)
    visits = archive.visits
    well, gone, new = (visits.get(name) for name in ("well", "gone", "new"))
    assert well is not None
    assert (well.due, well.withdrawn) == (NOW + timedelta(days=7), None)
    assert gone is not None
    assert gone.withdrawn == Reason("gone", "404", "https://example.org/g", "2026-03-01")
    assert new is not None
    assert new.due is None
    assert [page.id for page in visits.due(1, NOW + timedelta(days=8))] == ["new", "well"]
    archive.close()


def test_searches_of_an_older_archive_are_counted_by_day(tmp_path: Path) -> None:
    from indexer.archive import migrate

    connection = sqlite3.connect(tmp_path / "archive.db", isolation_level=None)
    migrate._register_classifier(connection)
    for number, file in sorted(migrate._migrations().items()):
        if number < 31:
            for statement in migrate._statements(file.read_text("utf-8")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
    rows = [("2026-04-01T10:00:00Z", "page", "often", 3, 1), ("2026-04-02T10:00:00Z", "api", "often", 4, 0)]
    rows += [("2026-04-02T11:00:00Z", "page", "once", 0, 0), ("2026-04-02T12:00:00Z", "cli", "mine", 1, 0)]
    connection.executemany("INSERT INTO queries (at, channel, query, total, opened) VALUES (?,?,?,?,?)", rows)
    connection.close()
    assert top(tmp_path / "archive.db") == {"often": (2, 4, 1), "mine": (1, 1, 0)}
    assert totals(tmp_path / "archive.db") == [("2026-04-01", 1, 0, 1), ("2026-04-02", 3, 1, 0)]


def test_many_entries_are_one_transaction(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    Archive(path).close()
    log, statements = QueryLog(path), list[str]()
    log._database._connection.set_trace_callback(statements.append)
    log.write([each for number in range(25) for each in twice(f"query {number}")], 1)
    assert sum(line.startswith(("COMMIT", "BEGIN", "PRAGMA")) for line in statements) == 3


def test_it_waits_for_the_crawler_but_not_longer_than_it_may(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    Archive(path).close()
    log = QueryLog(path)
    crawler = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    crawler.execute("BEGIN IMMEDIATE")
    statements = list[str]()
    log._database._connection.set_trace_callback(statements.append)
    with pytest.raises(ArchiveBusy):
        log.write(twice("ferry"), 0.05)
    assert statements[0] == "PRAGMA busy_timeout = 50"
    threading.Timer(0.2, lambda: crawler.execute("ROLLBACK")).start()
    log.write(twice("ferry"), 20)
    assert top(path) == {"ferry": (2, 3, 0)}


def test_documents_are_counted_without_reading_them(tmp_path: Path) -> None:
    """A count that reads the rows takes as long as reading every text."""
    path, statements = tmp_path / "archive.db", list[str]()
    archive = Archive(path)
    statistics = ArchiveStatistics(path)
    for connection in (archive.database._connection, statistics._database._connection):
        connection.set_trace_callback(statements.append)
    archive.counts()
    statistics.documents()
    plans = [
        detail
        for statement in statements
        if "documents" in statement
        for *_, detail in archive.database.rows(f"EXPLAIN QUERY PLAN {statement}")
    ]
    statistics.close()
    archive.close()
    assert plans
    assert [plan for plan in plans if "INDEX live_documents" not in plan] == []


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "archive.db").mkdir()
    with pytest.raises(ArchiveUnwritable, match="is a folder, not a file"):
        Archive(tmp_path / "archive.db")


def test_a_lasting_problem_of_the_query_log_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5_000)
    writer = QueryLogWriter(path)
    for _ in range(3):
        assert writer.write(twice("ferry"), 0.1)
    assert len(caplog.records) == 1
    path.unlink()
    Archive(path).close()
    assert writer.write(twice("ferry"), 1)
    assert top(path) == {"ferry": (2, 3, 0)}
