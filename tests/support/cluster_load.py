"""Writes and searches that go on while a test kills nodes, with everything that can go wrong counted."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from indexer.engines.base import Deadline, Matches, Reader
from indexer.engines.opensearch.engine import OpenSearchEngine
from indexer.errors import EngineError, EngineUnavailable
from indexer.model import Change, Document
from indexer.query.nodes import TEXT_FIELDS, Terms
from indexer.search.searcher import MAX_SECONDS
from support.contract_corpus import doc

BATCH = 150
MAX_ATTEMPTS = 4  # of a search: a browser that gets 503 repeats it after the seconds of Retry-After
COMMON = Terms(("en/lantern",), TEXT_FIELDS)


@dataclass
class Journal:
    """What an archive would hold: all changes in order, and the documents that follow from them."""

    changes: list[Change] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    lowest: list[int] = field(default_factory=lambda: [0])  # by number of changes: the documents, never more than there are

    def grow(self, count: int, chance: random.Random) -> None:
        """Add changes: mostly new documents, a few new versions and removals."""
        for _ in range(count):
            number = len(self.changes) + 1
            kind = chance.random()
            if kind < 0.05 and self.documents:
                id_ = chance.choice(list(self.documents)[-1000:])
                self.changes.append(Change(number, id_, None))
                del self.documents[id_]
            else:
                id_ = chance.choice(list(self.documents)[-1000:]) if kind < 0.15 and self.documents else f"d{number}"
                document = doc(id_, f"Number {number}", f"A lantern {'and a river ' * chance.randrange(20)}{number}")
                self.changes.append(Change(number, id_, document))
                self.documents[id_] = document
            self.lowest.append(len(self.documents))


@dataclass
class Load:
    """One writer and several readers on one index."""

    engine: OpenSearchEngine
    journal: Journal
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self, readers: int = 2, seed: int = 1) -> Iterator[None]:
        """Write and search until the block ends."""
        threads = [threading.Thread(target=self._write, args=(random.Random(seed),))]
        threads += [threading.Thread(target=self._search) for _ in range(readers)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    def _write(self, chance: random.Random) -> None:
        while not self._stopping.is_set():
            self.journal.grow(BATCH, chance)
            self.catch_up()

    def catch_up(self) -> int:
        """Apply what the index lacks, as `indexer crawl` does; return the position afterwards."""
        try:
            writer = self.engine.writer()
            pending = self.journal.changes[writer.position :]
            writer.apply(pending, len(self.journal.changes))
            self.counts["commits"] += 1
            self.counts["changes sent"] += len(pending)
            self.counts["commits on some copies"] += writer.position < len(self.journal.changes)
            return writer.position
        except EngineUnavailable:
            self.counts["failed commits"] += 1
            return -1

    def _search(self) -> None:
        reader = self.engine.reader()
        while not self._stopping.is_set():
            for attempt in range(MAX_ATTEMPTS):
                try:
                    reader = reader.refresh()
                except EngineUnavailable:
                    self.counts["stale"] += 1  # the web server then goes on with the snapshot that it has
                try:
                    found = reader.search(COMMON, limit=10, facets=True, deadline=Deadline(MAX_SECONDS))
                except EngineError as error:
                    self.counts["searches repeated"] += 1
                    if attempt == MAX_ATTEMPTS - 1:
                        self.failures.append(str(error))
                else:
                    self._judge(reader, found)
                    break

    def _judge(self, reader: Reader, found: Matches) -> None:
        self.counts["searches"] += 1
        if found.warnings:
            self.counts["searches cut short"] += 1
        elif found.total < self._at_least(reader.position) or len(found.matches) != min(10, found.total):
            self.failures.append(f"{found.total} documents at position {reader.position}")

    def _at_least(self, position: int) -> int:
        """Return how many documents a reader at this position finds at least: later removals may be visible early."""
        return min(self.journal.lowest[position : position + BATCH + 1], default=0) - BATCH
