"""Answer new searches of the API without entering Flask, which takes 110 µs of a request.

request -> within the limits, without a mistake -> search -> JSON, which is cached
        -> otherwise, or after an error -> Flask, which answers every error

As with `cache_middleware`, functions that an embedding program registers with Flask do not run for these responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from flask import Flask

from webui.api_search import search_answer
from webui.app_state import AppState
from webui.environ_keys import IN_EVENT_LOOP, REFUSAL, SEARCH_ERROR
from webui.rate_limits import MAX_URL_CHARACTERS, RequestLimits
from webui.search_url import BadParameter, parameters, read_request, texts_language
from webui.server.loop_turns import NeedsThread

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH: Final = "/api/v1/search"
_ENDPOINT: Final = "api.search_json"  # in the metrics


def install(app: Flask) -> SearchMiddleware:
    """Wrap a complete application."""
    middleware = SearchMiddleware(app.wsgi_app, app.extensions["feed_search"], app.extensions["feed_search.limits"])
    app.wsgi_app = middleware  # type: ignore[method-assign]  # Flask documents this assignment
    return middleware


class SearchMiddleware:
    """Answer searches of the API, and pass every other request to the application."""

    def __init__(self, application: WSGIApplication, state: AppState, limits: RequestLimits) -> None:
        self._application, self._state, self._limits = application, state, limits

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if SEARCH_ERROR in environ or not handles(environ):
            return self._enter_flask(environ, start_response)
        try:
            arguments = parameters(environ["QUERY_STRING"])
            search, language = read_request(arguments, strict=True), texts_language(arguments)
        except (BadParameter, UnicodeError):
            return self._enter_flask(environ, start_response)
        if search.explain or self._limits.must_wait(environ):
            return self._enter_flask(environ, start_response)
        try:
            body, fields = search_answer(self._state, search, language, environ)
        except NeedsThread:
            raise
        except Exception as error:
            environ[SEARCH_ERROR] = error
            return self._enter_flask(environ, start_response)
        self._state.metrics.count_response(_ENDPOINT, 200)
        start_response("200 OK", [*fields, ("Content-Length", str(len(body)))])
        return [body]

    def is_brief(self, environ: Mapping[str, Any]) -> bool:
        """Return whether the event loop may run a request itself."""
        return self._state.is_warm and self._state.searcher.is_embedded and handles(environ)

    def _enter_flask(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let Flask answer, in a thread. The event loop has promised to be brief."""
        if IN_EVENT_LOOP in environ:
            raise NeedsThread
        return self._application(environ, start_response)


def handles(environ: Mapping[str, Any]) -> bool:
    """Return whether a request is a search of the API that needs nothing of Flask."""
    return (
        environ["PATH_INFO"] == _PATH
        and environ["REQUEST_METHOD"] == "GET"
        and "HTTP_IF_NONE_MATCH" not in environ
        and REFUSAL not in environ
        and len(environ.get("QUERY_STRING", "")) < MAX_URL_CHARACTERS - len(_PATH)
    )
