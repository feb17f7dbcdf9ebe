"""Child processes that never outlive their parent.

The parent starts `python -m indexer.service.child MODULE ARGUMENTS…` and keeps the other end of its standard input open. When
the parent ends, for whatever reason, the child reads the end of the file and stops like after SIGTERM.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import signal
import subprocess
import sys
import threading
from typing import Final, Protocol

EXIT_INTERRUPTED: Final = 130


class Child(Protocol):
    """A part of the service that can be started again after it has ended."""

    def start(self) -> None:
        """Start the child. Raises OSError if the system cannot start a process."""

    def exit_code(self) -> int | None:
        """Return the exit code (negative: the number of a signal), or None while the child runs."""

    def stop(self) -> None:
        """Ask the child to finish what it is doing and exit."""

    def kill(self) -> None:
        """End the child immediately and wait until it has ended."""


class ChildProcess:
    """A Python module in a process and a session of its own, so that Ctrl-C in a terminal reaches only the parent."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = [sys.executable, "-m", "indexer.service.child", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own interpreter and arguments, no shell

    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else 0

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        if self._process and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # a crawl has worker processes in the same group
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def main() -> None:
    """Run the module named by the first argument until it ends, a SIGTERM arrives, or the parent has ended."""
    signal.signal(signal.SIGTERM, _interrupt)  # `webui` replaces this handler; a crawl ends like after Ctrl-C
    threading.Thread(target=_follow_parent, args=(os.dup(0),), daemon=True).start()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)  # the module and its own children must not read the parent's pipe
    os.close(null)
    sys.argv = sys.argv[1:]
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def _interrupt(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _follow_parent(pipe: int) -> None:
    while os.read(pipe, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
