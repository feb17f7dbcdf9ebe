"""Copy an archive to another database, table by table in the order of the keys, and compare both.

    tables of the source -> the rows after the last key that the target has -> counts and checksums of all tables -> counters

The counters come last: they hold the identity and the number of the last change, so no index belongs to an unfinished copy.
A copy that was interrupted goes on from the last key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from indexer.archive.backends import open_database
from indexer.archive.database import Database, Row
from indexer.archive.postgres_tables import POSTGRES_ONLY, boolean_columns, is_postgres, reset_sequences
from indexer.archive.serialization import placeholders
from indexer.errors import SettingsError

Progress = Callable[[int, int], None]  # rows done, of how many
BATCH_ROWS: Final = 200  # responses may be large
_MARK: Final = "copy of"  # a counter in an unfinished target: the identity of its source
_FIRST: Final = ("sources", "responses", "pages", "documents")  # others refer to them
_WHOLE: Final = ("search_key",)  # one row without a key
_CHANGING: Final = "search_"  # tables that searches change meanwhile


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


def copy_archive(source: Database, target: Database, progress: Progress = lambda done, total: None) -> list[str]:
    """Copy everything, and return how the copy differs; an empty list if it does not. `progress` gets the copied rows.

    Nothing writes to the source meanwhile, but searches may be recorded. Raises ArchiveError, and SettingsError if the target
    holds anything else.
    """
    identity = source.number("SELECT value FROM counter WHERE name = 'identity'")
    _mark(target, identity)
    tables = _tables(source)
    problems = _copy_and_compare(source, target, tables, progress)
    if problems:  # the source has changed since an interrupted copy began
        for table in reversed(tables):
            target.execute(f"DELETE FROM {table.name}")  # noqa: S608  # our own names
        problems = _copy_and_compare(source, target, tables, progress)
    if not problems:
        _finish(source, target)
    return problems


def is_unfinished(path: Path) -> bool:
    """Return whether a file is a copy that was interrupted, perhaps before its first row."""
    with closing(open_database(path)) as database:
        return _is_empty(database) or database.row("SELECT 1 FROM counter WHERE name = ?", _MARK) is not None


def _mark(target: Database, identity: int) -> None:
    """Mark the target as an unfinished copy. Raises SettingsError if it is anything else."""
    mark = target.row("SELECT value FROM counter WHERE name = ?", _MARK)
    if mark is not None and mark[0] == identity:
        return
    if mark is not None:
        raise SettingsError(
            f"{target.location} holds an unfinished copy of another archive", remedy="name an empty database, or another schema"
        )
    if not _is_empty(target):
        raise SettingsError(f"{target.location} is not empty", remedy="name an empty database, or another schema of this one")
    target.execute("INSERT INTO counter VALUES (?, ?)", _MARK, identity)


def _is_empty(database: Database) -> bool:
    return not any(database.number(f"SELECT COUNT(*) FROM {name}") for name in ("sources", "documents", "pages"))  # noqa: S608  # ours


def _copy_and_compare(source: Database, target: Database, tables: Sequence[_Table], progress: Progress) -> list[str]:
    total, done = sum(_count(source, table) for table in tables), 0
    for table in tables:
        for rows in _copied(source, target, table):
            done += rows
            progress(min(done, total), total)
    compared = [table for table in tables if not table.name.startswith(_CHANGING)]
    return [
        f"{table.name}: {before} before, {after} now"
        for table in compared
        if (before := _fingerprint(source, table)) != (after := _fingerprint(target, table))
    ]


def _copied(source: Database, target: Database, table: _Table) -> Iterator[int]:
    """Copy the rows that the target lacks; yield the number of rows after each transaction."""
    booleans = boolean_columns(target, table.name)
    names, marks = ", ".join(table.columns), placeholders(table.columns)
    insert = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608  # our own names
    if table.name.startswith(_CHANGING):
        target.execute(f"DELETE FROM {table.name}")  # noqa: S608  # as above
    last = _last_key(target, table)
    if last is not None:
        yield _count(target, table)
    while rows := _rows_after(source, table, last):
        values = [tuple(_stored(row[name], is_boolean=name in booleans) for name in table.columns) for row in rows]
        target.execute_many(insert, values)
        yield len(rows)
        if table.name in _WHOLE:
            return
        last = tuple(rows[-1][name] for name in table.key)


def _finish(source: Database, target: Database) -> None:
    def store() -> None:
        target.execute("DELETE FROM counter")
        for name, value in source.rows("SELECT name, value FROM counter"):
            target.execute("INSERT INTO counter VALUES (?, ?)", name, value)
        if is_postgres(target):
            reset_sequences(target)

    target.run(store)


def _tables(source: Database) -> list[_Table]:
    """Return the tables with their columns and keys, those that others refer to first."""
    if is_postgres(source):
        names = {row[0] for row in source.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")}
        names -= POSTGRES_ONLY
    else:
        names = {row[0] for row in source.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")}
    names -= {"counter"}
    return [_table(source, name) for name in (*_FIRST, *sorted(names - set(_FIRST)))]


def _table(source: Database, name: str) -> _Table:
    if is_postgres(source):
        sql = (
            "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ?"
            " ORDER BY ordinal_position"
        )
        columns = [str(row[0]) for row in source.rows(sql, name)]
        keys = source.rows(
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
            " WHERE i.indrelid = to_regclass(?) AND i.indisprimary ORDER BY array_position(i.indkey::int[], a.attnum::int)",
            name,
        )
        key = tuple(str(row[0]) for row in keys)
    else:
        rows = source.rows(f"PRAGMA table_info({name})")
        columns = [str(row["name"]) for row in rows]
        key = tuple(str(row["name"]) for row in sorted((row for row in rows if row["pk"]), key=lambda row: int(row["pk"])))
        if name in ("pages", "history"):
            columns = ["rowid", *columns]
    if "rowid" in columns:
        key = ("rowid",)  # the order of pages and of what happened is stored
    return _Table(name, tuple(columns), key or tuple(columns))


def _rows_after(database: Database, table: _Table, last: tuple[object, ...] | None) -> Sequence[Row]:
    key = ", ".join(table.key)
    after = f" WHERE ({key}) > ({placeholders(table.key)})" if last is not None else ""
    sql = f"SELECT {', '.join(table.columns)} FROM {table.name}{after} ORDER BY {key} LIMIT {BATCH_ROWS}"  # noqa: S608  # ours
    return database.rows(sql, *(last or ()))


def _last_key(database: Database, table: _Table) -> tuple[object, ...] | None:
    key = ", ".join(table.key)
    descending = ", ".join(f"{name} DESC" for name in table.key)
    row = database.row(f"SELECT {key} FROM {table.name} ORDER BY {descending} LIMIT 1")  # noqa: S608  # our own names
    return tuple(row) if row is not None else None


def _count(database: Database, table: _Table) -> int:
    return database.number(f"SELECT COUNT(*) FROM {table.name}")  # noqa: S608  # our own names


def _fingerprint(database: Database, table: _Table) -> str:
    """Return the number of rows and a checksum of all their values."""
    count, checksum, last = 0, 0, None
    while rows := _rows_after(database, table, last):
        for row in rows:
            checksum = crc32(repr([_compared(row[name]) for name in table.columns]).encode("utf-8", "surrogatepass"), checksum)
        count += len(rows)
        last = tuple(rows[-1][name] for name in table.key)
        if table.name in _WHOLE:
            break
    return f"{count} rows with checksum {checksum:08x}"


def _stored(value: object, *, is_boolean: bool) -> object:
    if is_boolean:
        return bool(value)
    return int(value) if isinstance(value, bool) else value


def _compared(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value  # PostgreSQL stores no NUL
