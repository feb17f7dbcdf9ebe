"""A full garbage collection stops a process, so the server chooses its moment."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from webui.server import serve
from webui.server.accept_balancer import CELLS, AcceptBalancer
from webui.server.connection import ConnectionLimits
from webui.server.serve import COLLECT_SECONDS, MIN_YOUNG_COLLECTIONS, Server
from webui.server.shared_counters import SharedCounters


class Garbage:
    """Stands for `gc`, whose collections of other tests would be counted, too."""

    def __init__(self, young_collections: int) -> None:
        self.young_collections, self.full_collections = young_collections, 0

    def get_count(self) -> tuple[int, int, int]:
        return 0, 0, self.young_collections

    def collect(self) -> None:
        self.full_collections += 1


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock is set."""

    now = 0.0

    def time(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("young_collections", "arriving", "seconds", "expected"),
    [
        (MIN_YOUNG_COLLECTIONS, 0, 1, 1),  # idle
        (MIN_YOUNG_COLLECTIONS - 1, 0, 1, 0),  # idle, with little to look at
        (MIN_YOUNG_COLLECTIONS, 1, 1, 0),
        (MIN_YOUNG_COLLECTIONS, 1, COLLECT_SECONDS, 1),
        (MIN_YOUNG_COLLECTIONS - 1, 1, COLLECT_SECONDS, 0),
    ],
)
def test_it_comes_when_nobody_waits_or_after_a_minute(
    monkeypatch: pytest.MonkeyPatch, young_collections: int, arriving: int, seconds: float, expected: int
) -> None:
    garbage = Garbage(young_collections)
    monkeypatch.setattr(serve, "gc", garbage)
    loop = Loop()
    balancer = AcceptBalancer(SharedCounters(1, CELLS), 0)
    server = Server(cast("Any", lambda: None), [], ConnectionLimits(), balancer, loop)
    server._pool.state.total_requests += arriving
    loop.now = seconds
    server._tick()
    assert garbage.full_collections == expected
    loop.close()
