"""The smallest honest engine: it keeps documents in a dictionary and asks each of them whether it matches.

It is there for tests and for reading: what it answers defines what the others have to answer. The formula of the score
stands in `indexer.engines.scoring`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from indexer.analysis.spelling import within_distance
from indexer.engines.base import FACET_NAMES, Matches
from indexer.engines.scoring import (
    FIELDS,
    MAX_TERMS,
    Analysed,
    Averages,
    Parts,
    add_parts,
    analyse_document,
    facet_values,
    filter_key,
    filter_values,
    idf,
    in_range,
    kept_averages,
    label,
    make_facets,
    phrase_count,
    phrase_label,
    recency,
    share,
    sortable_date,
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
    Node,
    Not,
    Or,
    Prefer,
    Surface,
    TermPhrase,
    Terms,
    TextField,
)


@dataclass(frozen=True, slots=True)
class Held:
    """A document with what is worked out once."""

    document: Document
    analysed: Analysed
    filters: dict[str, list[str]]
    url: str
    date: str

    @classmethod
    def of(cls, document: Document) -> Held:
        return cls(
            document,
            analyse_document(document),
            filter_values(document),
            filter_key(document.url),
            sortable_date(document.date),
        )


@dataclass(slots=True)
class State:
    """One state of the index; replaced as a whole by each commit."""

    documents: dict[str, Held] = field(default_factory=dict)
    position: int = 0
    number: int = 0
    written: str = ""
    averages: Averages = ()

    def after(self, changes: Iterable[Change], position: int, now: datetime) -> State:
        documents = dict(self.documents)
        for change in changes:
            if change.document is None:
                documents.pop(change.document_id, None)
            else:
                documents[change.document_id] = Held.of(change.document)
        lengths = [held.analysed.lengths for held in documents.values()]
        true = tuple(sum(field) / len(lengths) for field in zip(*lengths, strict=True)) or (0.0,) * len(FIELDS)
        return State(documents, position, self.number + 1, sortable_date(now), kept_averages(self.averages, true))


class MemoryEngine:
    """Keeps the index as long as the process lives."""

    name = "memory"

    def __init__(self, weights: RankingWeights, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.weights, self.now = weights, now
        self.state: State | None = None

    def reader(self) -> MemoryReader:
        if self.state is None:
            raise IndexMissing("there is no index yet")
        return MemoryReader(self, self.state)

    def writer(self) -> MemoryWriter:
        if self.state is None:
            self.state = State()
        return MemoryWriter(self)

    @contextmanager
    def rebuild(self) -> Iterator[MemoryRebuild]:
        yield MemoryRebuild(self)

    def verify(self) -> Sequence[str]:
        return ()

    def is_outdated(self) -> bool:
        return False

    def size_bytes(self) -> int:
        return 0


class MemoryWriter:
    def __init__(self, engine: MemoryEngine) -> None:
        self._engine = engine

    @property
    def position(self) -> int:
        return self._engine.state.position if self._engine.state else 0

    def apply(self, changes: Iterable[Change], position: int) -> None:
        self._engine.state = (self._engine.state or State()).after(changes, position, self._engine.now())

    def close(self) -> None:
        pass


class MemoryRebuild:
    def __init__(self, engine: MemoryEngine) -> None:
        self._engine = engine
        self._state = State(number=engine.state.number if engine.state else 0)

    def apply(self, changes: Iterable[Change], position: int) -> None:
        self._state = replace(self._state, averages=()).after(changes, position, self._engine.now())

    def publish(self) -> str:
        self._engine.state = replace(self._state)
        return f"m{self._state.number}"


class MemoryReader:
    """A snapshot: the state is never changed, only replaced."""

    def __init__(self, engine: MemoryEngine, state: State) -> None:
        self._engine, self._state, self._weights = engine, state, engine.weights
        self.generation = f"m{state.number}"
        self.position = state.position
        held = state.documents.values()
        self._averages = dict(zip(FIELDS, state.averages or (0.0,) * len(FIELDS), strict=True))
        self._newest = max((h.date for h in held if h.date <= state.written), default="")
        self._frequencies: dict[tuple[tuple[TextField, ...], tuple[str, ...]], int] = {}

    @property
    def document_count(self) -> int:
        return len(self._state.documents)

    def languages(self) -> tuple[str, ...]:
        counts = Counter(h.document.language for h in self._state.documents.values())
        return tuple(sorted(counts, key=lambda language: (-counts[language], language)))

    def document(self, document_id: str) -> Document | None:
        held = self._state.documents.get(document_id)
        return held.document if held else None

    def surfaces(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        counts = Counter(s for h in self._state.documents.values() for s in h.analysed.surfaces if s.startswith(prefix))
        return sorted(counts.items(), key=lambda pair: pair[0].encode())[:limit]

    def surfaces_matching(
        self, prefix: str, pattern: re.Pattern[str] | None, limit: int
    ) -> tuple[Sequence[tuple[str, int]], int]:
        return self._frequent(lambda f: f.startswith(prefix) and (pattern is None or pattern.fullmatch(f) is not None), limit)

    def surfaces_near(self, form: str, distance: int, limit: int) -> tuple[Sequence[tuple[str, int]], int]:
        return self._frequent(lambda other: within_distance(other, form, distance), limit)

    def _frequent(self, wanted: Callable[[str], bool], limit: int) -> tuple[Sequence[tuple[str, int]], int]:
        counts = Counter(s for h in self._state.documents.values() for s in h.analysed.surfaces if wanted(s))
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].encode()))[:limit], len(counts)

    def forms(self, term: str) -> Sequence[str]:
        return sorted({form for h in self._state.documents.values() for form in h.analysed.forms.get(term, ())})

    def surface_frequency(self, form: str) -> int:
        return sum(form in h.analysed.surfaces for h in self._state.documents.values())

    def refresh(self) -> MemoryReader:
        newest = self._engine.state
        return self if newest is None or newest is self._state else MemoryReader(self._engine, newest)

    def close(self) -> None:
        pass

    def count(self, tree: Node) -> int:
        return sum(self._match(tree, held) is not None for held in self._state.documents.values())

    def search(
        self,
        tree: Node,
        *,
        offset: int = 0,
        limit: int = 10,
        sort: Sort = "relevance",
        facets: bool = False,
        explain: bool = False,
    ) -> Matches:
        found: list[tuple[float, Held, Parts]] = []
        for held in self._state.documents.values():
            parts = self._match(tree, held)
            if parts is None:
                continue
            text = sum(parts.values())
            score = text * recency(held.date, self._newest, self._weights)
            found.append((score, held, {**parts, "recency": score - text} if score != text else parts))
        # Python's sort is stable: the least important key first.
        found.sort(key=lambda hit: hit[1].document.id)
        found.sort(key=lambda hit: hit[1].date, reverse=True)
        if sort == "relevance":
            found.sort(key=lambda hit: hit[0], reverse=True)
        page = found[offset : offset + limit]
        counts: dict[str, Counter[str]] = {name: Counter() for name in FACET_NAMES}
        for _, held, _ in found if facets else ():
            for name, values in facet_values(held.document).items():
                counts[name].update(values)
        return Matches(
            total=len(found),
            matches=tuple(Match(held.document, score, parts if explain else {}) for score, held, parts in page),
            facets=make_facets(counts) if facets else {},
        )

    # -- does it match, and what does that add -------------------------------------------------------------------------

    def _match(self, node: Node, held: Held) -> Parts | None:
        """None when the document does not match."""
        match node:
            case And(nodes=nodes):
                parts = [self._match(n, held) for n in nodes]
                return None if None in parts else add_parts(parts)
            case Or(nodes=nodes):
                parts = [p for n in nodes if (p := self._match(n, held)) is not None]
                return add_parts(parts) if parts else None
            case Not(node=inner):
                return {} if self._match(inner, held) is None else None
            case Boost(node=inner, factor=factor):
                found = self._match(inner, held)
                return None if found is None else {name: value * factor for name, value in found.items()}
            case Constant(node=inner):
                return None if self._match(inner, held) is None else {}
            case Prefer(node=inner, better=better):
                found = self._match(inner, held)
                return None if found is None else add_parts([found, *(self._match(n, held) for n in better)])
            case Everything():
                return {}
            case Filter(field="url", value=value):
                return {} if filter_key(value) in held.url else None
            case Filter(field=name, value=value):
                return {} if filter_key(value) in held.filters[name] else None
            case DateRange(start=start, end=end):
                return {} if in_range(held.date, start, end) else None
            case Surface(form=form, boost=boost):
                if form not in held.analysed.surfaces:
                    return None
                return {f"exact:{form}": boost * idf(self.document_count, self.surface_frequency(form))}
            case Terms():
                return self._terms(node, held)
            case TermPhrase():
                return self._phrase(node, held)
        return None  # Nothing, and the leaves that hold words instead of terms

    def _terms(self, node: Terms, held: Held) -> Parts | None:
        terms = tuple(dict.fromkeys(node.terms[:MAX_TERMS]))
        found = {name: sum(len(held.analysed.positions[name].get(term, ())) for term in terms) for name in node.fields}
        return self._weighed(found, held, node.boost * self._rarity(node.fields, terms), label(node))

    def _phrase(self, node: TermPhrase, held: Held) -> Parts | None:
        found = {}
        for name in node.fields if node.places else ():
            positions = held.analysed.positions[name]
            places = [sorted(p for term in dict.fromkeys(place) for p in positions.get(term, ())) for place in node.places]
            found[name] = phrase_count(places, node.gaps, node.slop) if all(places) else 0
        rarity = sum(self._rarity(node.fields, place) for place in node.places)
        return self._weighed(found, held, node.boost * rarity, phrase_label(node))

    def _weighed(self, found: dict[TextField, int], held: Held, factor: float, what: str) -> Parts | None:
        """BM25F's share of each field."""
        weights = self._weights
        shares = {}
        for name, tf in found.items():
            if tf:
                length = held.analysed.lengths[FIELDS.index(name)]
                shares[name] = share(tf, length, self._averages[name], float(getattr(weights, name)), weights.b)
        scale = factor * (weights.k1 + 1) / (weights.k1 + sum(shares.values())) if shares else 0.0
        return {f"{name}:{what}": scale * x for name, x in shares.items()} or None

    def _rarity(self, fields: tuple[TextField, ...], terms: tuple[str, ...]) -> float:
        key = (fields, terms)
        if key not in self._frequencies:
            held = self._state.documents.values()
            self._frequencies[key] = sum(any(t in h.analysed.positions[name] for name in fields for t in terms) for h in held)
        return idf(self.document_count, self._frequencies[key])
