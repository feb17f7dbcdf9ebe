"""SQLite as the archive's database: one file in the data folder. The one door to `sqlite3`, with `migrate` and `salvage`."""

from __future__ import annotations

import contextlib
import math
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from indexer.archive.database import Database, Result, Row
from indexer.archive.migrate import is_current, migrate
from indexer.archive.serialization import stored_number
from indexer.archive.writer_lock import writer_lock
from indexer.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveFull,
    ArchiveMissing,
    ArchiveUnwritable,
    is_disk_full,
    write_error,
)

# Most keys are hashes, so the pages of a batch are written all over the database. With SQLite's own 2 MB and 1,000 pages, a page
# of a crawl took .79 ms after 15,000 pages and .59 ms after 2,500; with these it takes .67 ms and .69 ms.
CACHE_KILOBYTES = 32_000
CHECKPOINT_PAGES = 4_000  # of the write-ahead log, 16 MB
MIN_FREE_BYTES = 1 << 16  # SQLite's shared memory file grows by 32 kB


class SqliteDatabase(Database):
    """One connection. Reading needs no lock (WAL)."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open and migrate the database.

        `create`: whether a missing or empty file becomes a new database. A database on a full disk or in a folder without
        write permission can still be read, and what writes raises ArchiveFull or ArchiveUnwritable. Raises ArchiveMissing,
        ArchiveTooNew, ArchiveDamaged, ArchiveError, SettingsError.
        """
        if not create and not is_database_file(path):
            raise ArchiveMissing(f"there is no search data at {path.parent.absolute()}: {path.name} is missing or empty")
        self.path = self.location = path
        self._connection, unwritable = _open(path)
        self._errors = _TranslatedErrors(path, unwritable)
        self._transaction = _SqliteTransaction(self._connection, self._errors)

    def close(self) -> None:
        self._connection.close()

    def lock(self, wait_seconds: float, doing: str, *, shared: bool = False) -> contextlib.AbstractContextManager[None]:
        return writer_lock(self.path.parent, wait_seconds, doing)

    def following(self, engine: str, wait_seconds: float) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()  # the writer lock excludes others already

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        return self._transaction

    def run(self, work: Callable[[], Result]) -> Result:
        with self._transaction:
            return work()

    def rows(self, sql: str, *values: object) -> Sequence[Row]:
        with self._errors:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> Row | None:
        with self._errors:
            row: Row | None = self._connection.execute(sql, values).fetchone()
            return row

    def number(self, sql: str, *values: object) -> int:
        return stored_number(self.row(sql, *values), self.location)

    def execute(self, sql: str, *values: object) -> int:
        with self._transaction:
            return self._connection.execute(sql, values).rowcount

    def execute_many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        with self._transaction:
            self._connection.executemany(sql, rows)

    def insert(self, sql: str, *values: object) -> int:
        with self._transaction:
            return int(self._connection.execute(sql, values).lastrowid or 0)

    def set_patience(self, seconds: float) -> None:
        with self._errors:
            self._connection.execute(f"PRAGMA busy_timeout = {math.ceil(seconds * 1_000)}")

    def overwrite_deleted(self) -> None:
        self.execute("PRAGMA secure_delete = ON")

    def make_durable(self) -> None:
        """Write SQLite's log to the disk. With `synchronous = NORMAL`, a commit alone leaves it in the system's memory."""
        with self._errors:
            for path in (self.path.with_name(self.path.name + "-wal"), self.path.parent):
                with contextlib.suppress(FileNotFoundError):
                    descriptor = os.open(path, os.O_RDONLY)
                    try:
                        os.fsync(descriptor)
                    finally:
                        os.close(descriptor)

    def copy_to(self, path: Path) -> None:
        with _TranslatedErrors(path), contextlib.closing(sqlite3.connect(path)) as copy:
            self._connection.backup(copy)

    def integrity_problems(self) -> list[str]:
        return [row[0] for row in self.rows("PRAGMA integrity_check(20)") if row[0] != "ok"]

    def size_bytes(self) -> int:
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())


