"""An address that is pasted into the search box finds its page."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.query.nodes import Constant, Filter
from indexer.query.parse import parse
from indexer.search.address_queries import MAX_CHARACTERS, page_with_address
from indexer.search.searcher import Searcher
from support.contract_corpus import fill

ADDRESS = "https://www.example.org/news/2020/Night-Ferry/"


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [
        Document("ferry", ADDRESS, "Night ferry", "It returns.", language="en"),
        Document("talk", "https://example.org/talk", "Talk", "About node.js and www and a/b.", language="en"),
    ]
    engine.writer().apply([Change(n, each.id, each) for n, each in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


@pytest.mark.parametrize(
    "query",
    [
        ADDRESS,
        "http://example.org/news/2020/night-ferry",
        "www.example.org/news/2020/Night-Ferry/",
        "example.org/news/2020/night-ferry#top",
        "  example.org/news/2020  ",
    ],
)
def test_the_page_is_found(searcher: Searcher, query: str) -> None:
    result = searcher.search(SearchRequest(query))
    assert [hit.document.id for hit in result.hits] == ["ferry"]
    assert (result.notices, result.relaxed) == ((), False)


@pytest.mark.parametrize(
    "query",
    [
        "https://desk.example.net/start?id=7&lang=en",
        "HTTP://desk.example.net/start?id=7&lang=en#top",
        "desk.example.net/start?id=7&lang=en",
    ],
)
def test_the_page_that_mentions_the_address_is_found(query: str) -> None:
    engine = MemoryEngine(RankingWeights())
    text = "Ask at https://desk.example.net/start?id={}&lang=en before nine."
    fill(engine, [Document(str(id_), f"https://example.org/{id_}", "Desk", text.format(id_), language="en") for id_ in (7, 8)])
    result = Searcher(engine).search(SearchRequest(query))
    assert [hit.document.id for hit in result.hits] == ["7"]
    assert (result.notices, result.relaxed) == ((), False)


@pytest.mark.parametrize(
    "query", ["node.js", "a/b", "ferry https://nowhere.example/x", "https://", "www.", "https://a.example/x*"]
)
def test_other_queries_are_texts(searcher: Searcher, query: str) -> None:
    parsed = parse(query)
    assert page_with_address(parsed, query, searcher.reader()) is parsed


@pytest.mark.parametrize(
    ("query", "part"),
    [
        (ADDRESS, "example.org/news/2020/Night-Ferry"),
        ("HTTPS://example.org/news", "example.org/news"),
        ("www.example.org", "example.org"),
        ("example.org/news#top", "example.org/news"),
        (" https://example.org/ ", "example.org"),
        (f"https://example.org/{'x' * MAX_CHARACTERS}", None),
        ("https://example.org two", None),
        ("example.org", None),
        ("https://example", None),
    ],
)
def test_the_part_of_the_address_that_is_looked_up(query: str, part: str | None) -> None:
    everything = fill(MemoryEngine(RankingWeights()), [Document("a", query.strip(), "", "")])
    parsed = parse(query)
    page = page_with_address(parsed, query, everything)
    assert (page is parsed) == (part is None)
    assert part is None or page.node == Constant(Filter("url", part))


@pytest.mark.parametrize(
    "query", ["http://127.0.0.1/none", "http://localhost:8080/none", "ask at https://example.org/none for more"]
)
def test_an_address_is_no_unknown_field(searcher: Searcher, query: str) -> None:
    assert searcher.search(SearchRequest(query)).notices == ()
