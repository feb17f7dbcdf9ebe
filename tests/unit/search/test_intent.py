"""A query that asks for what is new is sorted by date."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.searcher import Searcher


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
