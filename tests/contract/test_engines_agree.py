"""Random corpora, random updates, random trees: the memory engine says what the others have to answer."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from indexer.engines.base import Engine, Reader
from indexer.engines.fields import FIELDS
from indexer.engines.whoosh.search import impacts, topk, unions
from indexer.engines.whoosh.search import postings as postings_module
from indexer.engines.whoosh.storage import layout, posting_lists
from indexer.model import Document, Match
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    DateRange,
    Everything,
    Filter,
    Node,
    Not,
    Nothing,
    Or,
    Prefer,
    Surface,
    TermPhrase,
    Terms,
)
from support.cluster_fixtures import engine_in
from support.contract_corpus import changes, doc, term
from support.engines import MAKERS
from support.opensearch_cluster import Cluster

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord")
DATES = (None, "2020-05-27T09:06:39", "2020-05-27", "2021-01-01", "2031-01-01")

texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
documents = st.builds(
    doc,
    st.sampled_from("abcdefghijkl"),
    texts,
    texts,
    summary=texts,
    language=st.sampled_from(["en", "de"]),
    date=st.sampled_from(DATES),
    categories=st.lists(st.sampled_from(["Amber", "birch", "Cedar delta"]), max_size=2).map(tuple),
    authors=st.lists(st.sampled_from(["Amber Birch", "Ember"]), max_size=2).map(tuple),
    source=st.sampled_from(["One", "two", ""]),
)
corpora = st.lists(st.lists(documents | st.sampled_from("abc"), max_size=8), min_size=1, max_size=4)

known_terms = [term(f"{lang}/{w}") for lang in ("en", "de") for w in WORDS]
terms = st.lists(st.sampled_from(known_terms), min_size=1, max_size=3).map(tuple)
fields = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=5, unique=True).map(tuple)


@st.composite
def phrase_nodes(draw: st.DrawFn) -> TermPhrase:
    places = tuple(draw(st.lists(terms, min_size=1, max_size=3)))
    gaps = [0]
    for _ in places[1:]:
        gaps.append(gaps[-1] + draw(st.integers(1, 3)))
    return TermPhrase(places, tuple(gaps), draw(fields), draw(st.integers(0, 4)), draw(st.sampled_from([1.0, 0.5])))


leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(Terms, terms, fields, st.sampled_from([1.0, 2.5])),
    phrase_nodes(),
    st.builds(Surface, st.sampled_from(WORDS)),
    st.builds(Filter, st.just("category"), st.sampled_from(["amber", "BIRCH", "x"])),
    st.builds(Filter, st.just("source"), st.sampled_from(["one", "TWO", ""])),
    st.builds(Filter, st.just("url"), st.sampled_from(["/a", "example", "zz"])),
    st.builds(DateRange, st.sampled_from([None, "2020", "2020-05-27"]), st.sampled_from([None, "2021", "2020-05-28"])),
    st.sampled_from([Everything(), Nothing()]),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda nodes: And(tuple(nodes))),
        st.lists(inner, max_size=3).map(lambda nodes: Or(tuple(nodes))),
        st.builds(Not, inner),
        st.builds(Boost, inner, st.sampled_from([0.5, 3.0])),
        st.builds(Constant, inner),
        st.builds(Prefer, inner, st.lists(inner, max_size=2).map(tuple)),
    ),
    max_leaves=6,
)


TOLERANCE = 1e-5


def ranked(matches: Sequence[Match], sort: str) -> list[tuple[object, str]]:
    """The order that `engines.base` asks for, of what an engine gave."""
    sign = 1 if sort == "oldest" else -1
    keyed = [
        ((-match.score if sort == "relevance" else 0, sign * match.document.date.timestamp() if match.document.date else 1e18),
         match.document.id)
        for match in matches
    ]  # fmt: skip
    return sorted(keyed)


def agree(ours: Reader, theirs: Reader, tree: Node) -> None:
    for sort in ("relevance", "date", "oldest"):
        expected = ours.search(tree, limit=100, sort=sort, facets=True, explain=True)
        found = theirs.search(tree, limit=100, sort=sort, facets=True, explain=True)
        assert found.total == expected.total == theirs.count(tree)
        assert found.facets == expected.facets
        scores = {match.document.id: match for match in expected.matches}
        assert {match.document.id for match in found.matches} == scores.keys()
        for match in found.matches:
            assert match.document == scores[match.document.id].document
            assert match.score == pytest.approx(scores[match.document.id].score, rel=TOLERANCE)
            assert match.parts == pytest.approx(scores[match.document.id].parts, rel=TOLERANCE)
            assert sum(match.parts.values()) == pytest.approx(match.score, rel=TOLERANCE)
        # Scores are floats of 32 bits in one engine and of 64 in the other, so those that differ by less may change places;
        # where an engine finds them equal, the newest comes first, then the lower id.
        by_rank = [match.score for match in expected.matches]
        if sort == "relevance":
            assert [match.score for match in found.matches] == pytest.approx(by_rank, rel=TOLERANCE)
        assert [id_ for _, id_ in ranked(found.matches, sort)] == [match.document.id for match in found.matches]
        for limit in (1, 3):
            page = theirs.search(tree, limit=limit, sort=sort).matches
            assert [match.document.id for match in page] == [match.document.id for match in found.matches[:limit]]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(corpora, st.lists(trees, min_size=1, max_size=6))
@example([[]], [Prefer(And(()), (Terms((term("en/amber"),), ("title",)),))])
def test_engines_agree(batches: list[list[Document | str]], asked: list[Node]) -> None:
    compare(batches, asked)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(corpora, st.lists(trees, min_size=1, max_size=6))
def test_engines_agree_on_what_only_large_indexes_do(batches: list[list[Document | str]], asked: list[Node]) -> None:
    """As if a handful of documents were thousands: lists are of several blocks, segments hold shares, the most promising are scored
    first, lists stay decoded, terms are gathered, unions are sparse or dense."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(layout, "BLOCK_BITS", len(asked) % 3 + 1)
        patched.setattr(topk, "_MIN_RESCORED", 1)
        patched.setattr(topk, "_RESCORE_ALL_RATIO", 1)
        patched.setattr(impacts, "_MAX_SEPARATE_TERMS", 1)
        patched.setattr(postings_module, "_DENSE_RATIO", len(asked) % 3)
        patched.setattr(postings_module, "_MAX_SHORT_LIST_DOCUMENTS", 0)
        patched.setattr(posting_lists, "_MAX_SUMMED_POSTINGS", len(asked) % 2 * 1_000)
        patched.setattr(posting_lists, "MIN_STORED_DOCUMENTS", len(batches) % 3 + 1)
        patched.setattr(unions, "_DENSE_RATIO", len(asked) % 2 * 1_000)
        patched.setattr(impacts, "_MAX_BISECTED", len(asked) % 2 * 1_000)
        patched.setattr(impacts, "_MIN_BISECT_RATIO", len(asked) % 2 * 1_000)
        patched.setattr(topk, "_MAX_SORTED", 0)
        compare(batches, asked)


