"""One process that answers: waitress on sockets that are open already, until it is told to stop.

listen (once) -> [fork] -> loop -> answer … SIGTERM -> drain: no new connection, every open request answered
"""

from __future__ import annotations

import gc
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final

from flask import Flask

from indexer.errors import IndexerError
from indexer.model import SearchRequest
from webui.server.event_loop import Loop, listen

__all__ = ["answer", "listen"]

THREADS: Final = 3  # more of them fight for the interpreter: 8 answer a quarter less when searches are among the requests
DRAIN_SECONDS: Final = 10.0  # how long a stop waits for requests under way
# A short answer leaves in one piece, sent by the loop that waits for the socket anyway; with waitress's own 1 byte a thread
# sends head and body by itself, and 8 threads that fight for the interpreter around each call answer a third less.
SEND_BYTES: Final = 18_000


def answer(app: Flask, sockets: list[socket.socket], when_ready: Callable[[], None] = lambda: None) -> None:
    """Until SIGTERM or SIGINT; requests that have arrived by then are answered, and searches are noted."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits for a thread
    ready, balancer = app.extensions["feed_search.cache"].get, app.extensions["feed_search"].balancer
    loop = Loop(app, ready, balancer, threads=THREADS, sockets=sockets, ident=None, send_bytes=SEND_BYTES)
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        loop.wake()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
    when_ready()
    threading.Thread(target=warm_up, args=(app,), daemon=True).start()
    if verification := app.extensions["feed_search"].verification:
        verification.start()
    while not stopping:
        loop.turn(1)
    _drain(loop)
    loop.stop_threads()
    app.extensions["feed_search"].recorder.flush(2)


def warm_up(app: Flask) -> None:
    """Open the index and compile what a first search would wait for, 50 ms instead of 1: nobody's search, so it is not noted.

    What is there by then stays as long as the process: looking through it for garbage would be a pause of 15 ms now and then."""
    with suppress(IndexerError):  # no index yet; the first search will say so
        app.extensions["feed_search"].searcher.search(SearchRequest("é 中", size=1, facets=True))
    gc.collect()
    gc.freeze()


def _drain(loop: Loop) -> None:
    """Close the door, read what has arrived, then close each connection as soon as it has nothing left to be answered."""
    loop.close_door()
    loop.turn(0)
    until = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < until and (channels := loop.channels()):
        for channel in channels:
            if not (channel.requests or channel.total_outbufs_len):
                channel.will_close = True
        loop.turn(0.05)
