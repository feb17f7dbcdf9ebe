"""Match one document against a query tree and score it, by the formula in `indexer.engines.scoring`.

This defines the answers of every engine. The memory engine uses it for each document; an engine without an explanation of
its own uses it to show the parts of a score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from indexer.engines.fields import (
    FIELDS,
    AnalysedDocument,
    address_key,
    analyse_document,
    filter_key,
    filter_values,
    in_range,
    sortable_date,
)
from indexer.engines.scoring import (
    MAX_TERMS,
    ScoreParts,
    field_tf,
    idf,
    phrase_count,
    phrase_label,
    recency_factor,
    scaled_parts,
    sum_parts,
    term_label,
)
from indexer.model import Document, RankingWeights
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
            address_key(document),
            sortable_date(document.date),
        )


class CorpusStatistics(Protocol):
    """What a score depends on besides the document and the query."""

    @property
    def document_count(self) -> int: ...

    @property
    def weights(self) -> RankingWeights: ...

    @property
    def averages(self) -> Mapping[TextField, float]:
        """Return the average number of tokens of each field."""
        ...

    @property
    def newest(self) -> str:
        """Return the sortable date from which ages are measured; "" while no document is dated."""
        ...

    def frequency(self, fields: tuple[TextField, ...], terms: tuple[str, ...]) -> int:
        """Return the number of documents that contain any of the terms in any of the fields."""
        ...

    def surface_frequency(self, form: str) -> int:
        """Return the number of documents that contain this folded word form."""
        ...


class DocumentMatcher:
    """Matches documents of one state of an index."""

    def __init__(self, statistics: CorpusStatistics) -> None:
        self._statistics, self._weights = statistics, statistics.weights

    def score(self, tree: Node, entry: IndexedDocument) -> tuple[float, ScoreParts] | None:
        """Return the score and its parts, or None when the document does not match."""
        parts = self.match(tree, entry)
        if parts is None:
            return None
        text = sum(parts.values())
        score = text * recency_factor(entry.date, self._statistics.newest, self._weights)
        return score, {**parts, "recency": score - text} if score != text else parts

    def match(self, node: Node, entry: IndexedDocument) -> ScoreParts | None:
        """Return the parts of the score without the recency bonus, or None when the document does not match."""
        match node:
            case And(nodes=nodes):
                parts = [self.match(n, entry) for n in nodes]
                return None if None in parts else sum_parts(parts)
            case Or(nodes=nodes):
                parts = [p for n in nodes if (p := self.match(n, entry)) is not None]
                return sum_parts(parts) if parts else None
            case Not(node=inner):
                return {} if self.match(inner, entry) is None else None
            case Boost(node=inner, factor=factor):
                results = self.match(inner, entry)
                return None if results is None else {name: value * factor for name, value in results.items()}
            case Constant(node=inner):
                return None if self.match(inner, entry) is None else {}
            case Prefer(node=inner, better=better):
                results = self.match(inner, entry)
                return None if results is None else sum_parts([results, *(self.match(n, entry) for n in better)])
            case Everything():
                return {}
            case IdFilter(ids=ids):
                return {} if entry.document.id in ids else None
            case Scale(node=inner, factors=factors):
                results = self.match(inner, entry)
                scale = math.prod(factor for each, factor in factors if self.match(each, entry) is not None)
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
                return {f"exact:{form}": boost * idf(self._statistics.document_count, self._statistics.surface_frequency(form))}
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
                tfs[name] = field_tf(tf, length, self._statistics.averages[name], float(getattr(weights, name)), weights.b)
        scale = factor * (weights.k1 + 1) / (weights.k1 + sum(tfs.values())) if tfs else 0.0
        return {f"{name}:{what}": scale * x for name, x in tfs.items()} or None

    def _rarity(self, fields: tuple[TextField, ...], terms: tuple[str, ...]) -> float:
        return idf(self._statistics.document_count, self._statistics.frequency(fields, terms))
