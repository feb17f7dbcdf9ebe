"""The embedded engine: an index in files, kept by Whoosh.

This is the door: whatever Whoosh raises when it meets damaged files leaves as `IndexDamaged`. How documents are laid out
stands in `whoosh_schema`, how queries are answered in `whoosh_query`, how the files change in `whoosh_write` and
`generations`.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from indexer.analysis.analyzer import ANALYSIS_VERSION
from indexer.engines import generations
from indexer.engines.base import FACET_NAMES, Matches
from indexer.engines.postings import make_facets, recency
from indexer.engines.whoosh_postings import Snapshot, latest_commit
from indexer.engines.whoosh_query import Evaluation, Scores
from indexer.engines.whoosh_schema import SCHEMA_VERSION, SEPARATOR
from indexer.engines.whoosh_write import WhooshRebuild, WhooshWriter, create_generation, publish_generation
from indexer.errors import EngineError, IndexDamaged, IndexerError, IndexMissing
from indexer.model import Change, Document, Facets, Match, RankingWeights, Sort
from indexer.query.nodes import Node


@contextmanager
def damage_told(folder: Path) -> Iterator[None]:
    """Reading files that were damaged raises nearly everything there is: struct.error, UnpicklingError, AssertionError."""
    try:
        yield
    except IndexerError:
        raise
    except Exception as error:
        raise IndexDamaged(f"the index in {folder} cannot be read: {type(error).__name__}: {error}") from error


def open_snapshot(directory: Path) -> Snapshot:
    """The newest commit of the current generation. A writer may replace it while it is being opened; then it is opened
    anew, while a failure without a newer commit is damage."""
    while True:
        pointer = generations.read_pointer(directory)
        if pointer is None:
            raise IndexMissing(f"there is no index in {directory}")
        folder = directory / pointer.generation
        number = latest_commit(folder)
        try:
            with damage_told(folder):
                return Snapshot(folder, number)
        except IndexDamaged:
            if generations.read_pointer(directory) == pointer and latest_commit(folder) == number:
                raise


class WhooshEngine:
    """`directory` holds the generations; `now` is asked once a commit, so that dates in the future give no bonus."""

    name = "whoosh"

    def __init__(
        self, directory: Path, weights: RankingWeights, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.directory, self.weights, self._now = directory, weights, now

    def reader(self) -> WhooshReader:
        return WhooshReader(self, open_snapshot(self.directory))

    def writer(self) -> GuardedWriter:
        pointer = generations.read_pointer(self.directory)
        if pointer is None:
            folder = create_generation(self.directory)
            publish_generation(self.directory, folder)
        else:
            folder = self.directory / pointer.generation
            open_snapshot(self.directory).close()  # raises IndexDamaged before anything is written
        with damage_told(folder):
            return GuardedWriter(folder, WhooshWriter(folder, self._now))

    @contextmanager
    def rebuild(self) -> Iterator[WhooshRebuild]:
        rebuild = WhooshRebuild(self.directory, self._now)
        try:
            yield rebuild
        finally:
            rebuild.abandon()

    def verify(self) -> Sequence[str]:
        try:
            pointer = generations.read_pointer(self.directory)
            if pointer is None:
                return ()
            folder = self.directory / pointer.generation
            number = latest_commit(folder)
            manifest = generations.read_manifest(folder, number)
            if manifest is not None and (wrong := generations.wrong_files(folder, manifest, deep=True)):
                return wrong
            snapshot = open_snapshot(self.directory)
            with damage_told(folder):
                snapshot.read_all()
            snapshot.close()
        except EngineError as error:
            return (error.message,)
        return ()

    def is_outdated(self) -> bool:
        pointer = generations.read_pointer(self.directory)
        return pointer is not None and (pointer.schema, pointer.analysis) != (SCHEMA_VERSION, ANALYSIS_VERSION)

    def size_bytes(self) -> int:
        return generations.size(self.directory)


class GuardedWriter:
    """The writer, with its errors translated."""

    def __init__(self, folder: Path, writer: WhooshWriter) -> None:
        self._folder, self._writer = folder, writer

    @property
    def position(self) -> int:
        return self._writer.position

    def apply(self, changes: Iterable[Change], position: int) -> None:
        try:
            with damage_told(self._folder):
                self._writer.apply(changes, position)
        except IndexDamaged as error:
            if isinstance(error.__cause__, OSError):  # a full disk is no damage: the last commit is still there
                raise EngineError(
                    f"the index in {self._folder} cannot be written: {error.__cause__}",
                    remedy="see to space and permissions, then run the command again",
                ) from error.__cause__
            raise

    def close(self) -> None:
        self._writer.close()


class WhooshReader:
    """A snapshot with a lock around it: Whoosh's readers share positions in files."""

    def __init__(self, engine: WhooshEngine, snapshot: Snapshot) -> None:
        self._engine, self._snapshot, self._weights = engine, snapshot, engine.weights
        self._lock = threading.RLock()
        self._factors: list[float] | None = None
        self.position = snapshot.state.position
        self.generation = f"{snapshot.folder.name}.{snapshot.number}"

    @property
    def document_count(self) -> int:
        return self._snapshot.document_count

    def languages(self) -> tuple[str, ...]:
        with self._reading():
            languages = self._snapshot.column("language")
            counts = Counter(languages[number] for number in self._snapshot.living())
        return tuple(sorted(counts, key=lambda language: (-counts[language], language)))

    def document(self, document_id: str) -> Document | None:
        with self._reading():
            documents, _ = self._snapshot.postings("id", document_id)
            return self._snapshot.stored(documents[0]) if documents else None

    def surfaces(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        with self._reading():
            return self._snapshot.surfaces(prefix, limit)

    def surface_frequency(self, form: str) -> int:
        with self._reading():
            return len(self._snapshot.postings("surface", form)[0])

    def count(self, tree: Node) -> int:
        with self._reading():
            return len(Evaluation(self._snapshot, self._weights).scores(tree))

    def search(
        self, tree: Node, *, offset: int = 0, limit: int = 10, sort: Sort = "relevance", facets: bool = False,
        explain: bool = False,
    ) -> Matches:  # fmt: skip
        with self._reading():
            evaluation = Evaluation(self._snapshot, self._weights)
            text_scores = evaluation.scores(tree)
            scores = self._with_recency(text_scores)
            page = self._best(scores, offset + limit, by_score=sort == "relevance")[offset:]
            matches = []
            for number in page:
                parts = dict(evaluation.parts(tree, number) or {}) if explain else {}
                if explain and scores[number] != text_scores[number]:
                    parts["recency"] = scores[number] - text_scores[number]
                matches.append(Match(self._snapshot.stored(number), scores[number], parts))
            return Matches(len(scores), tuple(matches), self._facets(scores) if facets else {})

    def refresh(self) -> WhooshReader:
        pointer = generations.read_pointer(self._engine.directory)
        if pointer is None:
            return self  # somebody removed the index; what is open can still be searched
        folder = self._engine.directory / pointer.generation
        if folder == self._snapshot.folder and latest_commit(folder) == self._snapshot.number:
            return self
        return self._engine.reader()

    def close(self) -> None:
        with self._lock:
            self._snapshot.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, damage_told(self._snapshot.folder):
            yield

    # -- which are on the page -----------------------------------------------------------------------------------------

    def _with_recency(self, scores: Scores) -> Scores:
        if not self._weights.recency_bonus or not any(scores.values()):
            return scores
        if self._factors is None:
            dates, written = self._snapshot.dates, self._snapshot.state.written
            newest = max((dates[n] for n in self._snapshot.living() if dates[n] <= written), default="")
            known = {day: recency(day, newest, self._weights) for day in {date[:10] for date in dates}}
            self._factors = [known[date[:10]] for date in dates]
        factors = self._factors
        return {number: score * factors[number] for number, score in scores.items()}

    def _best(self, scores: Scores, count: int, *, by_score: bool) -> list[int]:
        """The first `count` by score, date and id. Each key is only asked of those that the one before left equal."""
        if count <= 0:
            return []
        numbers: list[int] = list(scores)
        dates = self._snapshot.dates
        if by_score and len(numbers) > count:
            bound = heapq.nlargest(count, scores.values())[-1]
            numbers = [number for number in numbers if scores[number] >= bound]
        if len(numbers) > count:
            surely = [number for number in numbers if scores[number] > bound] if by_score else []
            equal = [number for number in numbers if scores[number] == bound] if by_score else numbers
            latest = heapq.nlargest(count - len(surely), (dates[number] for number in equal))[-1]
            numbers = surely + [number for number in equal if dates[number] >= latest]
        ids = self._snapshot.column("id")
        numbers.sort(key=ids.__getitem__)
        numbers.sort(key=dates.__getitem__, reverse=True)
        if by_score:
            numbers.sort(key=scores.__getitem__, reverse=True)
        return numbers[:count]

    def _facets(self, numbers: Iterable[int]) -> Facets:
        counts: dict[str, Counter[str]] = {name: Counter() for name in FACET_NAMES}
        numbers = list(numbers)
        for name in FACET_NAMES:
            if name == "year":
                dates = self._snapshot.dates
                joined = Counter(dates[number][:4] for number in numbers)
            else:
                joined = Counter(map(self._snapshot.column(name).__getitem__, numbers))
            for values, count in joined.items():
                for value in values.split(SEPARATOR) if values else ():
                    counts[name][value] += count
        return make_facets(counts)
