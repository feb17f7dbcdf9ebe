"""Limit the requests a minute of each client, over all processes of a server."""

from __future__ import annotations

import threading
import time
from typing import Final

from webui.server.shared_counters import SharedCounters

# Clients are counted by a hash of their address (the same in all forked processes). Two clients share a cell, and so a
# limit, with a probability of 1 in 65,535.
CELLS: Final = 65_536
WAIT_KEY: Final = "feed_search.wait"  # environ key: seconds to wait; counting a request again would count it twice
_MINUTE: Final = 0  # the cell with the minute that a row counts
_EMPTY_ROW = memoryview(bytes(CELLS * 8)).cast("d")


class Limiter:
    """Counts requests a minute. Without counters there is no limit."""

    def __init__(self, per_minute: int, counters: SharedCounters | None, number: int) -> None:
        self.per_minute, self._counters = per_minute, counters
        self._row = counters.rows[number] if counters else None
        self._lock = threading.Lock()

    def seconds_to_wait(self, client: str) -> int:
        """Count a request of a client, and return the seconds until it may send the next: 0 if it is within its limit."""
        if self._counters is None or self._row is None:
            return 0
        now = time.monotonic()  # one clock for all processes of a machine
        minute, cell = now // 60 + 1, 1 + hash(client) % (CELLS - 1)
        with self._lock:
            if self._row[_MINUTE] != minute:
                self._row[:] = _EMPTY_ROW
                self._row[_MINUTE] = minute
            self._row[cell] += 1
        count = sum(row[cell] for row in self._counters.rows if row[_MINUTE] == minute)
        return 60 - int(now % 60) if count > self.per_minute else 0
