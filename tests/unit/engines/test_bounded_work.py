"""A search ends: a budget of time, bounds on terms and on pages kept."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.engines.base import TOO_SLOW
from indexer.engines.whoosh import reader as array_reader
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.search.evaluate import Evaluation
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.result_cache import ResultCache
from indexer.search.searcher import Searcher

WORDS = "amber birch cedar delta ember fjord glade heath".split()


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    weights = RankingWeights()
    engine = WhooshEngine(tmp_path, weights, now=lambda: datetime(2024, 6, 1, tzinfo=UTC))
    writer = engine.writer()
    texts = [" ".join(WORDS[i % 8 :] + WORDS[: i % 5]) for i in range(40)]
    writer.apply((Change(i, f"d{i}", Document(f"d{i}", "", f"Title {i}", t, language="en")) for i, t in enumerate(texts, 1)), 40)
    return Searcher(engine, weights)


def test_out_of_time_the_best_so_far_is_given_and_said_so(searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = SearchRequest(" OR ".join(WORDS))
    with monkeypatch.context() as patched:
        patched.setattr(array_reader, "Evaluation", lambda snapshot: Evaluation(snapshot, budget=-1.0))
        assert TOO_SLOW in searcher.search(asked).warnings
    whole = searcher.search(asked)  # and it is not kept as the answer
    assert whole.total == 40
    assert whole.warnings == ()


def test_hundreds_of_words_end_soon(searcher: Searcher) -> None:
    started = time.process_time()
    for query in (" OR ".join(WORDS * 40), " ".join(WORDS * 40), '"' + " ".join(WORDS * 12) + '"', "*", "a* " * 60, "?*e*?*" * 9):
        searcher.search(SearchRequest(query, facets=True, explain=True))
    assert time.process_time() - started < 5


def test_the_same_page_is_worked_out_once(searcher: Searcher) -> None:
    first = searcher.search(SearchRequest("amber"))
    again = searcher.search(SearchRequest("amber"))
    assert again.hits is first.hits
    assert searcher.search(SearchRequest("amber", page=2)).hits is not first.hits


def test_kept_pages_are_bounded_by_number_and_by_text(searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    results = [searcher.search(SearchRequest(word)) for word in WORDS[:4]]
    cache = ResultCache(2)
    for result in results[:3]:
        cache.put(result)
        cache.put(result)  # putting it again does not count twice
    assert [cache.get(r.generation, r.request) is not None for r in results[:3]] == [False, True, True]
    monkeypatch.setattr(cache, "_most_bytes", 1)
    cache.put(results[3])
    assert [cache.get(r.generation, r.request) is not None for r in results] == [False] * 4
    assert ResultCache(0).get(results[0].generation, results[0].request) is None
