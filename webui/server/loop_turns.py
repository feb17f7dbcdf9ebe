"""Run brief requests in the event loop, and give the sockets their turn between them.

To pass a request to a thread and its answer back takes 100 µs and more, and each thread that searches waits for the others. A
search of the embedded engine takes less than a millisecond in most cases, so the loop itself runs it.

request -> has the loop worked for MAX_TURN_SECONDS? -> wait until it has looked at its sockets
        -> run -> answer
               -> NeedsThread: it may take long, so a thread runs it

After a request that took long, all go to threads for a while. So health checks are answered in time, however long the searches
of an index take.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

MAX_TURN_SECONDS: Final = 0.005  # of work before the sockets are read again; a request that needs more gets a thread
MAX_LOOP_SECONDS: Final = 0.05  # of one request; after that, a thread starts it again
PAUSE_SECONDS: Final = 0.5  # without requests in the loop, after one that took longer

_Result = TypeVar("_Result")


class NeedsThread(Exception):
    """The event loop must not answer a request, because that may take long."""


class LoopTurns:
    """The share of requests in the time of one event loop. All methods run in the thread of the loop."""

    def __init__(self) -> None:
        self._spent_seconds = 0.0  # since the loop has looked at its sockets
        self._pause_ends = 0.0

    @property
    def is_paused(self) -> bool:
        """Return whether requests go to threads because one took long."""
        return time.monotonic() < self._pause_ends

    async def wait(self) -> None:
        """Wait for the turn of a request. Requests keep their order."""
        while self._spent_seconds >= MAX_TURN_SECONDS:  # noqa: ASYNC110 - see below
            await asyncio.sleep(0)  # an event would wake the waiting requests in the same turn

    def run(self, work: Callable[[], _Result]) -> _Result | None:
        """Run the work of a request. Return None if it needs a thread."""
        if not self._spent_seconds:
            asyncio.get_running_loop().call_soon(self._begin_turn)
        started = time.perf_counter()
        limit = MAX_LOOP_SECONDS
        try:
            return work()
        except NeedsThread:
            limit = MAX_TURN_SECONDS
            return None
        finally:
            seconds = time.perf_counter() - started
            self._spent_seconds += seconds
            if seconds >= limit:
                self._pause_ends = time.monotonic() + PAUSE_SECONDS

    def _begin_turn(self) -> None:
        self._spent_seconds = 0.0
