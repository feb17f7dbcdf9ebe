"""Explain the score of one document part by part, by the formula of `indexer.engines.scoring`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from indexer.engines.fields import FIELDS
from indexer.engines.scoring import MAX_TERMS, ScoreParts, idf, phrase_label, scaled_parts, sum_parts, term_label
from indexer.engines.whoosh.search.impacts import find_phrase
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.query.nodes import And, Boost, Constant, Filter, IdFilter, Node, Or, Prefer, Scale, Surface, TermPhrase, Terms


def explain_score(evaluation: Evaluation, tree: Node, document: int, score: float) -> ScoreParts:
    """Return the parts of a match's score. What the text parts do not account for is `recency`."""
    parts = _parts(evaluation, tree, document) or {}
    text = sum(parts.values())
    return {**parts, "recency": score - text} if parts and abs(score - text) > 1e-6 * abs(score) else parts


def _parts(evaluation: Evaluation, node: Node, document: int) -> ScoreParts | None:
    """Return the parts that a node adds, or None when the document does not match it."""
    match node:
        case And(nodes=nodes):
            parts_of_nodes = [_parts(evaluation, n, document) for n in nodes]
            return None if None in parts_of_nodes else sum_parts(parts_of_nodes)
        case Or(nodes=nodes):
            matching = [parts for n in nodes if (parts := _parts(evaluation, n, document)) is not None]
            return sum_parts(matching) if matching else None
        case Boost(node=inner, factor=factor):
            boosted = _parts(evaluation, inner, document)
            return None if boosted is None else {name: value * factor for name, value in boosted.items()}
        case Constant(node=inner):
            return None if _parts(evaluation, inner, document) is None else {}
        case Prefer(node=inner, better=better):
            preferred = _parts(evaluation, inner, document)
            return None if preferred is None else sum_parts([preferred, *(_parts(evaluation, n, document) for n in better)])
        case Scale(node=inner, factors=factors):
            scaled = _parts(evaluation, inner, document)
            return None if scaled is None else scaled_parts(scaled, _factor_of(evaluation, factors, document))
        case Surface() | Terms() | TermPhrase() if evaluation.expired():
            return {}  # the document matches; there is no time to explain this part
        case Surface(form=form, boost=boost):
            holders = evaluation.lookup.surface_documents(form)
            if not _holds(holders, document):
                return None
            return {f"exact:{form}": boost * idf(evaluation.snapshot.document_count, len(holders))}
        case Terms():
            return _terms(evaluation, node, document)
        case TermPhrase():
            return _phrase(evaluation, node, document)
    scored = evaluation.scored(node)
    return {} if _holds(scored.documents, document) else None


def _factor_of(evaluation: Evaluation, factors: Sequence[tuple[Filter | IdFilter, float]], document: int) -> float:
    return math.prod(factor for node, factor in factors if _holds(evaluation.scored(node).documents, document))


def _holds(documents: np.ndarray, document: int) -> bool:
    at = int(np.searchsorted(documents, document))
    return at < len(documents) and int(documents[at]) == document


def _terms(evaluation: Evaluation, node: Terms, document: int) -> ScoreParts | None:
    snapshot = evaluation.snapshot
    x: dict[str, float] = {}
    for postings in evaluation.lookup.find_all(node.terms):
        at = int(np.searchsorted(postings.documents, document))
        if at < len(postings.documents) and int(postings.documents[at]) == document:
            for name in node.fields:
                field = FIELDS.index(name)
                count = float(snapshot.count_table[field][postings.codes[at]])
                if count:
                    x[name] = x.get(name, 0.0) + count * float(snapshot.norms[field][document])
    frequency = evaluation.frequency(tuple(dict.fromkeys(node.terms[:MAX_TERMS])), node.fields)
    return _parts_by_field(evaluation, x, node.boost * idf(snapshot.document_count, frequency), term_label(node))


def _phrase(evaluation: Evaluation, node: TermPhrase, document: int) -> ScoreParts | None:
    _, fields = find_phrase(evaluation.lookup, node, np.array([document], "i8"))
    x: dict[str, float] = {}
    for field in fields.tolist():
        x[FIELDS[field]] = x.get(FIELDS[field], 0.0) + float(evaluation.snapshot.norms[field][document])
    return _parts_by_field(evaluation, x, node.boost * evaluation.rarity(node), phrase_label(node))


def _parts_by_field(evaluation: Evaluation, x: dict[str, float], factor: float, what: str) -> ScoreParts | None:
    k1, total = evaluation.weights.k1, sum(x.values())
    scale = factor * (k1 + 1) / (k1 + total)
    return {f"{name}:{what}": scale * tf for name, tf in x.items()} or None
