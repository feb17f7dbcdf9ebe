"""Share counters between the processes of one server: each writes its own row, and each reads all rows.

No process waits for another, and a killed process leaves no lock behind. The memory is an anonymous map, made before the
processes are forked. A restarted process continues with the row of its predecessor.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import Final

# Clients are counted by a hash of their address (the same in all forked processes). Two clients share a cell, and so a
# limit, with a probability of 1 in 65,535.
CLIENT_CELLS: Final = 65_536
_CELL = 8  # bytes of a float64: whole numbers are exact up to 2**53


class SharedCounters:
    """Rows of numbers, initially 0. Writing a cell is atomic."""

    def __init__(self, rows: int, cells: int) -> None:
        memory = memoryview(mmap.mmap(-1, rows * cells * _CELL)).cast("d")
        self.rows = [memory[row * cells : (row + 1) * cells] for row in range(rows)]

    def sums(self) -> list[float]:
        """Return the sum of each column."""
        return [sum(column) for column in zip(*(row.tolist() for row in self.rows), strict=True)]


@dataclass(frozen=True, slots=True)
class WorkerSlot:
    """The row of one process in the counters of a server."""

    responses: SharedCounters
    searches: SharedCounters  # by client
    suggestions: SharedCounters
    sign_ins: SharedCounters
    connections: SharedCounters
    number: int = 0
