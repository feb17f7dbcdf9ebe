"""What an application holds; nothing in `webui` is kept in modules."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

from flask import current_app, request

from indexer.config import Settings
from indexer.search import Searcher

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds


@dataclass(slots=True)
class Metrics:
    """Counts since the start; safe between threads."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    buckets: Counter[float] = field(default_factory=Counter)
    seconds: float = 0.0
    searches: int = 0
    without_result: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, endpoint: str, status: int) -> None:
        with self.lock:
            self.requests[endpoint, status] += 1

    def searched(self, seconds: float, total: int) -> None:
        with self.lock:
            self.searches += 1
            self.without_result += not total
            self.seconds += seconds
            for bound in BUCKETS:
                self.buckets[bound] += seconds <= bound


@dataclass(slots=True)
class Limiter:
    """So many requests a minute for each client; 0 is no limit."""

    per_minute: int
    minute: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def seconds_to_wait(self, client: str) -> int:
        """0 when the client may ask now."""
        if not self.per_minute:
            return 0
        now = time.monotonic()
        with self.lock:
            if int(now // 60) != self.minute:
                self.minute = int(now // 60)
                self.seen.clear()
            self.seen[client] += 1
            return 60 - int(now % 60) if self.seen[client] > self.per_minute else 0


class State:
    def __init__(self, settings: Settings, searcher: Searcher) -> None:
        self.settings, self.searcher = settings, searcher
        self.metrics = Metrics()
        self.limiter = Limiter(settings.web.requests_per_minute)


def state() -> State:
    return cast("State", current_app.extensions["feed_search"])


def public(path: str) -> str:
    """The absolute address of a path, as people outside reach it."""
    base = state().settings.web.base_url or request.url_root
    return base.rstrip("/") + path
