"""A word is found in its other spellings also where the index has the typed one."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.orthographic_variants import korean_noun
from indexer.search.searcher import Searcher


def listed(query: str, *texts: str, language: str = "en") -> list[str]:
    engine = MemoryEngine(RankingWeights())
    documents = [
        Document(str(n), f"https://example.org/{n}", "Page", f"xx {text} yy", language=language) for n, text in enumerate(texts)
    ]
    engine.writer().apply([Change(n, each.id, each) for n, each in enumerate(documents, 1)], len(documents))
    result = Searcher(engine).search(SearchRequest(query))
    return [] if result.relaxed else [texts[int(hit.document.id)] for hit in result.hits]


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("email", "e-mail", "en"),
        ("wifi", "Wi-Fi", "en"),
        ("reelection", "re-election", "en"),
        ("nonprofit", "non-profit", "en"),
        ("UK", "U.K.", "en"),
        ("Århus", "Aarhus", "da"),
        ("학교에서", "학교", "ko"),
        ("정부는", "정부가", "ko"),
        ("Ålborg", "Aalborg", "en"),
        ("Đakovo", "Djakovo", "en"),
        ("Đakovo", "Djakovo", "hr"),
    ],
)
def test_both_spellings_are_found_and_the_typed_one_first(one: str, other: str, language: str) -> None:
    for query in (one, other):
        hits = listed(query, other, one, "something else", language=language)
        assert set(hits) == {one, other}
    assert listed(one, other, one, language=language)[0] == one


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("online", "on-line"),
        ("plugin", "a Plug-in"),
        ("signup", "sign‐up"),
        ("followup", "follow‑up"),
        ("online shop", "on-line shop"),
    ],
)
def test_a_word_that_pages_write_with_a_hyphen_at_a_stop_word_is_found(query: str, text: str) -> None:
    assert listed(query, text, "one line of a plug", "the sign follows") == [text]
    assert listed(query, "on the line", "plug in there", "sign it up", "shop on the line") == []


@pytest.mark.parametrize(("query", "text"), [("on-line", "on-line"), ("plug‐in", "a plug-in"), ("By-Law", "the by-law")])
def test_a_stop_word_before_or_after_a_hyphen_counts(query: str, text: str) -> None:
    assert listed(query, text, "one line of a plug and a law") == [text]


def test_a_word_of_two_parts_is_found_without_the_stop_word_if_no_page_has_both() -> None:
    assert listed("on-line", "a line", "a river") == ["a line"]


@pytest.mark.parametrize(
    ("query", "text"), [("overtime", "over time"), ("together", "to gether"), ("often", "of ten"), ("it", "i. t. is")]
)
def test_words_side_by_side_are_not_one_word(query: str, text: str) -> None:
    assert text not in listed(query, text, query)


@pytest.mark.parametrize(
    ("word", "noun"),
    [("대통령이", "대통령"), ("경제를", "경제"), ("정부", None), ("나이", None), ("서울로", "서울"), ("책에서", None)],
)
def test_a_particle_is_cut_from_a_korean_noun(word: str, noun: str | None) -> None:
    assert korean_noun(word) == noun


@pytest.mark.parametrize(("query", "text"), [("O.P.E.C.", "OPEC"), ("I.C.M.P.D", "ICMPD"), ("W.H.O.", "WHO")])
def test_initials_with_dots_find_the_word(query: str, text: str) -> None:
    assert listed(query, text, "another page") == [text]


def test_initials_do_not_find_a_stop_word() -> None:
    assert listed("W.H.O.", "a page of those who") == []
