"""Limit the requests a minute of each client, over all processes of a server."""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from typing import Final

from webui.hosts_and_proxies import is_loopback, parse_address
from webui.server.shared_counters import SharedCounters

# Clients are counted by a hash of their address (the same in all forked processes). Two clients share a cell, and so a
# limit, with a probability of 1 in 65,535.
CELLS: Final = 65_536

_MINUTE: Final = 0  # the cell with the minute that a row counts
_EMPTY_ROW = memoryview(bytes(CELLS * 8)).cast("d")


class Limiter:
    """Counts the requests of each client. A limit of 0 admits all."""

    def __init__(self, per_minute: int, counters: SharedCounters, number: int, *, spares_loopback: bool = False) -> None:
        """`spares_loopback`: do not limit clients on this machine."""
        self._counters, self._row, self._lock = counters, counters.rows[number], threading.Lock()
        self.change(per_minute, spares_loopback=spares_loopback)

    def change(self, per_minute: int, *, spares_loopback: bool = False) -> None:
        """Apply another limit. The requests of this minute stay counted."""
        self.per_minute, self._spares_loopback = per_minute, spares_loopback

    def seconds_to_wait(self, client: str) -> int:
        """Count a request of a client, and return the seconds until it may send the next: 0 if it is within its limit."""
        if not self.per_minute or (self._spares_loopback and is_loopback(client)):
            return 0
        now = time.monotonic()  # one clock for all processes of a machine
        minute, cell = now // 60 + 1, _cell(client)
        with self._lock:
            if self._row[_MINUTE] != minute:
                self._row[:] = _EMPTY_ROW
                self._row[_MINUTE] = minute
            self._row[cell] += 1
        return 60 - int(now % 60) if self._count(cell, minute) > self.per_minute else 0

    def is_used_up(self, client: str) -> bool:
        """Return whether the next request of a client would be over its limit, without counting one."""
        return bool(self.per_minute) and self._count(_cell(client), time.monotonic() // 60 + 1) >= self.per_minute

    def _count(self, cell: int, minute: float) -> float:
        return sum(row[cell] for row in self._counters.rows if row[_MINUTE] == minute)


def _cell(client: str) -> int:
    return 1 + hash(_network(client)) % (CELLS - 1)


@lru_cache(maxsize=4_096)
def _network(client: str) -> str:
    """Return the client, or its network of 64 bits if it has an IPv6 address: one subscriber has all of these addresses.

    >>> _network("2001:db8:1:2::7") == _network("2001:db8:1:2:ffff::9"), _network("192.0.2.1")
    (True, '192.0.2.1')
    """
    address = parse_address(client)
    return client if address is None or address.version == 4 else str(int(address) >> 64)
