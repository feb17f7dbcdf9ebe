"""The web: a search page, a JSON API and a widget over one index. It only searches; it never crawls or changes the index.

request -> cached? (`cache_middleware`) ---------------------------------------------------> security headers
        -> a search of the API? (`search_middleware`) -> search -> JSON -------------------> security headers
        -> otherwise: limits -> blueprint -> `search_url` -> search -> page, JSON or XML -> security headers
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask

from indexer.config import Settings, load_settings, open_searcher
from indexer.search.searcher import Searcher
from webui import (
    access_log,
    api,
    cache_middleware,
    changes_feed,
    compression,
    health,
    hosts_and_proxies,
    llms_txt,
    metrics,
    opensearch_description,
    pages,
    problem_details,
    rate_limits,
    rendering,
    result_feeds,
    search_middleware,
    security_headers,
    status_page,
    thumbnails,
    widget,
)
from webui.app_state import AppState, worker_slots
from webui.json_provider import FastJSON
from webui.server.console import warn
from webui.server.shared_counters import WorkerSlot

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["create_app"]

# A check of the files releases the interpreter lock: with one for each request, eight threads answer half as many.
REFRESH_SECONDS = 0.05  # between two checks for a newer index: one takes 7 us, and a search needs three
INSTANT_PATHS = ("/healthz", "/readyz", "/metrics", "/robots.txt")


def create_app(
    data: Path | str | None = None,
    *,
    settings: Settings | None = None,
    searcher: Searcher | None = None,
    slot: WorkerSlot | None = None,
    cache_before_flask: bool = False,
    loopback_only: bool = False,
) -> Flask:
    """Return a WSGI application on a data folder (default: $INDEXER_DATA, then ./index_data).

    It starts without an index, answers 503 until there is one, and follows each crawl without a restart. `slot` is for one
    of several processes. `cache_before_flask` answers repeated searches before Flask's own `before_request` functions run;
    do not use it if you add such functions. `loopback_only` is for a server that listens on loopback addresses only: without
    configured names it then admits loopback names only. Raises SettingsError.
    """
    settings = settings or load_settings(data)
    app = Flask(__name__, static_folder=None)  # `design` serves the static files
    app.url_map.merge_slashes = False  # such a redirect would contain a Host that may not be admitted by name
    searcher = searcher or open_searcher(settings, refresh_seconds=REFRESH_SECONDS, report=warn)
    slot = slot or worker_slots()[0]
    app.extensions["feed_search"] = AppState(settings, searcher, slot)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.json = FastJSON(app)
    app.session_interface = security_headers.NoSessions()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    rendering.add_filters(app)
    rendering.install_design(app, settings)
    for module in (
        pages,
        status_page,
        api,
        result_feeds,
        changes_feed,
        llms_txt,
        opensearch_description,
        widget,
        thumbnails,
        health,
    ):
        app.register_blueprint(module.blueprint)
    metrics.count_responses(app)
    problem_details.handle_errors(app)
    rate_limits.limit(app, slot)
    is_brief, cache = None, None
    if cache_before_flask:
        is_brief, cache = search_middleware.install(app).is_brief, cache_middleware.install(app)
    gateway = hosts_and_proxies.install(app, loopback_only=loopback_only)
    app.extensions["feed_search.cache"] = cache
    app.extensions["feed_search.is_instant"] = _instant_check(gateway, cache)
    app.extensions["feed_search.is_brief"] = is_brief or (lambda environ: False)
    security_headers.add_headers(app)
    compression.install(app)
    if settings.web.access_log:
        access_log.install(app, settings)
    return app


def _instant_check(
    gateway: hosts_and_proxies.HostsAndProxiesMiddleware, cache: cache_middleware.CacheMiddleware | None
) -> Callable[[WSGIEnvironment], bool]:
    """Return a function that tells whether the application answers a request in microseconds, without waiting for a search.

    It leaves what it has found out in the environ, so that the application does not do it again.
    """

    def is_instant(environ: WSGIEnvironment) -> bool:
        gateway.prepare(environ)
        return environ["PATH_INFO"] in INSTANT_PATHS or (cache is not None and cache.find(environ))

    return is_instant
