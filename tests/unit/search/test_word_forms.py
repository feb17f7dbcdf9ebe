"""Words are found however their parts are joined."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.orthographic_variants import MAX_SPLITS, splits
from indexer.search.searcher import Searcher

TEXTS = {
    "hyphen": "The on-line Wi-Fi of Anne-Marie.",
    "joined": "Online wifi for Annemarie.",
    "name": "Mr O'Hara met #MeToo.",
    "signs": "UDP/IP for M.Sc. students; call +43 699 12 34.",
    "number": "ISBN 978-0-306-40615-7.",
    "other": "Nothing of that.",
}


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(name, f"https://example.org/{name}", "Page", text, language="en") for name, text in TEXTS.items()]
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("on-line", {"hyphen", "joined"}),
        ("wi-fi", {"hyphen", "joined"}),
        ("wi fi", {"hyphen", "joined"}),
        ("anne-marie", {"hyphen", "joined"}),
        ("o hara", {"name"}),
        ("me too", {"name"}),
        ("udpip", {"signs"}),
        ("msc", {"signs"}),
        ("+436991234", {"signs"}),
        ("9780306406157", {"number"}),
        ("nothingofthat", set()),
    ],
)
def test_finds(searcher: Searcher, query: str, ids: set[str]) -> None:
    result = searcher.search(SearchRequest(query))
    assert ({hit.document.id for hit in result.hits}, result.relaxed) == (ids, False)


def test_the_work_of_splitting_is_bounded() -> None:
    assert len(splits("1" * 24, lambda part: True)) == MAX_SPLITS
    assert splits("1" * 25, lambda part: True) == []
    assert splits("ab", lambda part: True) == []
