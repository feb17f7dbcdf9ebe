"""Answer on open sockets in one process, with uvicorn's HTTP and an event loop, until a signal.

listen (once) -> [fork] -> serve -> accept, answer … SIGTERM -> drain: the last answer of each connection says that it closes
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from typing import Final

from flask import Flask
from uvicorn import Config

from indexer.errors import IndexerError
from indexer.model import SearchRequest
from webui.server.accept_balancer import AcceptBalancer
from webui.server.asgi_bridge import WsgiBridge
from webui.server.connection import ClientConnection, ConnectionLimits, ConnectionPool
from webui.server.listen import HeldSignals, listen, raise_file_limit, refuse_new_connections

__all__ = ["HeldSignals", "answer", "listen"]

FILES_OF_THE_INDEX: Final = 256  # that connections must leave free
OTHERS_TURN_SECONDS: Final = 0.05  # that a connection waits for a process whose turn it is, which may hang
HANDSHAKE_SECONDS: Final = 0.25  # for connections that the system is about to establish
IDLE_DRAIN_SECONDS: Final = 1.0  # in which an idle connection may still send a request that is on its way
ACTIVE_SECONDS: Final = 3.0  # that this takes at most where the last request, or the connection itself, is not older
MAX_DRAIN_SECONDS: Final = 10.0  # for requests in progress
NO_COLLECTION: Final = 1_000_000  # a threshold of the older generations that is not reached
MIN_YOUNG_COLLECTIONS: Final = 10  # that Python's default lets precede one of the next generation
COLLECT_SECONDS: Final = 60.0  # until a full collection under load
SWITCH_SECONDS: Final = 0.001  # after which a search lets the event loop run; the default of 5 ms delays each health check


def answer(app: Flask, sockets: list[socket.socket], when_ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT, finish the requests that have arrived, and record the last searches."""
    state = app.extensions["feed_search"]
    web = state.settings.web
    max_connections = min(web.max_connections, raise_file_limit() - FILES_OF_THE_INDEX)
    limits = ConnectionLimits(max(16, max_connections), web.idle_seconds, web.request_seconds)
    bridge = WsgiBridge(app, app.extensions["feed_search.is_instant"], app.extensions["feed_search.is_brief"])
    sys.setswitchinterval(SWITCH_SECONDS)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # a line for each request that is not HTTP
    threading.Thread(target=warm_up, args=(app,), daemon=True).start()
    if state.verification:
        state.verification.start()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        server = Server(bridge, sockets, limits, state.balancer, runner.get_loop())
        runner.run(server.serve(when_ready))
    bridge.close()
    state.recorder.flush(2)


def warm_up(app: Flask) -> None:
    """Open the index and compile what the first search would wait for, 50 ms instead of 1. This search is not recorded.

    Objects that exist by then stay until the process ends. Excluding them from garbage collection avoids pauses of 15 ms.
    Later Python itself collects only the youngest objects, in some 60 us. `Server` decides when to collect all others.
    """
    with suppress(IndexerError):  # no index yet: the first search reports it
        app.extensions["feed_search"].searcher.search(SearchRequest("é 中", size=1, facets=True))
    gc.collect()
    gc.freeze()
    gc.set_threshold(gc.get_threshold()[0], NO_COLLECTION, NO_COLLECTION)
    app.extensions["feed_search"].is_warm = True


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop, which takes half of the time of asyncio's, where it is available."""
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop


