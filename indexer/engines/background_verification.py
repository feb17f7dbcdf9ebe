"""Verify an index in the background of another task, at a few megabytes a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final

from indexer.engines.base import Engine
from indexer.errors import IndexerError

STEP_BYTES: Final = 1 << 20
MAX_BYTES_PER_SECOND: Final = 4 << 20
PAUSE_SECONDS: Final = 6 * 3600.0  # between two passes over the whole index


class BackgroundVerification:
    """Compares the files of an index with their checksums in a thread of its own.

    Use it as a context manager around another task, or call `start` in a server that runs until its process ends.
    """

    def __init__(
        self,
        engine: Engine,
        report: Callable[[str], None] = lambda message: None,
        *,
        bytes_per_second: int = MAX_BYTES_PER_SECOND,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        """`report` is called once with a message about each damaged file, in the thread of the verification."""
        self._verifier, self._report = engine.verifier(), report
        self._step_seconds, self._pause_seconds = STEP_BYTES / bytes_per_second, pause_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="index-verification", daemon=True)

    def start(self) -> None:
        """Begin to verify."""
        self._thread.start()

    def stop(self) -> None:
        """Stop and store the progress, so that the next verification continues from there."""
        self._stopping.set()
        self._thread.join()
        self._verifier.save()

    def __enter__(self) -> BackgroundVerification:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _run(self) -> None:
        reported: set[str] = set()
        pause = 0.0
        while not self._stopping.wait(pause):
            try:
                pause = self._step_seconds if self._verifier.step(STEP_BYTES) else self._pause_seconds
            except (IndexerError, OSError):  # the next search or update meets the same error and reports it
                pause = self._pause_seconds
            for message in self._verifier.damage:
                if message not in reported:
                    reported.add(message)
                    self._report(message)


class NoVerifier:
    """The verifier of an engine without files of its own."""

    verified_bytes = total_bytes = 0
    damage: Sequence[str] = ()

    def step(self, max_bytes: int) -> int:
        return 0

    def save(self) -> None:
        pass
