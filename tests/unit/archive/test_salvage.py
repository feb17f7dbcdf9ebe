"""What can be read of a damaged database is copied, and the copy comes to an end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from indexer.archive.salvage import _rows


class Damaged:
    """A connection whose table gives its rows in a circle, as a B-tree with a wrong page number does."""

    def __init__(self) -> None:
        self.queries = 0

    def execute(self, sql: str, values: tuple[int]) -> Iterator[tuple[int, str]]:
        self.queries += 1
        assert self.queries < 1_000, "it never ends"
        first = values[0]
        yield from ((row, "text") for row in (1, 2, 3) if row > first)
        yield (1, "text")


def test_rows_in_a_circle_are_copied_once() -> None:
    damaged: sqlite3.Connection = Damaged()  # type: ignore[assignment]  # it needs `execute` only
    assert [row[0] for row in _rows(damaged, "documents", "document")] == [1, 2, 3]
