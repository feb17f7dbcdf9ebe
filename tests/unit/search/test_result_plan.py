"""What the operator's rules plan for the results of a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from indexer.curation.curation import Curation, field_boosts
from indexer.curation.rules import RuleTable, parse_rules
from indexer.curation.settings import CurationSettings
from indexer.engines.base import Reader
from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights, SearchRequest
from indexer.query.nodes import Filter, IdFilter, Word
from indexer.search.curated_results import MAX_CANDIDATES, NO_PLAN, ResultPlan, ids_of, plan_results
from indexer.search.matching import request_filters
from indexer.urls import document_id
from support.contract_corpus import doc, fill
from support.tree_text import tree_text

SITE = "https://a.example"
FERRY, WALL = document_id(f"{SITE}/ferry"), document_id(f"{SITE}/wall")
RULES = f"""
[[rule]]
queries = ["ferry"]
pin = ["{SITE}/wall", "{SITE}/ferry", "{SITE}/gone"]
hide = ["{SITE}/ferry"]
boost = {{ "{SITE}/new" = 3, "{SITE}/gone" = 2 }}
answer = {{ title = "Ferry", url = "{SITE}/ferry", text = "It sails." }}
"""


@pytest.fixture(scope="module")
def reader() -> Reader:
    documents = [
        *(doc(f"a{number}", "Other", url=f"{SITE}/others/{number}?a") for number in range(MAX_CANDIDATES)),
        doc(FERRY, "Ferry", url=f"{SITE}/ferry", source="Herald"),
        doc(WALL, "Wall", url=f"{SITE}/wall", source="Post"),
        doc("moved", "Moved", url=f"{SITE}/new-address", also=(f"{SITE}/new", "https://mirror.example/old")),
        doc("by-query", "Query", url=f"{SITE}/page?id=7"),
    ]
    return fill(MemoryEngine(RankingWeights()), documents)


def plan(reader: Reader, query: str, *, boosts: tuple[str, ...] = (), **given: Any) -> ResultPlan:
    request = SearchRequest(query, **given)
    curation = Curation(
        rules=RuleTable(parse_rules(RULES, Path("c.toml"))),
        boosts=field_boosts(CurationSettings(source_boosts=boosts)),
        version="1",
    )
    return plan_results(curation, request, tuple(request_filters(request).values()), reader)


def test_a_rule_pins_hides_boosts_and_answers(reader: Reader) -> None:
    planned = plan(reader, "Ferry")
    assert (planned.pinned, planned.hidden) == ((WALL,), (FERRY,)), "what is hidden is not pinned"
    assert planned.factors == ((IdFilter(("moved",)), 3.0),)
    assert [answer.text for answer in planned.answers] == ["It sails."]
    assert planned.rules == (
        f"c.toml, line 2: hide {SITE}/ferry",
        f"c.toml, line 2: pin {SITE}/wall",
        f"c.toml, line 2: pin {SITE}/ferry",
        f"c.toml, line 2: pin {SITE}/gone (not in the index)",
        f"c.toml, line 2: boost by 3 {SITE}/new",
        f"c.toml, line 2: boost by 2 {SITE}/gone (not in the index)",
        f"c.toml, line 2: answer with {SITE}/ferry",
    )


def test_another_query_has_no_plan(reader: Reader) -> None:
    assert plan(reader, "wall") is NO_PLAN
    assert plan(reader, "wall", boosts=("Post = 2",)) == ResultPlan(factors=((Filter("source", "Post"), 2.0),))
    assert plan(reader, "ferry", boosts=("Post = 2",)).factors == (
        (Filter("source", "Post"), 2.0),
        (IdFilter(("moved",)), 3.0),
    )


def test_pins_are_for_relevance_and_pass_the_filters(reader: Reader) -> None:
    assert plan(reader, "ferry", sort="date").pinned == ()
    assert plan(reader, "ferry", sources=("Herald",)).pinned == ()
    assert plan(reader, "ferry", sources=("Post",)).pinned == (WALL,)


def test_the_answer_is_on_the_first_page(reader: Reader) -> None:
    assert plan(reader, "ferry", page=2).answers == ()
    assert plan(reader, "ferry", page=2).pinned == (WALL,)


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("ferry", [FERRY]),
        ("new-address", ["moved"]),
        ("new", ["moved"]),
        ("ne", []),
        ("page?id=7", ["by-query"]),
        ("page?id=8", []),
        ("page", []),
    ],
)
def test_an_address_names_its_documents(reader: Reader, path: str, ids: list[str]) -> None:
    assert ids_of(f"{SITE}/{path}", reader) == ids


@pytest.mark.parametrize(
    ("planned", "tree"),
    [
        (ResultPlan(), "a"),
        (ResultPlan(pinned=("x",)), "a"),
        (ResultPlan(factors=((Filter("source", "Post"), 2.0),)), "{a * source=Post^2}"),
    ],
)
def test_a_plan_changes_the_tree(planned: ResultPlan, tree: str) -> None:
    assert tree_text(planned.apply(Word("a"))) == tree
    hidden = ResultPlan(hidden=("x", "y"), factors=planned.factors).apply(Word("a"))
    assert tree_text(hidden) == tree.replace("a", "(a -ids=x,y)", 1)


def test_a_rule_may_name_any_address_of_a_document(reader: Reader) -> None:
    assert ids_of(f"{SITE}/new-address", reader) == ["moved"]
    assert ids_of(f"{SITE}/new", reader) == ["moved"]
    assert ids_of("https://mirror.example/old", reader) == ["moved"]
    assert ids_of("https://mirror.example/ol", reader) == []
