"""The reference engine: it keeps documents in a dictionary and tests each of them against the query.

It is there for tests and for readers: its answers define what the other engines have to answer. The formula of the score
is in `indexer.engines.scoring`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from indexer.analysis.spelling import within_distance
from indexer.engines.base import FACET_NAMES, Deadline, Matches
from indexer.engines.fields import (
    FIELDS,
    AnalysedDocument,
    analyse_document,
    facet_values,
    filter_key,
    filter_values,
    in_range,
    make_facets,
    sortable_date,
)
from indexer.engines.scoring import (
    MAX_TERMS,
    Averages,
    ScoreParts,
    field_tf,
    idf,
    phrase_count,
    phrase_label,
    recency_factor,
    scaled_parts,
    stable_averages,
    sum_parts,
    term_label,
)
from indexer.errors import IndexMissing
from indexer.model import Change, Document, Match, RankingWeights, Sort
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    DateRange,
    Everything,
    Filter,
    IdFilter,
    Node,
    Not,
    Or,
    Prefer,
    Scale,
    Surface,
    TermPhrase,
    Terms,
    TextField,
)


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document with everything that is computed once."""

    document: Document
    analysed: AnalysedDocument
    filters: dict[str, list[str]]
    url: str
    date: str

    @classmethod
    def of(cls, document: Document) -> IndexedDocument:
        return cls(
            document,
            analyse_document(document),
            filter_values(document),
            filter_key(document.url),
            sortable_date(document.date),
        )


@dataclass(slots=True)
class IndexState:
    """One state of the index, replaced as a whole by each commit."""

    documents: dict[str, IndexedDocument] = field(default_factory=dict)
    position: int = 0
    number: int = 0
    written: str = ""
    averages: Averages = ()
    archive_id: str = ""

    def after(self, changes: Iterable[Change], position: int, now: datetime, archive_id: str) -> IndexState:
        documents = dict(self.documents)
        for change in changes:
            if change.document is None:
                documents.pop(change.document_id, None)
            else:
                documents[change.document_id] = IndexedDocument.of(change.document)
        lengths = [entry.analysed.lengths for entry in documents.values()]
        true = tuple(sum(field) / len(lengths) for field in zip(*lengths, strict=True)) or (0.0,) * len(FIELDS)
        averages = stable_averages(self.averages, true)
        return IndexState(documents, position, self.number + 1, sortable_date(now), averages, archive_id or self.archive_id)


