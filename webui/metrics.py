"""Counts since the server started, of all its processes together."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Final

from webui.server.shared_counters import SharedCounters

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds
STATUSES: Final = (
    "200",
    "204",
    "206",
    "301",
    "302",
    "304",
    "308",
    "400",
    "404",
    "405",
    "408",
    "413",
    "414",
    "415",
    "416",
    "429",
    "500",
    "501",
    "503",
    "other",
)
_COLUMNS: Final = {int(status): column for column, status in enumerate(STATUSES) if status.isdigit()}
_OTHER: Final = len(STATUSES) - 1
_MAX_ENDPOINTS: Final = 32
# a row of the board: a histogram of searches, then requests by endpoint and status
_SECONDS, _SEARCHES, _WITHOUT_RESULT = len(BUCKETS), len(BUCKETS) + 1, len(BUCKETS) + 2
_REQUESTS: Final = len(BUCKETS) + 3
CELLS: Final = _REQUESTS + _MAX_ENDPOINTS * len(STATUSES)


class Metrics:
    """Safe between threads; the board makes it safe between processes."""

    def __init__(self, board: SharedCounters, number: int) -> None:
        self._board, self._mine = board, board.rows[number]
        self._starts: dict[str, int] = {}
        self._lock = threading.Lock()
        self.name_endpoints(())

    def name_endpoints(self, names: Iterable[str]) -> None:
        """All processes must give the same names; `none` is for addresses that lead nowhere."""
        listed = ["none", *sorted(names)][:_MAX_ENDPOINTS]
        self._starts = {name: _REQUESTS + row * len(STATUSES) for row, name in enumerate(listed)}

    def answered(self, endpoint: str | None, status: int) -> None:
        cell = self._starts.get(endpoint or "none", _REQUESTS) + _COLUMNS.get(status, _OTHER)
        with self._lock:
            self._mine[cell] += 1

    def searched(self, seconds: float, total: int) -> None:
        bucket = next((number for number, bound in enumerate(BUCKETS) if seconds <= bound), None)
        with self._lock:
            self._mine[_SEARCHES] += 1
            self._mine[_SECONDS] += seconds
            if bucket is not None:
                self._mine[bucket] += 1
            if not total:
                self._mine[_WITHOUT_RESULT] += 1

    def lines(self) -> Iterator[str]:
        """In the Prometheus text format 0.0.4."""
        sums = self._board.sums()
        yield from _head("feedsearch_requests_total", "counter", "Requests answered.")
        for name, start in sorted(self._starts.items()):
            for column, status in enumerate(STATUSES):
                if count := sums[start + column]:
                    yield f'feedsearch_requests_total{{endpoint="{name}",status="{status}"}} {count:.0f}'
        name = "feedsearch_searches_without_result_total"
        yield from (*_head(name, "counter", "Searches that found nothing."), f"{name} {sums[_WITHOUT_RESULT]:.0f}")
        name = "feedsearch_search_seconds"
        yield from _head(name, "histogram", "How long searches took; answers out of a client's cache are none.")
        below = 0.0
        for number, bound in enumerate(BUCKETS):
            below += sums[number]
            yield f'{name}_bucket{{le="{bound:g}"}} {below:.0f}'
        yield f'{name}_bucket{{le="+Inf"}} {sums[_SEARCHES]:.0f}'
        yield from (f"{name}_sum {sums[_SECONDS]:g}", f"{name}_count {sums[_SEARCHES]:.0f}")
        yield from gauge("feedsearch_processes", "Processes that answer; counts are those of all of them.", len(self._board.rows))


def gauge(name: str, text: str, value: float) -> Iterator[str]:
    yield from (*_head(name, "gauge", text), f"{name} {value:.0f}")


def _head(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"
