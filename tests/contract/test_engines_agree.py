"""Random corpora, random updates, random trees: the memory engine says what the others have to answer."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from conftest import MAKERS
from contract_corpus import changes, doc, term
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.engines.base import Engine, Reader
from indexer.engines.postings import FIELDS
from indexer.model import Document
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
def phrases(draw: st.DrawFn) -> TermPhrase:
    places = tuple(draw(st.lists(terms, min_size=1, max_size=3)))
    gaps = [0]
    for _ in places[1:]:
        gaps.append(gaps[-1] + draw(st.integers(1, 3)))
    return TermPhrase(places, tuple(gaps), draw(fields), draw(st.integers(0, 4)), draw(st.sampled_from([1.0, 0.5])))


leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(Terms, terms, fields, st.sampled_from([1.0, 2.5])),
    phrases(),
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


def agree(ours: Reader, theirs: Reader, tree: Node) -> None:
    for sort in ("relevance", "date"):
        expected = ours.search(tree, limit=100, sort=sort, facets=True, explain=True)  # type: ignore[arg-type]
        found = theirs.search(tree, limit=100, sort=sort, facets=True, explain=True)  # type: ignore[arg-type]
        assert found.total == expected.total == theirs.count(tree)
        assert found.facets == expected.facets
        scores = {match.document.id: match for match in expected.matches}
        assert {match.document.id for match in found.matches} == scores.keys()
        for match in found.matches:
            assert match.document == scores[match.document.id].document
            assert match.score == pytest.approx(scores[match.document.id].score)
            assert match.parts == pytest.approx(scores[match.document.id].parts)
            assert sum(match.parts.values()) == pytest.approx(match.score)
        # Sums of floats may differ in their last digit, so equal scores may change places.
        rounded = [(round(match.score, 9) if sort == "relevance" else 0, match.document.date) for match in found.matches]
        assert rounded == [
            (round(match.score, 9) if sort == "relevance" else 0, match.document.date) for match in expected.matches
        ]
        page = theirs.search(tree, limit=3, sort=sort).matches  # type: ignore[arg-type]
        assert [match.document.id for match in page] == [match.document.id for match in found.matches[:3]]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(corpora, st.lists(trees, min_size=1, max_size=6))
def test_engines_agree(batches: list[list[Document | str]], asked: list[Node]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engines: dict[str, Engine] = {name: make(Path(folder)) for name, make in MAKERS.items()}
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
            for tree in asked:
                agree(ours, theirs, tree)
