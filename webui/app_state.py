"""Hold what one application shares between requests. No module of `webui` has state of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from flask import Request, Response, current_app, request

from indexer.archive.backends import is_database
from indexer.archive.query_log import QueryLogWriter
from indexer.config import Settings, changed_keys, open_archive, open_engine
from indexer.config.watch import ConfigurationWatch
from indexer.diagnostics.status_page_data import StatusPageData
from indexer.engines.background_verification import BackgroundVerification
from indexer.errors import IndexerError, IndexMissing
from indexer.model import SearchRequest, SearchResult
from indexer.search.searcher import Searcher
from webui import metrics
from webui.archive_readiness import ArchiveProbe
from webui.cache.response_cache import ResponseCache
from webui.cache.thumbnail_cache import ThumbnailCache
from webui.environ_keys import CLIENT_HAS_LEFT, HOST_IS_KNOWN, IN_EVENT_LOOP
from webui.query_recorder import QueryRecorder, is_bot
from webui.server import accept_balancer
from webui.server.console import warn
from webui.server.loop_turns import MAX_LOOP_SECONDS, MAX_TURN_SECONDS, NeedsThread
from webui.server.shared_counters import CLIENT_CELLS, SharedCounters, WorkerSlot

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from indexer.archive.store import Archive

CONFIG_CHECK_SECONDS = 1.0
ARCHIVE_SECONDS = 1.0  # that a page of the operator waits for the archive's server


class AppState:
    """Settings, searcher, response cache and counts of one application."""

    def __init__(self, settings: Settings, searcher: Searcher, slot: WorkerSlot) -> None:
        self.settings, self.searcher = settings, searcher
        self.metrics = metrics.Metrics(slot.responses, slot.number)
        self.balancer = accept_balancer.AcceptBalancer(slot.connections, slot.number)
        self.operator = StatusPageData(lambda: _open_existing_archive(settings), open_engine(settings))
        self.archive_probe = ArchiveProbe(lambda: self.operator.archive().documents.last_change)
        self.verification = BackgroundVerification(open_engine(settings), warn) if slot.number == 0 else None
        self._query_log = QueryLogWriter(settings.archive_location, settings.web.keep_searches_days)
        self.recorder = QueryRecorder(self._query_log.write)
        self.is_warm = False  # whether the first search, which takes long, is over
        self.responses, self.thumbnails = ResponseCache(searcher), ThumbnailCache()
        self.search_tips: tuple[str, dict[str, object]] = ("", {})  # the state of the index, and the examples from it
        self.on_new_settings: list[Callable[[Settings], None]] = []
        self._config, self._next_check = ConfigurationWatch(settings.data, is_read=True), time.monotonic() + CONFIG_CHECK_SECONDS

    def follow_settings(self) -> None:
        """Read config.toml again if it has changed. A wrong one is reported, and the settings stay as they are.

        Each key says when it takes effect (`config.key_definition`). The log names those that wait for another start.
        """
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + CONFIG_CHECK_SECONDS
        try:
            if (settings := self._config.read()) is None:
                return
            for use in self.on_new_settings:
                use(settings)
        except IndexerError as error:
            warn(f"webui: the changed configuration is not used: {error}")
            return
        later = ", ".join(
            f"{key.section}.{key.name}" for key in changed_keys(self.settings, settings) if key.takes_effect == "restart"
        )
        self.settings = settings
        self._query_log.keep(settings.web.keep_searches_days)
        self.responses.forget(self._config.version)
        warn("webui: the configuration has changed" + (f"; restart to apply {later}" if later else ""))

    def search(self, search: SearchRequest, channel: str, environ: WSGIEnvironment) -> SearchResult:
        """Search, measure and record. Raises IndexMissing, IndexDamaged and SettingsError; see `search_again`."""
        result = self.search_again(search, environ)
        self.record(result, channel, environ)
        return result

    def search_again(self, search: SearchRequest, environ: WSGIEnvironment) -> SearchResult:
        """Search without measuring and recording, for the same request. The search ends when the client leaves.

        Raises NeedsThread in the event loop if the search may take long.
        """
        if IN_EVENT_LOOP in environ:
            if (result := self.searcher.search_briefly(search, MAX_TURN_SECONDS, MAX_LOOP_SECONDS)) is None:
                raise NeedsThread
            return result
        return self.searcher.search(search, environ.get(CLIENT_HAS_LEFT, lambda: False))

    def record(self, result: SearchResult, channel: str, environ: WSGIEnvironment) -> None:
        """Count a search in the metrics and record it for `indexer queries`, unless a bot searches."""
        if is_bot(environ):
            return
        self.metrics.count_search(result.took_ms / 1000, result.total)
        self.recorder.record_search(result, channel, environ)

    def is_cross_site(self, incoming: Request) -> bool:
        """Return whether a browser sends this for a page of another site.

        Browsers without Sec-Fetch-Site name the origin of the page in Origin. Programs send neither.
        """
        if fetch_site := incoming.headers.get("Sec-Fetch-Site"):
            return fetch_site == "cross-site"
        origin = incoming.headers.get("Origin")
        return origin is not None and urlsplit(origin).netloc.lower() != incoming.host.lower()

    def admits_origin(self, incoming: Request) -> bool:
        """Return whether `cors_origins` admits the origin of the page that sends this."""
        origins = self.settings.web.cors_origins
        return "*" in origins or incoming.headers.get("Origin", "").rstrip("/") in {each.rstrip("/") for each in origins}

    def cached_response(self, channel: str) -> Response | None:
        """Return and record the cached response to the current request, if there is one."""
        cached = self.responses.lookup()
        if cached is None:
            return None
        response, result = cached
        if response.status_code == 200:
            self.record(result, channel, request.environ)
        else:
            self.recorder.record_search(result, channel, request.environ)
        return response


def worker_slots(processes: int = 1) -> list[WorkerSlot]:
    """Return one slot for each process of a server. Call this before the processes are forked."""
    responses = SharedCounters(processes, metrics.CELLS)
    searches, suggestions, sign_ins = (SharedCounters(processes, CLIENT_CELLS) for _ in range(3))
    connections = SharedCounters(processes, accept_balancer.CELLS)
    return [WorkerSlot(responses, searches, suggestions, sign_ins, connections, number) for number in range(processes)]


def _open_existing_archive(settings: Settings) -> Archive:
    """Open the archive without creating one: a server only reads. Raises IndexMissing."""
    if not is_database(settings.archive_location):
        raise IndexMissing(f"there is no search data at {settings.data}", remedy="begin with: indexer add URL")
    archive = open_archive(settings, create=False)
    archive.set_patience(ARCHIVE_SECONDS)
    return archive


def app_state() -> AppState:
    """Return the state of Flask's current application."""
    return cast("AppState", current_app.extensions["feed_search"])


def public_url(path: str) -> str:
    """Return the absolute URL of a path, as clients reach it.

    A Host that is not admitted by name must not get into a link. Without `base_url` the link then has a path only.
    """
    if base := app_state().settings.web.base_url:
        return base.rstrip("/") + path
    return (request.url_root.rstrip("/") if request.environ.get(HOST_IS_KNOWN) else request.script_root) + path
