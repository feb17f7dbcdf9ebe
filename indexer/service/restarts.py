"""Decide when a part of the service may start again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MIN_DELAY: Final = timedelta(seconds=1)  # before a server that ended is started again; doubled with each failure
MAX_DELAY: Final = timedelta(minutes=5)
STABLE_AFTER: Final = timedelta(seconds=30)  # a server that ran for this long was started successfully
MIN_CRAWL_PAUSE: Final = timedelta(minutes=1)  # between two crawls, so that sources which are always due do not keep it running
MAX_CRAWL_PAUSE: Final = timedelta(hours=1)  # after crawls that failed repeatedly


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often a child has failed in a row, and when it may start again."""

    failures: int = 0
    not_before: datetime | None = None

    def may_start(self, now: datetime) -> bool:
        return self.not_before is None or now >= self.not_before


def after_server_exit(backoff: Backoff, started: datetime, now: datetime) -> Backoff:
    """Delay the next start of a server: one second after a stable run, twice as long after each failed start."""
    failures = 1 if now - started >= STABLE_AFTER else backoff.failures + 1
    return Backoff(failures, now + min(MAX_DELAY, MIN_DELAY * 2 ** min(failures - 1, 20)))


def after_crawl(backoff: Backoff, exit_code: int, now: datetime) -> Backoff:
    """Delay the next crawl. Exit code 1 is a complete crawl in which some pages failed."""
    if exit_code in (0, 1):
        return Backoff(0, now + MIN_CRAWL_PAUSE)
    failures = backoff.failures + 1
    return Backoff(failures, now + min(MAX_CRAWL_PAUSE, MIN_CRAWL_PAUSE * 2 ** min(failures - 1, 20)))


def exit_phrase(exit_code: int) -> str:
    """Describe how a child ended.

    >>> exit_phrase(-9), exit_phrase(3)
    ('was ended by signal 9', 'ended with exit code 3')
    """
    return f"was ended by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"
