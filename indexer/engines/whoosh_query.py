"""Answering a query tree from posting lists: the one place where trees are evaluated.

Each node becomes the documents that match it with their scores, as a dictionary from document number to score: leaves
read whole posting lists, branches join dictionaries. That is two to five times faster in Python than asking Whoosh's
matchers for one document after another, and gives the exact total and all matches for facets at no further cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from indexer.engines.postings import (
    MAX_TERMS,
    filter_key,
    idf,
    label,
    phrase_count,
    phrase_label,
)
from indexer.engines.whoosh_postings import Snapshot
from indexer.model import RankingWeights
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
)

Scores = dict[int, float]
Part = tuple[str, Scores]  # a leaf's scores in one field, with the name that `explain` gives it


class Evaluation:
    """Evaluates one tree on one snapshot."""

    def __init__(self, snapshot: Snapshot, weights: RankingWeights) -> None:
        self._snapshot, self._weights = snapshot, weights
        self._leaves: dict[Node, list[Part]] = {}

    def scores(self, node: Node) -> Scores:
        """All documents that match, with what the node adds to their scores."""
        match node:
            case And(nodes=nodes):
                return self._all_of(nodes)
            case Or(nodes=nodes):
                return _sum([self.scores(n) for n in nodes])
            case Not(node=inner):
                return dict.fromkeys(self._snapshot.living() - self.scores(inner).keys(), 0.0)
            case Boost(node=inner, factor=factor):
                return {document: score * factor for document, score in self.scores(inner).items()}
            case Constant(node=inner):
                return dict.fromkeys(self.scores(inner), 0.0)
            case Prefer(node=inner, better=better):
                return self._prefer(self.scores(inner), better)
            case Everything():
                return dict.fromkeys(self._snapshot.living(), 0.0)
            case Filter(field="url", value=value):
                return dict.fromkeys(self._snapshot.urls_with(filter_key(value)), 0.0)
            case Filter(field=name, value=value):
                return dict.fromkeys(self._snapshot.postings(f"is_{name}", filter_key(value))[0], 0.0)
            case DateRange(start=start, end=end):
                return dict.fromkeys(self._snapshot.dated(start, end), 0.0)
            case Terms() | TermPhrase() | Surface():
                return _sum([scores for _, scores in self._leaf(node)])
        return {}  # Nothing, and the leaves that hold words instead of terms

    def parts(self, node: Node, document: int) -> dict[str, float] | None:
        """How the document's score comes about; None when it does not match."""
        match node:
            case And(nodes=nodes):
                found = [self.parts(n, document) for n in nodes]
                return None if any(parts is None for parts in found) else _add(found)
            case Or(nodes=nodes):
                matching = [parts for n in nodes if (parts := self.parts(n, document)) is not None]
                return _add(matching) if matching else None
            case Boost(node=inner, factor=factor):
                boosted = self.parts(inner, document)
                return None if boosted is None else {name: value * factor for name, value in boosted.items()}
            case Prefer(node=inner, better=better):
                preferred = self.parts(inner, document)
                return None if preferred is None else _add([preferred, *(self.parts(n, document) for n in better)])
            case Terms() | TermPhrase() | Surface():
                return {name: scores[document] for name, scores in self._leaf(node) if document in scores} or None
        return {} if document in self.scores(node) else None

    # -- branches ----------------------------------------------------------------------------------------------------

    def _all_of(self, nodes: Sequence[Node]) -> Scores:
        """What is excluded is taken away from the rest, instead of making the set of all other documents first."""
        wanted = [node for node in nodes if not isinstance(node, Not)] or [Everything()]
        found = sorted((self.scores(node) for node in wanted), key=len)
        result = found[0]
        for other in found[1:]:
            if not result:
                return {}
            result = {document: score + other[document] for document, score in result.items() if document in other}
        for node in nodes:
            if isinstance(node, Not) and result:
                excluded = self.scores(node.node)
                result = {document: score for document, score in result.items() if document not in excluded}
        return result

    def _prefer(self, base: Scores, better: Iterable[Node]) -> Scores:
        for node in better:
            bonus = (
                _sum([scores for _, scores in self._phrase(node, base)])
                if isinstance(node, TermPhrase)
                else self.scores(node)
            )
            if len(bonus) > len(base):
                base = {document: score + bonus.get(document, 0.0) for document, score in base.items()}
            else:
                base = dict(base)
                for document, score in bonus.items():
                    if document in base:
                        base[document] += score
        return base

    # -- leaves ------------------------------------------------------------------------------------------------------

    def _leaf(self, node: Terms | TermPhrase | Surface) -> list[Part]:
        known = self._leaves.get(node)
        if known is None:
            match node:
                case Terms():
                    known = self._terms(node)
                case TermPhrase():
                    known = self._phrase(node, None)
                case Surface(form=form, boost=boost):
                    documents = self._snapshot.postings("surface", form)[0]
                    score = boost * idf(self._snapshot.document_count, len(documents))
                    known = [(f"exact:{form}", dict.fromkeys(documents, score))]
            self._leaves[node] = known
        return known

    def _terms(self, node: Terms) -> list[Part]:
        found: list[tuple[str, dict[int, float]]] = [(name, self._frequencies(name, node.terms)) for name in node.fields]
        return self._weigh(found, node.boost, label(node))

    def _phrase(self, node: TermPhrase, among: Scores | None) -> list[Part]:
        """`among`: only these documents are of interest, which spares reading the positions of all others."""
        found: list[tuple[str, dict[int, float]]] = []
        holding: list[set[int]] = [set() for _ in node.places]
        for name in node.fields if node.places else ():
            places: list[Scores] = [self._frequencies(name, terms) for terms in node.places]
            rarest: Scores = min(places, key=len)
            candidates = set(rarest)
            for place, documents in zip(places, holding, strict=True):
                candidates &= place.keys()
                documents.update(place)
            if among is not None:
                candidates &= among.keys()
            if not candidates:
                continue
            held = [self._positions(name, terms, candidates) for terms in node.places]
            counts = {}
            for document in candidates:
                if tf := phrase_count([place[document] for place in held], node.gaps, node.slop):
                    counts[document] = float(tf)
            found.append((name, counts))
        rarity = sum(idf(self._snapshot.document_count, len(documents)) for documents in holding)
        return self._weigh(found, node.boost * rarity, phrase_label(node), rarity_known=True)

    def _frequencies(self, name: str, terms: Sequence[str]) -> dict[int, float]:
        """How often any of the terms stands in the field, by document."""
        total: dict[int, float] = {}
        for term in dict.fromkeys(terms[:MAX_TERMS]):
            documents, frequencies = self._snapshot.postings(name, term)
            if not documents:
                continue
            if not total:
                total = dict(zip(documents, frequencies, strict=True))
                continue
            for document, frequency in zip(documents, frequencies, strict=True):
                total[document] = total.get(document, 0.0) + frequency
        return total

    def _positions(self, name: str, terms: Sequence[str], candidates: set[int]) -> dict[int, list[int]]:
        held: dict[int, list[int]] = {}
        for term in dict.fromkeys(terms[:MAX_TERMS]):
            for document, positions in self._snapshot.positions(name, term, candidates):
                known = held.get(document)
                held[document] = positions if known is None else sorted(known + positions)
        return held

    def _weigh(
        self, found: list[tuple[str, dict[int, float]]], factor: float, what: str, *, rarity_known: bool = False
    ) -> list[Part]:
        """BM25F of `indexer.engines.postings`, written out: a call for each document would take twice the time."""
        weights, shares = self._weights, []
        fixed, k1 = 1 - weights.b, weights.k1
        for name, frequencies in found:
            lengths, average = self._snapshot.lengths(name)
            if not frequencies or not average:
                continue
            weight, slope = float(getattr(weights, name)), weights.b / average
            shares.append((name, {d: weight * tf / (fixed + slope * lengths[d]) for d, tf in frequencies.items()}))
        total = _sum([scores for _, scores in shares])
        factor *= (k1 + 1) * (1.0 if rarity_known else idf(self._snapshot.document_count, len(total)))
        return [(f"{name}:{what}", {d: factor * x / (k1 + total[d]) for d, x in scores.items()}) for name, scores in shares]


def _sum(several: list[Scores]) -> Scores:
    if not several:
        return {}
    several.sort(key=len, reverse=True)
    total = dict(several[0]) if len(several) > 1 else several[0]
    get: Callable[[int, float], float] = total.get
    for scores in several[1:]:
        for document, score in scores.items():
            total[document] = get(document, 0.0) + score
    return total


def _add(several: Iterable[dict[str, float] | None]) -> dict[str, float]:
    total: dict[str, float] = {}
    for parts in several:
        for name, value in (parts or {}).items():
            total[name] = total.get(name, 0.0) + value
    return total

