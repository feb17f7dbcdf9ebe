"""Bring a database to the current version: numbered SQL files, each in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from indexer.archive.serialization import checksum
from indexer.errors import ArchiveTooNew

REASON_CODES = 30  # the migration that turns sentences into reason codes


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Run the migrations that the database has not seen. Raises ArchiveTooNew."""
    migrations = _migrations()
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > max(migrations):
        raise ArchiveTooNew(f"{path} has version {version}, this program knows versions up to {max(migrations)}")
    if version < REASON_CODES:
        _register_classifier(connection)
    connection.create_function("checksum", 1, checksum, deterministic=True)
    for number in sorted(number for number in migrations if number > version):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have done it while this one waited for the lock.
            if connection.execute("PRAGMA user_version").fetchone()[0] < number:
                for statement in _statements(migrations[number].read_text("utf-8")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise


def is_current(connection: sqlite3.Connection) -> bool:
    """Return whether a database needs no migration. Raises sqlite3.Error if it cannot be read."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version == max(_migrations())


@cache
def _migrations() -> dict[int, Path]:
    """Return the file of each migration by its number. The folder is listed once, not each time that a connection is opened."""
    return {int(file.name[:4]): file for file in Path(__file__).with_name("migrations").glob("*.sql")}


def _register_classifier(connection: sqlite3.Connection) -> None:
    """Provide the functions that migration 0030 classifies old reasons with."""
    from indexer.archive.legacy_reasons import code_of, facts_of  # 60 patterns, which no later start compiles

    connection.create_function("reason_code", 1, code_of, deterministic=True)
    connection.create_function("reason_facts", 1, facts_of, deterministic=True)


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one: `executescript` would commit our transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
