"""Write a query tree as a filter of the query DSL, which decides which documents match, without scores.

User text never reaches the cluster's own query parsers: a leaf holds analysed terms, and each becomes a query for exact terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from indexer.engines.fields import filter_key
from indexer.engines.opensearch.mapping import record_id, seconds_of
from indexer.engines.scoring import MAX_TERMS
from indexer.query.nodes import (
    TEXT_FIELDS,
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

Query = dict[str, Any]
ALL: Final[Query] = {"match_all": {}}
NONE: Final[Query] = {"match_none": {}}
# A search may have 1,024 clauses in all (`indices.query.bool.max_clause_count`). Each term of a phrase is one in each field.
MAX_CLAUSES: Final = 1_000
MAX_PATTERN_CHARACTERS: Final = 250  # the cluster refuses to compile a pattern of 300 equal letters
_CONTAINS: Final = "doc['url'].size() > 0 && doc['url'].value.contains(params.text)"


def matching(node: Node) -> Query:
    """Return the query for the documents that match; its scores mean nothing."""
    match node:
        case And(nodes=nodes):
            return {"bool": {"filter": [matching(each) for each in nodes]}} if nodes else ALL
        case Or(nodes=nodes):
            return any_of([matching(each) for each in nodes])
        case Not(node=inner):
            return {"bool": {"must_not": [matching(inner)]}}
        case Boost(node=inner) | Constant(node=inner) | Prefer(node=inner) | Scale(node=inner):
            return matching(inner)
        case IdFilter(ids=ids):
            return {"ids": {"values": [record_id(each) for each in ids]}}
        case Everything():
            return ALL
        case Filter(field="url", value=value):
            return _in_url(filter_key(value))
        case Filter(field=name, value=value):
            return {"term": {f"filter_{name}": filter_key(value)}}
        case DateRange():
            return _date_range(node)
        case Surface(form=form):
            return {"term": {"surfaces": form}}
        case Terms(terms=terms, fields=fields):
            return containing(distinct(terms), fields)
        case TermPhrase():
            return any_of([query for _, query in phrase_queries(node)])
    return NONE


def any_of(queries: list[Query]) -> Query:
    """Return the query for the documents that match at least one of these."""
    if len(queries) == 1:
        return queries[0]
    return {"bool": {"should": queries, "minimum_should_match": 1}} if queries else NONE


def containing(terms: tuple[str, ...], fields: tuple[TextField, ...]) -> Query:
    """Return the query for the documents that contain any of the terms in any of the fields."""
    names: tuple[str, ...] = ("impacts",) if set(fields) == set(TEXT_FIELDS) else fields
    if len(terms) == 1:
        return any_of([{"term": {name: terms[0]}} for name in names])
    return any_of([{"terms": {name: list(terms)}} for name in names]) if terms else NONE


def distinct(terms: tuple[str, ...]) -> tuple[str, ...]:
    """Return the terms of a leaf that are looked up, each once."""
    return tuple(dict.fromkeys(terms[:MAX_TERMS]))


def _date_range(node: DateRange) -> Query:
    limits: dict[str, int] = {}
    if node.start is not None:
        limits["gte"] = seconds_of(node.start)
    if node.end is not None:
        limits["lt"] = seconds_of(node.end)
    return {"range": {"date": limits}} if limits else {"exists": {"field": "date"}}


def _in_url(text: str) -> Query:
    """Return the query for the documents whose address contains a text. A pattern has its beginning, a script the whole."""
    if not text:
        return ALL
    pattern = {"wildcard": {"url": f"*{_escaped(text[:MAX_PATTERN_CHARACTERS])}*"}}
    if len(text) <= MAX_PATTERN_CHARACTERS:
        return pattern
    return {"bool": {"filter": [pattern, {"script": {"script": {"source": _CONTAINS, "params": {"text": text}}}}]}}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


# -- phrases ---------------------------------------------------------------------------------------------------------


def phrase_queries(node: TermPhrase) -> Iterator[tuple[TextField, Query]]:
    """Yield the query for each field of a phrase. Its clauses have a width of zero, so each occurrence counts as one."""
    places = phrase_places(node)
    for name in node.fields if places else ():
        yield name, _phrase_in(name, places, node)


def phrase_places(node: TermPhrase) -> list[tuple[str, ...]]:
    """Return the terms at each place of a phrase, as many of them as MAX_CLAUSES allows, the first ones of each place."""
    places = [tuple(dict.fromkeys(place)) for place in node.places]
    if not all(places):
        return []
    most = max(len(place) for place in places)
    while sum(min(len(place), most) for place in places) * len(node.fields) > MAX_CLAUSES and most > 1:
        most -= 1
    return [place[:most] for place in places]


def is_shortened(node: TermPhrase) -> bool:
    """Return whether a phrase has more terms than are searched for."""
    return sum(map(len, phrase_places(node))) < sum(len(set(place)) for place in node.places)


def _phrase_in(name: TextField, places: list[tuple[str, ...]], node: TermPhrase) -> Query:
    """Return the span query of a phrase in one field.

    The outer query adds an empty gap behind the phrase. The distances inside then no longer reduce the frequency that the
    similarity gets: it is the number of places where the phrase begins, as in `scoring.phrase_count`.
    """
    clauses: list[Query] = []
    for i, place in enumerate(places):
        if i and (gap := node.gaps[i] - node.gaps[i - 1] - 1) > 0:
            clauses.append({"span_gap": {name: gap}})
        spans = [{"span_term": {name: term}} for term in place]
        clauses.append(spans[0] if len(spans) == 1 else {"span_or": {"clauses": spans}})
    phrase = clauses[0] if len(clauses) == 1 else _ordered(clauses, node.slop)
    return _ordered([phrase, {"span_gap": {name: 0}}], 0)


def _ordered(clauses: list[Query], slop: int) -> Query:
    return {"span_near": {"clauses": clauses, "slop": slop, "in_order": True}}
