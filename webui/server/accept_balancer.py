"""Whose turn it is to take the next connection: that of the process which has fewest.

All processes of a server wait at the same sockets. Left to themselves, the one that happens to be awake takes what comes: of
eight connections that stay open one of two processes got all, and the other did nothing.
"""

from __future__ import annotations

import time
from typing import Final

from webui.server.shared_counters import SharedCounters

CELLS: Final = 2
_OPEN, _SEEN = 0, 1  # how many connections are open; when that was last told
ALIVE_SECONDS: Final = 3.0  # who has told nothing for so long takes no connections


class AcceptBalancer:
    """The place of one process at the board of all. A process that is alone always has its turn."""

    def __init__(self, board: SharedCounters, number: int) -> None:
        self._mine = board.rows[number]
        self._others = [row for place, row in enumerate(board.rows) if place != number]

    def tell(self, connections: int) -> None:
        """To be called once a second at least, for as long as this process takes connections."""
        self._mine[_OPEN] = connections
        self._mine[_SEEN] = time.monotonic()  # one clock for all processes of a machine

    def leave(self) -> None:
        self._mine[_SEEN] = 0.0

    def is_mine(self) -> bool:
        if not self._others:
            return True
        open_here, earliest = self._mine[_OPEN], time.monotonic() - ALIVE_SECONDS
        return not any(row[_OPEN] < open_here and row[_SEEN] > earliest for row in self._others)
