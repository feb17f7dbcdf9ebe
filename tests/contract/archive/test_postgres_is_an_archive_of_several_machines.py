"""What only PostgreSQL does: the same tables, several writers at a time, lost connections, and errors that say what to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from hashlib import sha256
from importlib import resources
from itertools import count
from pathlib import Path

import pytest

from indexer.archive.backends import is_database, open_database
from indexer.archive.database import Database
from indexer.archive.pages import PageRecord
from indexer.archive.postgres import PostgresDatabase
from indexer.archive.postgres_address import PostgresAddress, postgres_address
from indexer.archive.store import Archive
from indexer.errors import ArchiveBusy, ArchiveError, ArchiveMissing, ArchiveTooNew, ArchiveUnreachable, SettingsError
from indexer.model import Document, Entry, Source
from support.postgres import PostgresServer, postgres_server

ONLY_POSTGRES = {"archive_version", "commits", "leases", "claims", "host_turns"}


@pytest.fixture
def address(postgres: PostgresServer) -> Iterator[PostgresAddress]:
    with postgres.schema() as url:
        yield postgres_address(url)


def columns(database: Database, table: str) -> set[str]:
    if isinstance(database, PostgresDatabase):
        sql = "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ?"
        return {row[0] for row in database.rows(sql, table)} - {"rowid"}
    return {row[1] for row in database.rows(f"PRAGMA table_info({table})")}


def test_both_databases_have_the_same_tables_and_columns(address: PostgresAddress, tmp_path: Path) -> None:
    """A migration that exists for one of them only is found here."""
    with closing(open_database(tmp_path / "archive.db")) as sqlite, closing(open_database(address)) as postgres:
        names = {row[0] for row in sqlite.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")}
        others = {row[0] for row in postgres.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")}
        assert others - ONLY_POSTGRES == names
        assert {name: columns(postgres, name) for name in names} == {name: columns(sqlite, name) for name in names}


def test_later_migrations_have_the_same_numbers() -> None:
    def numbers(folder: str) -> set[int]:
        return {int(each.name[:4]) for each in resources.files(folder).iterdir() if each.name.endswith(".sql")}

    postgres = numbers("indexer.archive.migrations_postgres")
    assert {each for each in numbers("indexer.archive.migrations") if each >= min(postgres)} == postgres


def test_texts_are_ordered_by_their_bytes(address: PostgresAddress) -> None:
    with closing(open_database(address)) as database:
        for name in ("b", "B", "ä", "a"):
            database.execute("INSERT INTO hosts VALUES (?, '')", name)
        assert [row[0] for row in database.rows("SELECT host FROM hosts ORDER BY host")] == ["B", "a", "b", "ä"]


def test_an_address_longer_than_an_index_entry_is_stored(address: PostgresAddress) -> None:
    url = "https://example.org/" + "a" * 6_000
    with closing(Archive(address)) as archive:
        archive.sources.add(Source(url, "Long"))
        archive.pages.put(PageRecord("p", url, 1, Entry(url, guid="g\x00" + "x" * 6_000), ""))
        assert archive.sources.find(url) is not None
        assert [page.id for page in archive.pages.with_guid(1, "g\x00" + "x" * 6_000)] == ["p"]


def test_there_is_no_archive_until_one_is_created(address: PostgresAddress) -> None:
    assert not is_database(address)
    with pytest.raises(ArchiveMissing):
        Archive(address, create=False)
    Archive(address).close()
    assert is_database(address)
    with closing(open_database(address)) as database:
        database.execute("UPDATE archive_version SET version = 9999")
    with pytest.raises(ArchiveTooNew, match="9999"):
        Archive(address)


def test_several_processes_create_one_archive(address: PostgresAddress) -> None:
    threads = [threading.Thread(target=lambda: Archive(address).close()) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(open_database(address)) as database:
        assert database.number("SELECT COUNT(*) FROM archive_version") == 1
        assert database.number("SELECT COUNT(*) FROM counter WHERE name = 'change'") == 1


def test_change_numbers_become_visible_in_their_order(address: PostgresAddress) -> None:
    """A follower that has seen change 7 would never ask for change 6 again."""
    writers, each = 4, 25
    Archive(address).close()

    def write(writer: int) -> None:
        with closing(Archive(address)) as archive:
            for number in range(each):
                id_ = f"{writer}-{number}"
                with archive.transaction():
                    archive.documents.put(Document(id_, f"https://example.org/{id_}", "T", "t"), None, 1)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    with closing(Archive(address)) as follower:
        while len(seen) < writers * each:
            alive = any(thread.is_alive() for thread in threads)
            seen += [change.number for change in follower.documents.changes_since(seen[-1] if seen else 0)]
            assert alive or len(seen) == writers * each
    assert seen == list(range(1, writers * each + 1))


def test_an_exclusive_writer_excludes_crawlers_and_crawlers_do_not_exclude_one_another(address: PostgresAddress) -> None:
    with closing(Archive(address)) as one, closing(Archive(address)) as two:
        with one.lock(0, "crawl", shared=True), two.lock(0, "crawl", shared=True):
            pass
        with one.lock(0, "import"), pytest.raises(ArchiveBusy, match=r"indexer import \("), two.lock(0, "crawl", shared=True):
            pass
        with one.lock(0, "crawl", shared=True), pytest.raises(ArchiveBusy, match="indexer crawl"), two.lock(0.05, "import"):
            pass
        with two.lock(0, "import"):
            pass


def test_the_query_log_does_not_wait_for_a_crawl(address: PostgresAddress) -> None:
    Archive(address).close()
    with closing(Archive(address)) as crawl, closing(open_database(address, purpose="query log")) as log, crawl.transaction():
        log.set_patience(0.05)
        log.execute("INSERT INTO search_days VALUES ('2026-01-01', 'page', 1, 0, 0)")


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server that the test may kill."""
    with postgres_server() as server:
        yield server


