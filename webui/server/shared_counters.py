"""Numbers that the processes of one server share: each writes a row of its own, anybody reads all rows.

So no process ever waits for another, and one that is killed cannot leave a lock behind. The memory is an anonymous map,
made before the processes are forked; a process that is started again goes on with the row of the one before it.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass

_CELL = 8  # bytes of a float64: whole numbers are exact up to 2**53


class SharedCounters:
    """Rows of numbers, all 0 at first. A cell is written in one piece, so a reader never sees half a number."""

    def __init__(self, rows: int, cells: int) -> None:
        memory = memoryview(mmap.mmap(-1, rows * cells * _CELL)).cast("d")
        self.rows = [memory[row * cells : (row + 1) * cells] for row in range(rows)]

    def sums(self) -> list[float]:
        """Each column of all rows together."""
        return [sum(column) for column in zip(*(row.tolist() for row in self.rows), strict=True)]


@dataclass(frozen=True, slots=True)
class WorkerSlot:
    """The place of one process at the boards of a server."""

    answers: SharedCounters
    clients: SharedCounters | None  # only when requests are limited
    connections: SharedCounters
    number: int = 0
