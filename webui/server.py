"""One process that answers: waitress on sockets that are open already, until it is told to stop. The one door to waitress.

    listen (once) -> [fork] -> create_server -> answer … SIGTERM -> drain: no new connection, every open request answered
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Final

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import create_server

from indexer.errors import IndexerError
from indexer.model import SearchRequest

THREADS: Final = 3  # more of them fight for the interpreter: 8 answer a quarter less when searches are among the requests
LOOK_EVERY_SECONDS: Final = 0.05
DRAIN_SECONDS: Final = 10.0  # how long a stop waits for requests under way
# A short answer leaves in one piece, sent by the loop that waits for the socket anyway; with waitress's own 1 byte a thread
# sends head and body by itself, and 8 threads that fight for the interpreter around each call answer a third less.
SEND_BYTES: Final = 18_000


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


def answer(app: Flask, sockets: list[socket.socket], when_ready: Callable[[], None] = lambda: None) -> None:
    """Until SIGTERM or SIGINT; requests that have arrived by then are answered, and searches are noted."""
    # Looking at files lets another thread have the interpreter: once for each request, eight threads answer half as much.
    app.extensions["feed_search"].searcher.look_every_seconds = LOOK_EVERY_SECONDS
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits for a thread
    connections: dict[int, Any] = {}
    server = create_server(app, map=connections, sockets=sockets, threads=THREADS, ident=None, send_bytes=SEND_BYTES)
    wake = next(each for each in connections.values() if hasattr(each, "pull_trigger"))
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        wake.pull_trigger()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
    when_ready()
    threading.Thread(target=warm_up, args=(app,), daemon=True).start()
    while not stopping:
        wasyncore.loop(timeout=1, map=connections, count=1)
    _drain(connections)
    server.task_dispatcher.shutdown(timeout=1)
    app.extensions["feed_search"].notes.flush(2)


def warm_up(app: Flask) -> None:
    """Open the index and compile what a first search would wait for, 50 ms instead of 1: nobody's search, so it is not noted."""
    with suppress(IndexerError):  # no index yet; the first search will say so
        app.extensions["feed_search"].searcher.search(SearchRequest("é 中", size=1, facets=True))


def _drain(connections: dict[int, Any]) -> None:
    """Close the door, read what has arrived, then close each connection as soon as it has nothing left to be answered."""
    for each in list(connections.values()):
        if getattr(each, "accepting", False):
            wasyncore.dispatcher.close(each)
    wasyncore.loop(timeout=0, map=connections, count=1)
    until = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < until:
        channels = [each for each in connections.values() if isinstance(each, HTTPChannel)]
        if not channels:
            return
        for channel in channels:
            if not (channel.requests or channel.total_outbufs_len):
                channel.will_close = True
        wasyncore.loop(timeout=0.05, map=connections, count=1)
