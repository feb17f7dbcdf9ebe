"""Measure times of engines in turns, each in a process of its own, and memory as the Linux kernel counts it.

The processes stay, and the engines take turns round by round. So other work on the machine affects all of them alike. Each round
has other queries, and each query is asked once. The median of the rounds counts.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import fmean, median
from typing import Any

Ask = tuple[Any, ...]  # the arguments of one call
TICK = 0.05  # seconds between two looks at a process
READ_BYTES = 1 << 20  # at a time


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold the figures of one round, or the medians of several: milliseconds, queries per second, mean total."""

    p50: float
    p95: float
    p99: float
    mean: float
    qps: float
    total: float


def figures(seconds: Sequence[float], totals: Sequence[float]) -> Figures:
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    mean = fmean(ordered)
    return Figures(at(0.5), at(0.95), at(0.99), mean * 1000, 1 / mean, fmean(totals))


def middle(rounds: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    return Figures(*(median(getattr(one, name) for one in rounds) for name in Figures.__slots__))


def read_files(folder: Path) -> None:
    """Read all files of a folder, so that they are in memory. The operating system may have removed what nobody asked for."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(READ_BYTES):
                    pass


class Worker:
    """Keep an object in a spawned process of its own, and call its methods from here.

    The first argument of the object may be the folder of its index.
    """

    def __init__(self, kind: type, *arguments: Any) -> None:
        self._folder = arguments[0] if arguments and isinstance(arguments[0], Path) else None
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, kind, arguments), daemon=True)
        self._process.start()
        there.close()

    def send(self, method: str, *arguments: Any) -> None:
        self._here.send((method, arguments))

    def receive(self) -> Any:
        fine, value = self._here.recv()
        if not fine:
            raise RuntimeError(f"in the process of an engine:\n{value}")
        return value

    def call(self, method: str, *arguments: Any) -> Any:
        self.send(method, *arguments)
        return self.receive()

    def times(self, method: str, asks: Sequence[Ask]) -> Figures:
        """Read the files of the index, ask all queries one after the other, and return the time of each."""
        if self._folder:
            read_files(self._folder)
        taken, totals = self.call("", method, list(asks))
        return figures(taken, totals)

    def close(self) -> None:
        with suppress(OSError):
            self._here.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()


def _serve(pipe: Connection, kind: type, arguments: tuple[Any, ...]) -> None:
    served = kind(*arguments)
    while True:
        try:
            method, asked = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((True, _timed(served, *asked) if method == "" else getattr(served, method)(*asked)))
        except Exception:
            pipe.send((False, traceback.format_exc()))


def _timed(served: Any, method: str, asks: list[Ask]) -> tuple[list[float], list[float]]:
    ask, clock = getattr(served, method), getattr(time, os.environ.get("BENCHMARK_CLOCK", "perf_counter"))
    taken, totals = [], []
    for arguments in asks:
        started = clock()
        total = ask(*arguments)
        taken.append(clock() - started)
        totals.append(total)
    return taken, totals


def in_turns(workers: dict[str, Worker], method: str, rounds: Sequence[Sequence[Ask]], few: dict[str, int]) -> dict[str, Figures]:
    """Let the workers take turns in each round. `few` limits how many queries of a round a slow worker asks."""
    found: dict[str, list[Figures]] = {name: [] for name in workers}
    for asks in rounds:
        for name, worker in workers.items():
            found[name].append(worker.times(method, asks[: few.get(name, len(asks))]))
    return {name: middle(all_rounds) for name, all_rounds in found.items()}


# -- memory ------------------------------------------------------------------------------------------------------------


def memory(pid: int) -> dict[str, float]:
    """Return the memory of a process in megabytes (10^6 bytes) by the names of the Linux kernel, as VmHWM and RssAnon.

    The result is empty if the process has ended.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    wanted = ("VmHWM", "RssAnon", "RssFile", "RssShmem")
    return {n: int(v.split()[0]) * 1024 / 1e6 for n, _, v in (line.partition(":") for line in lines) if n in wanted}


def family(pid: int) -> list[int]:
    """Return a process and its descendants. Looking through all of /proc at each tick would take 5 % of a core."""
    found = [pid]
    for one in found:
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, path.read_text().split())
    return found


def born(pid: int) -> str:
    """Return when a process began, in ticks of the Linux kernel; "" if it has ended, as a zombie has."""
    with suppress(OSError, IndexError):
        values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if values[0] == "Z" else values[19]
    return ""


def alone(*command: str) -> dict[str, float]:
    """Run a script of this folder and return the JSON that it prints. `peak` is the greatest sum of VmHWM over its processes."""
    folder = Path(__file__).resolve().parent
    process = subprocess.Popen([sys.executable, str(folder / command[0]), *command[1:]], stdout=subprocess.PIPE, text=True)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(memory(pid).get("VmHWM", 0.0) for pid in family(process.pid)))
        time.sleep(TICK)
    assert process.stdout is not None
    text = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:2])} ended with {process.returncode}")
    return {**json.loads(text), "peak": peak}
