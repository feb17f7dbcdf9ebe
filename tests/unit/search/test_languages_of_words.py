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
    "herons": ("en", "Where herons and herons nest, the herons fly over the lamps of old wharfs. Die Hard, a song, was played."),
    "héron": ("fr", "Un héron passe."),
    "fähre": ("de", "Die Fähre fährt im Winter."),
}


def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(name, f"https://example.org/{name}", "Page", text, language=of) for name, (of, text) in PAGES.items()]
    engine.writer().apply([Change(n, each.id, each) for n, each in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


def listed(query: str) -> list[str]:
    return [hit.document.id for hit in searcher().search(SearchRequest(query)).hits]


def scores(query: str) -> dict[str, float]:
    return {hit.document.id: hit.score for hit in searcher().search(SearchRequest(query)).hits}


def test_a_stem_of_another_language_comes_last() -> None:
    assert listed("mill") == ["english", "long", "french"]
    assert listed("mille")[0] == "french"


def test_other_languages_are_still_found() -> None:
    assert listed("information") == ["information", "german"]


def test_neighbours_are_preferred_all_the_same() -> None:
    assert listed("tide mill") == ["english"]
    assert listed("boat mill") == ["long"]


def test_a_form_with_accents_does_not_set_back_the_other_language() -> None:
    by_page = scores("heron")
    assert by_page["herons"] > by_page["héron"] / 2, "herons is no word of another language"


def test_a_page_may_lack_a_word_that_its_language_leaves_out() -> None:
    assert listed("die fähre") == ["fähre"]
    assert listed("fährt die Fähre") == ["fähre"]
    assert listed("die hard") == ["herons"], "English pages must have the word"
    assert "fähre" not in listed("die im"), "no page is found for its language alone"
    assert listed('"passe die Fähre"') == []
    assert listed('"die Fähre fährt"') == ["fähre"]
    assert listed('"fähre fährt im winter"') == ["fähre"]
    assert listed('winter "die fähre"') == ["fähre"]
    assert listed('"die hard"') == ["herons"]
    assert "fähre" not in listed("die"), "German pages are not found by it alone"


def test_a_word_that_a_language_leaves_out_is_not_missing() -> None:
    hits = {hit.document.id: hit.missing for hit in searcher().search(SearchRequest("die fähre lamps!!")).hits}
    assert hits["fähre"] == ("lamps",)
    assert hits["herons"] == ("fähre",)
