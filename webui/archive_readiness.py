"""Say whether the archive answers, so that `/readyz` can name it, without letting a request wait for it.

Searches need no archive: a server without it is ready, and says what is missing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from indexer.errors import IndexerError

PROBE_SECONDS: Final = 5.0  # for which an answer counts
MAX_WAIT_SECONDS: Final = 0.5  # of a request for the first answer
MAX_SILENT_SECONDS: Final = 3.0  # after which an archive without an answer counts as missing
SILENT: Final = "the archive does not answer"


class ArchiveProbe:
    """Asks the archive in a thread of its own, when `/readyz` is requested. Safe to share between threads."""

    def __init__(self, ask: Callable[[], object]) -> None:
        """`ask` reads something from the archive, and raises IndexerError if it cannot."""
        self._ask, self._turn = ask, threading.Lock()
        self._answered = threading.Event()
        self._problem, self._began, self._is_running = "", 0.0, False

    def problem(self) -> str:
        """Return why the archive cannot be used; "" if it can, or if it is too early to tell."""
        with self._turn:
            if not self._is_running and (not self._began or time.monotonic() - self._began > PROBE_SECONDS):
                self._is_running, self._began = True, time.monotonic()
                threading.Thread(target=self._run, name="archive probe", daemon=True).start()
        self._answered.wait(MAX_WAIT_SECONDS)
        if self._is_running and time.monotonic() - self._began > MAX_SILENT_SECONDS:
            return SILENT
        return self._problem

    def _run(self) -> None:
        try:
            self._ask()
            self._problem = ""
        except IndexerError as error:
            self._problem = error.message
        finally:
            self._is_running = False
            self._answered.set()
