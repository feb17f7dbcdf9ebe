"""SQLite: opening, migrating, one writer at a time, and its errors in our words. The one door to `sqlite3`."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from types import TracebackType

from indexer.errors import ArchiveBusy, ArchiveDamaged, ArchiveError, ArchiveFull, ArchiveTooNew, SettingsError

Row = sqlite3.Row
Connection = sqlite3.Connection
LOCK_NAME = "writer.lock"
REASON_CODES = 30  # the migration that turns sentences into reason codes


class translated:
    """sqlite3's exceptions as the archive's own. (A generator would take a microsecond more, at each statement.)"""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, sqlite3.OperationalError):
            if "locked" in str(error) or "busy" in str(error):
                raise ArchiveBusy(f"{self._path} is locked by another program") from error
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise ArchiveFull(f"{self._path} cannot grow: the disk is full") from error
            remedy = "look at the folder's rights and free space"
            raise ArchiveError(f"{self._path} cannot be used: {error}", remedy=remedy) from error
        if isinstance(error, sqlite3.DatabaseError):
            raise ArchiveDamaged(f"{self._path} is damaged: {error}") from error


def connect(path: Path) -> sqlite3.Connection:
    """A connection with our settings, on a database of the current version.

    Raises ArchiveTooNew, ArchiveDamaged, ArchiveError, SettingsError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot make the folder {path.parent}: {error.strerror}", remedy="choose one with --data") from error
    with translated(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection, path)
        return connection


def _migrations() -> list[tuple[int, str]]:
    files = [f for f in resources.files("indexer.archive.migrations").iterdir() if f.name.endswith(".sql")]
    return sorted((int(f.name[:4]), f.read_text("utf-8")) for f in files)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    migrations = _migrations()
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > migrations[-1][0]:
        raise ArchiveTooNew(f"{path} has version {version}, this program knows versions up to {migrations[-1][0]}")
    if version < REASON_CODES:
        _register_classifier(connection)
    for number, script in migrations:
        if number <= version:
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have done it while we waited for the lock.
            if connection.execute("PRAGMA user_version").fetchone()[0] < number:
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise


def _register_classifier(connection: sqlite3.Connection) -> None:
    """Provide the functions that migration 0030 classifies old reasons with."""
    from indexer.archive.legacy_reasons import code_of, facts_of  # 60 patterns, which no later start compiles

    connection.create_function("reason_code", 1, code_of, deterministic=True)
    connection.create_function("reason_facts", 1, facts_of, deterministic=True)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit our transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextlib.contextmanager
def writer_lock(folder: Path, wait_seconds: float, doing: str) -> Iterator[None]:
    """Hold the data folder's writer lock: an advisory lock on a small file that says who holds it.

    The operating system frees it when its process dies, however it dies. Raises ArchiveBusy after `wait_seconds`.
    """
    path = folder / LOCK_NAME
    folder.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+", encoding="utf-8") as file:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise ArchiveBusy(f"{folder} is being written by {_holder(file.read())}") from None
                time.sleep(0.05)
        file.seek(0)
        file.truncate()
        json.dump({"process": os.getpid(), "doing": doing, "since": time.strftime("%H:%M:%S")}, file)
        file.flush()
        yield


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {holder['process']} (indexer {holder['doing']}, since {holder['since']})"
    except (ValueError, KeyError, TypeError):
        return "another process"
