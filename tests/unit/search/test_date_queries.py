"""A date as the query finds the pages with this date, however it is written, and the pages of that day or month."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.searcher import Searcher

TEXTS = {
    "words": ("The meeting is on 27 May 2020.", "en", ""),
    "american": ("The meeting was on May 27, 2020.", "en", ""),
    "ordinal": ("Vienna, 27th May 2020: a statement.", "en", ""),
    "german": ("Das Treffen ist am 27. Mai 2020.", "de", ""),
    "dotted": ("Das Treffen ist am 27.05.2020.", "de", ""),
    "iso": ("Closing: 2020-05-27.", "en", ""),
    "spanish": ("La reunión es el 27 de mayo de 2020.", "es", ""),
    "dated": ("A page of that day.", "en", "2020-05-27"),
    "month": ("A page of that month.", "en", "2020-05-02"),
    "other": ("On 12 May the 27th boat of 2020 left.", "en", "2021-05-27"),
}
DAY = set(TEXTS) - {"month", "other"}


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [
        Document(
            name, f"https://example.org/{name}", "Page", text, language=language,
            date=datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None,
        )
        for name, (text, language, day) in TEXTS.items()
    ]  # fmt: skip
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


def ids(searcher: Searcher, query: str) -> list[str]:
    return [hit.document.id for hit in searcher.search(SearchRequest(query, size=20)).hits]


@pytest.mark.parametrize(
    "query", ["27 May 2020", "May 27, 2020", "27.05.2020", "27.5.2020", "2020-05-27", "27. Mai 2020", "27 de mayo de 2020"]
)
def test_a_day_is_found_in_every_way_of_writing_it(searcher: Searcher, query: str) -> None:
    listed = ids(searcher, query)
    assert set(listed) == DAY
    assert listed[-1] == "dated", "pages with the date come before the page of that day"


@pytest.mark.parametrize("query", ["May 2020", "Mai 2020", "mayo de 2020", "2020-05", "05/2020"])
def test_a_month_lists_its_pages(searcher: Searcher, query: str) -> None:
    assert {"dated", "month", "words", "german"} <= set(ids(searcher, query))
    assert "other" not in ids(searcher, query)


def test_a_year_is_a_word_unless_no_page_has_it(searcher: Searcher) -> None:
    assert "dated" not in ids(searcher, "2020")
    assert ids(searcher, "2021") == ["other"]
    assert ids(searcher, "1999") == []


@pytest.mark.parametrize("query", ['"27 May 2020"', "meeting 27 May 2020", "27 may", "Mars 2020"])
def test_other_queries_are_words(searcher: Searcher, query: str) -> None:
    assert "dated" not in ids(searcher, query)


@pytest.mark.parametrize("query", ["latest news", "neueste Nachrichten", "nyeste artikel"])
def test_latest_news_lists_the_newest_pages(searcher: Searcher, query: str) -> None:
    assert ids(searcher, query)[:3] == ["other", "dated", "month"]


@pytest.mark.parametrize(
    ("query", "offered", "listed"),
    [
        ("boat May 2021", "boat date:2021-05", ["other"]),  # the page is of that month, and does not say so
        ("boat Mai 2021?", "boat date:2021-05", ["other"]),  # in a language of the index
        ("2021 boat", "boat date:2021", ["other"]),
        ("boat 2020", None, []),  # a page has the year
        ("boat 2019", None, []),  # no page of that year has the word
        ("-boat 2021", None, []),
        ("title:boat 2021", None, []),
    ],
)
def test_a_year_in_a_query_is_offered_as_a_filter(searcher: Searcher, query: str, offered: str | None, listed: list[str]) -> None:
    meant = searcher.search(SearchRequest(query)).did_you_mean
    assert (meant.query if meant else None) == offered
    assert ([hit.document.id for hit in meant.hits] if meant else []) == listed
