"""Which process takes the next connection."""

from __future__ import annotations

import time

import pytest

from webui.server import accept_balancer as turns
from webui.server.accept_balancer import AcceptBalancer
from webui.server.shared_counters import SharedCounters


def test_the_one_with_fewest_connections_or_any_of_them() -> None:
    board = SharedCounters(3, turns.CELLS)
    three = [AcceptBalancer(board, number) for number in range(3)]
    for each, connections in zip(three, (2, 1, 1), strict=True):
        each.tell(connections)
    assert [each.is_mine() for each in three] == [False, True, True]
    three[1].tell(2)
    assert [each.is_mine() for each in three] == [False, False, True]


def test_who_has_left_or_is_silent_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    board = SharedCounters(2, turns.CELLS)
    one, two = AcceptBalancer(board, 0), AcceptBalancer(board, 1)
    one.tell(5)
    assert one.is_mine()  # the other has not begun
    two.tell(0)
    assert not one.is_mine()
    now += turns.ALIVE_SECONDS + 1
    assert one.is_mine()
    two.tell(0)
    assert not one.is_mine()
    two.leave()
    assert one.is_mine()


def test_who_is_alone_always_has_its_turn() -> None:
    alone = AcceptBalancer(SharedCounters(1, turns.CELLS), 0)
    alone.tell(99)
    assert alone.is_mine()
