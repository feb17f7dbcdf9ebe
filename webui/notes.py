"""What people searched, on its way to the archive: nobody waits for SQLite to write it down.

    answer -> add (a queue) -> once a second, or when many wait: flush -> `Searcher.record` -> `indexer queries`
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Final

from indexer.model import SearchResult

SECONDS: Final = 1.0  # the longest that a note waits
MANY: Final = 500  # so many waiting are written at once
MOST: Final = 10_000  # more are not kept: losing some is better than growing
LAST_SECONDS: Final = 2.0  # how long a stop may take over the last ones

Record = Callable[[SearchResult, str], None]


class Notes:
    """Never raises, and never keeps the person waiting who searched. Its thread is started with the first note, so an
    application that is made before a fork is no trouble."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting: deque[tuple[SearchResult, str]] = deque()
        self._some, self._many = threading.Event(), threading.Event()
        self._starting, self._writing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, result: SearchResult, channel: str) -> None:
        """Only first pages of a query are noted, as `record` has it; what was found is not kept, only how many."""
        request = result.request
        if request.page != 1 or not request.query or len(self._waiting) >= MOST:
            return
        self._waiting.append((SearchResult(request, result.total, (), result.took_ms, result.generation), channel))
        if self._thread is None:
            self._start()
        if not self._some.is_set():
            self._some.set()
        if len(self._waiting) >= MANY:
            self._many.set()

    def flush(self, seconds: float = 60) -> None:
        """Write down what waits now. It takes no longer than that, even if another thread writes or SQLite is busy."""
        until = time.monotonic() + seconds
        if not self._writing.acquire(timeout=seconds):
            return
        try:
            for _ in range(len(self._waiting)):
                if time.monotonic() > until:
                    return
                note = self._waiting.popleft()
                try:
                    self._record(*note)
                except Exception:  # a note is never worth an answer, nor the thread that writes the next ones
                    logging.getLogger(__name__).exception("a search could not be noted")
        finally:
            self._writing.release()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_on, name="notes", daemon=True)
                self._thread.start()
                atexit.register(_flush_last, weakref.ref(self))

    def _write_on(self) -> None:
        while True:
            self._some.wait()
            self._many.wait(SECONDS)
            self._some.clear()  # before the flush: what is added from here on rings again
            self._many.clear()
            self.flush()


def _flush_last(kept: weakref.ref[Notes]) -> None:
    if notes := kept():
        notes.flush(LAST_SECONDS)
