"""A search ends: a budget of time, bounds on terms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.engines.base import TOO_SLOW, Deadline
from indexer.engines.whoosh import reader as reader_module
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.searcher import Searcher
from support.growth import assert_linear

WORDS = "amber birch cedar delta ember fjord glade heath".split()


def searcher_over(folder: Path, *, compiled: bool = True) -> Searcher:
    weights = RankingWeights()
    engine = WhooshEngine(folder, weights, now=lambda: datetime(2024, 6, 1, tzinfo=UTC), compiled=compiled)
    writer = engine.writer()
    texts = [" ".join(WORDS[i % 8 :] + WORDS[: i % 5]) for i in range(40)]
    writer.apply((Change(i, f"d{i}", Document(f"d{i}", "", f"Title {i}", t, language="en")) for i, t in enumerate(texts, 1)), 40)
    return Searcher(engine, weights)


def test_out_of_time_the_best_so_far_is_given_and_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searcher = searcher_over(tmp_path, compiled=False)  # the kernel never needs so long
    asked = SearchRequest(" OR ".join(WORDS))
    with monkeypatch.context() as patched:
        patched.setattr(reader_module, "Evaluation", lambda snapshot, *_: Evaluation(snapshot, Deadline(-1)))
        assert TOO_SLOW in searcher.search(asked).warnings
    whole = searcher.search(asked)
    assert whole.total == 40
    assert whole.warnings == ()


@pytest.mark.parametrize(
    "query",
    [
        lambda n: " OR ".join(WORDS * n),
        lambda n: " ".join(WORDS * n),
        lambda n: '"' + " ".join(WORDS * n) + '"',
        lambda n: "a* " * n,
        lambda n: "?*e*?*" * n,
    ],
)
def test_long_queries_take_linear_time(tmp_path: Path, query: Callable[[int], str]) -> None:
    searcher = searcher_over(tmp_path, compiled=False)  # the kernel leaves long queries to numpy, and is faster with short ones

    def search(text: str) -> None:
        assert searcher.search(SearchRequest(text, facets=True, explain=True)).generation

    assert_linear(query, search, 8)
