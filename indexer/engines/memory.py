"""Keep an index in memory, and answer a query by testing each document against it.

Tests compare the other engines with it. `reference` defines which documents match, and `scoring` how they score.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from indexer.analysis.edit_distance import within_distance
from indexer.engines.background_verification import NoVerifier
from indexer.engines.base import FACET_NAMES, Deadline, Matches, Sideways, WordMatches, are_plain
from indexer.engines.document_matcher import DocumentMatcher, IndexedDocument
from indexer.engines.drill_sideways import count_by_searches
from indexer.engines.fields import FIELDS, facet_values, make_facets, sortable_date
from indexer.engines.scoring import Averages, ScoreParts, stable_averages
from indexer.errors import IndexMissing, NotFound
from indexer.model import Change, Document, Match, RankingWeights, Sort
from indexer.query.nodes import Node, TextField


@dataclass(slots=True)
class MemoryIndexState:
    """One state of the index, replaced as a whole by each commit."""

    documents: dict[str, IndexedDocument] = field(default_factory=dict)
    position: int = 0
    number: int = 0
    written: str = ""
    averages: Averages = ()
    archive_id: str = ""

    def after(self, changes: Iterable[Change], position: int, now: datetime, archive_id: str) -> MemoryIndexState:
        documents = dict(self.documents)
        for change in changes:
            if change.document is None:
                documents.pop(change.document_id, None)
            else:
                documents[change.document_id] = IndexedDocument.of(change.document)
        lengths = [entry.analysed.lengths for entry in documents.values()]
        true = tuple(sum(field) / len(lengths) for field in zip(*lengths, strict=True)) or (0.0,) * len(FIELDS)
        averages = stable_averages(self.averages, true)
        return MemoryIndexState(documents, position, self.number + 1, sortable_date(now), averages, archive_id or self.archive_id)


class MemoryEngine:
    """Keeps the index as long as the process lives."""

    name = "memory"
    max_running_searches = 1

    def __init__(self, weights: RankingWeights, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.weights, self.now = weights, now
        self.state: MemoryIndexState | None = None
        self.previous: MemoryIndexState | None = None

    def reader(self) -> MemoryReader:
        if self.state is None:
            raise IndexMissing("there is no index yet")
        return MemoryReader(self, self.state)

    def writer(self, archive_id: str = "") -> MemoryWriter:
        if self.state is None:
            self.state = MemoryIndexState()
        return MemoryWriter(self, archive_id)

    @contextmanager
    def rebuild(self, archive_id: str = "") -> Iterator[MemoryRebuild]:
        yield MemoryRebuild(self, archive_id)

    def roll_back(self) -> str:
        if self.state is None or self.previous is None:
            raise NotFound("there is no earlier index to return to")
        number = max(self.state.number, self.previous.number) + 1
        self.state, self.previous = replace(self.previous, number=number), self.state
        return f"m{number}"

    def drop_previous(self) -> None:
        self.previous = None

    def verify(self) -> Sequence[str]:
        return ()

    def verifier(self) -> NoVerifier:
        return NoVerifier()

    def known_damage(self) -> Sequence[str]:
        return ()

    def is_compiled(self) -> bool:
        return False

    def is_outdated(self) -> bool:
        return False

    def size_bytes(self) -> int:
        return 0

    def previous_bytes(self) -> int:
        return 0


class MemoryWriter:
    def __init__(self, engine: MemoryEngine, archive_id: str) -> None:
        self._engine, self._archive_id = engine, archive_id

    @property
    def position(self) -> int:
        return self._engine.state.position if self._engine.state else 0

    def apply(self, changes: Iterable[Change], position: int) -> None:
        state = self._engine.state or MemoryIndexState()
        self._engine.state = state.after(changes, position, self._engine.now(), self._archive_id)

    def close(self) -> None:
        pass


class MemoryRebuild:
    def __init__(self, engine: MemoryEngine, archive_id: str) -> None:
        self._engine, self._archive_id = engine, archive_id
        self._state = MemoryIndexState(number=engine.state.number if engine.state else 0)

    def apply(self, changes: Iterable[Change], position: int) -> None:
        self._state = replace(self._state, averages=()).after(changes, position, self._engine.now(), self._archive_id)

    def reader(self) -> MemoryReader:
        return MemoryReader(MemoryEngine(self._engine.weights), self._state)

    def publish(self) -> str:
        self._engine.previous = self._engine.state
        self._engine.state = replace(self._state)
        return f"m{self._state.number}"


class MemoryReader:
    """A snapshot: a state is never changed, only replaced."""

    def __init__(self, engine: MemoryEngine, state: MemoryIndexState) -> None:
        self._engine, self._state, self.weights = engine, state, engine.weights
        self.generation = f"m{state.number}"
        self.position, self.archive_id = state.position, state.archive_id
        entries = state.documents.values()
        self.averages = dict(zip(FIELDS, state.averages or (0.0,) * len(FIELDS), strict=True))
        self.newest = max((each.date for each in entries if each.date <= state.written), default="")
        self.memo: dict[Hashable, Any] = {}
        self.has_word_search = False
        self._frequencies: dict[tuple[tuple[TextField, ...], tuple[str, ...]], int] = {}
        self._matcher = DocumentMatcher(self)

    @property
    def document_count(self) -> int:
        return len(self._state.documents)

    def languages(self) -> tuple[str, ...]:
        counts = Counter(entry.document.language for entry in self._state.documents.values())
        return tuple(sorted(counts, key=lambda language: (-counts[language], language)))

    def document(self, document_id: str) -> Document | None:
        entry = self._state.documents.get(document_id)
        return entry.document if entry else None

    def documents(self) -> Iterator[Document]:
        return (entry.document for entry in self._state.documents.values())

    def surfaces(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        counts = Counter(s for entry in self._state.documents.values() for s in entry.analysed.surfaces if s.startswith(prefix))
        return sorted(counts.items(), key=lambda pair: pair[0].encode())[:limit]

    def surfaces_matching(
        self, prefix: str, pattern: re.Pattern[str] | None, limit: int, deadline: Deadline | None = None
    ) -> tuple[Sequence[tuple[str, int]], int]:
        return self._frequent(lambda f: f.startswith(prefix) and (pattern is None or pattern.fullmatch(f) is not None), limit)

    def surfaces_near(
        self, form: str, distance: int, limit: int, deadline: Deadline | None = None, *, least: int = 0
    ) -> tuple[Sequence[tuple[str, int]], int]:
        return self._frequent(lambda other: within_distance(other, form, distance), limit)

    def _frequent(self, matches: Callable[[str], bool], limit: int) -> tuple[Sequence[tuple[str, int]], int]:
        counts = Counter(s for entry in self._state.documents.values() for s in entry.analysed.surfaces if matches(s))
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].encode()))[:limit], len(counts)

    def forms(self, term: str) -> Sequence[str]:
        return sorted({form for entry in self._state.documents.values() for form in entry.analysed.forms.get(term, ())})

    def has_any_surface(self, forms: list[str]) -> bool:
        return any(map(self.surface_frequency, forms))

    def surface_frequency(self, form: str) -> int:
        return sum(form in entry.analysed.surfaces for entry in self._state.documents.values())

    def look_up(self, form: str, terms: tuple[str, ...]) -> tuple[int, bool]:
        return self.surface_frequency(form), are_plain(form, map(self.forms, terms))

    def prepare(self, words: Iterable[str], languages: Sequence[str], deadline: Deadline | None = None) -> None:
        """Do nothing: looking a word up costs as little as preparing for it."""

    def frequency(self, fields: tuple[TextField, ...], terms: tuple[str, ...]) -> int:
        """Return the number of documents that contain any of the terms in any of the fields."""
        key = (fields, terms)
        if key not in self._frequencies:
            self._frequencies[key] = sum(
                any(term in entry.analysed.positions[name] for name in fields for term in terms)
                for entry in self._state.documents.values()
            )
        return self._frequencies[key]

    def refresh(self) -> MemoryReader:
        newest = self._engine.state
        return self if newest is None or newest is self._state else MemoryReader(self._engine, newest)

    def close(self) -> None:
        pass

    def select(
        self, trees: Sequence[Node], document_ids: Sequence[str], deadline: Deadline | None = None
    ) -> list[frozenset[str]]:
        entries = [entry for id_ in document_ids if (entry := self._state.documents.get(id_))]
        return [
            frozenset(entry.document.id for entry in entries if self._matcher.match(tree, entry) is not None) for tree in trees
        ]

    def search_words(
        self,
        words: Sequence[Node],
        filters: Sequence[Node],
        slop: int,
        bonus: float,
        limit: int,
        *,
        facets: bool = False,
        sideways: Sequence[Sideways] = (),
        deadline: Deadline | None = None,
    ) -> WordMatches | None:
        """Return None: all words and any of them take two searches."""
        return None

    def count(self, tree: Node, deadline: Deadline | None = None) -> int:
        return sum(self._matcher.match(tree, entry) is not None for entry in self._state.documents.values())

    def search(
        self,
        tree: Node,
        *,
        offset: int = 0,
        limit: int = 10,
        sort: Sort = "relevance",
        facets: bool | Collection[str] = False,
        explain: bool = False,
        counted: bool = True,
        sideways: Sequence[Sideways] = (),
        deadline: Deadline | None = None,
    ) -> Matches:
        results: list[tuple[float, IndexedDocument, ScoreParts]] = []
        for entry in self._state.documents.values():
            if (scored := self._matcher.score(tree, entry)) is not None:
                results.append((scored[0], entry, scored[1]))
        # Python's sort is stable: sort by the least important key first.
        results.sort(key=lambda hit: hit[1].document.id)
        if sort == "oldest":
            results.sort(key=lambda hit: hit[1].date or "~")  # undated last
        else:
            results.sort(key=lambda hit: hit[1].date, reverse=True)
        if sort == "relevance":
            results.sort(key=lambda hit: hit[0], reverse=True)
        page = results[offset : offset + limit]
        counts: dict[str, Counter[str]] = {name: Counter() for name in FACET_NAMES}
        for _, entry, _ in results if facets else ():
            for name, values in facet_values(entry.document).items():
                counts[name].update(values)
        return Matches(
            total=len(results),
            matches=tuple(Match(entry.document, score, parts if explain else {}) for score, entry, parts in page),
            facets={**make_facets(counts), **count_by_searches(self, tree, sideways, deadline)} if facets else {},
        )
