"""What was worked out about words and stays at hand: the latest used, up to so many bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Final

_LONG: Final = 16_000  # bytes
_MAX_LONG, _MAX_SHORT = 44_000_000, 20_000_000  # bytes kept of long lists, and of short ones
_ENTRY: Final = 400  # bytes that each takes beside its numbers


class LruCache:
    """What was worked out, the latest used, up to so many bytes. Not safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, 0
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}  # pairs of value and size would be one more object each for the garbage collector

    def get(self, key: Hashable) -> Any:
        """None when it is not kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Hashable, value: Any, size: int) -> None:
        if key in self._kept or size > self._most:
            return
        self._kept[key], self._sizes[key] = value, size
        self._held += size
        while self._held > self._most:
            oldest, _ = self._kept.popitem(last=False)
            self._held -= self._sizes.pop(oldest)


class PostingsCache:
    """What was worked out about words: frequent ones come in every third query. Long lists, which take longest to work out,
    and short ones, of which there are most, do not drive out one another."""

    def __init__(self, long: int = _MAX_LONG, short: int = _MAX_SHORT) -> None:
        self._long, self._short = LruCache(long), LruCache(short)
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """None when it is not kept."""
        with self._lock:
            found = self._short.get(key)
            return self._long.get(key) if found is None else found

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """`size`: bytes, about."""
        with self._lock:
            (self._long if size > _LONG else self._short).put(key, value, size + _ENTRY)
