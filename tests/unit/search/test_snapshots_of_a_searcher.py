"""Which state of the index a searcher answers from, and the sizes of its answers."""

from __future__ import annotations

import math

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.errors import IndexMissing
from indexer.model import RankingWeights, SearchRequest
from indexer.search.searcher import Searcher
from support.contract_corpus import doc, fill


def total(searcher: Searcher, query: str = "wall") -> int:
    return searcher.search(SearchRequest(query)).total


def test_a_new_document_is_found_at_once_or_after_the_time_between_two_checks() -> None:
    engine = MemoryEngine(RankingWeights())
    fill(engine, [doc("a", "", "wall")])
    at_once, later = Searcher(engine), Searcher(engine, refresh_seconds=math.inf)
    assert (total(at_once), total(later)) == (1, 1)
    fill(engine, [doc("b", "", "wall")])
    assert (total(at_once), total(later)) == (2, 1)


def test_a_searcher_on_a_snapshot_stays_there() -> None:
    engine = MemoryEngine(RankingWeights())
    searcher = Searcher(engine, folds_similar=False)
    with pytest.raises(IndexMissing):
        searcher.reader()
    old = fill(engine, [doc("a", "", "wall")])
    fixed = searcher.on(old)
    fill(engine, [doc("b", "", "wall")])
    assert (total(fixed), total(searcher)) == (1, 2)


def test_completions_follow_the_index() -> None:
    engine = MemoryEngine(RankingWeights())
    searcher = Searcher(engine)
    fill(engine, [doc("a", "", "harbour")])
    assert [each.text for each in searcher.suggest("har")] == ["harbour"]
    fill(engine, ["a", doc("b", "", "harvest")])
    assert [each.text for each in searcher.suggest("har")] == ["harvest"]


def test_the_sizes_of_answers() -> None:
    engine = MemoryEngine(RankingWeights())
    words = [f"harbour{letter}" for letter in "abcdefghijkl"]
    fill(engine, [doc(str(n), "", f"lighthouse {' '.join(words)}") for n in range(14)])
    searcher = Searcher(engine, folds_similar=False)
    assert len(searcher.suggest("harb")) == 8
    assert len(searcher.suggest("harb", 3)) == 3
    similar = searcher.similar("0")
    assert (similar.total, len(similar.hits), similar.request.size) == (13, 10, 10)
    assert len(searcher.similar("0", size=2).hits) == 2
    assert "0" not in [hit.document.id for hit in searcher.similar("0", size=13).hits]


def test_parts_of_scores_are_explained_on_request_only() -> None:
    engine = MemoryEngine(RankingWeights())
    fill(engine, [doc("a", "", "harbour wall"), doc("b", "", "wall")])
    searcher = Searcher(engine)
    assert [bool(hit.parts) for hit in searcher.search(SearchRequest("harbour wall")).hits] == [False]
    explained = searcher.search(SearchRequest("harbour wall", explain=True))
    assert all(hit.parts for hit in explained.hits)


def test_full_and_partial_hits_are_marked_by_what_they_match() -> None:
    engine = MemoryEngine(RankingWeights())
    fill(
        engine,
        [
            doc("a", "", "the harbour wall"),
            doc("b", "", "a multi course whose target was a wall"),
            doc("c", "", "multi-target wall"),
        ],
    )
    result = Searcher(engine).search(SearchRequest("multi-target wall"))
    marks = {
        hit.document.id: [fragment.text for fragment in hit.snippet if fragment.marked] for hit in (*result.hits, *result.partial)
    }
    assert marks == {"c": ["multi-target", "wall"], "b": ["multi", "target", "wall"], "a": ["wall"]}
