"""Measure updates during searches: when they are seen, whether searches suffer, and the index after a thousand updates.

The writer works in a process of its own and holds the lock of the writer, as a crawl does. The web server is another process, and
this one searches. The clock starts when the archive has committed the ten documents. It stops when the API finds all ten.
"""

from __future__ import annotations

import dataclasses
import http.client
import random
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median
from urllib.parse import quote

from measure import Worker, alone, in_turns
from ours import Ours
from queries import Query
from web import Server, path_of

from indexer.config import load_settings, open_archive, open_engine

CHANGED = 10  # documents an update


class Updater:
    """Change documents of a data folder as a crawl does: first in the archive, then in the index."""

    def __init__(self, data: Path) -> None:
        settings = load_settings(data)
        self._archive, self._engine = open_archive(settings), open_engine(settings)
        self._ids = [document.id for document in self._archive.documents.all()]
        self._chance = random.Random(17)

    def update(self, marker: str) -> tuple[float, float]:
        """Replace a sentence of ten documents by one with the marker. Return when archive and index had the change."""
        from indexer.extract import EXTRACTOR_VERSION
        from indexer.reindex import catch_up

        with self._archive.lock(60, "update"):
            with self._archive.transaction():
                for id_ in self._chance.sample(self._ids, CHANGED):
                    document = self._archive.documents.get(id_)
                    assert document is not None
                    sentences = document.text.split(". ")
                    sentences[self._chance.randrange(len(sentences))] = f"Now {marker} is in it"
                    self._archive.documents.put(dataclasses.replace(document, text=". ".join(sentences)), None, EXTRACTOR_VERSION)
            stored = time.monotonic()
            catch_up(self._archive, self._engine)
        return stored, time.monotonic()

    def updates(self, first: int, count: int) -> float:
        """Make many such updates, and return the median of the seconds from archive to index."""
        taken = []
        for n in range(first, first + count):
            stored, indexed = self.update(f"zq{n}x")
            taken.append(indexed - stored)
        return median(taken)


@dataclass
class Searches:
    """Search without pause over one connection. A failed or refused search counts as an error."""

    port: int
    queries: Sequence[Query]
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __enter__(self) -> Searches:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for query in cycle(self.queries):
            if self._stop.wait(0.005):
                break
            started = time.perf_counter()
            try:
                connection.request("GET", path_of(query))
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.errors.append(f"status {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(repr(error))
                connection.close()
            self.seconds.append(time.perf_counter() - started)
        connection.close()

    def p99(self, since: int = 0) -> float:
        """Return the 99th percentile in milliseconds."""
        taken = sorted(self.seconds[since:]) or [0.0]
        return taken[int(len(taken) * 0.99)] * 1000


def _seen(server: Server, marker: str, patience: float = 60) -> float:
    """Wait until the API finds all ten documents, and return that time."""
    deadline = time.monotonic() + patience
    path = f"/api/v1/search?q={quote(marker)}"
    while time.monotonic() < deadline:
        status, answer = server.get(path)
        if status == 200 and answer["total"] == CHANGED:
            return time.monotonic()
        time.sleep(0.005)
    raise RuntimeError(f"changed documents were not seen within {patience} s")


def measure(data: Path, folder: Path, queries: Sequence[Query], rounds: int, many: int) -> dict[str, float]:
    """Update a copy of the data, and return the figures.

    They are: seconds until a change is seen (median, worst), errors and p99 of the searches during that time, and after `many`
    updates the size and the mean time of a page relative to a fresh index of the same documents.
    """
    copy, fresh = folder / "updated", folder / "fresh"
    shutil.copytree(data, copy)
    updater = Worker(Updater, copy)
    waits, errors, quiet, busy = [], 0, 0.0, 0.0
    with Server.of(copy, 2) as server:
        with Searches(server.port, queries) as calm:
            time.sleep(2)
        quiet = calm.p99()
        with Searches(server.port, queries) as searches:
            for n in range(rounds):
                updater.send("update", f"zq{n}x")
                seen = _seen(server, f"zq{n}x")
                stored, _ = updater.receive()
                waits.append(seen - stored)
        busy, errors = searches.p99(), len(searches.errors) + len(calm.errors)
    to_index = updater.call("updates", rounds, max(0, many - rounds)) if many > rounds else 0.0
    updater.close()
    size = sum(path.stat().st_size for path in load_settings(copy).index_path.rglob("*") if path.is_file())
    fresh.mkdir()
    for path in copy.glob("archive.db*"):
        shutil.copy(path, fresh)
    built = alone("ours.py", "build", str(fresh))
    workers = {"updated": Worker(Ours, copy), "fresh": Worker(Ours, fresh)}
    for worker in workers.values():
        worker.call("open")
    asks = [(query,) for query in queries]
    third = len(asks) // 3
    times = in_turns(workers, "page", [asks[:third], asks[third : 2 * third], asks[2 * third :]], {})
    for worker in workers.values():
        worker.close()
    shutil.rmtree(copy)
    shutil.rmtree(fresh)
    return {
        "median": median(waits), "worst": max(waits), "errors": errors, "quiet_p99": quiet, "busy_p99": busy, "updates": many,
        "to_index": to_index, "size_ratio": size / built["bytes"], "time_ratio": times["updated"].mean / times["fresh"].mean,
    }  # fmt: skip
