"""The parent of the server's processes meets every signal, in whatever company it arrives."""

from __future__ import annotations

import signal
import socket
from typing import Any, cast

import pytest

from webui.server.prefork import PreforkSupervisor


class Arrivals:
    """A socket that is always readable; the signals of one read have arrived by the time of the call."""

    def __init__(self, *reads: list[signal.Signals]) -> None:
        self._readable, self._other = socket.socketpair()
        self._other.send(b"x")
        self._reads = [bytes(each) for each in reads]

    def fileno(self) -> int:
        return self._readable.fileno()

    def recv(self, size: int) -> bytes:
        if not self._reads:
            raise BlockingIOError
        return self._reads.pop(0)

    def close(self) -> None:
        self._readable.close()
        self._other.close()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("is_together", [True, False])
def test_a_signal_to_stop_is_not_lost_behind_one_of_a_child(stop: signal.Signals, is_together: bool) -> None:
    child = signal.SIGCHLD
    arrivals = Arrivals([child, stop]) if is_together else Arrivals([child], [stop])
    supervisor = PreforkSupervisor(0, lambda number: None)
    supervisor._signals.close()
    supervisor._signals = cast("Any", arrivals)
    stops = [supervisor._must_stop() for _ in range(3)]
    assert stops.count(True) == 1
    arrivals.close()
    supervisor._wake.close()
