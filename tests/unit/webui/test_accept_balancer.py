"""Which process takes the next connection."""

from __future__ import annotations

import time

import pytest

from webui.server import accept_balancer
from webui.server.accept_balancer import AcceptBalancer
from webui.server.shared_counters import SharedCounters


def test_the_one_with_fewest_connections_or_any_of_them() -> None:
    board = SharedCounters(3, accept_balancer.CELLS)
    three = [AcceptBalancer(board, number) for number in range(3)]
    for each, connections in zip(three, (2, 1, 1), strict=True):
        each.report(connections)
    assert [each.may_accept() for each in three] == [False, True, True]
    three[1].report(2)
    assert [each.may_accept() for each in three] == [False, False, True]


def test_who_has_left_or_is_silent_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    board = SharedCounters(2, accept_balancer.CELLS)
    one, two = AcceptBalancer(board, 0), AcceptBalancer(board, 1)
    one.report(5)
    assert one.may_accept()  # the other has not begun
    two.report(0)
    assert not one.may_accept()
    now += accept_balancer.MAX_REPORT_AGE_SECONDS + 1
    assert one.may_accept()
    two.report(0)
    assert not one.may_accept()
    two.leave()
    assert one.may_accept()


def test_who_is_alone_always_has_its_turn() -> None:
    alone = AcceptBalancer(SharedCounters(1, accept_balancer.CELLS), 0)
    alone.report(99)
    assert alone.may_accept()
