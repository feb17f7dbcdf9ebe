"""Limit the requests of each client: a number of searches, of suggestions and of sign-ins a minute, over all processes."""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from flask import Flask, Response, current_app, request

from indexer.config import WebSettings
from indexer.config.settings import DEFAULT_REQUESTS_PER_MINUTE, DEFAULT_SUGGESTIONS_PER_MINUTE
from indexer.phrases import phrase
from webui.environ_keys import REFUSAL, SECONDS_TO_WAIT
from webui.hosts_and_proxies import is_loopback, parse_address
from webui.problem_details import TRY_AGAIN, problem
from webui.server.shared_counters import CLIENT_CELLS, SharedCounters, WorkerSlot

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SIGN_INS_PER_MINUTE = 10
MAX_URL_CHARACTERS = 8_192
_UNLIMITED_PATHS = ("/static/", "/healthz", "/readyz", "/robots.txt", "/widget")
_REFUSALS: Final = {
    408: ("Request timeout", "The request did not arrive in time."),
    413: ("Content too large", "The body of a request may have 64 kB."),
    503: ("Too many requests wait", "The server has more requests than it can answer."),
}


def limit(app: Flask, slot: WorkerSlot) -> None:
    """Refuse long addresses, and clients that send too many requests."""
    state = app.extensions["feed_search"]
    request_limits = app.extensions["feed_search.limits"] = RequestLimits(state.settings.web, slot)
    state.on_new_settings.append(lambda settings: request_limits.use(settings.web))

    @app.before_request
    def limits() -> Response | None:
        path = request.path
        if refusal := request.environ.get(REFUSAL):
            return problem(refusal, *_REFUSALS[refusal])
        if len(path) + len(request.query_string) >= MAX_URL_CHARACTERS:
            return problem(414, "URI too long", f"The address is longer than {MAX_URL_CHARACTERS} characters.")
        if request.method == "OPTIONS" and path.startswith("/api/"):
            return Response(status=204)
        if path.startswith(_UNLIMITED_PATHS):
            return None
        wait: int | None = request.environ.get(SECONDS_TO_WAIT)
        if wait is None:
            limiter = request_limits.suggestions if path == "/api/v1/suggest" else request_limits.searches
            wait = limiter.seconds_to_wait(request.remote_addr or "")
        if wait:
            response = problem(429, "Too many requests", phrase(*TRY_AGAIN, wait))
            response.headers["Retry-After"] = str(wait)
            return response
        return None


def client_limits() -> RequestLimits:
    """Return the limits of Flask's current application."""
    return cast("RequestLimits", current_app.extensions["feed_search.limits"])


class RequestLimits:
    """The limits of searches, of suggestions, and of attempts to sign in."""

    def __init__(self, web: WebSettings, slot: WorkerSlot) -> None:
        self.searches = Limiter(0, slot.searches, slot.number)
        self.suggestions = Limiter(0, slot.suggestions, slot.number)
        self.sign_ins = Limiter(SIGN_INS_PER_MINUTE, slot.sign_ins, slot.number)
        self.use(web)

    def use(self, web: WebSettings) -> None:
        """Follow changed settings. A default limits no client on this machine: an unknown proxy may hide many behind it."""
        per_minute = web.requests_per_minute
        self.searches.change(per_minute, spares_loopback=per_minute == DEFAULT_REQUESTS_PER_MINUTE)
        per_minute = web.suggestions_per_minute
        self.suggestions.change(per_minute, spares_loopback=per_minute == DEFAULT_SUGGESTIONS_PER_MINUTE)

    def must_wait(self, environ: WSGIEnvironment) -> bool:
        """Count a search, and return whether its client is over the limit. Flask then answers, and does not count it again."""
        if SECONDS_TO_WAIT not in environ:
            environ[SECONDS_TO_WAIT] = self.searches.seconds_to_wait(environ.get("REMOTE_ADDR") or "")
        return bool(environ[SECONDS_TO_WAIT])


_MINUTE: Final = 0  # the cell with the minute that a row counts
_EMPTY_ROW = memoryview(bytes(CLIENT_CELLS * 8)).cast("d")


class Limiter:
    """Counts the requests of each client. A limit of 0 admits all."""

    def __init__(self, per_minute: int, counters: SharedCounters, number: int, *, spares_loopback: bool = False) -> None:
        """`spares_loopback`: do not limit clients on this machine."""
        self._counters, self._row, self._lock = counters, counters.rows[number], threading.Lock()
        self.change(per_minute, spares_loopback=spares_loopback)

    def change(self, per_minute: int, *, spares_loopback: bool = False) -> None:
        """Apply another limit. The requests of this minute stay counted."""
        self.per_minute, self._spares_loopback = per_minute, spares_loopback

    def seconds_to_wait(self, client: str) -> int:
        """Count a request of a client, and return the seconds until it may send the next: 0 if it is within its limit."""
        if not self.per_minute or (self._spares_loopback and is_loopback(client)):
            return 0
        now = time.monotonic()  # one clock for all processes of a machine
        minute, cell = now // 60 + 1, _cell(client)
        with self._lock:
            if self._row[_MINUTE] != minute:
                self._row[:] = _EMPTY_ROW
                self._row[_MINUTE] = minute
            self._row[cell] += 1
        return 60 - int(now % 60) if self._count(cell, minute) > self.per_minute else 0

    def is_used_up(self, client: str) -> bool:
        """Return whether the next request of a client would be over its limit, without counting one."""
        return bool(self.per_minute) and self._count(_cell(client), time.monotonic() // 60 + 1) >= self.per_minute

    def _count(self, cell: int, minute: float) -> float:
        return sum(row[cell] for row in self._counters.rows if row[_MINUTE] == minute)


def _cell(client: str) -> int:
    return 1 + hash(_network(client)) % (CLIENT_CELLS - 1)


@lru_cache(maxsize=4_096)
def _network(client: str) -> str:
    """Return the client, or its network of 64 bits if it has an IPv6 address: one subscriber has all of these addresses.

    >>> _network("2001:db8:1:2::7") == _network("2001:db8:1:2:ffff::9"), _network("192.0.2.1")
    (True, '192.0.2.1')
    """
    address = parse_address(client)
    return client if address is None or address.version == 4 else str(int(address) >> 64)
