"""Balance connections between the processes of a server: the process with the fewest accepts the next.

All processes wait at the same sockets. Without balancing, the process that happens to be awake accepts: one of two processes
got all of eight kept-alive connections, and the other got none.
"""

from __future__ import annotations

import time
from typing import Final

from webui.server.shared_counters import SharedCounters

CELLS: Final = 2
_CONNECTIONS, _REPORTED_AT = 0, 1
MAX_REPORT_AGE_SECONDS: Final = 3.0  # an older report is of a process that hangs or has ended


class AcceptBalancer:
    """The row of one process among all. A process without others always accepts."""

    def __init__(self, counters: SharedCounters, number: int) -> None:
        self._row = counters.rows[number]
        self._others = [row for place, row in enumerate(counters.rows) if place != number]

    def report(self, connections: int) -> None:
        """Report the open connections of this process. Call it at least once a second while the process accepts."""
        self._row[_CONNECTIONS] = connections
        self._row[_REPORTED_AT] = time.monotonic()  # one clock for all processes of a machine

    def leave(self) -> None:
        """Report that this process accepts no more connections."""
        self._row[_REPORTED_AT] = 0.0

    def may_accept(self) -> bool:
        """Return whether no other process has fewer connections."""
        if not self._others:
            return True
        open_here, earliest = self._row[_CONNECTIONS], time.monotonic() - MAX_REPORT_AGE_SECONDS
        return not any(row[_CONNECTIONS] < open_here and row[_REPORTED_AT] > earliest for row in self._others)
