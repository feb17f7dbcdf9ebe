"""The web: a search page, a JSON API and a widget over one index. It only searches; it never crawls or writes to it.

    request -> limits -> blueprint -> parameters (`params`) -> search verb -> page, JSON or XML -> security headers
"""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask

from indexer.config import Settings, load_settings, open_searcher
from indexer.search import Searcher
from webui import api, feeds, health, pages, problems, security, widget
from webui.state import State

__all__ = ["create_app"]


def create_app(data: Path | str | None = None, *, settings: Settings | None = None, searcher: Searcher | None = None) -> Flask:
    """A WSGI application on a data folder (else $INDEXER_DATA, else ./index_data). It starts without an index and answers
    503 until there is one; a new crawl is seen without a restart. Raises SettingsError."""
    settings = settings or load_settings(data)
    app = Flask(__name__)
    app.extensions["feed_search"] = State(settings, searcher or open_searcher(settings))
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    pages.add_filters(app)
    for module in (pages, api, feeds, widget, health):
        app.register_blueprint(module.blueprint)
    security.protect(app)
    health.measure(app)
    problems.handle_errors(app)
    return app


def warn(text: str) -> None:
    """A line for the operator."""
    print(text, file=sys.stderr, flush=True)
