"""Evict cached responses within a limit of bytes (S3-FIFO, https://s3fifo.com/).

A new response enters a queue of its own. At the end of that queue it is dropped, unless it was requested again: then it joins
the popular ones, which go round as long as they are requested. With one queue for all, a thousand rare searches would evict
the responses to a site's frequent ones.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from indexer.model import SearchRequest

MAX_BYTES: Final = 48_000_000  # some 7,000 answers of the API or 5,000 pages
NEW_SHARE: Final = 0.2  # of MAX_BYTES, for responses requested once
_ENTRY_BYTES: Final = 1_000  # of a cached response in addition to its body


@dataclass(slots=True)
class CachedResponse:
    """A response, with the search that it answers and the number of documents that match."""

    tag: str
    request: SearchRequest
    total: int
    content_type: str
    cache_control: str
    body: bytes
    is_timed: bool = False  # JSON that gets the time of each answer as its last member
    hit_since_insert: bool = field(default=False, compare=False)

    def __len__(self) -> int:
        return len(self.body) + _ENTRY_BYTES


class S3FifoCache:
    """Cached responses by address. Safe between threads."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._new: dict[str, CachedResponse] = {}
        self._popular: dict[str, CachedResponse] = {}
        self._new_bytes = self._popular_bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._new) + len(self._popular)

    @property
    def bytes(self) -> int:
        """Bytes of all cached responses."""
        return self._new_bytes + self._popular_bytes

    def get(self, address: str, tag: str) -> CachedResponse | None:
        """Return the response if it was made from the state of the index that the tag names."""
        cached = self._popular.get(address) or self._new.get(address)
        if cached is None or cached.tag != tag:
            return None
        cached.hit_since_insert = True
        return cached

    def put(self, address: str, response: CachedResponse, *, popular: bool = False) -> None:
        """Insert or replace a response. `popular`: this address was requested before."""
        with self._lock:
            if old := self._new.pop(address, None):
                self._new_bytes -= len(old)
            elif old := self._popular.pop(address, None):
                self._popular_bytes -= len(old)
            if popular or old:
                self._popular[address] = response
                self._popular_bytes += len(response)
            else:
                self._new[address] = response
                self._new_bytes += len(response)
            while self.bytes > self._max_bytes:
                self._evict()

    def _evict(self) -> None:
        """Drop the oldest response of a queue, or move it to the popular ones if it was requested since."""
        if self._new and (self._new_bytes > NEW_SHARE * self._max_bytes or not self._popular):
            address = next(iter(self._new))
            response = self._new.pop(address)
            self._new_bytes -= len(response)
        else:
            address = next(iter(self._popular))
            response = self._popular.pop(address)
            self._popular_bytes -= len(response)
        if response.hit_since_insert:
            response.hit_since_insert = False
            self._popular[address] = response
            self._popular_bytes += len(response)
