"""Speak HTTP/1.1 on one connection: uvicorn's protocol, with time limits for whatever a client may delay.

    accepted -> [first byte of a request -> headers -> body] -> answer -> idle -> …
                 `request_seconds` for all of these                       `idle_seconds`

A connection without a request in progress is idle. When there is no room for another connection, the one that has been idle
longest is closed.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

CONNECTION_KEY: Final = "feed_search.connection"  # scope keys
CYCLE_KEY: Final = "feed_search.cycle"
MAX_HEADER_BYTES: Final = 32_768
MAX_UNSENT_SECONDS: Final = 30.0  # that a client may take to read an answer


@dataclass
class ConnectionLimits:
    """Limits of the connections of one process."""

    max_connections: int = 4_000
    idle_seconds: float = 60.0  # between two requests
    request_seconds: float = 15.0  # for a request to arrive completely


@dataclass
class ConnectionPool:
    """The connections of one process."""

    config: Config
    limits: ConnectionLimits
    state: ServerState = field(default_factory=ServerState)
    idle: dict[ClientConnection, float] = field(default_factory=dict)  # since when, by the loop's clock; the longest comes first
    open: set[ClientConnection] = field(default_factory=set)
    is_draining: bool = False

    def make_room(self) -> bool:
        """Close the connection that has been idle longest if there is no room. Return whether there is room now."""
        while len(self.open) >= self.limits.max_connections and self.idle:
            next(iter(self.idle)).close()
        return len(self.open) < self.limits.max_connections


class ClientConnection(HttpToolsProtocol):
    """One connection. All methods run in the thread of the event loop."""

    def __init__(self, pool: ConnectionPool, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(pool.config, pool.state, {}, loop)
        self.pool = pool
        self.cancel_work: Callable[[], object] | None = None  # drops the work for the current request
        self._header_bytes = 0
        self._is_receiving = False
        self._timer: asyncio.TimerHandle | None = None
        self._unsent_timer: asyncio.TimerHandle | None = None

    # -- the life of a connection ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection, and wait for its first request."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn declares the transport that asyncio passes
        self.pool.open.add(self)
        self.pool.idle[self] = self.loop.time()
        self._start_timer(self.pool.limits.request_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, and drop the work for a client that has gone."""
        self._stop_timer()
        if self._unsent_timer is not None:
            self._unsent_timer.cancel()
        self.pool.open.discard(self)
        self.pool.idle.pop(self, None)
        if self.cancel_work is not None:
            self.cancel_work()
        super().connection_lost(exc)

    def close(self) -> None:
        """Close the connection, and make room immediately."""
        self.pool.open.discard(self)
        self.pool.idle.pop(self, None)
        self.transport.close()

    def has_unread_data(self) -> bool:
        """Return whether a request waits to be read. To close the connection then would reset it."""
        file = self.transport.get_extra_info("socket")
        if file is None or not hasattr(select, "poll"):  # Windows
            return False
        poll = select.poll()  # `select` itself cannot wait for descriptors above 1,023
        poll.register(file.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def finish(self) -> None:
        """Close the connection after the answer to the request in progress, or now if there is none."""
        if self in self.pool.idle:
            self.close()
        elif self.cycle is not None:
            self.cycle.keep_alive = False

    # -- receiving ---------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived. The time for a request starts with its first byte."""
        if self in self.pool.idle:
            del self.pool.idle[self]
            self._is_receiving = True
            if self.cycle is not None:  # the time for the first request has started with the connection
                self._start_timer(self.pool.limits.request_seconds)
        if self._is_receiving:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._header_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self.send_400_response("The header fields are too long.")

    def on_message_begin(self) -> None:
        """Let the application find the connection of a request."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # a TypedDict, to which ASGI permits extensions
        scope[CONNECTION_KEY] = self

    def on_headers_complete(self) -> None:
        """Start to answer. A process that drains answers each connection once more."""
        self._is_receiving, self._header_bytes = False, 0
        super().on_headers_complete()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # a TypedDict, to which ASGI permits extensions
        scope[CYCLE_KEY] = self.cycle
        scope["headers"] = list(scope["headers"])  # uvicorn appends the fields behind a chunked body, which no proxy has checked
        if self.pool.is_draining:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Stop the time for the request."""
        self._stop_timer()
        super().on_message_complete()

    # -- sending -----------------------------------------------------------------------------------------------------

    def respond(self, cycle: RequestResponseCycle, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        """Send a complete answer in one piece.

        uvicorn's `send` writes head and body one after the other and checks each field with regular expressions. That takes
        as long again as the rest of a cached answer.
        """
        if cycle.disconnected or self.transport.is_closing():
            cycle.disconnected = True  # uvicorn marks only the last of several pipelined requests
            return
        fields = [f"{name}: {value}\r\n" for name, value in headers]
        if any(len(field.splitlines()) != 1 for field in fields):
            raise ValueError("a header field contains a line break")
        if not cycle.keep_alive:
            fields.append("connection: close\r\n")
        dates = [b"%b: %b\r\n" % field for field in cycle.default_headers]
        head = [STATUS_LINE[status], *dates, "".join(fields).encode("latin-1"), b"\r\n"]
        if cycle.scope["method"] != "HEAD":
            head.append(content)
        cycle.response_started = cycle.response_complete = True
        self.transport.write(b"".join(head))
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self.cancel_work = None
        self._stop_timer()
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing() and not self._is_receiving:
            self.pool.idle[self] = self.loop.time()
            if self.timeout_keep_alive_task is not None:  # uvicorn's own timer
                self.timeout_keep_alive_task.cancel()
                self.timeout_keep_alive_task = None
            self._start_timer(self.pool.limits.idle_seconds)

    def pause_writing(self) -> None:
        """Limit the time of a client that does not read its answer."""
        super().pause_writing()
        self._unsent_timer = self.loop.call_later(MAX_UNSENT_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop that time."""
        if self._unsent_timer is not None:
            self._unsent_timer.cancel()
        super().resume_writing()

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, self._time_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_out(self) -> None:
        """Close a connection whose request does not arrive. One with complete headers gets an answer of 408."""
        if self.cycle is not None and not self.cycle.response_complete and self.cancel_work is not None:
            self.cancel_work()
        else:
            self.transport.abort()