class Server:
    """Accepts connections and gives them to uvicorn's protocol."""

    def __init__(
        self,
        bridge: WsgiBridge,
        sockets: list[socket.socket],
        limits: ConnectionLimits,
        balancer: AcceptBalancer,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        # uvicorn would believe the X-Forwarded fields of any client on this machine; `hosts_and_proxies` reads them instead.
        options = {"proxy_headers": False, "ws": "none", "lifespan": "off"}
        options |= {"log_config": None, "access_log": False, "server_header": False}
        config = Config(bridge, http="httptools", **options)  # type: ignore[arg-type]  # values of several types
        config.load()
        self._pool = ConnectionPool(config, limits)
        self._sockets, self._balancer, self._loop = sockets, balancer, loop
        self._stopping = asyncio.Event()
        self._connecting: set[asyncio.Task[object]] = set()
        self._requests_before, self._collect_by = 0, loop.time() + COLLECT_SECONDS

    async def serve(self, when_ready: Callable[[], None]) -> None:
        """Accept and answer until a signal, then drain."""
        self._install_signal_handlers()
        for listener in self._sockets:
            self._loop.add_reader(listener.fileno(), self._accept, listener)
        self._tick()
        when_ready()
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1)
            self._tick()
        await self._drain()

    def _install_signal_handlers(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                self._loop.add_signal_handler(number, self._stopping.set)
            except NotImplementedError:  # Windows
                signal.signal(number, lambda *_: self._loop.call_soon_threadsafe(self._stopping.set))
        if hasattr(signal, "pthread_sigmask"):  # a forked child starts with both blocked
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))

    def _tick(self) -> None:
        """Report to the other processes, set the Date of answers, and collect garbage. Called once a second."""
        self._balancer.report(len(self._pool.open))
        self._pool.state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
        self._collect_garbage()

    def _collect_garbage(self) -> None:
        """Collect all objects when no request has come since the last tick, and under load once a minute.

        Otherwise collect the younger ones. All of them stop the process for some 50 ms when the caches are full, the younger ones
        for 1 ms after 260 new searches. Python itself would do so in the middle of a search.
        """
        requests = self._pool.state.total_requests
        is_idle, self._requests_before = requests == self._requests_before, requests
        _, youngest_collections, young_collections = gc.get_count()
        if young_collections >= MIN_YOUNG_COLLECTIONS and (is_idle or self._loop.time() >= self._collect_by):
            gc.collect()
            self._collect_by = self._loop.time() + COLLECT_SECONDS
        elif youngest_collections >= MIN_YOUNG_COLLECTIONS:
            gc.collect(1)

    def _accept(self, listener: socket.socket, *, must: bool = False) -> bool:
        """Accept one connection if it is this process's turn and there is room. Return whether there was one."""
        if not must and not (self._balancer.may_accept() and self._pool.make_room()):
            self._loop.remove_reader(listener.fileno())
            self._loop.call_later(OTHERS_TURN_SECONDS, self._resume, listener)
            return False
        try:
            client, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):  # another process took it, or the client left
            return False
        except OSError as error:  # no file descriptor left
            logging.getLogger(__name__).warning("cannot accept a connection: %s", error)
            self._loop.remove_reader(listener.fileno())
            self._loop.call_later(1, self._resume, listener)
            return False
        client.setblocking(False)
        connecting = self._loop.create_task(
            self._loop.connect_accepted_socket(lambda: ClientConnection(self._pool, self._loop), client)
        )
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connecting.discard)
        self._balancer.report(len(self._pool.open) + len(self._connecting))
        return True

    def _resume(self, listener: socket.socket) -> None:
        """Accept again, and take a connection that still waits although it is another process's turn."""
        if not self._stopping.is_set():
            if self._pool.make_room():
                self._accept(listener, must=True)
            self._loop.add_reader(listener.fileno(), self._accept, listener)

    async def _drain(self) -> None:
        """Accept the connections that the system has accepted already, then close each one after its last answer."""
        self._balancer.leave()
        self._pool.is_draining = True
        for listener in self._sockets:
            refuse_new_connections(listener)
        await asyncio.sleep(HANDSHAKE_SECONDS)
        for listener in self._sockets:
            self._loop.remove_reader(listener.fileno())
            while self._accept(listener, must=True):
                pass
            listener.close()
        for connection in list(self._pool.open - self._pool.idle.keys()):
            connection.finish()
        started = self._loop.time()
        while (self._pool.open or self._connecting) and (waited := self._loop.time() - started) < MAX_DRAIN_SECONDS:
            if waited > IDLE_DRAIN_SECONDS:
                for connection, since in list(self._pool.idle.items()):
                    if self._loop.time() - since > ACTIVE_SECONDS and not connection.has_unread_data():
                        connection.close()
            await asyncio.sleep(0.01)
