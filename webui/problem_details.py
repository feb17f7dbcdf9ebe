"""Answer errors: `application/problem+json` (RFC 9457) for programs, a page for people."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from indexer.errors import EngineUnavailable, IndexerError, IndexMissing, NotFound, SearchBusy, SettingsError
from indexer.phrases import ReportPhrase, phrase
from webui.interface_language import visitor_interface
from webui.rendering import render_page
from webui.search_url import BadParameter

TRY_AGAIN: Final = ("Try again in %(num)s second.", "Try again in %(num)s seconds.")
RETRY_SECONDS = "10"
_PAGES = ("/", "/status")


def problem(status: int, title: str, detail: str, **more: Any) -> Response:
    """Return an error response: HTML to a browser on one of the pages, otherwise JSON."""
    unknown_page = status == 404 and request.accept_mimetypes.accept_html and not request.path.startswith("/api/")
    if request.path in _PAGES or unknown_page:
        ui = visitor_interface()
        heading = ui.plain("Page not found" if status == 404 else title)
        text = ui.phrase(detail) if isinstance(detail, ReportPhrase) else detail
        is_english = ui.language != "en" and not isinstance(detail, ReportPhrase)
        response = render_page("error.html", status, heading=heading, detail=text, is_english=is_english)
    else:
        response = jsonify({"type": "about:blank", "title": title, "status": status, "detail": detail, **more})
        response.status_code = status
        response.mimetype = "application/problem+json"
    if status == 503:
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def handle_errors(app: Flask) -> None:
    """Register the response to each kind of error."""

    @app.errorhandler(BadParameter)
    def bad_parameter(error: BadParameter) -> Response:
        return problem(400, "Bad parameter", f"{error.name} {error.detail}", parameter=error.name)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        response = problem(error.code or 500, error.name, error.description or "")
        for name, value in error.get_headers(None, None):
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response

    @app.errorhandler(IndexerError)
    def indexer(error: IndexerError) -> Response:
        if isinstance(error, SettingsError):
            return problem(400, "Bad parameter", error.message)
        if isinstance(error, NotFound):
            return problem(404, "Not found", error.message)
        if isinstance(error, SearchBusy):
            return problem(503, "Too many searches", phrase("The server is busy. Try again in a few seconds."))
        app.logger.warning("%s", error)
        if isinstance(error, IndexMissing):
            return problem(503, "No index yet", phrase("There is no index yet. The first crawl builds it."))
        if isinstance(error, EngineUnavailable):
            return problem(
                503, "Search unavailable", phrase("The index cannot be reached at present. Try again in a few seconds.")
            )
        return problem(503, "Search unavailable", phrase("The index cannot be used. The log of the server contains the reason."))

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        app.logger.exception("unexpected error on %s", request.path)
        return problem(500, "Internal error", phrase("The server failed to answer. The error has been logged."))