def kill_and_start(server: PostgresServer) -> None:
    server.kill()
    server.start()


def test_a_lost_connection_is_opened_again(server: PostgresServer) -> None:
    with closing(Archive(server.address())) as archive, archive.lock(0, "crawl"):
        archive.sources.add(Source("https://example.org/rss"))
        kill_and_start(server)
        assert len(archive.sources.all()) == 1  # a query
        kill_and_start(server)
        archive.documents.move_change_number(7)  # a statement that writes
        assert archive.documents.last_change == 7
        with closing(Archive(server.address())) as other, pytest.raises(ArchiveBusy), other.lock(0, "import"):
            pass  # the lock has been taken again


def test_a_transaction_of_a_lost_connection_is_whole_or_not_there(server: PostgresServer) -> None:
    with closing(Archive(server.address())) as archive:

        def lose_it_halfway() -> None:
            with archive.transaction():
                archive.sources.add(Source("https://example.org/1"))
                kill_and_start(server)
                archive.sources.add(Source("https://example.org/2"))

        with pytest.raises(ArchiveUnreachable):
            lose_it_halfway()
        assert archive.sources.all() == []
        calls = 0

        def work() -> int:
            nonlocal calls
            calls += 1
            archive.sources.add(Source("https://example.org/1"))
            if calls == 1:
                kill_and_start(server)
            archive.sources.add(Source("https://example.org/2"))
            return calls

        assert archive.run(work) == 2
        assert len(archive.sources.all()) == 2


@pytest.mark.parametrize("is_done", [True, False])
def test_a_commit_without_an_answer_counts_exactly_if_it_was_done(server: PostgresServer, *, is_done: bool) -> None:
    with closing(PostgresDatabase(server.address())) as database:
        database.execute("INSERT INTO hosts VALUES ('a', '')")
        end = database.end

        def lose_the_answer(how: str) -> None:
            database.end = end  # type: ignore[method-assign]  # only the first COMMIT loses its answer
            if is_done:
                end(how)
            kill_and_start(server)
            end(how)

        database.end = lose_the_answer  # type: ignore[method-assign]  # as above
        database.execute("UPDATE hosts SET state = state || 'x'")
        assert [row["state"] for row in database.rows("SELECT state FROM hosts")] == ["x"]


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        ({"port": 1}, ArchiveUnreachable, "check that PostgreSQL runs"),
        ({"user": "test:wrong"}, SettingsError, r"\$PGPASSWORD"),
        ({"user": "stranger:opensesame"}, SettingsError, "correct the user"),
        ({"database": "nowhere"}, SettingsError, "createdb"),
        ({"database": "test?options=-csearch_path%3Dnowhere"}, SettingsError, "create the schema"),
    ],
)
def test_an_archive_that_cannot_be_opened_is_an_error_that_says_what_to_do(
    postgres: PostgresServer, change: dict[str, object], kind: type[Exception], text: str
) -> None:
    parts = {"user": f"test:{postgres.password}", "port": postgres.port, "database": "test"} | change
    with pytest.raises(kind, match=text) as raised:
        Archive(postgres_address(f"postgresql://{parts['user']}@127.0.0.1:{parts['port']}/{parts['database']}"))
    assert "opensesame" not in str(raised.value)
    assert "wrong" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a:secret@b/c",
        "postgresql://a:secret@b",
        "postgresql://a:secret",
        "postgresql://a:secret/c",
        "postgresql://a@b/c?password=secret",
        "postgresql://a@b/c?%70assword=secret",
        "postgresql://a:se/secret@b/c",
        "postgresql://a:12/secret@b/c",
        "postgresql://a:se/c?secret@b/c",
        "postgresql://a:se/c#secret@b/c",
        "postgresql:/a:secret@b/c",
        "host=b user=a password=secret dbname=c",
        "http://[",
    ],
)
def test_a_wrong_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as raised:
        postgres_address(url)
    assert "secret" not in str(raised.value)


