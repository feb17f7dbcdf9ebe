"""Words that the index hardly knows, or writes in another way, and what people mean by them."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest, SearchResult
from indexer.search.query_understanding import NO_PAGE_HAS_SIGNS
from indexer.search.searcher import Searcher

TEXTS = {
    "who": ("Measles", "The WHO says that measles are back, and who would doubt it. The US agrees.", "en"),
    "titled": ("WHO warns", "Measles spread.", "en"),
    "asks": ("Who asks?", "Nobody who asks about measles is a doctor of the harbour.", "en"),
    "jobs": ("Jobs in IT", "Work with C++ and .NET for AT&T. It pays.", "en"),
    "radio": ("Radio in C", "A T-shirt and a letter C.", "en"),
    "virus": ("A virus", "COVID-19 took 1,000 lives in March.", "en"),
    "virus2": ("Encore", "Covid19 a pris plus que 1000 vies.", "fr"),
    "tausend": ("Tausend", "Es waren 1.000 Boote und 12.500 Leute, um 1 Uhr 20.", "de"),
    "year": ("Year", "In 2 020 cases, and in 2020.", "en"),
    "hongkong": ("香港", "香港的渡轮。", "zh"),
    "harbour": ("港口重新开放", "渡轮再次航行。", "zh"),
    "korea": ("물이 맑다", "강에 물이 맑다.", "ko"),
}


def searcher(*languages: str) -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [
        Document(name, f"https://example.org/{name}", title, text, language=language)
        for name, (title, text, language) in TEXTS.items()
        if not languages or language in languages
    ]
    engine.writer().apply([Change(n + 1, d.id, d) for n, d in enumerate(documents)], len(documents))
    return Searcher(engine)


@pytest.fixture(scope="module")
def everything() -> Searcher:
    return searcher()


@pytest.fixture(scope="module")
def english() -> Searcher:
    return searcher("en")


def found(where: Searcher, query: str) -> tuple[SearchResult, set[str]]:
    result = where.search(SearchRequest(query, size=50))
    assert result.total == len(result.hits)
    return result, {hit.document.id for hit in result.hits}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("WHO", {"who", "titled"}),
        ("who", {"who", "titled"}),
        ("The Who", {"who", "titled"}),
        ('"the WHO"', {"who", "titled"}),
        ("WHO measles", {"who", "titled"}),
        ("measles WHO says", {"who"}),
        ('"WHO says"', {"who"}),
        ("title:who", {"titled"}),
        ("title:who measles", {"titled"}),
        ("measles -WHO", {"asks"}),
        ("IT jobs", {"jobs"}),
        ("us", {"who"}),
        ("WHO 2020", set()),
    ],
)
@pytest.mark.parametrize("where", ["everything", "english"])
def test_stop_words_that_are_meant_are_words(query: str, ids: set[str], where: str, request: pytest.FixtureRequest) -> None:
    result, listed = found(request.getfixturevalue(where), query)
    if result.relaxed:
        listed = set()
    assert listed == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("who asks about measles", {"asks"}),
        ("the measles", {"who", "titled", "asks"}),
        ("THE measles", {"who", "titled", "asks"}),
        ("WHO MEASLES", {"who", "titled", "asks"}),
        ("MEASLES AND WHO", {"who", "titled", "asks"}),
        ("measles -who", {"who", "titled", "asks"}),
        ('"who asks about measles"', {"asks"}),
        ("title:(who asks)", {"asks"}),
        ("a measles", {"who", "titled", "asks"}),
        ("title:us measles", {"who", "titled", "asks"}),
    ],
)
def test_others_are_not_insisted_on(everything: Searcher, query: str, ids: set[str]) -> None:
    result, listed = found(everything, query)
    assert (result.relaxed, listed) == (False, ids)


@pytest.mark.parametrize(
    ("query", "ids", "warning"),
    [
        ("C++", {"jobs"}, None),
        (".NET", {"jobs"}, None),
        ("F++", set(), "“F++” is searched for as “f”: signs are not indexed"),
        ("AT&T", {"jobs"}, None),
        ("AT&T jobs", {"jobs"}, None),
        ("harbour.", {"asks"}, None),
    ],
)
@pytest.mark.parametrize("where", ["everything", "english"])
def test_words_with_signs(query: str, ids: set[str], warning: str | None, where: str, request: pytest.FixtureRequest) -> None:
    result, listed = found(request.getfixturevalue(where), query)
    assert listed == ids
    assert result.warnings == ((warning,) if warning else ())


def test_a_stop_word_that_is_nowhere_a_name_is_too_common(everything: Searcher) -> None:
    result, listed = found(everything, "of these")
    assert (listed, [notice.code for notice in result.notices]) == (set(), ["words-too-common"])


@pytest.mark.parametrize("query", ["what is the measles", "who asks about the measles", "measles of these"])
def test_stop_words_of_a_question_cause_no_notice(everything: Searcher, query: str) -> None:
    assert found(everything, query)[0].notices == ()


def test_what_cannot_be_found_for_its_signs_says_so(english: Searcher) -> None:
    warning = "“A.I.” cannot be searched for: of it only “a”, “i” would be left, which is too common"
    assert found(english, "A.I.")[0].warnings == (warning,)


def test_the_letters_of_an_abbreviation_are_marked_together() -> None:
    engine = MemoryEngine(RankingWeights())
    english = Document("a", "https://example.org/a", "Trade", "The U.S. navy met a u-boat.", language="en")
    french = Document("b", "https://example.org/b", "Le commerce", "La marine arrive.", language="fr")
    engine.writer().apply([Change(1, "a", english), Change(2, "b", french)], 2)
    (hit,) = Searcher(engine).search(SearchRequest("U.S. navy")).hits  # “s” is a stop word in French
    assert [segment.text for segment in hit.snippet if segment.marked] == ["U.S", "navy"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [("港", {"hongkong", "harbour"}), ('"港"', {"hongkong", "harbour"}), ("香", {"hongkong"}), ("title:轮", set()), ("轮 -口", {"hongkong"}),
     ("港 航", {"harbour"}), ("물", {"korea"}), ("맑", {"korea"}), ("魚", set())],
)  # fmt: skip
def test_one_letter_of_a_script_without_spaces(everything: Searcher, query: str, ids: set[str]) -> None:
    assert found(everything, query)[1] == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("covid19", {"virus", "virus2"}),
        ("COVID-19", {"virus", "virus2"}),
        ("covid 19", {"virus", "virus2"}),
        ("1000", {"virus", "virus2", "tausend"}),
        ("1.000", {"virus", "virus2", "tausend"}),
        ("1,000", {"virus", "virus2", "tausend"}),
        ("12500", {"tausend"}),
        ("120", set()),
        ("2020", {"year"}),
        ("12.5", set()),
        ("covid19 march", {"virus"}),
    ],
)
def test_letters_and_digits_and_thousands_apart_or_together(everything: Searcher, query: str, ids: set[str]) -> None:
    result, listed = found(everything, query)
    assert (result.relaxed, listed) == (False, ids)


def test_what_was_found_in_another_way_is_marked(everything: Searcher) -> None:
    for query, name, marked in (("covid19", "virus", "COVID-19"), ("1000", "tausend", "1.000"), ("港", "hongkong", "香港的")):
        hits = {hit.document.id: hit for hit in everything.search(SearchRequest(query)).hits}
        assert marked in [segment.text for segment in hits[name].snippet if segment.marked], query


@pytest.mark.parametrize("text", ["a-" * 3_000, '"' + "," * 3_000 + '"', "a" * 3_000 + "++"], ids=["parts", "phrase", "signs"])
def test_a_long_word_is_not_repeated_in_full_by_its_notices(english: Searcher, text: str) -> None:
    """Otherwise 8 kB of query make 40 kB of answer."""
    assert sum(len(notice.text) + len(notice.part) for notice in found(english, text)[0].notices) < 600


@pytest.mark.parametrize("query", ["🦀", "🦀🦀 🦪"])
def test_for_emoji_that_no_page_has_the_reason_is_given(everything: Searcher, query: str) -> None:
    result, listed = found(everything, query)
    assert (listed, result.notices) == (set(), (NO_PAGE_HAS_SIGNS,))
