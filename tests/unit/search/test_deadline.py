"""One deadline bounds all steps of a search, and what is cut short is reported."""

from __future__ import annotations

import pytest

from indexer.engines.base import TOO_SLOW, Deadline
from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.query.parse import parse
from indexer.search import searcher as searcher_module
from indexer.search.query_context import QueryContext
from indexer.search.query_understanding import understand
from indexer.search.searcher import Searcher, present
from indexer.snippets.highlighter import HighlightTerms, Marker, SurfaceFormCache


@pytest.fixture(scope="module")
def engine() -> MemoryEngine:
    engine = MemoryEngine(RankingWeights())
    documents = [
        Document(f"{n:016x}", f"https://example.org/{n}", "Harbour news", "The harbour wall. " * n, language="en") for n in (1, 2)
    ]
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], 2)
    return engine


@pytest.mark.parametrize("query", ["h?rb*r", "-h?rb*r", "wall -harb*"])
def test_a_query_that_takes_too_long_to_understand_finds_nothing_and_says_so(engine: MemoryEngine, query: str) -> None:
    context = QueryContext(engine.reader(), ("en",), RankingWeights(), Deadline(-1))
    understood = understand(parse(query).node, context)
    assert understood.tree is None
    assert [notice.text for notice in understood.notes.notices] == [TOO_SLOW]


def test_a_search_after_its_deadline_shows_a_warning_and_no_excluded_page(
    engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searcher_module, "MAX_SECONDS", -1.0)
    result = Searcher(engine).search(SearchRequest("wall -harb* harbuor"))
    assert (result.total, result.did_you_mean) == (0, None)
    assert TOO_SLOW in result.warnings


def test_after_the_deadline_hits_are_shown_without_marks(engine: MemoryEngine) -> None:
    reader = engine.reader()
    many_forms = SurfaceFormCache(lambda term: ["wall", *(f"{n:04}" for n in range(60))])  # as a pattern has
    marker = Marker(HighlightTerms(frozenset({"en/wall"})), many_forms)
    matches = reader.search(understand(parse("wall").node, QueryContext(reader, ("en",), RankingWeights())).tree).matches  # type: ignore[arg-type]  # the tree is not empty
    late = present(matches, marker, Deadline(-1))
    assert [fragment.marked for hit in late for fragment in (*hit.title, *hit.snippet)] == [False] * 4
    in_time = present(matches, marker, Deadline(60))
    assert any(fragment.marked for hit in in_time for fragment in hit.snippet)
