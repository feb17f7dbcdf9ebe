"""A query that asks for what is new is sorted by date."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.query.parse import parse
from indexer.search.date_queries import newest_first
from indexer.search.searcher import Searcher
from support.tree_text import tree_text


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    texts = {2001: "harbour harbour harbour wall", 2010: "the latest harbour news", 2020: "a harbour among many other words"}
    documents = [
        Document(str(year), f"https://example.org/{year}", "-", text, language="en", date=datetime(year, 1, 1, tzinfo=UTC))
        for year, text in texts.items()
    ]
    engine.writer().apply([Change(n, each.id, each) for n, each in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


@pytest.mark.parametrize(
    ("query", "years", "is_noted"),
    [
        ("harbour", ["2001", "2010", "2020"], False),
        ("latest harbour", ["2020", "2010", "2001"], True),
        ("Neueste harbour", ["2020", "2010", "2001"], True),
        ("dernières harbour", ["2020", "2010", "2001"], True),
        ("latest", ["2010"], False),
        ("newest", ["2020", "2010", "2001"], True),  # no page has the word
        ('"latest" harbour', ["2010"], False),
        ("latest OR wall", ["2001", "2010"], False),
    ],
)
def test_the_first_word_may_ask_for_an_order(searcher: Searcher, query: str, years: list[str], is_noted: bool) -> None:
    result = searcher.search(SearchRequest(query))
    ids = [hit.document.id for hit in result.hits]
    assert (ids if is_noted else sorted(ids)) == years
    assert ([notice.code for notice in result.notices] == ["sorted-by-date"]) == is_noted
    assert (result.request.sort == "date") == is_noted


@pytest.mark.parametrize(
    ("query", "sort", "tree", "words"),
    [
        ("latest harbour", "date", "harbour", ("harbour",)),
        ("Latest harbour wall", "date", "(harbour wall)", ("harbour", "wall")),
        ("latest news", "date", "=everything", ()),
        ("latest harbour news", "date", "(harbour news)", ("harbour", "news")),
        ("latest title:news", "date", "title:news", ("news",)),
        ('latest "news"', "date", '"news"', ()),
        ("latest -news", "date", "-news", ()),
        ("harbour latest", "relevance", "(harbour latest)", ("harbour", "latest")),
        ("title:latest harbour", "relevance", "(title:latest harbour)", ("latest", "harbour")),
        ("latest", "relevance", "latest", ("latest",)),
        ("latest OR harbour", "relevance", "(latest | harbour)", ("latest", "harbour")),
        ("last harbour", "relevance", "(last harbour)", ("last", "harbour")),
    ],
)
def test_what_remains_of_a_query_that_is_sorted_by_date(
    searcher: Searcher, query: str, sort: str, tree: str, words: tuple[str, ...]
) -> None:
    parsed, request = newest_first(parse(query), SearchRequest(query), searcher.reader())
    assert (request.sort, tree_text(parsed.node), parsed.words) == (sort, tree, words)
    assert [notice.part for notice in parsed.notices] == ([query.split()[0]] if sort == "date" else [])


def test_a_search_that_is_sorted_by_date_already_keeps_all_words(searcher: Searcher) -> None:
    parsed, request = parse("latest harbour"), SearchRequest("latest harbour", sort="date")
    assert newest_first(parsed, request, searcher.reader()) == (parsed, request)


def test_notices_of_the_query_come_first(searcher: Searcher) -> None:
    parsed, _ = newest_first(parse("latest harbour AND"), SearchRequest(""), searcher.reader())
    assert [notice.code for notice in parsed.notices] == ["operator-ignored", "sorted-by-date"]
