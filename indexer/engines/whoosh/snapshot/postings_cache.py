"""A cache of posting lists, positions and impacts: the recently used ones, up to a number of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Final

_MIN_LONG_LIST_BYTES: Final = 16_000  # bytes
_MAX_LONG_LIST_BYTES, _MAX_SHORT_LIST_BYTES = 44_000_000, 20_000_000  # in all
_ENTRY_BYTES: Final = 400  # that an entry takes in addition to its numbers


class LruCache:
    """A least-recently-used cache with a limit in bytes. It is not safe to share between threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._bytes = max_bytes, 0
        self._entries: OrderedDict[Hashable, Any] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}  # apart: pairs of value and size would be more objects for the garbage collector

    def get(self, key: Hashable) -> Any:
        """Return the value, or None when it is not cached."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Store a value of `size` bytes and drop the least recently used ones that no longer fit."""
        if key in self._entries or size > self._max_bytes:
            return
        self._entries[key], self._sizes[key] = value, size
        self._bytes += size
        while self._bytes > self._max_bytes:
            oldest, _ = self._entries.popitem(last=False)
            self._bytes -= self._sizes.pop(oldest)


class PostingsCache:
    """A cache for posting lists, safe to share between threads.

    Frequent words occur in every third query. Long lists take longest to compute and short ones are the most numerous, so each
    kind has a cache of its own and does not evict the other.
    """

    def __init__(self, max_long_bytes: int = _MAX_LONG_LIST_BYTES, max_short_bytes: int = _MAX_SHORT_LIST_BYTES) -> None:
        self._long, self._short = LruCache(max_long_bytes), LruCache(max_short_bytes)
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """Return the value, or None when it is not cached."""
        with self._lock:
            value = self._short.get(key)
            return self._long.get(key) if value is None else value

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Store a value of about `size` bytes."""
        with self._lock:
            (self._long if size > _MIN_LONG_LIST_BYTES else self._short).put(key, value, size + _ENTRY_BYTES)