@settings(
    max_examples=300 if os.environ.get("ENDURANCE") == "full" else 15, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(corpora, st.lists(trees, min_size=1, max_size=6))
def test_a_cluster_agrees(cluster: Cluster, batches: list[list[Document | str]], asked: list[Node]) -> None:
    """Fewer examples, as each needs an index of its own in the cluster; `ENDURANCE=full` tries more."""
    with engine_in(cluster) as engine:
        compare(batches, asked, {"memory": MAKERS["memory"](Path()), "opensearch": engine})


def compare(batches: list[list[Document | str]], asked: list[Node], given: dict[str, Engine] | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engines = given or {name: make(Path(folder)) for name, make in MAKERS.items()}
        for engine in engines.values():
            writer = engine.writer()
            for batch in batches:
                writer.apply(changes(batch, writer.position + 1), writer.position + len(batch) + 1)
        ours = engines.pop("memory").reader()
        for engine in engines.values():
            theirs = engine.reader()
            assert (ours.position, ours.document_count) == (theirs.position, theirs.document_count)
            assert ours.languages() == theirs.languages()
            assert list(ours.surfaces("", 100)) == list(theirs.surfaces("", 100))
            for form in WORDS:
                assert list(ours.forms(f"en/{form}")) == sorted(theirs.forms(f"en/{form}")) or not ours.forms(f"en/{form}")
                for distance in (1, 2):
                    assert ours.surfaces_near(form[1:], distance, 9) == theirs.surfaces_near(form[1:], distance, 9)
            for text in ("", "a", "b.*", ".*r", ".e.*", ".*e.*r", "x.*"):
                expected = ours.surfaces_matching("", re.compile(text), 99)
                assert expected == theirs.surfaces_matching("", re.compile(text), 99)
            assert ours.surfaces_matching("b", None, 3)[0] == theirs.surfaces_matching("b", None, 3)[0]
            for tree in asked:
                agree(ours, theirs, tree)
