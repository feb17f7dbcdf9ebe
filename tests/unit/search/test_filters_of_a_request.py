"""The filters of a request, and what a query is under them."""

from __future__ import annotations

from typing import Any

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.errors import SettingsError
from indexer.model import RankingWeights, SearchRequest
from indexer.query.nodes import Node, Nothing, Word
from indexer.search.matching import narrow, request_filters
from indexer.search.searcher import Searcher
from support.contract_corpus import doc, fill
from support.tree_text import tree_text


@pytest.mark.parametrize(
    ("given", "filters"),
    [
        ({}, []),
        ({"sources": ("Herald",)}, ["=source=Herald"]),
        ({"sources": ("Herald", "Post")}, ["=(source=Herald | source=Post)"]),
        ({"categories": ("City",), "authors": ("Ann", "Bo")}, ["=category=City", "=(author=Ann | author=Bo)"]),
        ({"languages": ("en",)}, ["=language=en"]),
        ({"file_types": ("pdf",)}, ["=filetype=pdf"]),
        ({"date_from": "2020-05"}, ["=date=2020-05-01.."]),
        ({"date_to": "2020-05"}, ["=date=..2020-06-01"]),
        ({"date_from": "2020", "date_to": "2020"}, ["=date=2020-01-01..2021-01-01"]),
        ({"sources": ("Post",), "date_to": "2020-05-27"}, ["=source=Post", "=date=..2020-05-28"]),
    ],
)
def test_the_values_of_one_kind_are_alternatives(given: dict[str, Any], filters: list[str]) -> None:
    assert [tree_text(node) for node in request_filters(SearchRequest("x", **given)).values()] == filters


@pytest.mark.parametrize("given", [{"date_from": "soon"}, {"date_to": "2020-13"}])
def test_a_filter_that_is_no_date_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="is not a date"):
        request_filters(SearchRequest("x", **given))


@pytest.mark.parametrize(
    ("tree", "typed", "given", "expected"),
    [
        (Word("a"), Word("a"), {}, "a"),
        (Word("a"), Word("a"), {"sources": ("Post",)}, "(a =source=Post)"),
        (None, Word("the"), {"sources": ("Post",)}, "nothing"),
        (None, Word("the"), {}, "nothing"),
        (None, Nothing(), {}, "nothing"),
        (None, Nothing(), {"sources": ("Post",)}, "(=everything =source=Post)"),
        (Nothing(), Nothing(), {"sources": ("Post",)}, "(=everything =source=Post)"),
    ],
)
def test_an_empty_query_lists_what_passes_the_filters(
    tree: Node | None, typed: Node, given: dict[str, Any], expected: str
) -> None:
    assert tree_text(narrow(tree, typed, tuple(request_filters(SearchRequest("x", **given)).values()))) == expected


NEWS = [
    doc("a", "", "wall", source="Herald", categories=("City",), authors=("Ann",), date="2020-05-27"),
    doc("b", "", "wall", source="Post", categories=("City",), authors=("Bo",), date="2021-05-27"),
    doc("c", "", "wall", source="Post", categories=("Sea",), language="de", rule="pdf"),
]


@pytest.mark.parametrize(
    ("given", "name", "counts"),
    [
        ({"sources": ("Post",)}, "source", {"Herald": 1, "Post": 2}),
        ({"sources": ("Post",)}, "category", {"City": 1, "Sea": 1}),
        ({"categories": ("Sea",)}, "category", {"City": 2, "Sea": 1}),
        ({"categories": ("Sea",)}, "source", {"Post": 1}),
        ({"authors": ("Ann",)}, "author", {"Ann": 1, "Bo": 1}),
        ({"languages": ("de",)}, "language", {"en": 2, "de": 1}),
        ({"date_from": "2021"}, "year", {"2020": 1, "2021": 1}),
        ({"date_to": "2020"}, "source", {"Herald": 1}),
    ],
)
def test_a_facet_is_counted_without_its_own_filter(given: dict[str, Any], name: str, counts: dict[str, int]) -> None:
    engine = MemoryEngine(RankingWeights())
    fill(engine, NEWS)
    result = Searcher(engine).search(SearchRequest("wall", facets=True, **given))
    assert {each.value: each.count for each in result.facets[name]} == counts
    assert Searcher(engine).search(SearchRequest("wall", **given)).facets == {}
