"""Limits before a request, headers after it (https://owasp.org/www-project-secure-headers/)."""

from __future__ import annotations

from flask import Flask, Response, request

from webui.problems import problem
from webui.state import state

LONGEST_URL = 8_192
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_OPEN = ("/api/", "/widget.js", "/search.rss")  # what other sites' pages may ask for


def protect(app: Flask) -> None:
    @app.before_request
    def limits() -> Response | None:
        if len(request.full_path) > LONGEST_URL:
            return problem(414, "URI too long", f"The address is longer than {LONGEST_URL} characters.")
        if request.method == "OPTIONS" and request.path.startswith("/api/"):
            return Response(status=204)
        if request.path.startswith(("/static/", "/healthz", "/readyz")):
            return None
        if wait := state().limiter.seconds_to_wait(request.remote_addr or ""):
            response = problem(429, "Too many requests", f"Please ask again in {wait} seconds.")
            response.headers["Retry-After"] = str(wait)
            return response
        return None

    @app.after_request
    def headers(response: Response) -> Response:
        fields = response.headers
        fields.setdefault("Content-Security-Policy", _POLICY)
        fields["X-Content-Type-Options"] = "nosniff"
        fields["Referrer-Policy"] = "strict-origin-when-cross-origin"
        fields["X-Frame-Options"] = "SAMEORIGIN"
        fields["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        fields.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.path.startswith(_OPEN):
            fields["Cross-Origin-Resource-Policy"] = "cross-origin"
            _allow_origin(response)
        if request.path.startswith("/api/") or response.status_code >= 400:
            fields.setdefault("Cache-Control", "no-store" if response.status_code >= 400 else "no-cache")
        return response


def _allow_origin(response: Response) -> None:
    """Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol). The widget's script is public."""
    allowed, origin = state().settings.web.cors_origins, request.headers.get("Origin")
    if "*" in allowed or request.path == "/widget.js":
        response.headers["Access-Control-Allow-Origin"] = "*"
    elif allowed:
        response.vary.add("Origin")
        if origin and origin.rstrip("/") in {each.rstrip("/") for each in allowed}:
            response.headers["Access-Control-Allow-Origin"] = origin
    if "Access-Control-Allow-Origin" in response.headers and request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Max-Age"] = "86400"
