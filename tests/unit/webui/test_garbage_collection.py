"""A full garbage collection stops a process, so the server chooses its moment."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask

from webui.server import serve
from webui.server.accept_balancer import CELLS, AcceptBalancer
from webui.server.connection import ConnectionLimits
from webui.server.serve import COLLECT_SECONDS, MIN_YOUNG_COLLECTIONS, Server
from webui.server.shared_counters import SharedCounters


class Garbage:
    """Stands for `gc`, whose collections of other tests would be counted, too."""

    def __init__(self, youngest_collections: int, young_collections: int) -> None:
        self.count = 0, youngest_collections, young_collections
        self.collected: list[int] = []

    def get_count(self) -> tuple[int, int, int]:
        return self.count

    def collect(self, generation: int = 2) -> None:
        self.collected.append(generation)


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock is set."""

    now = 0.0

    def time(self) -> float:
        return self.now


ENOUGH = MIN_YOUNG_COLLECTIONS


@pytest.mark.parametrize(
    ("youngest_collections", "young_collections", "arriving", "seconds", "expected"),
    [
        (0, ENOUGH, 0, 1, [2]),  # idle
        (ENOUGH, ENOUGH, 0, 1, [2]),
        (0, ENOUGH - 1, 0, 1, []),  # idle, with little to look at
        (ENOUGH, ENOUGH - 1, 0, 1, [1]),
        (0, ENOUGH, 1, 1, []),
        (ENOUGH, ENOUGH, 1, 1, [1]),
        (ENOUGH - 1, ENOUGH, 1, 1, []),
        (ENOUGH, ENOUGH, 1, COLLECT_SECONDS, [2]),
        (0, ENOUGH - 1, 1, COLLECT_SECONDS, []),
    ],
)
def test_it_comes_when_nobody_waits_or_after_a_minute(
    monkeypatch: pytest.MonkeyPatch,
    youngest_collections: int,
    young_collections: int,
    arriving: int,
    seconds: float,
    expected: list[int],
) -> None:
    garbage = Garbage(youngest_collections, young_collections)
    monkeypatch.setattr(serve, "gc", garbage)
    loop = Loop()
    balancer = AcceptBalancer(SharedCounters(1, CELLS), 0)
    server = Server(cast("Any", lambda: None), [], ConnectionLimits(), balancer, loop)
    server._pool.state.total_requests += arriving
    loop.now = seconds
    server._tick()
    assert garbage.collected == expected
    loop.close()


def test_python_itself_collects_the_youngest_objects_alone() -> None:
    thresholds = gc.get_threshold()
    app = Flask(__name__)
    app.extensions["feed_search"] = SimpleNamespace(searcher=SimpleNamespace(search=lambda request: None), is_warm=False)
    try:
        serve.warm_up(app)
        gc.unfreeze()
        youngest, young, old = gc.get_threshold()
    finally:
        gc.set_threshold(*thresholds)
    assert youngest == thresholds[0]
    assert young == old == serve.NO_COLLECTION
