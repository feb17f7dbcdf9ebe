"""`move --archive` copies everything, compares it and switches; an interrupted move goes on where it stopped."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from indexer.archive import copying
from indexer.archive.backends import open_database
from indexer.archive.postgres_address import PostgresAddress, postgres_address
from indexer.archive.query_log import LoggedSearch, QueryLog
from indexer.archive.store import Archive
from indexer.archive.writer_lock import LOCK_NAME, writer_lock
from indexer.config import load_settings
from indexer.config.edit import set_text
from indexer.errors import SettingsError
from support.commands import Indexer
from support.json_output import check_output
from support.many_hosts import many_hosts
from support.postgres import PostgresServer, postgres_server
from support.waiting import eventually
from support.web import NOW


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def address(server: PostgresServer) -> Iterator[PostgresAddress]:
    with server.schema() as url:
        yield postgres_address(url)


@pytest.fixture
def crawled(tmp_path: Path) -> Indexer:
    """A data folder with every kind of row that a crawl, a search and `forget` store."""
    indexer = Indexer(tmp_path / "data", tmp_path / "output")
    with many_hosts(2, 4) as sites:
        indexer("add", *sites.urls)
        indexer("crawl")
        indexer("forget", sorted(sites.documents)[0])
    with closing(QueryLog(indexer.data / "archive.db")) as log:
        log.write([LoggedSearch("page", "story", 3, NOW, client) for client in "ab"], 5)
    return indexer


def test_everything_moves_there_and_back(crawled: Indexer, address: PostgresAddress) -> None:
    url = address.url.replace("//test@", f"//test:{address.password}@")
    before, hits = crawled.documents(), crawled.hits("story")
    moved = crawled.json("move", "--archive", url)
    check_output("move", moved)
    assert (moved["switched"], moved["problems"], moved["documents"]) == (True, [], len(before))
    config = (crawled.data / "config.toml").read_text()
    assert address.url in config
    assert address.password not in config
    (crawled.data / "archive.db").rename(crawled.data / "aside.db")
    crawled.environment["PGPASSWORD"] = address.password
    assert (crawled.documents(), crawled.hits("story")) == (before, hits)
    assert crawled.json("check")["ok"]  # the index belongs to the new archive as well
    assert crawled.json("queries")["queries"][0]["query"] == "story"
    crawled("import", str(lines(crawled)))  # numbers go on after those that were copied
    assert len(crawled.documents()) == len(before) + 1
    assert crawled.json("move", "--archive", "archive.db")["switched"]
    del crawled.environment["PGPASSWORD"]
    assert len(crawled.documents()) == len(before) + 1
    assert crawled.json("check")["ok"]


def opened(process: int | None) -> set[str]:
    """Return the names of the files that a process has open."""
    names = set()
    for each in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            names.add(each.readlink().name)
    return names


def lines(indexer: Indexer) -> Path:
    path = indexer.scratch / "lines"
    path.write_text(json.dumps({"url": "https://example.org/new", "title": "New", "text": "After the move."}))
    return path


def test_an_interrupted_move_goes_on(crawled: Indexer, address: PostgresAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "BATCH_ROWS", 2)
    for stop in (1, 5, 9):
        calls = 0

        def interrupt(done: int, total: int, stop: int = stop) -> None:
            nonlocal calls
            calls += 1
            if calls > stop:
                raise KeyboardInterrupt

        with closing(Archive(crawled.data / "archive.db")) as old, closing(Archive(address)) as new:
            with pytest.raises(KeyboardInterrupt):
                copying.copy_archive(old.database, new.database, interrupt)
            assert new.identity != old.identity  # no index takes it for the archive
    with closing(Archive(crawled.data / "archive.db")) as old, closing(Archive(address)) as new:
        old.documents.move_change_number(old.documents.last_change + 1)
        old.database.execute("UPDATE pages SET etag = 'changed meanwhile'")
        assert copying.copy_archive(old.database, new.database) == []
        assert (new.identity, new.documents.last_change) == (old.identity, old.documents.last_change)
        assert list(new.documents.all()) == list(old.documents.all())
        assert list(new.pages.all()) == list(old.pages.all())
        assert [each.body for each in new.responses.all()] == [each.body for each in old.responses.all()]


def test_a_database_that_holds_something_else_is_refused(crawled: Indexer, address: PostgresAddress) -> None:
    with closing(Archive(address)) as other, closing(Archive(crawled.data / "archive.db")) as archive:
        other.sources.add(archive.sources.all()[0].source)
        with pytest.raises(SettingsError, match="is not empty"):
            copying.copy_archive(archive.database, other.database)
        assert len(other.sources.all()) == 1


def test_a_difference_prevents_the_switch(crawled: Indexer, address: PostgresAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    insert = copying._stored
    monkeypatch.setattr(copying, "_stored", lambda value, **kind: insert(value, **kind) if value != "ok" else "ill")
    with closing(Archive(address)) as new, closing(Archive(crawled.data / "archive.db")) as old:
        problems = copying.copy_archive(old.database, new.database)
        assert {problem.partition(":")[0] for problem in problems} == {"sources", "crawls"}
        assert new.identity != old.identity


def test_a_move_that_is_overridden_or_goes_nowhere_is_refused(crawled: Indexer) -> None:
    assert "already" in crawled("move", "--archive", "archive.db", expect=2).err
    assert "one of --engine and --archive" in crawled("move", expect=2).err
    assert "not the URL of" in crawled("move", "--archive", "mysql://host/name", expect=2).err
    crawled.environment["INDEXER_ARCHIVE_URL"] = "postgresql://a@127.0.0.1:1/b"
    assert "unset" in crawled("move", "--archive", "archive.db", expect=2).err


def test_a_copy_that_has_no_row_yet_is_continued(crawled: Indexer, address: PostgresAddress) -> None:
    """A move back may be killed after the file was created and before anything is in it."""
    crawled.environment["PGPASSWORD"] = address.password
    crawled("move", "--archive", address.url)
    (crawled.data / "archive.db").unlink()
    Archive(crawled.data / "archive.db").close()
    crawled("move", "--archive", "archive.db")
    assert list(crawled.data.glob("*.before-move-*")) == []


def test_an_unfinished_copy_of_another_archive_is_named(crawled: Indexer, address: PostgresAddress) -> None:
    with closing(Archive(address)) as other, closing(Archive(crawled.data / "archive.db")) as archive:
        copying._mark(other.database, 1)
        with pytest.raises(SettingsError, match="unfinished copy of another archive"):
            copying.copy_archive(archive.database, other.database)


def test_a_command_that_waited_for_the_move_does_not_write_to_the_old_archive(crawled: Indexer, address: PostgresAddress) -> None:
    """What it wrote there would be lost, and the index would be ahead of the new archive."""
    crawled.environment["PGPASSWORD"] = address.password
    before = len(crawled.documents())
    with writer_lock(crawled.data, 5, "move"):
        waiting = crawled.start("import", "--wait", "60", str(lines(crawled)))
        assert eventually(lambda: LOCK_NAME in opened(waiting.process.pid))
        set_text(crawled.data / "config.toml", "archive", "url", address.url)
    ended = waiting.ended()
    assert (ended.code, "has moved while this command waited" in ended.err) == (2, True), str(ended)
    with closing(Archive(crawled.data / "archive.db")) as old:
        assert old.documents.count() == before


def test_an_earlier_file_is_renamed(crawled: Indexer, address: PostgresAddress) -> None:
    crawled.environment["PGPASSWORD"] = address.password
    crawled("move", "--archive", address.url)
    crawled("move", "--archive", "archive.db")
    assert [each.name for each in crawled.data.glob("archive.db.before-move-*") if each.suffix != ".db"]
    assert load_settings(crawled.data, {k: v for k, v in os.environ.items() if not k.startswith("INDEXER_")}).archive is None
    with closing(open_database(crawled.data / "archive.db")) as database:
        assert database.row("SELECT 1 FROM counter WHERE name = 'copy of'") is None
