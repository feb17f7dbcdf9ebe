"""Collect what the status page of the web and its metrics show of archive and index."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from indexer.diagnostics.history import gauges, history
from indexer.diagnostics.quality_checks import QualityCache
from indexer.diagnostics.status import attention, sources, status

if TYPE_CHECKING:
    from indexer.archive.store import Archive
    from indexer.engines.base import Engine

GAUGES_SECONDS: Final = 15  # `/metrics` is read without a thread of its own, so it must be quick


class StatusPageData:
    """Opens the archive when it is first needed. Safe to share between threads."""

    def __init__(self, open_archive: Callable[[], Archive], engine: Engine) -> None:
        self._open_archive, self._engine = open_archive, engine
        self._archive: Archive | None = None
        self._quality = QualityCache()
        self._opening = threading.Lock()
        self._gauges: dict[str, float] = {}
        self._gauged = -math.inf

    def status(self) -> dict[str, Any]:
        """Return counts, sizes and freshness of archive and index."""
        return status(self.archive(), self._engine)

    def sources(self) -> list[dict[str, Any]]:
        """Return one row for each source."""
        return sources(self.archive())

    def attention(self) -> dict[str, Any]:
        """Return the failing pages and the documents that look wrongly extracted."""
        return attention(self.archive(), cache=self._quality)

    def history(self) -> dict[str, Any]:
        """Return the last days, the last crawls of each source, and the failing pages by reason."""
        return history(self.archive())

    def gauges(self) -> dict[str, float]:
        """Return the figures that monitoring watches, by the end of their names. They are at most GAUGES_SECONDS old."""
        now = time.monotonic()
        if now - self._gauged >= GAUGES_SECONDS:
            self._gauges, self._gauged = gauges(self.archive(), self._engine), now
        return self._gauges

    def pending(self, position: int) -> int:
        """Return how many changes of the archive came after a position of the index."""
        return self.archive().documents.pending(position)

    def is_compiled(self) -> bool:
        """Return whether searches use the compiled kernel."""
        return self._engine.is_compiled()

    def index_damage(self) -> Sequence[str]:
        """Return a message about each known fault of the index."""
        return self._engine.known_damage()

    def top_queries(self, limit: int = 20) -> list[dict[str, object]]:
        """Return the most frequent searches with their counts."""
        return self.archive().top_queries(limit)

    def archive(self) -> Archive:
        """Return the opened archive."""
        with self._opening:
            if self._archive is None:
                self._archive = self._open_archive()
            return self._archive
