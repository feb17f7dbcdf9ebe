"""A term with symbols is a term of its own: C++, .NET, hashtags, names after @, emoji."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.symbol_terms import decoded, encoded, symbol_term, symbol_terms
from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest, SearchResult
from indexer.query.parse import parse
from indexer.search.searcher import Searcher

TEXTS = {
    "cpp": "We write C++ and a little Fortran.",
    "cs": "A course in C# for beginners",
    "plain": "Plan C, the third plan. Fishing with a net.",
    "dotnet": "Migrating to .NET 8.",
    "tag": "They marched under #MeToo in spring.",
    "words": "The word metoo without its sign.",
    "name": "A reply to @ada_l on the matter",
    "heart": "We \u2764\ufe0f Vienna.",
    "flag": "The flag \U0001f1e6\U0001f1f9 waves.",
}


def result_of(query: str, texts: dict[str, str] = TEXTS) -> SearchResult:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(name, f"https://example.org/{name}", "-", text, language="en") for name, text in texts.items()]
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    return Searcher(engine).search(SearchRequest(query))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("C++", ["cpp"]),
        ("c++ fortran", ["cpp"]),
        ("C#", ["cs"]),
        (".net", ["dotnet"]),
        ("\u2764", ["heart"]),
        ("\u2764\ufe0f vienna", ["heart"]),
        ("\U0001f1e6\U0001f1f9", ["flag"]),
        ("#metoo", ["tag", "words"]),
        ("@ada_l", ["name"]),
        ("-C++ fortran", []),
        ("title:C++", []),
    ],
)
def test_a_term_with_its_signs_is_found(query: str, found: list[str]) -> None:
    assert [hit.document.id for hit in result_of(query).hits] == found


@pytest.mark.parametrize(("query", "marked"), [("C++", "C++"), (".NET", ".NET"), ("\u2764", "\u2764"), ("#metoo", "#MeToo")])
def test_the_whole_term_is_marked(query: str, marked: str) -> None:
    assert [fragment.text for fragment in result_of(query).hits[0].snippet if fragment.marked] == [marked]


def test_where_no_page_has_the_signs_the_word_is_searched_for() -> None:
    result = result_of("F#", {"plain": "Plan F"})
    assert (result.total, [notice.code for notice in result.notices]) == (1, ["sign-not-indexed"])


@pytest.mark.parametrize(
    "text", ["a+b", "ada@b.org", "page.NET", "A. B", "1+1", "C+++", "x##", "#", "@", "+", "...", "#1", "C-+"]
)
def test_ordinary_texts_have_no_such_terms(text: str) -> None:
    assert list(symbol_terms(text)) == []


@given(st.text(max_size=60))
def test_any_text_has_terms_that_can_be_encoded(text: str) -> None:
    for term in symbol_terms(text):
        assert decoded(encoded(term)) == term
        assert len(encoded(term)) <= 64
    assert symbol_term(text) is None or parse(text).node is not None
