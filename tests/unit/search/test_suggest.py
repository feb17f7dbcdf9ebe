"""Completions are phrases, words, titles, categories and authors of the index, and each finds something."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Completion, Document, RankingWeights, SearchRequest
from indexer.search.searcher import Searcher

TEXTS = [
    ("Night ferry returns", "The night ferry crosses the harbour. A night ferry is slow; the night fog is not.", "en"),
    ("Harbour wall", "The night ferry passes the harbour wall. The Bank of England pays. Night-ferry crews wait.", "en"),
    ("Haus in Österreich", "In Österreich steht das Haus der FPÖ. Österreich ist klein.", "de"),
    ("港口重新开放", "港口重新开放，渡轮再次航行。港口很大。", "zh"),
]


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [
        Document(
            f"{n:016x}", f"https://example.org/{n}", title, text, language=language, categories=("Expert Voice",), authors=("Zoë Vik",)
        )
        for n, (title, text, language) in enumerate(TEXTS)
    ]  # fmt: skip
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


def texts(searcher: Searcher, prefix: str) -> list[str]:
    return [completion.text for completion in searcher.suggest(prefix)]


@pytest.mark.parametrize(
    ("prefix", "first"),
    [
        ("night f", "night ferry"),  # more often than night fog
        ("night ", "night ferry"),
        ("bank of en", "Bank of England"),
        ("har", "harbour"),
        ("osterr", "Österreich"),
        ("osterreich st", "Österreich steht"),
        ("港", "港口"),
        ("nihgt fer", "night ferry"),  # with a word misspelt
        ("harbuo", "harbour"),
        ("the harb", "the harbour"),
    ],
)
def test_the_first_completion(searcher: Searcher, prefix: str, first: str) -> None:
    assert texts(searcher, prefix)[0] == first


@pytest.mark.parametrize("prefix", ["", " ", "x", "ferry harb", "zebra f", "night fx", '"', "("])
def test_nothing_is_offered_that_finds_nothing(searcher: Searcher, prefix: str) -> None:
    assert texts(searcher, prefix) == []


@pytest.mark.parametrize("prefix", ["night f", "bank of", "har", "haus", "night ", "ex", "zoe", "港", "the"])
def test_each_completion_finds_something_as_a_phrase(searcher: Searcher, prefix: str) -> None:
    for completion in searcher.suggest(prefix):
        assert searcher.search(SearchRequest(f'"{completion.text}"')).total, completion


def test_each_completion_has_its_kind(searcher: Searcher) -> None:
    assert Completion("Night ferry returns", "page", "https://example.org/0") in searcher.suggest("night f")
    assert Completion("Expert Voice", "category") in searcher.suggest("exp")
    assert Completion("Zoë Vik", "query") in searcher.suggest("zoe")


def test_spellings_with_and_without_a_hyphen_are_one_completion(searcher: Searcher) -> None:
    assert texts(searcher, "night ferr").count("night ferry") == 1
    assert "Night-ferry" not in texts(searcher, "night ferr")


def test_a_half_typed_word_matches_as_a_prefix_after_the_whole_word(searcher: Searcher) -> None:
    assert searcher.search(SearchRequest("harb")).total == 0
    result = searcher.search(SearchRequest("night harb", prefix_last=True))
    assert {hit.document.id for hit in result.hits} == {f"{0:016x}", f"{1:016x}"}
    whole = searcher.search(SearchRequest("fo", prefix_last=True))
    assert [fragment.text for hit in whole.hits for fragment in hit.snippet if fragment.marked] == ["fog"]
    assert searcher.search(SearchRequest("harb ", prefix_last=True)).total == 0  # the word is complete
