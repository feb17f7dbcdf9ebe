"""Count responses and searches since the server started, over all its processes."""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from flask import Flask, Response, request

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
    "401",
    "403",
    "404",
    "405",
    "408",
    "413",
    "414",
    "415",
    "416",
    "421",
    "429",
    "500",
    "501",
    "503",
    "other",
)
_COLUMNS: Final = {int(status): column for column, status in enumerate(STATUSES) if status.isdigit()}
_OTHER: Final = len(STATUSES) - 1
_MAX_ENDPOINTS: Final = 32
# cells of a row: a histogram of searches, then responses by endpoint and status
_SECONDS, _SEARCHES, _WITHOUT_RESULT = len(BUCKETS), len(BUCKETS) + 1, len(BUCKETS) + 2
_REQUESTS: Final = len(BUCKETS) + 3
CELLS: Final = _REQUESTS + _MAX_ENDPOINTS * len(STATUSES)


class Metrics:
    """Counts of all processes. Safe between threads."""

    def __init__(self, counters: SharedCounters, number: int) -> None:
        self._counters, self._row = counters, counters.rows[number]
        self._starts: dict[str, int] = {}
        self._lock = threading.Lock()
        self.name_endpoints(())

    def name_endpoints(self, names: Iterable[str]) -> None:
        """Assign a cell to each endpoint. All processes must give the same names. `none` counts requests without an endpoint."""
        endpoints = ["none", *sorted(names)][:_MAX_ENDPOINTS]
        self._starts = {name: _REQUESTS + row * len(STATUSES) for row, name in enumerate(endpoints)}

    def count_response(self, endpoint: str | None, status: int) -> None:
        """Count a response of an endpoint."""
        cell = self._starts.get(endpoint or "none", _REQUESTS) + _COLUMNS.get(status, _OTHER)
        with self._lock:
            self._row[cell] += 1

    def count_search(self, seconds: float, total: int) -> None:
        """Count a search with its time and number of matches."""
        bucket = bisect_left(BUCKETS, seconds)
        with self._lock:
            self._row[_SEARCHES] += 1
            self._row[_SECONDS] += seconds
            if bucket < len(BUCKETS):
                self._row[bucket] += 1
            if not total:
                self._row[_WITHOUT_RESULT] += 1

    def lines(self) -> Iterator[str]:
        """Yield lines of the Prometheus text format 0.0.4."""
        sums = self._counters.sums()
        yield from _head("feedsearch_requests_total", "counter", "Requests answered.")
        for name, start in sorted(self._starts.items()):
            for column, status in enumerate(STATUSES):
                if count := sums[start + column]:
                    yield f'feedsearch_requests_total{{endpoint="{name}",status="{status}"}} {count:.0f}'
        name = "feedsearch_searches_without_result_total"
        yield from (*_head(name, "counter", "Searches without a result."), f"{name} {sums[_WITHOUT_RESULT]:.0f}")
        name = "feedsearch_search_seconds"
        yield from _head(name, "histogram", "Time of searches; a 304 does not count as a search.")
        below = 0.0
        for number, bound in enumerate(BUCKETS):
            below += sums[number]
            yield f'{name}_bucket{{le="{bound:g}"}} {below:.0f}'
        yield f'{name}_bucket{{le="+Inf"}} {sums[_SEARCHES]:.0f}'
        yield from (f"{name}_sum {sums[_SECONDS]:g}", f"{name}_count {sums[_SEARCHES]:.0f}")
        yield from gauge("feedsearch_processes", "Processes that answer; counts include all of them.", len(self._counters.rows))


def gauge(name: str, text: str, value: float) -> Iterator[str]:
    """Yield the lines of one gauge."""
    yield from (*_head(name, "gauge", text), f"{name} {'NaN' if math.isnan(value) else f'{value:.0f}'}")


def _head(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


def count_responses(app: Flask) -> None:
    """Count every response of an application by endpoint and status."""
    counts: Metrics = app.extensions["feed_search"].metrics
    counts.name_endpoints(app.view_functions)

    @app.after_request
    def count(response: Response) -> Response:
        counts.count_response(request.endpoint, response.status_code)
        return response
