"""What people searched and opened, on its way to the archive: nobody waits for SQLite to write it down.

    answer -> add (a queue) -> once a second, or when many wait: flush -> `Searcher.record_many` -> `indexer queries`

A note says what was asked and when, never by whom.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from indexer.model import LoggedClick, LoggedSearch, SearchResult

SECONDS: Final = 1.0  # the longest that a note waits
MANY: Final = 500  # so many waiting are written at once
MOST: Final = 10_000  # more are not kept: losing some is better than growing
LAST_SECONDS: Final = 2.0  # how long a stop may take over the last ones

Record = Callable[[Sequence[LoggedSearch | LoggedClick], float], bool]


class QueryRecorder:
    """Never raises, and never keeps the person waiting who searched. Its thread is started with the first note, so an
    application that is made before a fork is no trouble."""

    def __init__(self, record: Record) -> None:
        """`record` writes notes with so many seconds of patience; False when they are still to be written."""
        self._record = record
        self._waiting: deque[LoggedSearch | LoggedClick] = deque()
        self._some, self._many = threading.Event(), threading.Event()
        self._starting, self._writing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, result: SearchResult, channel: str) -> None:
        """Only first pages of a query are noted; what was found is not kept, only how many."""
        request = result.request
        if request.page == 1 and request.query:
            self._add(LoggedSearch(channel, request.query, result.total, datetime.now(UTC)))

    def opened(self, query: str) -> None:
        self._add(LoggedClick(query))

    def _add(self, note: LoggedSearch | LoggedClick) -> None:
        if len(self._waiting) >= MOST:
            return
        self._waiting.append(note)
        if self._thread is None:
            self._start()
        if not self._some.is_set():
            self._some.set()
        if len(self._waiting) >= MANY:
            self._many.set()

    def flush(self, seconds: float = 60) -> None:
        """Write down what waits now, in one transaction. It takes no longer than that, even if another thread writes or
        the crawler does; what is not written by then stays for the next time."""
        until = time.monotonic() + seconds
        if not self._writing.acquire(timeout=seconds):
            return
        try:
            notes = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if notes and not self._record(notes, max(0.0, until - time.monotonic())):
                self._waiting.extendleft(reversed(notes))
                self._some.set()
        except Exception:  # a note is never worth an answer, nor the thread that writes the next ones
            logging.getLogger(__name__).exception("searches could not be noted")
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


def _flush_last(kept: weakref.ref[QueryRecorder]) -> None:
    if notes := kept():
        notes.flush(LAST_SECONDS)