def is_database_file(path: Path) -> bool:
    """Return whether a file exists and is not empty."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


class _TranslatedErrors:
    """Raise sqlite3's exceptions as the archive's own. (A generator would cost a microsecond more with each statement.)"""

    __slots__ = ("_path", "_unwritable")

    def __init__(self, path: Path, unwritable: ArchiveError | None = None) -> None:
        """`unwritable`: why the database was opened for reading only."""
        self._path, self._unwritable = path, unwritable

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            return
        if isinstance(error, sqlite3.OperationalError):
            if "locked" in str(error) or "busy" in str(error):
                raise ArchiveBusy(f"{self._path} is locked by another program") from error
            code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
            if self._unwritable is not None and code == sqlite3.SQLITE_READONLY:
                raise type(self._unwritable)(self._unwritable.message) from error
            if self._is_full(error):
                raise ArchiveFull(f"{self._path} cannot grow: disk full") from error
            if re.search("decode|no such (?:table|column)", str(error)):  # a text that is not UTF-8 any more, a lost table
                raise ArchiveDamaged(f"{self._path} is damaged: {error}") from error
            if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
                if self._path.is_dir():  # a container makes a folder where a file to mount is missing
                    raise ArchiveUnwritable(
                        f"{self._path} is a folder, not a file", remedy="put the file in its place"
                    ) from error
                raise ArchiveUnwritable(f"{self._path} cannot be written") from error
            remedy = "check the folder's permissions and free space"
            raise ArchiveError(f"{self._path} cannot be used: {error}", remedy=remedy) from error
        if isinstance(error, OSError) and is_disk_full(error):
            raise ArchiveFull(f"{self._path} cannot grow: disk full") from error
        if isinstance(error, sqlite3.DatabaseError):
            raise ArchiveDamaged(f"{self._path} is damaged: {error}") from error

    def _is_full(self, error: sqlite3.OperationalError) -> bool:
        """Return whether the disk is full. SQLite then reports FULL, or an I/O error when its own small files cannot grow."""
        code = getattr(error, "sqlite_errorcode", 0) or 0
        if code == sqlite3.SQLITE_FULL:
            return True
        if code & 0xFF not in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
            return False
        try:
            space = os.statvfs(self._path.parent)
        except OSError:
            return False
        return space.f_bavail * space.f_frsize < MIN_FREE_BYTES


class _SqliteTransaction:
    """A transaction that counts how deep it is nested. One object for all, because a crawl enters some 30 for each page."""

    __slots__ = ("_connection", "_depth", "_errors")

    def __init__(self, connection: sqlite3.Connection, errors: _TranslatedErrors) -> None:
        self._connection, self._errors, self._depth = connection, errors, 0

    def __enter__(self) -> None:
        if self._depth == 0:
            with self._errors:
                self._connection.execute("BEGIN IMMEDIATE")
        self._depth += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._depth -= 1
        if self._depth == 0:
            try:
                if error is None:
                    with self._errors:
                        self._connection.execute("COMMIT")
            finally:
                self._connection.rollback()  # has no effect if SQLite has ended it itself, as on a full disk
        self._errors.__exit__(kind, error, trace)


def _open(path: Path) -> tuple[sqlite3.Connection, ArchiveError | None]:
    """Open a database; for reading only, together with the reason, if it cannot be written."""
    try:
        return _connect(path), None
    except (ArchiveFull, ArchiveUnwritable) as error:
        connection = _connect_for_reading(path)
        if connection is None:
            raise
        return connection, error


def _connect_for_reading(path: Path) -> sqlite3.Connection | None:
    """Open a database of the current version without writing files next to it; None if that is impossible.

    An empty log means that nothing was written since the last checkpoint, so the file alone is complete.
    """
    is_complete = not is_database_file(path.with_name(path.name + "-wal"))
    uri = f"file:{quote(str(path.absolute()))}?mode=ro{'&immutable=1' if is_complete else ''}"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False)
        if not is_current(connection):
            connection.close()
            return None
    except sqlite3.Error:
        return None
    connection.row_factory = sqlite3.Row
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(f"cannot make the folder {path.parent}", error, "choose one with --data") from error
    with _TranslatedErrors(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection, path)
        return connection
