"""The connection that the archive's tables share: transactions, and rows without ceremony."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from indexer.archive.database import Row, connect, translated, writer_lock


class Tables:
    """Every method that writes does so in one transaction; `batch` puts several into one. Reading needs no lock (WAL)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = connect(path)
        self._depth = 0

    def close(self) -> None:
        self._db.close()

    def lock(self, wait_seconds: float, doing: str) -> contextlib.AbstractContextManager[None]:
        """The writer's lock of the data folder; raises ArchiveBusy."""
        return writer_lock(self.path.parent, wait_seconds, doing)

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """One transaction around everything inside; nested ones join the outer."""
        with translated(self.path):
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def _rows(self, sql: str, *values: object) -> list[Row]:
        with translated(self.path):
            return self._db.execute(sql, values).fetchall()

    def _row(self, sql: str, *values: object) -> Row | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None

    def _number(self, sql: str, *values: object) -> int:
        row = self._row(sql, *values)
        return int(row[0] or 0) if row else 0

    def _do(self, sql: str, *values: object) -> int:
        with self.batch():
            return self._db.execute(sql, values).rowcount