class MemoryEngine:
    """Keeps the index as long as the process lives."""

    name = "memory"

    def __init__(self, weights: RankingWeights, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.weights, self.now = weights, now
        self.state: IndexState | None = None

    def reader(self) -> MemoryReader:
        if self.state is None:
            raise IndexMissing("there is no index yet")
        return MemoryReader(self, self.state)

    def writer(self, archive_id: str = "") -> MemoryWriter:
        if self.state is None:
            self.state = IndexState()
        return MemoryWriter(self, archive_id)

    @contextmanager
    def rebuild(self, archive_id: str = "") -> Iterator[MemoryRebuild]:
        yield MemoryRebuild(self, archive_id)

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


class NoVerifier:
    """Memory has no files to verify."""

    verified_bytes = total_bytes = 0
    damage: Sequence[str] = ()

    def step(self, max_bytes: int) -> int:
        return 0

    def save(self) -> None:
        pass


class MemoryWriter:
    def __init__(self, engine: MemoryEngine, archive_id: str) -> None:
        self._engine, self._archive_id = engine, archive_id

    @property
    def position(self) -> int:
        return self._engine.state.position if self._engine.state else 0

    def apply(self, changes: Iterable[Change], position: int) -> None:
        state = self._engine.state or IndexState()
        self._engine.state = state.after(changes, position, self._engine.now(), self._archive_id)

    def close(self) -> None:
        pass


class MemoryRebuild:
    def __init__(self, engine: MemoryEngine, archive_id: str) -> None:
        self._engine, self._archive_id = engine, archive_id
        self._state = IndexState(number=engine.state.number if engine.state else 0)

    def apply(self, changes: Iterable[Change], position: int) -> None:
        self._state = replace(self._state, averages=()).after(changes, position, self._engine.now(), self._archive_id)

    def publish(self) -> str:
        self._engine.state = replace(self._state)
        return f"m{self._state.number}"


class MemoryReader:
    """A snapshot: a state is never changed, only replaced."""

    def __init__(self, engine: MemoryEngine, state: IndexState) -> None:
        self._engine, self._state, self._weights = engine, state, engine.weights
        self.generation = f"m{state.number}"
        self.position, self.archive_id = state.position, state.archive_id
        entry = state.documents.values()
        self._averages = dict(zip(FIELDS, state.averages or (0.0,) * len(FIELDS), strict=True))
        self._newest = max((entry.date for entry in entry if entry.date <= state.written), default="")
        self._frequencies: dict[tuple[tuple[TextField, ...], tuple[str, ...]], int] = {}

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
        self, form: str, distance: int, limit: int, deadline: Deadline | None = None
    ) -> tuple[Sequence[tuple[str, int]], int]:
        return self._frequent(lambda other: within_distance(other, form, distance), limit)

    def _frequent(self, matches: Callable[[str], bool], limit: int) -> tuple[Sequence[tuple[str, int]], int]:
        counts = Counter(s for entry in self._state.documents.values() for s in entry.analysed.surfaces if matches(s))
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].encode()))[:limit], len(counts)

    def forms(self, term: str) -> Sequence[str]:
        return sorted({form for entry in self._state.documents.values() for form in entry.analysed.forms.get(term, ())})

    def surface_frequency(self, form: str) -> int:
        return sum(form in entry.analysed.surfaces for entry in self._state.documents.values())

    def refresh(self) -> MemoryReader:
        newest = self._engine.state
        return self if newest is None or newest is self._state else MemoryReader(self._engine, newest)

    def close(self) -> None:
        pass

    def select(
        self, trees: Sequence[Node], document_ids: Sequence[str], deadline: Deadline | None = None
    ) -> list[frozenset[str]]:
        entries = [entry for id_ in document_ids if (entry := self._state.documents.get(id_))]
        return [frozenset(entry.document.id for entry in entries if self._match(tree, entry) is not None) for tree in trees]

    def count(self, tree: Node, deadline: Deadline | None = None) -> int:
        return sum(self._match(tree, entry) is not None for entry in self._state.documents.values())

    def search(
        self,
        tree: Node,
        *,
        offset: int = 0,
        limit: int = 10,
        sort: Sort = "relevance",
        facets: bool = False,
        explain: bool = False,
        deadline: Deadline | None = None,
    ) -> Matches:
        results: list[tuple[float, IndexedDocument, ScoreParts]] = []
        for entry in self._state.documents.values():
            parts = self._match(tree, entry)
            if parts is None:
                continue
            text = sum(parts.values())
            score = text * recency_factor(entry.date, self._newest, self._weights)
            results.append((score, entry, {**parts, "recency": score - text} if score != text else parts))
        # Python's sort is stable: sort by the least important key first.
        results.sort(key=lambda hit: hit[1].document.id)
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
            facets=make_facets(counts) if facets else {},
        )

    # -- matching and scoring -------------------------------------------------------------------------

    def _match(self, node: Node, entry: IndexedDocument) -> ScoreParts | None:
        """Return the parts of the score, or None when the document does not match."""
        match node:
            case And(nodes=nodes):
                parts = [self._match(n, entry) for n in nodes]
                return None if None in parts else sum_parts(parts)
            case Or(nodes=nodes):
                parts = [p for n in nodes if (p := self._match(n, entry)) is not None]
                return sum_parts(parts) if parts else None
            case Not(node=inner):
                return {} if self._match(inner, entry) is None else None
            case Boost(node=inner, factor=factor):
                results = self._match(inner, entry)
                return None if results is None else {name: value * factor for name, value in results.items()}
            case Constant(node=inner):
                return None if self._match(inner, entry) is None else {}
            case Prefer(node=inner, better=better):
                results = self._match(inner, entry)
                return None if results is None else sum_parts([results, *(self._match(n, entry) for n in better)])
            case Everything():
                return {}
            case IdFilter(ids=ids):
                return {} if entry.document.id in ids else None
            case Scale(node=inner, factors=factors):
                results = self._match(inner, entry)
                scale = math.prod(factor for each, factor in factors if self._match(each, entry) is not None)
                return None if results is None else scaled_parts(results, scale)
            case Filter(field="url", value=value):
                return {} if filter_key(value) in entry.url else None
            case Filter(field=name, value=value):
                return {} if filter_key(value) in entry.filters[name] else None
            case DateRange(start=start, end=end):
                return {} if in_range(entry.date, start, end) else None
            case Surface(form=form, boost=boost):
                if form not in entry.analysed.surfaces:
                    return None
                return {f"exact:{form}": boost * idf(self.document_count, self.surface_frequency(form))}
            case Terms():
                return self._terms(node, entry)
            case TermPhrase():
                return self._phrase(node, entry)
        return None  # Nothing, and leaves with words that were not rewritten to terms

    def _terms(self, node: Terms, entry: IndexedDocument) -> ScoreParts | None:
        terms = tuple(dict.fromkeys(node.terms[:MAX_TERMS]))
        results = {name: sum(len(entry.analysed.positions[name].get(term, ())) for term in terms) for name in node.fields}
        return self._parts_by_field(results, entry, node.boost * self._rarity(node.fields, terms), term_label(node))

    def _phrase(self, node: TermPhrase, entry: IndexedDocument) -> ScoreParts | None:
        results = {}
        for name in node.fields if node.places else ():
            positions = entry.analysed.positions[name]
            places = [sorted(p for term in dict.fromkeys(place) for p in positions.get(term, ())) for place in node.places]
            results[name] = phrase_count(places, node.gaps, node.slop) if all(places) else 0
        rarity = sum(self._rarity(node.fields, place) for place in node.places)
        return self._parts_by_field(results, entry, node.boost * rarity, phrase_label(node))

    def _parts_by_field(
        self, results: dict[TextField, int], entry: IndexedDocument, factor: float, what: str
    ) -> ScoreParts | None:
        """Return what each field adds to the score, by BM25F."""
        weights = self._weights
        tfs = {}
        for name, tf in results.items():
            if tf:
                length = entry.analysed.lengths[FIELDS.index(name)]
                tfs[name] = field_tf(tf, length, self._averages[name], float(getattr(weights, name)), weights.b)
        scale = factor * (weights.k1 + 1) / (weights.k1 + sum(tfs.values())) if tfs else 0.0
        return {f"{name}:{what}": scale * x for name, x in tfs.items()} or None

    def _rarity(self, fields: tuple[TextField, ...], terms: tuple[str, ...]) -> float:
        key = (fields, terms)
        if key not in self._frequencies:
            entry = self._state.documents.values()
            self._frequencies[key] = sum(
                any(t in entry.analysed.positions[name] for name in fields for t in terms) for entry in entry
            )
        return idf(self.document_count, self._frequencies[key])
