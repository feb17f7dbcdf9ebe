"""Decide what the operator's rules do to the results of one request: pinned, hidden and boosted documents, direct answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indexer.curation.curation import Curation
from indexer.engines.base import Reader
from indexer.model import Answer, SearchRequest
from indexer.query.nodes import And, Constant, Filter, IdFilter, Node, Not, Scale
from indexer.urls import document_id, identity

MAX_CANDIDATES: Final = 20  # documents whose address contains that of a rule


@dataclass(frozen=True, slots=True)
class ResultPlan:
    """What happens to the results of one request. `rules` explains it."""

    pinned: tuple[str, ...] = ()  # ids
    hidden: tuple[str, ...] = ()  # ids
    factors: tuple[tuple[Filter | IdFilter, float], ...] = ()
    answers: tuple[Answer, ...] = ()
    rules: tuple[str, ...] = ()

    def apply(self, tree: Node) -> Node:
        """Return the tree without the hidden documents, and with the factors."""
        if self.hidden:
            tree = And((tree, Not(IdFilter(self.hidden))))
        return Scale(tree, self.factors) if self.factors else tree


NO_PLAN: Final = ResultPlan()


def plan_results(curation: Curation, request: SearchRequest, filters: Sequence[Node], reader: Reader) -> ResultPlan:
    """Return what the rules for the query of this request do."""
    boosts = [(Filter(each.field, each.value), each.factor) for each in curation.boosts]
    rules = curation.rules.matching(request.query) if curation.rules else []
    if not rules:
        return ResultPlan(factors=tuple(boosts)) if boosts else NO_PLAN
    factors: list[tuple[Filter | IdFilter, float]] = [*boosts]
    pinned: dict[str, None] = {}
    hidden: dict[str, None] = {}
    explanations: list[str] = []

    def find(url: str, place: str, verb: str) -> list[str]:
        ids = ids_of(url, reader)
        explanations.append(f"{place}: {verb} {url}" + ("" if ids else " (not in the index)"))
        return ids

    for rule in rules:
        hidden |= dict.fromkeys(id_ for url in rule.hide for id_ in find(url, rule.place, "hide"))
        pinned |= dict.fromkeys(id_ for url in rule.pin for id_ in find(url, rule.place, "pin"))
        for url, factor in rule.boost:
            if ids := find(url, rule.place, f"boost by {factor:g}"):
                factors.append((IdFilter(tuple(ids)), factor))
        if rule.answer:
            explanations.append(f"{rule.place}: answer with {rule.answer.url}")
    shown = _passing([id_ for id_ in pinned if id_ not in hidden], filters, reader) if request.sort == "relevance" else ()
    answers = tuple(rule.answer for rule in rules if rule.answer) if request.page == 1 else ()
    return ResultPlan(shown, tuple(hidden), tuple(factors), answers, tuple(explanations))


def _passing(ids: Sequence[str], filters: Sequence[Node], reader: Reader) -> tuple[str, ...]:
    """Return the documents that pass the filters of the request."""
    if not ids or not filters:
        return tuple(ids)
    (passing,) = reader.select([And(tuple(filters))], ids)
    return tuple(id_ for id_ in ids if id_ in passing)


def ids_of(url: str, reader: Reader) -> list[str]:
    """Return the ids of the documents at an address: by the address, or by what the index holds under it."""
    if reader.document(id_ := document_id(url)) is not None:
        return [id_]
    key = identity(url)
    part = key.partition("://")[2].partition("?")[0]
    candidates = reader.search(Constant(Filter("url", part)), limit=MAX_CANDIDATES).matches
    return [match.document.id for match in candidates if key in map(identity, (match.document.url, *match.document.also))]
