"""Supervise several processes that answer on the same sockets.

The parent answers nothing. It forks the children, so that they share what is loaded by then. It restarts a child that dies, and
passes on the signal to stop. A child whose parent has ended stops by itself.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Final

from indexer.errors import IndexerError
from webui.server.console import warn

STOP_SECONDS: Final = 15.0  # after which a child that does not stop is killed
FIRST_DELAY, MAX_DELAY = 0.1, 30.0  # seconds before a child that died early is restarted; doubled each time
MIN_STEADY_SECONDS: Final = 10.0  # a child that lived longer did not die early
_WATCHED: Final = (signal.SIGTERM, signal.SIGINT)


class PreforkSupervisor:
    """Runs `work(number)` in `count` processes, numbered from 0, which share open sockets.

    Use it in the main thread, before any other thread runs.
    """

    def __init__(self, count: int, work: Callable[[int], None], sockets: Iterable[socket.socket] = ()) -> None:
        self._work, self._sockets = work, tuple(sockets)
        self._running: dict[int, tuple[int, float]] = {}  # process id -> number, time of its start
        self._due = dict.fromkeys(range(count), 0.0)  # number -> when to start it
        self._delays = dict.fromkeys(range(count), FIRST_DELAY)
        self._lifeline = os.pipe()  # closed when the parent ends, which tells its children
        self._signals, self._wake = socket.socketpair()

    def start(self) -> None:
        """Install signal handlers and start all children."""
        for end in (self._signals, self._wake):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in (*_WATCHED, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)  # the signal wakes `select` through the pipe
        self._start_due()

    def supervise(self) -> None:
        """Restart children until SIGTERM or SIGINT, then wait until all have stopped."""
        while not self._must_stop():
            self._reap()
            self._start_due()
        for process in self._running:
            _send(process, signal.SIGTERM)
        for each in self._sockets:  # only the children have them now
            each.close()
        until = time.monotonic() + STOP_SECONDS
        while self._running and time.monotonic() < until:
            self._must_stop(until)
            self._reap(stopping=True)
        for process in list(self._running):
            warn(f"webui: process {process} does not stop and is killed")
            _send(process, signal.SIGKILL)
            os.waitpid(process, 0)

    def _must_stop(self, until: float | None = None) -> bool:
        """Wait for a signal or for the time to start a child. Return whether to stop."""
        due = [*self._due.values()] if until is None else [until]
        wait = max(0.0, min(due) - time.monotonic()) if due else None
        select.select([self._signals], [], [], wait)
        with contextlib.suppress(BlockingIOError):
            arrived = self._signals.recv(4096)  # once: a signal that arrives between two calls would be lost
            return any(number in arrived for number in _WATCHED)
        return False

    def _start_due(self) -> None:
        now = time.monotonic()
        for number in [number for number, when in self._due.items() if when <= now]:
            del self._due[number]
            process = -1
            signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)  # until the child has its own handlers
            try:
                process = os.fork()
            except OSError as error:
                warn(f"webui: cannot start a process: {error.strerror}; trying again in {MAX_DELAY:g} s")
                self._due[number] = now + MAX_DELAY
                continue
            finally:
                if process != 0:
                    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
            if process == 0:
                self._be_child(number)
            self._running[process] = (number, now)

    def _reap(self, *, stopping: bool = False) -> None:
        for process in list(self._running):
            ended, status = os.waitpid(process, os.WNOHANG)
            if not ended:
                continue
            number, started = self._running.pop(process)
            if stopping:
                continue
            now = time.monotonic()
            delay = FIRST_DELAY if now - started >= MIN_STEADY_SECONDS else self._delays[number]
            self._due[number], self._delays[number] = now + delay, min(2 * delay, MAX_DELAY)
            code = os.waitstatus_to_exitcode(status)
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            warn(f"webui: process {process} {how}; another is started in {delay:g} s")

    def _be_child(self, number: int) -> None:
        """Run the work of a child. Never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self._lifeline[1])
            threading.Thread(target=_follow, args=(self._lifeline[0],), daemon=True).start()
            self._work(number)
            code = 0
        except IndexerError as error:
            warn(f"webui: {error}")
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)


def _follow(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _send(process: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)
