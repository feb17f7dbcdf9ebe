"""Make what the rows share (documents, data folders, the indexes of the peers) when a row first needs it."""

from __future__ import annotations

import argparse
import functools
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import corpus
import ours
from measure import Figures, Worker, alone, in_turns
from peers import PEERS
from queries import Asker
from report import Measured, Row

SAMPLE = 20_000  # documents that queries are drawn from
WARM_UP = 20
SLOW = {"whoosh": 100}  # queries a round, of engines that would take too long


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Builder:
    """Build the index of a peer in a process that ends afterwards."""

    def build(self, kind: type, folder: Path, file: Path, count: int) -> float:
        started = time.perf_counter()
        kind(folder).build(corpus.read(file, count))
        return time.perf_counter() - started


class Bench:
    """Hold one run: its options, its engines, and the rows and figures measured so far."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.documents: int = options.documents
        self.rows: list[Row] = []
        self.measured: list[Measured] = []
        self.built: dict[int, dict[str, float]] = {}  # the product's builds, by number of documents
        self.failures = 0
        self.peer_seconds: dict[str, float] = {}
        self._workers: dict[str, Worker] = {}

    # -- documents -----------------------------------------------------------------------------------------------------

    @functools.cached_property
    def file(self) -> Path:
        if self.options.corpus:
            return Path(self.options.corpus)
        most = max([self.documents, *(self.options.sizes if self.wants("growth") else [])])
        tell(f"making {most:,} documents of some {self.options.words} words")
        path = self.folder / "documents.jsonl"
        corpus.write(path, most, self.options.words)
        return path

    def texts(self, count: int) -> list[corpus.Text]:
        """Return a random sample of the first `count` documents, at most SAMPLE of them."""
        found = list(corpus.read(self.file, min(count, SAMPLE)))
        if count > SAMPLE:
            chance = random.Random(1)
            for n, text in enumerate(corpus.read(self.file, count)):
                if n >= SAMPLE and (at := chance.randrange(n + 1)) < SAMPLE:
                    found[at] = text
        return found

    @functools.cached_property
    def sample(self) -> list[corpus.Text]:
        return self.texts(self.documents)

    @functools.cached_property
    def text_bytes(self) -> int:
        return sum(text.size for text in corpus.read(self.file, self.documents))

    def asker(self, seed: int) -> Asker:
        return Asker(self.sample, seed)

    # -- engines -------------------------------------------------------------------------------------------------------

    def data(self, count: int) -> Path:
        """Return a data folder of the product whose index has `count` documents."""
        data = self.folder / f"data-{count}"
        if count not in self.built:
            tell(f"ours: filling the archive with {count:,} documents")
            ours.fill(data, self.file, count)
            tell("ours: reindex")
            self.built[count] = alone("ours.py", "build", str(data))
            tell("  {documents:,.0f} documents in {seconds:.1f} s, {peak:.0f} MB".format(**self.built[count]))
        return data

    def split_data(self) -> Path:
        """Return a data folder of the product with the same documents in five segments."""
        data = self.folder / f"data-{self.documents}-segments"
        if not data.exists():
            tell("ours: five segments")
            alone("ours.py", "split", str(data), str(self.data(self.documents)))
        return data

    def drop_data(self, count: int) -> None:
        if count != self.documents:
            shutil.rmtree(self.folder / f"data-{count}", ignore_errors=True)

    def engine(self, name: str) -> Worker:
        """Return an engine that is open in a process of its own."""
        if name not in self._workers:
            if name == "ours":
                worker = Worker(ours.Ours, self.data(self.documents))
            else:
                worker = Worker(PEERS[name], self.peer_folder(getattr(PEERS[name], "shares", name)))
            worker.call("open")
            self._workers[name] = worker
        return self._workers[name]

    def peer_folder(self, name: str) -> Path:
        folder = self.folder / name
        if not folder.exists():
            folder.mkdir()
            tell(f"{name}: building")
            builder = Worker(Builder)
            try:
                self.peer_seconds[name] = builder.call("build", PEERS[name], folder, self.file, self.documents)
            except BaseException:
                shutil.rmtree(folder)
                raise
            finally:
                builder.close()
            tell(f"  {self.peer_seconds[name]:.1f} s")
        return folder

    def ask(self, what: str, names: str, method: str, rounds: list[list[Any]]) -> dict[str, Figures]:
        """Ask the engines in turns, and add their figures to the table of details."""
        workers = {name: self.engine(name) for name in names.split()}
        tell(f"asking: {what} ({names})")
        if len(rounds[0]) > 5 * WARM_UP:  # by queries that are not measured
            for worker in workers.values():
                worker.times(method, rounds[0][:WARM_UP])
            rounds = [rounds[0][WARM_UP:], *rounds[1:]]
        found = in_turns(workers, method, rounds, SLOW)
        self.measured += [Measured(what, name, figures) for name, figures in found.items()]
        return found

    # -- what came of it -----------------------------------------------------------------------------------------------

    def wants(self, group: str) -> bool:
        return not self.options.only or group in self.options.only

    def at_least(self, what: str, value: float | None, limit: float, remark: str, unit: str = "x") -> None:
        self.rows.append(Row(what, value, limit, unit, False, remark))

    def at_most(self, what: str, value: float | None, limit: float, remark: str, unit: str = "x") -> None:
        self.rows.append(Row(what, value, limit, unit, True, remark))

    def failed(self, group: str, error: Exception) -> None:
        """Add a row for a group that could not be measured, so that the table does not hide it."""
        self.failures += 1
        words = str(error).strip().splitlines() or [repr(error)]
        self.at_least(f"{group}: NOT MEASURED", None, 0, words[-1][:200].replace("|", "/"))

    def close(self) -> None:
        for worker in self._workers.values():
            worker.close()


def indexer_command(data: Path, *arguments: str) -> list[str]:
    """Return a command line for the `indexer` that is installed beside this interpreter."""
    script = Path(sys.executable).with_name("indexer")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "indexer"]
    return [*start, "--data", str(data), *arguments]


def run(command: list[str]) -> float:
    """Run a command and return the seconds that it takes. Raises CalledProcessError if it fails."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started
