"""Clients that put a server under load, each in a process or thread of its own, and what they measured."""

from __future__ import annotations

import http.client
import multiprocessing
import resource
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import quote

TIMEOUT_SECONDS = 60
ANOTHER = "another"  # stands for a word that differs in each request, so that no cache knows the answer


@dataclass
class Answers:
    """Statuses and durations of the requests for one path."""

    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    def ask(self, port: int, path: str) -> None:
        """Request the path on a new connection; status 0 stands for a connection that failed."""
        started = time.perf_counter()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
            connection.close()
        except (OSError, http.client.HTTPException):
            status = 0
        self.statuses[status] += 1
        self.milliseconds.append(1_000 * (time.perf_counter() - started))

    @property
    def typical(self) -> float:
        """Milliseconds of the middle answer."""
        return statistics.median(self.milliseconds)

    def __str__(self) -> str:
        ordered = sorted(self.milliseconds)
        shares = " ".join(f"{name} {ordered[int(share * (len(ordered) - 1))]:.0f} ms" for name, share in _SHARES)
        return f"{len(ordered)} requests, {shares}, statuses {dict(self.statuses)}"


_SHARES = (("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("longest", 1.0))


def measure(port: int, path: str, seconds: float, pause: float) -> Answers:
    """Request a path again and again for some seconds."""
    answers = Answers()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answers.ask(port, path)
        time.sleep(pause)
    return answers


class Watching(threading.Thread):
    """Measures a path in a thread until it is stopped."""

    def __init__(self, port: int, path: str, pause: float) -> None:
        super().__init__(daemon=True)
        self.answers, self._ended = Answers(), threading.Event()
        self._asked = port, path
        self._pause = pause

    def run(self) -> None:
        while not self._ended.wait(self._pause):
            self.answers.ask(*self._asked)

    def stop(self) -> Answers:
        self._ended.set()
        self.join()
        return self.answers


@contextmanager
def clients(port: int, paths: Sequence[str], count: int) -> Iterator[list[Counter[int]]]:
    """Let `count` processes request the paths in turn without a pause. The list has their statuses at the end."""
    context = multiprocessing.get_context("forkserver")
    ended, statuses = context.Event(), context.SimpleQueue()
    processes = [context.Process(target=_client, args=(port, paths, i, ended, statuses)) for i in range(count)]
    for process in processes:
        process.start()
    results: list[Counter[int]] = []
    try:
        yield results
    finally:
        ended.set()
        results += [statuses.get() for _ in processes]
        for process in processes:
            process.join()


def _client(port: int, paths: Sequence[str], first: int, ended: object, statuses: object) -> None:
    answers, number = Answers(), first
    while not ended.is_set():
        answers.ask(port, paths[number % len(paths)].replace(ANOTHER, f"x{number}"))
        number += 1
    statuses.put(answers.statuses)


def worst_queries() -> list[str]:
    """Return 50 paths of searches that cost a server as much as 300 bytes can."""
    letters = "abcdefghiklmnoprstuw"
    words = [f"?*{letter}*?" for letter in letters]
    fuzzy = [f"{letter}{other}e~2" for letter, other in zip(letters, letters[3:] + letters[:3], strict=True)]
    texts = [
        " ".join(words[:size]) if kind == 0
        else " OR ".join(words[-size:]) if kind == 1
        else " ".join(f"-{word}" for word in words[:size]) + " the" if kind == 2
        else " ".join(fuzzy[:size]) if kind == 3
        else '"' + " ".join(f"{letter}*" for letter in letters[:size]) + '"'
        for kind in range(5) for size in range(20, 0, -2)
    ]  # fmt: skip
    return [f"/?size=50&explain=1&facets=1&q={quote(text)}+-{ANOTHER}" for text in texts]


@contextmanager
def idle_connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Hold connections that never send anything."""
    allow_open_files(count + 500)
    opened = [socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) for _ in range(count)]
    try:
        yield opened
    finally:
        for each in opened:
            each.close()


@contextmanager
def slow_connections(port: int, count: int, pause: float = 10.0) -> Iterator[None]:
    """Hold connections that send a request of one byte each `pause` seconds."""
    request = b"GET /api/v1/search?q=ferry HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Padding: " + b"x" * 1_000
    ended = threading.Event()
    with idle_connections(port, count) as opened:

        def drip() -> None:
            for place in range(len(request)):
                for each in opened:
                    with suppress(OSError):  # the server may close it
                        each.send(request[place : place + 1])
                if ended.wait(pause):
                    return

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        try:
            yield
        finally:
            ended.set()
            dripping.join()


def allow_open_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def resident_bytes(pid: int) -> int:
    """Return the memory of a process and its children. Reads Linux's /proc."""
    total, waiting = 0, [pid]
    while waiting:
        process = waiting.pop()
        with suppress(OSError), open(f"/proc/{process}/statm") as statm:
            total += int(statm.read().split()[1]) * resource.getpagesize()
        with suppress(OSError), open(f"/proc/{process}/task/{process}/children") as children:
            waiting += [int(child) for child in children.read().split()]
    return total
