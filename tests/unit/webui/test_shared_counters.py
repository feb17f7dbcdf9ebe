"""Counts and limits over the processes of one server."""

from __future__ import annotations

import time

import pytest

from webui import metrics
from webui.metrics import Metrics
from webui.rate_limits import Limiter
from webui.server.shared_counters import CLIENT_CELLS, SharedCounters


def test_any_process_tells_the_counts_of_all() -> None:
    board = SharedCounters(2, metrics.CELLS)
    one, two = Metrics(board, 0), Metrics(board, 1)
    for each in (one, two):
        each.name_endpoints(["api.search_json", "pages.index"])
    one.count_response("api.search_json", 200)
    two.count_response("api.search_json", 200)
    two.count_response("api.search_json", 299)
    two.count_response(None, 404)
    two.count_response("api.unheard_of", 404)
    one.count_search(0.007, 3)
    two.count_search(7.0, 0)
    lines = list(one.lines())
    assert lines == list(two.lines())
    assert 'feedsearch_requests_total{endpoint="api.search_json",status="200"} 2' in lines
    assert 'feedsearch_requests_total{endpoint="api.search_json",status="other"} 1' in lines
    assert 'feedsearch_requests_total{endpoint="none",status="404"} 2' in lines
    assert 'feedsearch_search_seconds_bucket{le="0.005"} 0' in lines
    assert 'feedsearch_search_seconds_bucket{le="0.01"} 1' in lines
    assert 'feedsearch_search_seconds_bucket{le="2.5"} 1' in lines
    assert 'feedsearch_search_seconds_bucket{le="+Inf"} 2' in lines
    assert "feedsearch_search_seconds_sum 7.007" in lines
    assert "feedsearch_searches_without_result_total 1" in lines
    assert "feedsearch_processes 2" in lines


def test_more_endpoints_than_there_is_room_for_are_counted_together() -> None:
    counts = Metrics(SharedCounters(1, metrics.CELLS), 0)
    counts.name_endpoints(f"page{n:03}" for n in range(100))
    counts.count_response("page099", 200)
    assert 'feedsearch_requests_total{endpoint="none",status="200"} 1' in list(counts.lines())


def test_a_client_has_its_allowance_once_for_all_processes_and_anew_each_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 600.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    board = SharedCounters(2, CLIENT_CELLS)
    one, two = Limiter(3, board, 0), Limiter(3, board, 1)
    assert [each.seconds_to_wait("1.2.3.4") for each in (one, two, one)] == [0, 0, 0]
    assert two.seconds_to_wait("1.2.3.4") == 60
    assert two.seconds_to_wait("5.6.7.8") == 0
    now = 660.0
    assert [each.seconds_to_wait("1.2.3.4") for each in (one, one, one)] == [0, 0, 0]
    assert one.seconds_to_wait("1.2.3.4") == 60


def test_a_limit_of_zero_admits_all_and_a_default_admits_this_machine() -> None:
    counters = SharedCounters(1, CLIENT_CELLS)
    assert [Limiter(0, counters, 0).seconds_to_wait("1.2.3.4") for _ in range(9)] == [0] * 9
    default = Limiter(1, counters, 0, spares_loopback=True)
    assert [default.seconds_to_wait("127.0.0.1") for _ in range(9)] == [0] * 9
    default.seconds_to_wait("1.2.3.4")
    assert default.seconds_to_wait("1.2.3.4") > 0


def test_the_addresses_of_one_ipv6_subscriber_share_a_limit() -> None:
    limiter = Limiter(1, SharedCounters(1, CLIENT_CELLS), 0)
    assert limiter.seconds_to_wait("2001:db8::1") == 0
    assert limiter.seconds_to_wait("2001:db8::ffff:1") > 0
    assert limiter.seconds_to_wait("2001:db8:0:1::1") == 0
