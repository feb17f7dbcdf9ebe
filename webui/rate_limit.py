"""So many requests a minute for each client, whichever process answers them."""

from __future__ import annotations

import threading
import time
from typing import Final

from webui.server.shared_counters import SharedCounters

# Clients are counted by a hash of their address (the same in all forked processes): two share a cell, and so their
# allowance, with a chance of 1 in 65,535.
CELLS: Final = 65_536
WAIT: Final = "feed_search.wait"  # of a request's environ: what was found out about it, as asking again would count it twice
_MINUTE: Final = 0  # the cell that says of which minute a row's counts are
_NONE = memoryview(bytes(CELLS * 8)).cast("d")


class Limiter:
    """Without a board there is no limit."""

    def __init__(self, per_minute: int, board: SharedCounters | None, number: int) -> None:
        self.per_minute, self._board = per_minute, board
        self._mine = board.rows[number] if board else None
        self._lock = threading.Lock()

    def seconds_to_wait(self, client: str) -> int:
        """0 when the client may ask now."""
        if self._board is None or self._mine is None:
            return 0
        now = time.monotonic()  # one clock for all processes of a machine
        minute, cell = now // 60 + 1, 1 + hash(client) % (CELLS - 1)
        with self._lock:
            if self._mine[_MINUTE] != minute:
                self._mine[:] = _NONE
                self._mine[_MINUTE] = minute
            self._mine[cell] += 1
        asked = sum(row[cell] for row in self._board.rows if row[_MINUTE] == minute)
        return 60 - int(now % 60) if asked > self.per_minute else 0
