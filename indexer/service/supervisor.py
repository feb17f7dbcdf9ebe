"""Run the search page and the crawler side by side.

    turn:  configuration changed? -> server ended? start it again -> crawl ended? report it -> a source is due? start a crawl

The parts are processes of their own, so that a crash of one does not affect the other. The supervisor holds no data: it may
be killed at any moment, and its children then stop by themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from indexer.config import Settings, changed_keys
from indexer.errors import IndexerError
from indexer.service.child import Child
from indexer.service.restarts import Backoff, after_crawl, after_server_exit, exit_phrase

CHECK_DUE_EVERY: Final = timedelta(seconds=10)  # so that sources added meanwhile are crawled soon
STOP_SECONDS: Final = 25.0  # then a child that has not stopped is killed
_USAGE_ERROR: Final = 2


class ServiceSupervisor:
    """The service: a server that always runs, and a crawler that runs when a source is due.

    `crawler` is None for a service that only serves. `next_due` returns when the next source is due, or None if there is no
    source. `read_settings` returns None while the configuration is unchanged, and raises IndexerError if it is invalid.
    `wait` waits for some seconds and returns whether the service is to stop; `clock` returns the current moment.
    """

    def __init__(
        self,
        server: Child,
        crawler: Child | None,
        *,
        next_due: Callable[[Settings, datetime], datetime | None],
        read_settings: Callable[[], Settings | None],
        log: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._server, self._crawler = server, crawler
        self._next_due, self._read_settings, self._log, self._clock = next_due, read_settings, log, clock
        self._settings: Settings | None = None
        self._server_backoff, self._crawl_backoff = Backoff(), Backoff()
        self._server_started, self._server_starts = clock(), 0
        self._is_serving, self._is_restarting, self._is_crawling = False, False, False
        self._check_due_at: datetime | None = None
        self._last_problem = ""
        self.crawls = 0

    def run(self, wait: Callable[[float], bool]) -> int:
        """Run until `wait` returns true. Return the exit code: 2 if the server refuses its first start, otherwise 0."""
        try:
            while True:
                if self.turn() == _USAGE_ERROR:
                    return _USAGE_ERROR
                if wait(1.0):
                    self._log("stopping: requests in progress are answered, the crawl stores what it has")
                    return 0
        finally:
            self.stop()

    def turn(self) -> int:
        """Do what is to be done now. Return 2 if the server refuses its arguments or settings at its first start."""
        now = self._clock()
        self._follow_configuration()
        if self._run_server(now):
            return _USAGE_ERROR
        if self._crawler is not None:
            self._run_crawler(self._crawler, now)
        return 0

    def stop(self) -> None:
        """Stop both parts, and kill what has not stopped in time."""
        parts = [part for part in (self._server, self._crawler) if part is not None and part.exit_code() is None]
        for part in parts:
            part.stop()
        until = time.monotonic() + STOP_SECONDS
        while any(part.exit_code() is None for part in parts) and time.monotonic() < until:
            time.sleep(0.05)
        for part in parts:
            part.kill()

    def _follow_configuration(self) -> None:
        try:
            settings = self._read_settings()
        except IndexerError as error:
            self._log(f"the changed configuration is not used: {error}")
            return
        if settings is None:
            return
        before, self._settings = self._settings, settings
        self._check_due_at = None  # sources may have been added to the file
        if before is None:
            return
        self._log("the configuration has changed")
        if any(key.takes_effect == "restart" for key in changed_keys(before, settings)):
            self._is_restarting = True
            self._server.stop()

    def _run_server(self, now: datetime) -> bool:
        """Start the server if it does not run. Return whether it refused its first start."""
        if self._is_serving:
            exit_code = self._server.exit_code()
            if exit_code is None:
                return False
            self._is_serving = False
            if self._is_restarting:
                self._is_restarting, self._server_backoff = False, Backoff()
            elif exit_code == _USAGE_ERROR and self._server_starts == 1:
                return True
            else:
                self._server_backoff = after_server_exit(self._server_backoff, self._server_started, now)
                self._log(f"the search page {exit_phrase(exit_code)}; it is started again")
        if self._server_backoff.may_start(now):
            self._is_serving = self._start(self._server, "the search page")
            self._server_started, self._server_starts = now, self._server_starts + 1
        return False

    def _run_crawler(self, crawler: Child, now: datetime) -> None:
        if self._is_crawling:
            exit_code = crawler.exit_code()
            if exit_code is None:
                return
            self._is_crawling = False
            self._crawl_backoff = after_crawl(self._crawl_backoff, exit_code, now)
            self._check_due_at = None
            if self._crawl_backoff.failures:
                self._log(
                    f"the crawl {exit_phrase(exit_code)}; the next attempt is at {self._crawl_backoff.not_before:%H:%M} UTC"
                )
        if not self._crawl_backoff.may_start(now) or (self._check_due_at is not None and now < self._check_due_at):
            return
        self._check_due_at = now + CHECK_DUE_EVERY
        try:
            due = self._next_due(self._settings, now) if self._settings else None
        except (IndexerError, OSError) as error:
            self._report(f"cannot read when sources are due: {error}")
            return
        if due is not None and due <= now:
            self._is_crawling = self._start(crawler, "a crawl")
            self.crawls += self._is_crawling

    def _report(self, problem: str) -> None:
        """Log a problem once, not every time that it occurs again."""
        if problem != self._last_problem:
            self._last_problem = problem
            self._log(problem)

    def _start(self, child: Child, name: str) -> bool:
        try:
            child.start()
        except OSError as error:
            self._report(f"cannot start {name}: {error.strerror}; it is tried again")
            return False
        return True
