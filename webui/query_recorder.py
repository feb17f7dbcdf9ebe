"""Write searches and clicks to the query log from a thread of its own, so that no answer waits for SQLite.

    answer -> record_search (a queue) -> once a second, or earlier if many wait: flush -> query log -> `indexer queries`

A record holds the query, the time, and a digest of the client's address. The key of the digest is random, lives in memory and
changes each day. The query log compares digests to see whether several clients send a query, and does not store them.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import re
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from indexer.archive.query_log import LoggedClick, LoggedSearch
from indexer.model import SearchResult

MAX_WAIT_SECONDS: Final = 1.0  # of a record in the queue
FEED_CHANNEL: Final = "rss"
TYPED_CHANNEL: Final = "api"  # whose searches may come while a person types
REST_SECONDS: Final = 2.0  # after which a query is complete
_REST: Final = timedelta(seconds=REST_SECONDS)
MIN_BATCH: Final = 500  # records that are written without waiting
MAX_QUEUE: Final = 10_000  # records; further ones are dropped, because memory must not grow
MAX_STOP_SECONDS: Final = 2.0  # for the last records when the process ends

# Bots name themselves in User-Agent, most with an address where they are explained.
_BOT = re.compile(r"bot\b|bot[/_-]|crawl|spider|slurp|archiver|scraper|monitor|preview|externalhit|\+https?:", re.IGNORECASE)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Write = Callable[[Sequence[LoggedSearch | LoggedClick], float], bool]


class DailyDigest:
    """Makes digests that tell the clients of a day apart. The addresses cannot be computed from them."""

    def __init__(self) -> None:
        self._day, self._key = 0, b""

    def digest(self, client: str, now: datetime) -> str:
        """Return the digest of a client today. `now` is in UTC."""
        today = now.toordinal()
        if today != self._day:
            self._day, self._key = today, os.urandom(32)
        return hashlib.blake2b(client.encode("utf-8", "replace"), key=self._key, digest_size=12).hexdigest()


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
        self._clients = DailyDigest()
        self._typing: dict[str, LoggedSearch] = {}  # the last search of each client that may still be typing
        self._typing_lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of records that wait."""
        return len(self._queue)

    def record_search(self, result: SearchResult, channel: str, environ: WSGIEnvironment) -> None:
        """Record the first page of a query.

        Searches of bots are not recorded, nor those of feed readers, which repeat a search for days. The beginning of a query
        that is being typed is not recorded either.
        """
        search = result.request
        if (
            channel != FEED_CHANNEL
            and search.page == 1
            and search.query.strip()
            and not is_bot(environ)
            and not _is_half_typed(environ)
        ):
            now = datetime.now(UTC)
            client = self._clients.digest(environ.get("REMOTE_ADDR") or "", now)
            record = LoggedSearch(channel, search.query, result.total, now, client, result.took_ms)
            if channel == TYPED_CHANNEL:
                self._settle(record)
            else:
                self._put(record)

    def _settle(self, record: LoggedSearch) -> None:
        """Hold a search until its client rests. If the next one continues or shortens it, it was half typed."""
        with self._typing_lock:
            before = self._typing.pop(record.client, None)
            is_continued = (
                before is not None
                and before.query != record.query
                and record.at - before.at < _REST
                and (record.query.startswith(before.query) or before.query.startswith(record.query))
            )
            if len(self._typing) < MAX_QUEUE:
                self._typing[record.client] = record
        if before is not None and not is_continued:
            self._put(before)
        self._wake()

    def _collect_settled(self, *, everything: bool) -> None:
        """Move searches whose clients rest to the queue."""
        latest = datetime.now(UTC) - _REST
        with self._typing_lock:
            settled = [client for client, record in self._typing.items() if everything or record.at <= latest]
            self._queue.extend(self._typing.pop(client) for client in settled)

    def record_click(self, query: str) -> None:
        """Record that a hit of a query was opened."""
        self._put(LoggedClick(query))

    def _put(self, record: LoggedSearch | LoggedClick) -> None:
        if len(self._queue) >= MAX_QUEUE:
            return
        self._queue.append(record)
        self._wake()
        if len(self._queue) >= MIN_BATCH:
            self._batch_full.set()

    def _wake(self) -> None:
        if self._thread is None:
            self._start()
        if not self._not_empty.is_set():
            self._not_empty.set()

    def flush(self, seconds: float = 60, *, everything: bool = True) -> None:
        """Write the queue in one transaction. Records that cannot be written within that time stay in the queue.

        `everything`: also searches whose client may still be typing.
        """
        until = time.monotonic() + seconds
        self._collect_settled(everything=everything)
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
            self.flush(everything=False)
            if self._typing:
                self._not_empty.set()


def _flush_at_exit(reference: weakref.ref[QueryRecorder]) -> None:
    if recorder := reference():
        recorder.flush(MAX_STOP_SECONDS)


def is_bot(environ: WSGIEnvironment) -> bool:
    """Return whether a client names itself as a bot."""
    return _names_bot(environ.get("HTTP_USER_AGENT", ""))


@lru_cache(maxsize=1_024)
def _names_bot(user_agent: str) -> bool:
    return _BOT.search(user_agent) is not None


def _is_half_typed(environ: WSGIEnvironment) -> bool:
    """Return whether the search completes the last word, as a widget does while its user types."""
    query_string = environ.get("QUERY_STRING", "")
    return "prefix_last=1" in query_string and "prefix_last=1" in query_string.split("&")
