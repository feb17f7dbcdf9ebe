"""The score of a query tree in the query DSL: exactly the formula of `indexer.engines.scoring`, in 32-bit floats.

The similarity of the text fields returns frequencies. For each leaf and field a script turns the frequency into BM25F's
weighted, length-normalised one. A second script saturates their sum, and `bool` queries add up the leaves.
Document frequencies are those of all shards together (`statistics`), so that a shard's own ones do not change the order.

`candidates` is the fast approximation for searches with many matches: `impacts` gives BM25F's X as it was when the document
was written, phrases for nearness are left out. The best candidates are then scored exactly (`rescore`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from indexer.engines.document_matcher import CorpusStatistics
from indexer.engines.opensearch.filter_query import ALL, NONE, Query, any_of, distinct, matching, phrase_queries
from indexer.engines.opensearch.mapping import COUNT_BASE, seconds_of
from indexer.engines.scoring import idf
from indexer.query.nodes import (
    TEXT_FIELDS,
    And,
    Boost,
    Node,
    Or,
    Prefer,
    Scale,
    Surface,
    TermPhrase,
    Terms,
    TextField,
)

_NORMALISED: Final = "params.w * _score / (params.c + params.d * doc[params.f].value)"
# A phrase's similarity adds up COUNT_BASE + frequency over the terms that the shard contains: their number comes out first.
_OCCURRENCES: Final = (
    "double n = Math.floor(_score / params.base); double freq = _score / n - params.base;"
    " return params.w * freq / (params.c + params.d * doc[params.f].value);"
)
_RECENCY: Final = "1.0 / (1.0 + Math.max(0.0, params.origin - doc['day'].value) / params.half_life)"
_SATURATED: Final = "params.s * _score / (params.k + _score)"


def is_scored(node: Node) -> bool:
    """Return whether matches of this tree can have different scores."""
    match node:
        case And(nodes=nodes) | Or(nodes=nodes):
            return any(map(is_scored, nodes))
        case Boost(node=inner) | Scale(node=inner):
            return is_scored(inner)
        case Prefer(node=inner, better=better):
            return is_scored(inner) or any(map(is_scored, better))
        case Terms() | TermPhrase() | Surface():
            return True
    return False


def needed_frequencies(node: Node) -> Iterator[tuple[tuple[TextField, ...], tuple[str, ...]] | str]:
    """Yield what the scores of a tree depend on: the fields and terms of leaves, and folded word forms."""
    match node:
        case _ if not is_scored(node):
            return
        case And(nodes=nodes) | Or(nodes=nodes):
            for each in nodes:
                yield from needed_frequencies(each)
        case Boost(node=inner) | Scale(node=inner):
            yield from needed_frequencies(inner)
        case Prefer(node=inner, better=better):
            for each in (inner, *better):
                yield from needed_frequencies(each)
        case Terms(terms=terms, fields=fields):
            yield fields, distinct(terms)
        case TermPhrase(places=places, fields=fields):
            yield from ((fields, place) for place in places)
        case Surface(form=form):
            yield form


class Ranking:
    """Makes queries that score, from the statistics of one state of the index."""

    def __init__(self, statistics: CorpusStatistics) -> None:
        self._statistics, self._weights = statistics, statistics.weights

    def exact(self, tree: Node) -> Query:
        """Return the query that gives each match its score."""
        return self._with_recency(self._scored(tree, 1.0, fast=False))

    def candidates(self, tree: Node) -> Query:
        """Return the query that gives each match nearly its score, at a fraction of the cost."""
        return self._with_recency(self._scored(tree, 1.0, fast=True))

    def most_matches(self, node: Node) -> int:
        """Return how many documents match at most, by the frequencies that scores need."""
        everything = self._statistics.document_count
        match node:
            case _ if not is_scored(node):
                return everything
            case And(nodes=nodes):
                return min(map(self.most_matches, nodes))
            case Or(nodes=nodes):
                return min(sum(map(self.most_matches, nodes)), everything)
            case Boost(node=inner) | Scale(node=inner) | Prefer(node=inner):
                return self.most_matches(inner)
            case Terms(terms=terms, fields=fields):
                return self._statistics.frequency(fields, distinct(terms))
            case TermPhrase(places=places, fields=fields):
                return min((self._statistics.frequency(fields, place) for place in places), default=0)
            case Surface(form=form):
                return self._statistics.surface_frequency(form)
        return everything

    def _scored(self, node: Node, factor: float, *, fast: bool) -> Query:
        match node:
            case _ if not is_scored(node):
                return _without_score(matching(node))
            case And(nodes=nodes):
                return {"bool": {"must": [self._scored(each, factor, fast=fast) for each in nodes]}}
            case Or(nodes=nodes):
                return any_of([self._scored(each, factor, fast=fast) for each in nodes])
            case Boost(node=inner, factor=more):
                return self._scored(inner, factor * more, fast=fast)
            case Scale(node=inner, factors=factors):
                functions = [{"filter": matching(each), "weight": weight} for each, weight in factors]
                return _multiplied(self._scored(inner, factor, fast=fast), functions, "multiply")
            case Prefer(node=inner, better=better):
                added = [each for each in better if is_scored(each) and not (fast and isinstance(each, TermPhrase))]
                should = [self._scored(each, factor, fast=fast) for each in added]
                return {"bool": {"must": [self._scored(inner, factor, fast=fast)], "should": should}}
            case Surface(form=form, boost=boost):
                rarity = self._idf(self._statistics.surface_frequency(form))
                return {"constant_score": {"filter": matching(node), "boost": factor * boost * rarity}}
            case Terms(fields=fields) if fast and set(fields) == set(TEXT_FIELDS):
                return self._by_impact(node, factor)
            case Terms():
                return self._terms(node, factor)
            case TermPhrase():
                return _without_score(matching(node)) if fast else self._phrase(node, factor)
        return NONE

    def _terms(self, node: Terms, factor: float) -> Query:
        terms = distinct(node.terms)
        if not terms:
            return NONE
        text = "|".join(terms)  # the analyzer of the field makes one query of them that adds up their frequencies
        fields = [self._normalised({"match": {name: {"query": text}}}, name, _NORMALISED, {}) for name in node.fields]
        return self._saturated(fields, factor * node.boost * self._rarity(node.fields, terms))

    def _phrase(self, node: TermPhrase, factor: float) -> Query:
        fields = []
        for name, query in phrase_queries(node):
            query["span_near"]["boost"] = COUNT_BASE
            fields.append(self._normalised(query, name, _OCCURRENCES, {"base": COUNT_BASE}))
        rarity = sum(self._rarity(node.fields, place) for place in node.places)
        return self._saturated(fields, factor * node.boost * rarity)

    def _normalised(self, query: Query, name: TextField, script: str, more: dict[str, Any]) -> Query:
        weights, average = self._weights, self._statistics.averages[name]
        params = {
            "w": getattr(weights, name) if average else 0.0,
            "c": 1 - weights.b if average else 1.0,
            "d": weights.b / average if average else 0.0,
            "f": f"length_{name}",
            **more,
        }
        return {"script_score": {"query": query, "script": {"source": script, "params": params}}}

    def _saturated(self, fields: list[Query], factor: float) -> Query:
        k1 = self._weights.k1
        params = {"s": factor * (k1 + 1), "k": max(k1, 1e-9)}
        return {"script_score": {"query": any_of(fields), "script": {"source": _SATURATED, "params": params}}}

    def _by_impact(self, node: Terms, factor: float) -> Query:
        """Return the leaf by its impacts. The cluster's BM25 multiplies by an idf of its own, close to the true one."""
        terms = distinct(node.terms)
        boost = factor * node.boost * (self._weights.k1 + 1)
        if not terms or boost <= 0:
            return _without_score(matching(node))
        return {"match": {"impacts": {"query": "|".join(terms), "boost": boost}}}

    def _rarity(self, fields: tuple[TextField, ...], terms: tuple[str, ...]) -> float:
        return self._idf(self._statistics.frequency(fields, terms))

    def _idf(self, frequency: int) -> float:
        """Return the idf; a view that is being opened again may count more documents than it knew of."""
        return idf(max(self._statistics.document_count, frequency), frequency)

    def _with_recency(self, query: Query) -> Query:
        """Multiply by 1 + bonus / (1 + age in days / half life); a document dated in the future has age 0."""
        weights, newest = self._weights, self._statistics.newest
        if not weights.recency_bonus:
            return query
        dated: Query = {"filter": {"exists": {"field": "day"}}, "weight": weights.recency_bonus}
        if newest:  # without a newest document every dated one has age 0
            params = {"origin": day_of(newest), "half_life": max(weights.recency_half_life_days, 0.001)}
            dated["script_score"] = {"script": {"source": _RECENCY, "params": params}}
        return _multiplied(query, [dated, {"filter": ALL, "weight": 1.0}], "sum")


def day_of(moment: str) -> int:
    """Return the day of a sortable date as the mapping stores it."""
    return seconds_of(moment[:10]) // 86_400


def _multiplied(query: Query, functions: list[Query], mode: str) -> Query:
    """Multiply the score by the sum or the product of what the functions give; by 1 where none applies."""
    return {"function_score": {"query": query, "functions": functions, "score_mode": mode, "boost_mode": "multiply"}}


def _without_score(query: Query) -> Query:
    return {"bool": {"filter": [query]}}
