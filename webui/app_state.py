"""What an application holds; nothing in `webui` is kept in modules."""

from __future__ import annotations

from typing import cast

from flask import Request, Response, current_app, request

from indexer.config import Settings
from indexer.model import SearchRequest, SearchResult
from indexer.search.searcher import Searcher
from webui import metrics
from webui import rate_limit as limits
from webui.cache.response_cache import ResponseCache
from webui.query_recorder import QueryRecorder
from webui.server import accept_balancer as turns
from webui.server.shared_counters import SharedCounters, WorkerSlot


class AppState:
    def __init__(self, settings: Settings, searcher: Searcher, seat: WorkerSlot) -> None:
        self.settings, self.searcher = settings, searcher
        self.metrics = metrics.Metrics(seat.answers, seat.number)
        self.limiter = limits.Limiter(settings.web.requests_per_minute, seat.clients, seat.number)
        self.turns = turns.AcceptBalancer(seat.connections, seat.number)
        self.notes = QueryRecorder(searcher.record_many)
        self.answered = ResponseCache(searcher)

    def search(self, wanted: SearchRequest, channel: str) -> SearchResult:
        """Ask, measure the search and note it."""
        result = self.searcher.search(wanted)
        self.note(result, channel)
        return result

    def note(self, result: SearchResult, channel: str) -> None:
        self.metrics.searched(result.took_ms / 1000, result.total)
        self.notes.add(result, channel)

    def is_cross_site(self, asking: Request) -> bool:
        """Whether another site's page, which may not use the API, makes its visitor's browser send this."""
        origins = self.settings.web.cors_origins
        here = "*" in origins or asking.headers.get("Origin", "").rstrip("/") in {each.rstrip("/") for each in origins}
        return asking.headers.get("Sec-Fetch-Site") == "cross-site" and not here

    def repeated(self, channel: str) -> Response | None:
        """The answer to this very address, when it was given before by the same index; the search counts all the same."""
        found = self.answered.repeated()
        if found is None:
            return None
        response, result = found
        if response.status_code == 200:
            self.metrics.searched(result.took_ms / 1000, result.total)
        self.notes.add(result, channel)
        return response


def seats(settings: Settings, processes: int = 1) -> list[WorkerSlot]:
    """One for each process of a server; to be made before they are forked."""
    answers = SharedCounters(processes, metrics.CELLS)
    clients = SharedCounters(processes, limits.CELLS) if settings.web.requests_per_minute else None
    connections = SharedCounters(processes, turns.CELLS)
    return [WorkerSlot(answers, clients, connections, number) for number in range(processes)]


def state() -> AppState:
    return cast("AppState", current_app.extensions["feed_search"])


def public(path: str) -> str:
    """The absolute address of a path, as people outside reach it."""
    base = state().settings.web.base_url or request.url_root
    return base.rstrip("/") + path
