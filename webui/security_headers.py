"""Add security headers to responses, and keep no sessions.

The headers (https://owasp.org/www-project-secure-headers/) are constant lists, added when Flask returns a response to the
server: a `Headers` object takes 4 µs for each.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Flask
from flask.sessions import NullSession, SessionInterface

from indexer.config import WebSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_REPORTED_ORIGINS = 100
_ORIGIN: Final = re.compile(r"https?://[\w.\[\]-]{1,100}(?::\d{1,5})?", re.ASCII)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_ALWAYS: Final = [
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
]
_CROSS_ORIGIN: Final = [*_ALWAYS, ("Cross-Origin-Resource-Policy", "cross-origin")]
_NO_INDEX: Final = ("X-Robots-Tag", "noindex, nofollow")
_CROSS_ORIGIN_PATHS = (
    "/api/",
    "/widget",
    "/thumbnail/",
    "/search.rss",
    "/search.json",
    "/changes.json",
)  # that pages of other sites may request


def add_headers(app: Flask) -> None:
    """Wrap an application so that every response has the headers."""
    state = app.extensions["feed_search"]
    middleware = _HeaderMiddleware(app.wsgi_app, state.settings.web)
    app.wsgi_app = middleware  # type: ignore[method-assign]  # Flask documents this assignment
    state.on_new_settings.append(lambda settings: middleware.use(settings.web))


class _HeaderMiddleware:
    """Adds the headers to every response of an application."""

    def __init__(self, application: WSGIApplication, web: WebSettings) -> None:
        self._application = application
        self._refused: set[str] = set()
        self.use(web)

    def use(self, web: WebSettings) -> None:
        """Follow changed settings."""
        self._origins = frozenset(each.rstrip("/") for each in web.cors_origins)
        self._indexes_home_page = web.index_home_page

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            path = environ.get("PATH_INFO", "")
            is_cross_origin = path.startswith(_CROSS_ORIGIN_PATHS)
            failed = status >= "400"
            more = _CROSS_ORIGIN + self._allow_origin(environ, path) if is_cross_origin else _ALWAYS
            if (failed or path.startswith("/api/")) and not any(name == "Cache-Control" for name, _ in headers):
                more = [*more, ("Cache-Control", "no-store" if failed else "no-cache")]
            if not (self._indexes_home_page and path == "/" and not environ.get("QUERY_STRING")) and not path.startswith(
                "/static/"
            ):
                more = [*more, _NO_INDEX]
            return start_response(status, headers + more, *error)

        return self._application(environ, start)

    def _allow_origin(self, environ: WSGIEnvironment, path: str) -> list[tuple[str, str]]:
        """Return the fields for cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
        fields = []
        allowed = "*" if "*" in self._origins or path.startswith("/widget") else None
        if allowed is None and self._origins:
            fields.append(("Vary", "Origin"))
            origin = environ.get("HTTP_ORIGIN", "")
            allowed = origin if origin.rstrip("/") in self._origins else None
        if not allowed and "HTTP_ORIGIN" in environ:
            self._report_refusal(environ)
        if allowed:
            fields.append(("Access-Control-Allow-Origin", allowed))
            if environ["REQUEST_METHOD"] == "OPTIONS":
                methods = "POST, OPTIONS" if path == "/api/v1/opened" else "GET, HEAD, OPTIONS"
                fields.append(("Access-Control-Allow-Methods", methods))
                fields.append(("Access-Control-Allow-Headers", "Content-Type"))
                fields.append(("Access-Control-Max-Age", "86400"))
        return fields

    def _report_refusal(self, environ: WSGIEnvironment) -> None:
        """Log the origin of a page that may not read the answer, once, with the setting that admits it."""
        origin = environ["HTTP_ORIGIN"].rstrip("/")
        is_own = urlsplit(origin).netloc.lower() == environ.get("HTTP_HOST", "").lower()
        if is_own or origin in self._refused or len(self._refused) >= MAX_REPORTED_ORIGINS or not _ORIGIN.fullmatch(origin):
            return
        self._refused.add(origin)
        text = (
            'a page of %s embeds the search, but cors_origins does not admit it. To admit it: cors_origins = ["%s"] under [web]'
        )
        logging.getLogger(__name__).warning(text, origin, origin)


class NoSessions(SessionInterface):
    """Give all requests one empty session that is never saved."""

    _session = NullSession()

    def open_session(self, app: Flask, request: object) -> NullSession:
        """Return the empty session."""
        return self._session
