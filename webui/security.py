"""Limits before a request, headers on the way out (https://owasp.org/www-project-secure-headers/).

The headers are ready lists that are added where Flask hands its answer to the server: a `Headers` object takes 4 µs for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, request

from webui.app_state import state
from webui.problem_details import problem
from webui.rate_limit import WAIT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_URL = 8_192
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
_OPENED: Final = [*_ALWAYS, ("Cross-Origin-Resource-Policy", "cross-origin")]
_OPEN = ("/api/", "/widget.js", "/search.rss")  # what other sites' pages may ask for


def limit(app: Flask) -> None:
    @app.before_request
    def limits() -> Response | None:
        path = request.path
        if len(path) + len(request.query_string) >= MAX_URL:
            return problem(414, "URI too long", f"The address is longer than {MAX_URL} characters.")
        if request.method == "OPTIONS" and path.startswith("/api/"):
            return Response(status=204)
        if path.startswith(("/static/", "/healthz", "/readyz")):
            return None
        wait: int | None = request.environ.get(WAIT)
        if wait is None:
            wait = state().limiter.seconds_to_wait(request.remote_addr or "")
        if wait:
            response = problem(429, "Too many requests", f"Please ask again in {wait} seconds.")
            response.headers["Retry-After"] = str(wait)
            return response
        return None


def protect(app: Flask) -> None:
    origins = app.extensions["feed_search"].settings.web.cors_origins
    app.wsgi_app = _Protected(app.wsgi_app, origins)  # type: ignore[method-assign]  # as Flask's documentation has it


class _Protected:
    """An application whose every answer has the headers."""

    def __init__(self, application: WSGIApplication, origins: Iterable[str]) -> None:
        self._application = application
        self._origins = frozenset(each.rstrip("/") for each in origins)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            opened = path.startswith(_OPEN)
            failed = status >= "400"
            more = _OPENED + self._allow_origin(environ, path) if opened else _ALWAYS
            if (failed or path.startswith("/api/")) and not any(name == "Cache-Control" for name, _ in headers):
                more = [*more, ("Cache-Control", "no-store" if failed else "no-cache")]
            return start_response(status, headers + more, *error)

        return self._application(environ, start)

    def _allow_origin(self, environ: WSGIEnvironment, path: str) -> list[tuple[str, str]]:
        """Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol). The widget's script is public."""
        fields = []
        allowed = "*" if "*" in self._origins or path == "/widget.js" else None
        if allowed is None and self._origins:
            fields.append(("Vary", "Origin"))
            origin = environ.get("HTTP_ORIGIN", "")
            allowed = origin if origin.rstrip("/") in self._origins else None
        if allowed:
            fields.append(("Access-Control-Allow-Origin", allowed))
            if environ["REQUEST_METHOD"] == "OPTIONS":
                methods = "POST, OPTIONS" if path == "/api/v1/opened" else "GET, HEAD, OPTIONS"
                fields.append(("Access-Control-Allow-Methods", methods))
                fields.append(("Access-Control-Allow-Headers", "Content-Type"))
                fields.append(("Access-Control-Max-Age", "86400"))
        return fields
