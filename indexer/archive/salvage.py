"""Copy what can still be read of a damaged database into a new one. The damaged file is only read."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from indexer.archive.serialization import placeholders

MAX_JUMP = 1 << 40  # rows that are skipped behind an unreadable one before the rest is given up


def salvage(damaged: Path, new: Path) -> int:
    """Copy the readable rows of all tables that both databases have; return how many. `new` is of the current version.

    Tables that are derived from others (sketches, aliases) have no row numbers and are left out: the next crawl makes them again.
    """
    copied = 0
    with contextlib.closing(sqlite3.connect(f"file:{damaged}?mode=ro", uri=True)) as source:
        source.text_factory = bytes
        with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as target:
            tables = target.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%'")
            target.execute("BEGIN")
            for (table,) in tables.fetchall():
                copied += _copy(source, target, table)
            target.execute("COMMIT")
    return copied


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    target_columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    try:
        present = {bytes(row[1]).decode("utf-8", "replace") for row in source.execute(f"PRAGMA table_info({table})")}
    except sqlite3.Error:
        return 0
    columns = [name for name in target_columns if name in present]
    if not columns:
        return 0
    names = ", ".join(columns)
    text = {row[1] for row in target.execute(f"PRAGMA table_info({table})") if row[2].upper() == "TEXT"}
    copied = 0
    for rowid, *values in _rows(source, table, names):
        with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
            decoded = [
                value.decode() if isinstance(value, bytes) and name in text else value
                for name, value in zip(columns, values, strict=True)
            ]
            marks = placeholders(("rowid", *columns))
            sql = f"INSERT OR REPLACE INTO {table} (rowid, {names}) VALUES ({marks})"  # noqa: S608  # names of our own schema
            target.execute(sql, (rowid, *decoded))
            copied += 1
    return copied


def _rows(source: sqlite3.Connection, table: str, names: str) -> Iterator[tuple[object, ...]]:
    """Yield the readable rows. Behind an unreadable page, growing jumps look for the next readable row."""
    last, jump = -1, 1
    while jump < MAX_JUMP:
        try:
            sql = f"SELECT rowid, {names} FROM {table} WHERE rowid > ? ORDER BY rowid"  # noqa: S608  # names of our own schema
            for row in source.execute(sql, (last,)):
                if row[0] <= last:  # the order is damaged: the same rows would come for ever
                    raise sqlite3.DatabaseError("rows are not in order")
                yield row
                last, jump = row[0], 1
            return
        except sqlite3.Error:
            last, jump = last + jump, jump * 2
