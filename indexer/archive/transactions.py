"""The connection that the archive's tables share: transactions, and rows without ceremony."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from indexer.archive.database import Connection, Row, connect, translated, writer_lock


class Tables:
    """Every method that writes does so in one transaction; `batch` puts several into one. Reading needs no lock (WAL)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = connect(path)
        self._translated = translated(path)
        self._batch = _Batch(self._db, self._translated)

    def close(self) -> None:
        self._db.close()

    def lock(self, wait_seconds: float, doing: str) -> contextlib.AbstractContextManager[None]:
        """The writer's lock of the data folder; raises ArchiveBusy."""
        return writer_lock(self.path.parent, wait_seconds, doing)

    def batch(self) -> contextlib.AbstractContextManager[None]:
        """One transaction around everything inside; nested ones join the outer."""
        return self._batch

    def _rows(self, sql: str, *values: object) -> list[Row]:
        with self._translated:
            return self._db.execute(sql, values).fetchall()

    def _row(self, sql: str, *values: object) -> Row | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None

    def _number(self, sql: str, *values: object) -> int:
        row = self._row(sql, *values)
        return int(row[0] or 0) if row else 0

    def _do(self, sql: str, *values: object) -> int:
        with self._batch:
            return self._db.execute(sql, values).rowcount

    def _do_all(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """The same statement for each row of values."""
        with self._batch:
            self._db.executemany(sql, rows)


class _Batch:
    """A transaction that knows how deep it is nested. One object for all, because a crawl enters some 30 a page."""

    __slots__ = ("_db", "_depth", "_translated")

    def __init__(self, db: Connection, errors: translated) -> None:
        self._db, self._translated, self._depth = db, errors, 0

    def __enter__(self) -> None:
        if self._depth == 0:
            with self._translated:
                self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._depth -= 1
        if self._depth == 0:
            try:
                if error is None:
                    with self._translated:
                        self._db.execute("COMMIT")
            finally:
                self._db.rollback()  # nothing, where SQLite has ended it itself, as when the disk is full
        self._translated.__exit__(kind, error, trace)
