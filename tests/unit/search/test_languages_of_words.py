"""A word comes before words of another language that only share its stem."""

from __future__ import annotations

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.searcher import Searcher

PAGES = {
    "english": ("en", "The tide turns the mill."),
    "long": ("en", "A boat that is charged at night from the mill, and much else about the boat, the quay and its lamps."),
    "french": ("fr", "Mille huîtres, deux mille jardins, mille bocaux."),
    "german": ("de", "Informationen zur Gezeitenmühle."),
    "information": ("en", "Information about boats."),
}


def listed(query: str) -> list[str]:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(name, f"https://example.org/{name}", "Page", text, language=of) for name, (of, text) in PAGES.items()]
    engine.writer().apply([Change(n, each.id, each) for n, each in enumerate(documents, 1)], len(documents))
    result = Searcher(engine).search(SearchRequest(query))
    return [hit.document.id for hit in result.hits]


def test_a_stem_of_another_language_comes_last() -> None:
    assert listed("mill") == ["english", "long", "french"]
    assert listed("mille")[0] == "french"


def test_other_languages_are_still_found() -> None:
    assert listed("information") == ["information", "german"]


def test_neighbours_are_preferred_all_the_same() -> None:
    assert listed("tide mill") == ["english"]
    assert listed("boat mill") == ["long"]
