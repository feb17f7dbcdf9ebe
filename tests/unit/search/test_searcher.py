"""The search verb on the memory engine: what is found, what is said, what is marked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.errors import NotFound, SearchBusy, SettingsError
from indexer.model import Change, Document, RankingWeights, SearchRequest, SearchResult
from indexer.search.searcher import Searcher

TEXTS = [
    (
        "Night ferry returns",
        "The ferry crosses the harbour at night. Migrants and migration are not its subject.",
        "en",
        ("Harbour",),
        ("Ann Vik",),
    ),
    (
        "Harbour wall",
        "Repairs to the wall of the harbour begin. A visitor from Zürich looked on.",
        "en",
        ("Expert Voice Series",),
        ("Bo Reed",),
    ),
    ("Hafenmauer saniert", "Die Mauer am Hafen wird saniert, während die Häuser stehen bleiben.", "de", ("Hafen",), ()),
    ("Le bac de nuit", "Les élèves traversent le port la nuit.", "fr", (), ("Zoé Vik",)),
    ("港口重新开放", "港口重新开放，渡轮再次航行。", "zh", (), ()),
]


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [
        Document(
            id=f"{n:016x}", url=f"https://example.org/{n}", title=title, text=text, language=language, categories=categories,
            authors=authors, source="Gazette", date=datetime(2020 + n, 5, 27, tzinfo=UTC),
        )
        for n, (title, text, language, categories, authors) in enumerate(TEXTS)
    ]  # fmt: skip
    engine.writer().apply([Change(n + 1, d.id, d) for n, d in enumerate(documents)], len(documents))
    return Searcher(engine)


def found(searcher: Searcher, query: str, **more: object) -> tuple[SearchResult, list[str]]:
    result = searcher.search(SearchRequest(query, **more))
    return result, [hit.document.title for hit in result.hits]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("ferries", {"Night ferry returns"}),
        ("migrate", {"Night ferry returns"}),
        ("Zurich", {"Harbour wall"}),
        ("Zuerich", {"Harbour wall"}),
        ("ZÜRICH", {"Harbour wall"}),
        ("haus", {"Hafenmauer saniert"}),
        ("eleve", {"Le bac de nuit"}),
        ("重新", {"港口重新开放"}),
        ("harb*", {"Night ferry returns", "Harbour wall"}),
        ("h?rbour", {"Night ferry returns", "Harbour wall"}),
        ("harbuor~", {"Night ferry returns", "Harbour wall"}),
        ("harbuor", set()),
        ('"wall of the harbour"', {"Harbour wall"}),
        ('"harbour wall"', {"Harbour wall"}),
        ('"wall harbour"', set()),
        ("title:harbour", {"Harbour wall"}),
        ("harbour -night", {"Harbour wall"}),
        ("NOT harbour -saniert -bac", {"港口重新开放"}),
        ("ferry OR wall", {"Night ferry returns", "Harbour wall"}),
        ("author:vik", {"Night ferry returns", "Le bac de nuit"}),
        ('category:"Expert Voice"', {"Harbour wall"}),
        ("category:expert harbour", {"Harbour wall"}),
        ("language:fr", {"Le bac de nuit"}),
        ("date:2021", {"Harbour wall"}),
        ("after:2023", {"Le bac de nuit", "港口重新开放"}),
        ("before:2021", {"Night ferry returns"}),
        ("url:org/2", {"Hafenmauer saniert"}),
        ("qwertzuiop", set()),
        ("", set()),
    ],
)
def test_finds(searcher: Searcher, query: str, titles: set[str]) -> None:
    result, listed = found(searcher, query)
    assert set(listed) == titles
    assert result.total == len(titles)


def test_words_that_never_meet_are_relaxed_but_nothing_else_is(searcher: Searcher) -> None:
    result, titles = found(searcher, "ferry wall")
    assert (result.relaxed, set(titles)) == (True, {"Night ferry returns", "Harbour wall"})
    for strict in ('ferry "no such phrase"', "ferry wall language:de", "ferry wall -harbour", "title:ferry wall"):
        assert found(searcher, strict)[0].total == 0, strict
    assert not found(searcher, "ferry harbour")[0].relaxed


def test_a_correction_is_a_proposal(searcher: Searcher) -> None:
    result, titles = found(searcher, "harbuor")
    assert titles == []
    assert result.did_you_mean
    assert (result.did_you_mean.query, result.did_you_mean.total) == ("harbour", 2)
    assert found(searcher, "harbour")[0].did_you_mean is None
    assert found(searcher, "xqzwvkj")[0].did_you_mean is None


def test_filters_without_a_query_list_the_newest_first(searcher: Searcher) -> None:
    _, titles = found(searcher, "", languages=("en",))
    assert titles == ["Harbour wall", "Night ferry returns"]
    assert found(searcher, "", date_from="2023", date_to="2024")[1] == ["港口重新开放", "Le bac de nuit"]
    with pytest.raises(SettingsError, match="YYYY"):
        found(searcher, "a", date_from="yesterday")


def test_pages_and_facets(searcher: Searcher) -> None:
    result, titles = found(searcher, "harbour", size=1, page=2, facets=True)
    assert (result.total, result.pages, len(titles)) == (2, 2, 1)
    assert {value.value: value.count for value in result.facets["language"]} == {"en": 2}


def test_marks_are_those_of_the_words_that_matched(searcher: Searcher) -> None:
    hit = found(searcher, '"night ferry"')[0].hits[0]
    assert [s.text for s in hit.title if s.marked] == ["Night ferry"]
    hit = found(searcher, "harbour -night")[0].hits[0]
    assert {s.text.lower() for s in hit.snippet if s.marked} == {"harbour"}


def test_stop_words_alone_say_why_they_find_nothing(searcher: Searcher) -> None:
    result, _ = found(searcher, "the of")
    assert result.total == 0
    assert any("too common" in warning for warning in result.warnings)


def test_a_search_whose_client_has_left_ends_and_gives_no_result(searcher: Searcher) -> None:
    checks = 0

    def has_left() -> bool:
        nonlocal checks
        checks += 1
        return checks > 2

    with pytest.raises(SearchBusy, match="has left"):
        searcher.search(SearchRequest("*a* *e*"), has_left)
    assert searcher.search(SearchRequest(date_from="1900"), lambda: False).total


def test_a_brief_search_gives_the_same_result(searcher: Searcher) -> None:
    request = SearchRequest("harbour", facets=True)
    brief = searcher.search_briefly(request, 0, 60)
    assert brief is not None
    assert brief._replace(took_ms=0) == searcher.search(request)._replace(took_ms=0)


@pytest.mark.parametrize(
    ("request_", "max_seconds"),
    [
        (SearchRequest("*arb?r"), 60),
        (SearchRequest("港口" * 101), 60),
        (SearchRequest("harbour", explain=True), 60),
        (SearchRequest("harbour"), 0),
    ],
)
def test_a_search_that_may_take_long_is_not_brief(searcher: Searcher, request_: SearchRequest, max_seconds: float) -> None:
    assert searcher.search_briefly(request_, 0, max_seconds) is None
    assert searcher.search_briefly(SearchRequest("harbour"), 0, 60), "the turn of the search has ended"


def test_a_brief_search_waits_for_no_other_one(searcher: Searcher) -> None:
    with searcher._queues.turn(is_costly=False):
        assert searcher.search_briefly(SearchRequest("harbour"), 0, 60) is None
    assert searcher.search_briefly(SearchRequest("harbour"), 0, 60)


def test_similar(searcher: Searcher) -> None:
    alike = searcher.similar(f"{0:016x}")
    assert "Harbour wall" in [hit.document.title for hit in alike.hits]
    with pytest.raises(NotFound):
        searcher.similar("ffff")
