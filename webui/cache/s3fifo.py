"""Answers that were given, within a bound of bytes: those asked for again stay, and many that come once do not push them out.

A new answer waits in a queue of its own. When it leaves that one without having been asked for again it is gone; otherwise it
joins the popular ones, which go round as long as they are asked for (S3-FIFO, https://s3fifo.com/). With one queue for all,
a thousand rare searches cost a site the answers to its frequent ones.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from indexer.model import SearchRequest

MAX_BYTES: Final = 48_000_000  # some 7,000 answers of the API or 5,000 pages
NEW_SHARE: Final = 0.2  # of them, for what has been asked for once
_BESIDE: Final = 1_000  # bytes of an answer beside its body


@dataclass(slots=True)
class CachedResponse:
    """What was sent, around the time that it took; what was asked, and how many documents that found."""

    tag: str
    asked: SearchRequest
    total: int
    content_type: str
    cache_control: str
    before: bytes
    after: bytes
    again: bool = field(default=False, compare=False)  # asked for since it came to its queue

    def __len__(self) -> int:
        return len(self.before) + len(self.after) + _BESIDE

    def body(self, took_ms: float) -> bytes:
        if not self.after:
            return self.before
        return self.before + (f"{took_ms:.3f}".encode() if "json" in self.content_type else b"under 1") + self.after


class S3FifoCache:
    """By address. Safe between threads."""

    def __init__(self, most_bytes: int = MAX_BYTES) -> None:
        self._most = most_bytes
        self._new: dict[str, CachedResponse] = {}
        self._popular: dict[str, CachedResponse] = {}
        self._new_bytes = self._popular_bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._new) + len(self._popular)

    @property
    def bytes(self) -> int:
        return self._new_bytes + self._popular_bytes

    def get(self, address: str, tag: str) -> CachedResponse | None:
        """The answer of this state of the index."""
        found = self._popular.get(address) or self._new.get(address)
        if found is None or found.tag != tag:
            return None
        found.again = True
        return found

    def put(self, address: str, answer: CachedResponse, *, popular: bool = False) -> None:
        """`popular`: this address has been asked for before."""
        with self._lock:
            if old := self._new.pop(address, None):
                self._new_bytes -= len(old)
            elif old := self._popular.pop(address, None):
                self._popular_bytes -= len(old)
            if popular or old:
                self._popular[address] = answer
                self._popular_bytes += len(answer)
            else:
                self._new[address] = answer
                self._new_bytes += len(answer)
            while self.bytes > self._most:
                self._let_go()

    def _let_go(self) -> None:
        """Of the one that came first to its queue, unless it was asked for since."""
        if self._new and (self._new_bytes > NEW_SHARE * self._most or not self._popular):
            address = next(iter(self._new))
            answer = self._new.pop(address)
            self._new_bytes -= len(answer)
        else:
            address = next(iter(self._popular))
            answer = self._popular.pop(address)
            self._popular_bytes -= len(answer)
        if answer.again:
            answer.again = False
            self._popular[address] = answer
            self._popular_bytes += len(answer)
