"""Pages with some of the words follow the pages with all of them."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.query_rewriting import MAX_WORDS
from indexer.search.result_json import result_mapping
from indexer.search.searcher import Searcher

TEXTS = {
    "all": "The lantern on the harbour bridge was lit.",
    "two": "A lantern on the bridge.",
    "rare": "The lantern maker retires.",
    "common": "The harbour was quiet.",
    "more": "A harbour with a wall.",
    "other": "Nothing of that.",
}


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(name, f"https://example.org/{name}", "Page", text, language="en") for name, text in TEXTS.items()]
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


def test_partial_matches_follow_full_ones_with_the_words_they_lack(searcher: Searcher) -> None:
    result = searcher.search(SearchRequest("Lantern harbour bridges"))
    assert ([hit.document.id for hit in result.hits], result.total, result.relaxed) == (["all"], 1, False)
    assert {hit.document.id: hit.missing for hit in result.partial} == {
        "two": ("harbour",),
        "rare": ("harbour", "bridges"),
        "common": ("Lantern", "bridges"),
        "more": ("Lantern", "bridges"),
    }
    assert result.partial[0].document.id == "two"
    marked = [fragment.text for fragment in result.partial[0].snippet if fragment.marked]
    assert marked == ["lantern", "bridge"]


def test_both_together_have_at_most_as_many_entries_as_a_page(searcher: Searcher) -> None:
    result = searcher.search(SearchRequest("lantern harbour bridge", size=3, facets=True))
    assert (len(result.hits), len(result.partial), result.total, result.pages) == (1, 2, 1, 1)
    assert result.facets["language"][0].count == 1


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest("lantern harbour bridge", page=2),
        SearchRequest("lantern harbour bridge", sort="date"),
        SearchRequest("lantern harbour bridge", size=1),
        SearchRequest("lantern"),
        SearchRequest('"harbour bridge"'),
        SearchRequest("lantern OR bridge"),
    ],
)
def test_there_are_none_beyond_the_first_page_by_relevance_or_for_a_single_word(
    searcher: Searcher, request_: SearchRequest
) -> None:
    assert searcher.search(request_).partial == ()


def test_phrases_fields_and_exclusions_are_never_broken_up(searcher: Searcher) -> None:
    result = searcher.search(SearchRequest("lantern bridge maker -harbour"))
    assert {hit.document.id for hit in (*result.hits, *result.partial)} == {"two", "rare"}
    assert searcher.search(SearchRequest('lantern bridge "the wall"')).total == 0


def test_without_a_full_match_the_result_is_relaxed_and_says_what_is_missing(searcher: Searcher) -> None:
    result = searcher.search(SearchRequest("lantern wall"))
    assert (result.relaxed, result.partial) == (True, ())
    assert {hit.document.id: hit.missing for hit in result.hits}["rare"] == ("wall",)


def test_the_json_holds_partial_matches_and_notices(searcher: Searcher) -> None:
    mapping = result_mapping(searcher.search(SearchRequest("lantern harbour bridge AND")))
    assert mapping["partial"][0]["missing"] == ["harbour"]
    assert mapping["notices"] == [{"code": "operator-ignored", "text": mapping["warnings"][0]}]
    assert "missing" not in mapping["hits"][0]


def test_a_long_text_is_a_question_of_its_rarest_words(searcher: Searcher) -> None:
    text = " ".join(f"unheard{n} of the harbour" for n in range(MAX_WORDS)) + " lantern"
    result = searcher.search(SearchRequest(text))
    assert {hit.document.id for hit in result.hits} >= {"all", "rare", "common"}
    assert [notice.code for notice in result.notices] == ["too-many-words"]
    stop_words = "what was that of the a an on in by to and or not " * 20
    assert searcher.search(SearchRequest(f"{stop_words} lantern maker")).notices == ()


def test_the_parts_of_a_word_with_hyphens_bring_partial_matches(searcher: Searcher) -> None:
    result = searcher.search(SearchRequest("bridge-maker wall"))
    shown = {hit.document.id: hit.missing for hit in (*result.hits, *result.partial)}
    assert shown == {"more": ("bridge-maker",), "rare": ("bridge-maker", "wall"), "two": ("bridge-maker", "wall")} | {
        "all": ("bridge-maker", "wall")
    }
    assert result.hits[0].document.id == "more", "a whole word counts more than a part of one"


@pytest.mark.parametrize(
    "question",
    [
        "WHAT IS KNOWN ABOUT HARBOUR (AND BRIDGE) LANTERNS, OR NOT?",
        "lantern: harbour/bridge, e.g. of the harbour; see https://example.org/lantern.",
        "Which lanterns (harbour) were lit on the bridge - and by whom?",
        "note:lantern of the harbour; what:bridge?",
        "the 'lantern' of a harbour-bridge, lit at night [sic]",
    ],
)
def test_signs_of_prose_hide_no_page(searcher: Searcher, question: str) -> None:
    result = searcher.search(SearchRequest(question))
    assert {"all", "two"} <= {hit.document.id for hit in (*result.hits, *result.partial)}


def test_languages_of_partial_matches_are_counted_without_the_filter_for_them() -> None:
    engine = MemoryEngine(RankingWeights())
    texts = {"a": ("en", "A lantern."), "b": ("en", "A harbour."), "c": ("de", "Lantern und Harbour")}
    documents = [Document(name, "", "Page", text, language=language) for name, (language, text) in texts.items()]
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    result = Searcher(engine).search(SearchRequest("lantern harbour", languages=("en",), facets=True))
    assert result.relaxed
    assert {value.value: value.count for value in result.facets["language"]} == {"en": 2, "de": 1}
