"""Corrections: misspelt words get the right ones, right words are left alone."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.searcher import Searcher

TEXTS = [
    ("Regierung", "Die Flüchtlingskrise beschäftigt Österreich und die FPÖ. Die Flüchtlingskrise dauert an.", "de"),
    *[
        (f"Tunnel {n}", "The government builds a tunnel below the harbour wall, and treasury bonds pay for it.", "en")
        for n in range(24)
    ],
    ("A slip", "The goverment builds nothing.", "en"),
    *[(f"Split {n}", "A stock split was announced by the shareholders.", "en") for n in range(48)],
    ("Holders", "She holders a share; milk was spilt.", "en"),
    *[(f"Failed {n}", "The plan has failed, and papers were filed with each device.", "en") for n in range(12)],
    ("Rare", "They foiled the plan and devise a canyon.", "en"),
]


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(f"{n:016x}", f"https://example.org/{n}", *text[:2], language=text[2]) for n, text in enumerate(TEXTS)]
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


def offered(searcher: Searcher, query: str) -> str | None:
    suggestion = searcher.search(SearchRequest(query)).did_you_mean
    return suggestion.query if suggestion else None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("govermnent", "government"),  # swapped
        ("governmment", "government"),  # doubled
        ("tunel", "tunnel"),
        ("tumnel", "tunnel"),  # a neighbour on the keyboard
        ("harbuor wall", "harbour wall"),
        ("goverment", "government"),  # a document contains it, but far more contain the right word
        ("stock spilt", "stock split"),
        ("tresury bnds", "treasury bonds"),  # two words
        ("harbourwall", "harbour wall"),  # joined
        ("share holders", "shareholders"),  # split
        ("fluchtlingkrise", "Flüchtlingskrise"),  # as the pages spell it
        ("osterreihc", "Österreich"),
    ],
)
def test_is_offered(searcher: Searcher, typed: str, meant: str) -> None:
    assert offered(searcher, typed) == meant


@pytest.mark.parametrize(
    "right", ["government", "foiled", "devise", "canyon", "kangaroo", "podcast", "wall", "fpo", "xqzwvkj", "tun"]
)
def test_nothing_is_offered(searcher: Searcher, right: str) -> None:
    assert offered(searcher, right) is None


def test_without_a_match_the_first_hits_of_the_correction_are_included(searcher: Searcher) -> None:
    result = searcher.search(SearchRequest("govermnent"))
    assert (result.total, result.hits) == (0, ())
    assert result.did_you_mean
    assert result.did_you_mean.total == 24
    assert len(result.did_you_mean.hits) == 10
    assert [f.text for f in result.did_you_mean.hits[0].snippet if f.marked] == ["government"]


def test_a_phrase_without_a_match_is_offered_without_quotation_marks(searcher: Searcher) -> None:
    result = searcher.search(SearchRequest('"wall tunnel"'))
    assert result.total == 0
    assert result.did_you_mean
    assert (result.did_you_mean.query, result.did_you_mean.total) == ("wall tunnel", 24)


def test_corrections_keep_the_rest_of_the_query(searcher: Searcher) -> None:
    assert offered(searcher, "tunnel harbuor -canyon language:en") == "tunnel harbour -canyon language:en"
    assert offered(searcher, "-harbuor tunnel") is None  # an excluded word is not corrected


def test_the_hits_of_a_correction_are_not_explained(searcher: Searcher) -> None:
    result = searcher.search(SearchRequest("govermnent", explain=True, facets=True))
    assert result.did_you_mean
    assert [hit.parts for hit in result.did_you_mean.hits if hit.parts] == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wall-treasury", "wall treasury"),  # no page has them next to each other
        ("wall/treasury", "wall treasury"),
        ("wall-crocodile", None),  # nothing has both
        ("-wall", None),
    ],
)
def test_words_with_a_hyphen_are_offered_apart(searcher: Searcher, typed: str, meant: str | None) -> None:
    assert offered(searcher, typed) == meant
