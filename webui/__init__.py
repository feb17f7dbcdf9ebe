"""The web: a search page, a JSON API and a widget over one index. It only searches; it never crawls or writes to it.

request -> answered before (`again`)? -------------------------------------------------------> security headers
        -> else: limits -> blueprint -> parameters (`params`) -> search verb -> page, JSON or XML -> security headers
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask.sessions import NullSession, SessionInterface

from indexer.config import Settings, load_settings, open_searcher
from indexer.search.searcher import Searcher
from webui import api, health, pages, security, widget
from webui import cache_middleware as again
from webui import opensearch as feeds
from webui import problem_details as problems
from webui import template_filters as filters
from webui.app_state import AppState, seats
from webui.json_provider import FastJSON
from webui.server.shared_counters import WorkerSlot

__all__ = ["create_app"]


def create_app(
    data: Path | str | None = None,
    *,
    settings: Settings | None = None,
    searcher: Searcher | None = None,
    seat: WorkerSlot | None = None,
) -> Flask:
    """A WSGI application on a data folder (else $INDEXER_DATA, else ./index_data). It starts without an index and answers
    503 until there is one; a new crawl is seen without a restart. `seat` is for the processes of one server. Raises
    SettingsError."""
    settings = settings or load_settings(data)
    app = Flask(__name__)
    app.extensions["feed_search"] = AppState(settings, searcher or open_searcher(settings), seat or seats(settings)[0])
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.json = FastJSON(app)
    app.session_interface = _NoSessions()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    filters.add_filters(app)
    for module in (pages, api, feeds, widget, health):
        app.register_blueprint(module.blueprint)
    health.measure(app)
    problems.handle_errors(app)
    security.limit(app)
    app.extensions["feed_search.again"] = again.install(app)
    security.protect(app)
    return app


class _NoSessions(SessionInterface):
    """Nobody logs in here: one empty session for all requests, which is never saved."""

    _none = NullSession()

    def open_session(self, app: Flask, request: object) -> NullSession:
        return self._none
