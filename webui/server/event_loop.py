"""Run waitress. The event loop sends cached responses itself; threads answer all other requests.

    request read -> answered before? -> answered at once, in the loop's own thread
                                     -> else a queue -> one of the threads

Passing a request to a thread and its response back takes 100 µs and more, because the interpreter switches threads twice.
Sending a cached response takes 10 µs. No other module imports waitress.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ThreadedTaskDispatcher
from waitress.trigger import trigger

from webui.server.accept_balancer import AcceptBalancer

LOOK_SECONDS: Final = 0.05  # how long a connection waits at most for a process whose turn it is
Ready = Callable[[Mapping[str, Any]], object]
_ASKED: Final = ("HOST", "IF_NONE_MATCH")  # headers that tell whether an answer is ready


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on all addresses of a host name, on one port. Raises OSError, OverflowError or ValueError."""
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, address in Adjustments(host=host, port=port).listen:
            opened = socket.socket(family, kind, protocol)
            sockets.append(opened)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            chosen = sockets[0].getsockname()[1] if len(sockets) > 1 else port  # port 0: the same for all
            opened.bind((address[0], chosen, *address[2:]))
            opened.listen(1024)
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets


class Loop:
    """waitress on open sockets. To be made in the thread that turns it."""

    def __init__(self, application: Any, ready: Ready, balancer: AcceptBalancer, *, threads: int, **adjustments: Any) -> None:
        """`ready`: what the application will send at once for an environ, if it can; to be told in microseconds, and never
        raises."""
        self.connections: dict[int, Any] = {}
        self._dispatcher = _Dispatcher(ready)
        self._dispatcher.set_thread_count(threads)
        create_server(application, map=self.connections, _dispatcher=self._dispatcher, **adjustments)
        self._servers = [each for each in self.connections.values() if isinstance(each, BaseWSGIServer)]
        self._balancer, self._open, self._may_accept, self._accepted = balancer, True, True, 0.0
        for each in self._servers:
            each.pull_trigger = self._wake_from_threads
            each.readable = partial(self._accepts, each.readable)
        self._trigger = next(each for each in self.connections.values() if isinstance(each, trigger))

    def turn(self, seconds: float) -> None:
        """Wait so long at most for something to happen, and do what there is to do."""
        if self._open:
            self._balancer.report(sum([len(each.active_channels) for each in self._servers]))
        self._may_accept = self._balancer.may_accept()
        if self._may_accept:
            wasyncore.loop(timeout=seconds, map=self.connections, count=1)
        else:
            wasyncore.loop(timeout=min(seconds, LOOK_SECONDS), map=self.connections, count=1)
            self._take_what_nobody_takes()
        at_once = self._dispatcher.at_once
        while at_once:
            channel = at_once.popleft()
            channel.service()
            if channel.connected and channel.writable():
                channel.handle_write()

    def _take_what_nobody_takes(self) -> None:
        """A connection that still waits though it is another process's turn: that one may be busy, or gone."""
        if (now := time.monotonic()) - self._accepted >= LOOK_SECONDS:
            self._accepted, self._may_accept = now, True
            wasyncore.loop(timeout=0, map=self.connections, count=1)

    def _accepts(self, readable: Callable[[], bool]) -> bool:
        return readable() and self._may_accept

    def wake(self) -> None:
        """From anywhere, a signal's handler as well."""
        self._trigger.pull_trigger()

    def channels(self) -> list[HTTPChannel]:
        return [each for each in self.connections.values() if isinstance(each, HTTPChannel)]

    def close_door(self) -> None:
        self._open = False
        self._balancer.leave()
        for each in list(self.connections.values()):
            if getattr(each, "accepting", False):
                wasyncore.dispatcher.close(each)

    def stop_threads(self) -> None:
        self._dispatcher.shutdown(timeout=1)

    def _wake_from_threads(self) -> None:
        if threading.get_ident() != self._dispatcher.thread:  # the loop itself is awake
            self.wake()


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress has no types
    def __init__(self, ready: Ready) -> None:
        super().__init__()
        self._ready = ready
        self.thread = threading.get_ident()
        self.at_once: deque[HTTPChannel] = deque()

    def add_task(self, channel: HTTPChannel) -> None:
        """waitress calls it with a request that has been read, in the loop's thread or, for the next one, in that which has
        answered the one before."""
        if threading.get_ident() == self.thread and not channel.total_outbufs_len and self._is_ready(channel.requests[0]):
            self.at_once.append(channel)
        else:  # also when something is left to be sent, as waiting for a slow reader is for threads
            super().add_task(channel)

    def _is_ready(self, request: HTTPRequestParser) -> bool:
        if request.error is not None:
            return False
        asked = {f"HTTP_{name}": request.headers[name] for name in _ASKED if name in request.headers}
        asked |= {"REQUEST_METHOD": request.command, "PATH_INFO": request.path, "QUERY_STRING": request.query}
        return self._ready({**asked, "wsgi.url_scheme": request.url_scheme}) is not None
