"""PostgreSQL as the archive's database, for several crawlers and web servers on several machines. The one door to `psycopg`.

A transaction holds an advisory lock from its beginning to its commit, so transactions are one after the other, as in SQLite:
change numbers are assigned in the order of the commits, and a follower never misses one. Readers never wait.

A lost connection is opened again. Each transaction stores its own number, so one whose commit got no answer counts as done
exactly if it is.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Final
from uuid import uuid4

from indexer.archive.database import Database, Result, Row
from indexer.archive.postgres_address import PostgresAddress
from indexer.archive.postgres_connection import DriverError, connect, is_lost, raised
from indexer.archive.postgres_sql import postgres_sql
from indexer.archive.serialization import stored_number
from indexer.errors import (
    ArchiveBusy,
    ArchiveError,
    ArchiveMissing,
    ArchiveTooNew,
    ArchiveUnreachable,
    IndexerError,
    SettingsError,
)

MAX_RECONNECT_SECONDS: Final = 60.0  # a restart of the server takes a few seconds, a failover up to a minute
RETRY_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 30.0  # for another transaction
_TABLES = "SELECT to_regclass('archive_version') IS NOT NULL"


class PostgresDatabase(Database):
    """One connection to the archive in PostgreSQL."""

    location: PostgresAddress

    def __init__(self, address: PostgresAddress, *, create: bool = True, purpose: str = "archive") -> None:
        """Connect, and migrate the tables. `create`: whether missing tables are created. `purpose`: see `open_database`."""
        self.location = address
        self._patience, self._reconnect_seconds = PATIENCE_SECONDS, MAX_RECONNECT_SECONDS
        self._doing, self._name = "", uuid4().hex
        self._session_locks: dict[str, bool] = {}  # purpose -> shared
        self._connection = connect(address)
        try:
            self._schema = self._scalar("SELECT current_schema()")
            if self._schema is None:
                raise SettingsError(f"{address}: its search path names no schema", remedy="create the schema, or correct the URL")
            if not self._scalar(_TABLES) and not create:
                raise ArchiveMissing(f"there is no archive in {address}")
            self._migrate()
        except BaseException:
            self._connection.close()
            raise
        self._transaction = _PostgresTransaction(self, self._key(purpose))

    def close(self) -> None:
        with contextlib.suppress(IndexerError):  # a later connection deletes it; a user may have the right to read only
            self._execute("DELETE FROM commits WHERE writer = ? OR at < now() - interval '1 day'", (self._name,))
        self._connection.close()

    # -- statements --------------------------------------------------------------------------------------------------

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        return self._transaction

    def run(self, work: Callable[[], Result]) -> Result:
        if self._transaction.depth:
            return work()
        return self._again(lambda: self._run_once(work))

    def rows(self, sql: str, *values: object) -> Sequence[Row]:
        return self._again(lambda: self._fetch(sql, values))

    def row(self, sql: str, *values: object) -> Row | None:
        rows = self.rows(sql, *values)
        return rows[0] if rows else None

    def number(self, sql: str, *values: object) -> int:
        return stored_number(self.row(sql, *values), self.location)

    def execute(self, sql: str, *values: object) -> int:
        return self.run(lambda: self._execute(sql, values))

    def execute_many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        stored = list(rows)

        def work() -> None:
            with self._errors(), self._connection.cursor() as cursor:
                cursor.executemany(postgres_sql(sql), stored)

        if stored:
            self.run(work)

    def insert(self, sql: str, *values: object) -> int:
        return self.run(lambda: int(self._fetch(f"{sql} RETURNING id", values)[0][0]))

    def set_patience(self, seconds: float) -> None:
        self._patience = self._reconnect_seconds = seconds

    def overwrite_deleted(self) -> None:
        """Do nothing: PostgreSQL reuses the space of deleted rows when it is vacuumed, which it does by itself."""

    def make_durable(self) -> None:
        """Do nothing: a commit waits for the disk, unless the operator has set `synchronous_commit` otherwise."""

    def copy_to(self, path: Path) -> None:
        raise SettingsError(
            f"the archive is in PostgreSQL ({self.location}), which has its own backups",
            remedy="use pg_dump --format=custom, and copy config.toml, templates/ and static/",
        )

    def integrity_problems(self) -> list[str]:
        """Return nothing: the server checks its pages itself, if it was created with checksums (`initdb --data-checksums`)."""
        return []

    def size_bytes(self) -> int:
        return self.number(
            "SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = current_schema() AND c.relkind = 'r'"
        )

    # -- locks of the session ----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def lock(self, wait_seconds: float, doing: str, *, shared: bool = False) -> Iterator[None]:
        self._doing = doing
        with self.session_lock("writer", wait_seconds, shared=shared):
            yield

    def following(self, engine: str, wait_seconds: float) -> contextlib.AbstractContextManager[None]:
        return self.session_lock(f"follower of {engine}", wait_seconds)

    @contextlib.contextmanager
    def session_lock(self, purpose: str, wait_seconds: float, *, shared: bool = False) -> Iterator[None]:
        """Hold an advisory lock of this connection. The server frees it when the connection ends. Raises ArchiveBusy."""
        if purpose in self._session_locks:  # held already
            yield
            return
        self._again(lambda: self._take(purpose, wait_seconds, shared=shared))
        self._session_locks[purpose] = shared
        try:
            yield
        finally:
            del self._session_locks[purpose]
            with contextlib.suppress(IndexerError):
                self._fetch(f"SELECT pg_advisory_unlock{'_shared' if shared else ''}(?)", (self._key(purpose),))

    def _take(self, purpose: str, wait_seconds: float, *, shared: bool) -> None:
        kind, key = "_shared" if shared else "", self._key(purpose)
        self._fetch(
            "SELECT set_config('application_name', ?, false)",
            (f"indexer {self._doing} ({socket.gethostname()}:{os.getpid()})"[:63],),
        )
        if wait_seconds <= 0:
            if not self._fetch(f"SELECT pg_try_advisory_lock{kind}(?)", (key,))[0][0]:
                raise ArchiveBusy(f"{self.location} is being written by {self._holders(key)}")
            return
        try:
            self._fetch("SELECT set_config('lock_timeout', ?, false)", (_milliseconds(wait_seconds),))
            self._fetch(f"SELECT pg_advisory_lock{kind}(?)", (key,))
        except ArchiveBusy:
            raise ArchiveBusy(f"{self.location} is being written by {self._holders(key)}") from None
        finally:
            with contextlib.suppress(ArchiveUnreachable):
                self._fetch("SELECT set_config('lock_timeout', '0', false)", ())

    def is_held(self, purpose: str) -> bool:
        """Return whether a connection holds the session lock of a purpose."""
        return bool(self._holders_of(self._key(purpose)))

    def _holders(self, key: int) -> str:
        return ", ".join(sorted({str(row[0]) for row in self._holders_of(key) if row[0]})) or "another process"

    def _holders_of(self, key: int) -> Sequence[Row]:
        return self._fetch(
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory'"
            " AND l.granted AND l.objsubid = 1 AND l.classid = ?::bigint::oid AND l.objid = ?::bigint::oid",
            (key >> 32 & 0xFFFFFFFF, key & 0xFFFFFFFF),
        )

    def _key(self, purpose: str) -> int:
        """Return the number of an advisory lock. Archives in other schemas of the database have other locks."""
        digest = blake2b(f"feed-search {self._schema} {purpose}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)

    # -- lost connections --------------------------------------------------------------------------------------------

    def _again(self, work: Callable[[], Result]) -> Result:
        """Call `work`; if the connection is lost outside a transaction, open it again and call it again."""
        deadline, pause = time.monotonic() + self._reconnect_seconds, 0.0
        while True:
            try:
                return work()
            except ArchiveUnreachable:
                if self._transaction.depth or time.monotonic() >= deadline:
                    raise
                time.sleep(pause)  # a server may accept connections and refuse to write, as a standby does
                pause = RETRY_SECONDS
                self.reconnect(deadline)

    def _run_once(self, work: Callable[[], Result]) -> Result:
        with self._transaction:
            return work()

    def reconnect(self, deadline: float | None = None) -> None:
        """Open the connection again, and take its locks again. Raises ArchiveUnreachable after `deadline` (time.monotonic)."""
        self._connection.close()
        if deadline is None:
            deadline = time.monotonic() + self._reconnect_seconds
        while True:
            try:
                self._connection = connect(self.location, max(1.0, deadline - time.monotonic()))
                break
            except ArchiveUnreachable:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(RETRY_SECONDS)
        for purpose, shared in self._session_locks.items():
            self._take(purpose, PATIENCE_SECONDS, shared=shared)

    def is_committed(self, key: int, number: int) -> bool:
        """Return whether the transaction of a number was committed. Waits until it has ended.

        The server's own numbers cannot tell: after a crash it gives those of lost transactions to others.
        """
        with self._errors(), self._connection.transaction():
            self._connection.execute(f"SELECT pg_advisory_xact_lock({key})")
            row = self._connection.execute("SELECT 1 FROM commits WHERE writer = $1 AND number = $2", (self._name, number))
            return row.fetchone() is not None

    # -- one statement -----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DriverError as error:
            raise raised(error, self.location, lost=is_lost(error, self._connection)) from error

    def _fetch(self, sql: str, values: Sequence[object]) -> Sequence[Row]:
        with self._errors():
            return self._connection.execute(postgres_sql(sql), values).fetchall()

    def _execute(self, sql: str, values: Sequence[object]) -> int:
        with self._errors():
            return self._connection.execute(postgres_sql(sql), values).rowcount

    def _scalar(self, sql: str) -> object:
        with self._errors():
            row = self._connection.execute(sql).fetchone()
            return row[0] if row else None

    def begin(self, key: int, number: int) -> None:
        """Begin a transaction with the lock of its purpose, which stores its number. One round trip."""
        with self._errors():
            self._connection.execute(
                f"BEGIN; SET LOCAL lock_timeout = {_milliseconds(self._patience)}; SELECT pg_advisory_xact_lock({key});"  # noqa: S608  # ours
                f" INSERT INTO commits VALUES ('{self._name}', {number}, now())"
                f" ON CONFLICT (writer) DO UPDATE SET number = {number}, at = now()"
            )

    def end(self, how: str) -> None:
        """Run COMMIT or ROLLBACK."""
        with self._errors():
            self._connection.execute(how)

    # -- migrations --------------------------------------------------------------------------------------------------

    def _migrate(self) -> None:
        """Run the migrations that the tables have not seen, all of them in one transaction. Raises ArchiveTooNew."""
        migrations = _migrations()
        if self._scalar(_TABLES) and self._version() == migrations[-1][0]:
            return
        with self._errors(), self._connection.transaction():
            self._connection.execute(f"SELECT pg_advisory_xact_lock({self._key('migrate')})")
            self._connection.execute("CREATE TABLE IF NOT EXISTS archive_version (version BIGINT NOT NULL)")
            version = self._version()
            if version > migrations[-1][0]:
                versions = f"this program knows versions up to {migrations[-1][0]}"
                raise ArchiveTooNew(f"{self.location} has version {version}, {versions}")
            for number, script in migrations:
                if number > version:
                    self._connection.execute(script)
            if version < migrations[-1][0]:
                self._connection.execute("DELETE FROM archive_version")
                self._connection.execute("INSERT INTO archive_version VALUES ($1)", (migrations[-1][0],))

    def _version(self) -> int:
        with self._errors():
            row = self._connection.execute("SELECT version FROM archive_version").fetchone()
        return int(row[0]) if row else 0


class _PostgresTransaction:
    """A transaction that counts how deep it is nested."""

    __slots__ = ("_database", "_key", "_number", "depth")

    def __init__(self, database: PostgresDatabase, key: int) -> None:
        self._database, self._key, self._number, self.depth = database, key, 0, 0

    def __enter__(self) -> None:
        if self.depth == 0:
            self._number += 1
            try:
                self._begin()
            except ArchiveUnreachable:  # it has been lost since the last statement: nothing has begun
                self._database.reconnect()
                self._begin()
        self.depth += 1

    def _begin(self) -> None:
        try:
            self._database.begin(self._key, self._number)
        except IndexerError:
            with contextlib.suppress(ArchiveError):  # the server refuses every statement until then
                self._database.end("ROLLBACK")
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.depth -= 1
        if self.depth:
            return
        if error is not None:
            with contextlib.suppress(ArchiveError):  # the server rolls back a lost connection itself
                self._database.end("ROLLBACK")
            return
        try:
            self._database.end("COMMIT")
        except ArchiveUnreachable:
            self._database.reconnect()
            if not self._database.is_committed(self._key, self._number):
                raise


def has_archive(address: PostgresAddress) -> bool:
    """Return whether the database holds an archive. Raises ArchiveUnreachable, SettingsError."""
    try:
        PostgresDatabase(address, create=False).close()
    except ArchiveMissing:
        return False
    return True


def _migrations() -> list[tuple[int, str]]:
    files = [f for f in resources.files("indexer.archive.migrations_postgres").iterdir() if f.name.endswith(".sql")]
    return sorted((int(f.name[:4]), f.read_text("utf-8")) for f in files)


def _milliseconds(seconds: float) -> str:
    """Return a lock_timeout. 0 would mean to wait forever."""
    return str(max(1, int(seconds * 1_000)))