def test_a_password_is_never_shown() -> None:
    address = postgres_address("postgres://me:secret%40@db.example:5433/search?sslmode=verify-full")
    assert str(address) == "postgresql://me@db.example:5433/search?sslmode=verify-full"
    assert address.password == "secret@"  # of no server
    assert "secret" not in f"{address} {address!r}"


@pytest.mark.parametrize(
    "url", ["postgresql:///search?host=/run/postgresql", "postgresql://a@[::1]:5432/b", "postgresql://a@b:5432,c/d?target=any"]
)
def test_forms_of_libpq_are_taken_as_they_are(url: str) -> None:
    assert postgres_address(url).url == url


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_text_is_refused(postgres: PostgresServer, encoding: str) -> None:
    name = encoding.lower()
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(SettingsError, match=f"encoding {encoding}.*--encoding=UTF8"):
        Archive(postgres_address(f"postgresql://test:{postgres.password}@127.0.0.1:{postgres.port}/{name}"))


def test_a_user_who_may_only_read_reads_on_after_a_refused_write(postgres: PostgresServer, address: PostgresAddress) -> None:
    schema = address.url.rpartition("%3D")[2]
    with closing(Archive(address)), postgres.connect("test") as connection:
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'opensesame'")
        connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader")
    with closing(Archive(postgres_address(address.url.replace("//test@", "//reader@"), address.password))) as archive:
        with pytest.raises(SettingsError, match="permission denied"):
            archive.documents.move_change_number(5)
        assert archive.counts()["documents"] == 0


def test_a_server_that_refuses_to_write_is_asked_a_few_times(address: PostgresAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Archive(address)):
        pass
    monkeypatch.setattr("indexer.archive.postgres.RETRY_SECONDS", 0.5)
    standby = postgres_address(
        address.url.replace("?options=", "?options=-cdefault_transaction_read_only%3Don%20"), address.password
    )
    with closing(PostgresDatabase(standby)) as database:
        database.set_patience(1.0)
        reconnect, times = database.reconnect, count(1)
        monkeypatch.setattr(database, "reconnect", lambda deadline=None: (next(times), reconnect(deadline)))
        with pytest.raises(ArchiveUnreachable, match=r"read-only.*primary"):
            database.execute("UPDATE counter SET value = value + 1")
        assert next(times) <= 10
        assert database.number("SELECT COUNT(*) FROM documents") == 0


def test_an_id_that_is_too_long_for_an_index_is_named(address: PostgresAddress) -> None:
    """Earlier versions imported such ids into archive.db."""
    id_ = "".join(sha256(bytes([number])).hexdigest() for number in range(100))  # nothing that could be compressed
    with closing(Archive(address)) as archive:
        with pytest.raises(ArchiveError, match="shorten their ids"):
            archive.documents.put(Document(id_, "", "Ferry", "Text"), None, 1)
        assert archive.documents.put(Document("short", "", "Ferry", "Text"), None, 1)


def test_a_statement_that_takes_too_long_for_the_server_is_named(address: PostgresAddress) -> None:
    with closing(PostgresDatabase(address)) as database:
        database.rows("SELECT set_config('statement_timeout', '50', false)")
        with pytest.raises(ArchiveBusy, match="statement_timeout"):
            database.rows("SELECT pg_sleep(60)")


def test_locks_are_those_of_one_schema(postgres: PostgresServer) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            archive = Archive(postgres_address(stack.enter_context(postgres.schema())))
            stack.callback(archive.close)
            stack.enter_context(archive.lock(0, "import"))


def test_a_connection_that_ends_while_it_is_opened_is_reported_as_one(address: PostgresAddress) -> None:
    """A server that is killed between the first statements of a crawler."""
    with closing(PostgresDatabase(address)) as database:
        database._connection.close()
        with pytest.raises(ArchiveUnreachable):
            database._migrate()
        with pytest.raises(ArchiveUnreachable):
            database._version()
        database.reconnect()
