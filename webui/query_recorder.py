"""Write searches and clicks to the query log from a thread of its own, so that no answer waits for SQLite.

    answer -> record_search (a queue) -> once a second, or earlier if many wait: flush -> query log -> `indexer queries`

A record holds the query and the time, and nothing about the client.
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

MAX_WAIT_SECONDS: Final = 1.0  # of a record in the queue
MIN_BATCH: Final = 500  # records that are written without waiting
MAX_QUEUE: Final = 10_000  # records; further ones are dropped, because memory must not grow
MAX_STOP_SECONDS: Final = 2.0  # for the last records when the process ends

Write = Callable[[Sequence[LoggedSearch | LoggedClick], float], bool]


class QueryRecorder:
    """Queue of records. Never raises and never blocks an answer.

    Its thread starts with the first record, so the application may be made before a fork.
    """

    def __init__(self, write: Write) -> None:
        """`write` gets records and the seconds it may wait for the archive. It returns False if it must be called again."""
        self._write = write
        self._queue: deque[LoggedSearch | LoggedClick] = deque()
        self._not_empty, self._batch_full = threading.Event(), threading.Event()
        self._starting, self._flushing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        """Return the number of records that wait."""
        return len(self._queue)

    def record_search(self, result: SearchResult, channel: str) -> None:
        """Record the first page of a query, with its number of results."""
        request = result.request
        if request.page == 1 and request.query:
            self._put(LoggedSearch(channel, request.query, result.total, datetime.now(UTC)))

    def record_click(self, query: str) -> None:
        """Record that a hit of a query was opened."""
        self._put(LoggedClick(query))

    def _put(self, record: LoggedSearch | LoggedClick) -> None:
        if len(self._queue) >= MAX_QUEUE:
            return
        self._queue.append(record)
        if self._thread is None:
            self._start()
        if not self._not_empty.is_set():
            self._not_empty.set()
        if len(self._queue) >= MIN_BATCH:
            self._batch_full.set()

    def flush(self, seconds: float = 60) -> None:
        """Write the queue in one transaction. Records that cannot be written within that time stay in the queue."""
        until = time.monotonic() + seconds
        if not self._flushing.acquire(timeout=seconds):
            return
        try:
            records = [self._queue.popleft() for _ in range(len(self._queue))]
            if records and not self._write(records, max(0.0, until - time.monotonic())):
                self._queue.extendleft(reversed(records))
                self._not_empty.set()
        except Exception:  # a record must cost neither an answer nor the thread that writes the next ones
            logging.getLogger(__name__).exception("searches could not be recorded")
        finally:
            self._flushing.release()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="query-recorder", daemon=True)
                self._thread.start()
                atexit.register(_flush_at_exit, weakref.ref(self))

    def _run(self) -> None:
        while True:
            self._not_empty.wait()
            self._batch_full.wait(MAX_WAIT_SECONDS)
            self._not_empty.clear()  # before the flush, so that a record added during the flush sets it again
            self._batch_full.clear()
            self.flush()


def _flush_at_exit(reference: weakref.ref[QueryRecorder]) -> None:
    if recorder := reference():
        recorder.flush(MAX_STOP_SECONDS)
