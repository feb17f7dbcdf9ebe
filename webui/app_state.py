"""Hold what one application shares between requests. No module of `webui` has state of its own."""

from __future__ import annotations

from typing import cast

from flask import Request, Response, current_app, request

from indexer.archive.query_log import QueryLogWriter
from indexer.config import Settings, open_archive, open_engine
from indexer.diagnostics.operator_view import OperatorView
from indexer.model import SearchRequest, SearchResult
from indexer.search.searcher import Searcher
from webui import metrics, rate_limit
from webui.cache.response_cache import ResponseCache
from webui.query_recorder import QueryRecorder
from webui.server import accept_balancer
from webui.server.shared_counters import SharedCounters, WorkerSlot


class AppState:
    """Settings, searcher, response cache and counts of one application."""

    def __init__(self, settings: Settings, searcher: Searcher, slot: WorkerSlot) -> None:
        self.settings, self.searcher = settings, searcher
        self.metrics = metrics.Metrics(slot.responses, slot.number)
        self.limiter = rate_limit.Limiter(settings.web.requests_per_minute, slot.clients, slot.number)
        self.balancer = accept_balancer.AcceptBalancer(slot.connections, slot.number)
        self.operator = OperatorView(lambda: open_archive(settings), open_engine(settings))
        self.recorder = QueryRecorder(QueryLogWriter(settings.archive_path).write)
        self.responses = ResponseCache(searcher)

    def search(self, search: SearchRequest, channel: str) -> SearchResult:
        """Search, measure and record. Raises IndexMissing, IndexDamaged and SettingsError."""
        result = self.searcher.search(search)
        self.record(result, channel)
        return result

    def record(self, result: SearchResult, channel: str) -> None:
        """Count a search in the metrics and record it for `indexer queries`."""
        self.metrics.count_search(result.took_ms / 1000, result.total)
        self.recorder.record_search(result, channel)

    def is_cross_site(self, sent: Request) -> bool:
        """Return whether a browser sends this for a page of another site that `cors_origins` does not admit."""
        origins = self.settings.web.cors_origins
        admitted = "*" in origins or sent.headers.get("Origin", "").rstrip("/") in {each.rstrip("/") for each in origins}
        return sent.headers.get("Sec-Fetch-Site") == "cross-site" and not admitted

    def cached_response(self, channel: str) -> Response | None:
        """Return and record the cached response to the current request, if there is one."""
        cached = self.responses.lookup()
        if cached is None:
            return None
        response, result = cached
        if response.status_code == 200:
            self.metrics.count_search(result.took_ms / 1000, result.total)
        self.recorder.record_search(result, channel)
        return response


def worker_slots(settings: Settings, processes: int = 1) -> list[WorkerSlot]:
    """Return one slot for each process of a server. Call this before the processes are forked."""
    responses = SharedCounters(processes, metrics.CELLS)
    clients = SharedCounters(processes, rate_limit.CELLS) if settings.web.requests_per_minute else None
    connections = SharedCounters(processes, accept_balancer.CELLS)
    return [WorkerSlot(responses, clients, connections, number) for number in range(processes)]


def app_state() -> AppState:
    """Return the state of Flask's current application."""
    return cast("AppState", current_app.extensions["feed_search"])


def public_url(path: str) -> str:
    """Return the absolute URL of a path, as clients reach it."""
    base = app_state().settings.web.base_url or request.url_root
    return base.rstrip("/") + path
