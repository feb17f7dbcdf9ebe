"""Each request to a cluster takes a few milliseconds, so a result page is made of few of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexer.engines.opensearch.connection import ClusterConnection
from indexer.engines.opensearch.engine import OpenSearchEngine
from indexer.model import SearchRequest
from indexer.search.searcher import Searcher
from support.cluster_fixtures import engine_in
from support.contract_corpus import fill
from support.engines import WEIGHTS
from support.generated_texts import WORDS, documents
from support.opensearch_cluster import Cluster


@pytest.fixture(scope="module")
def engine(cluster_of_module: Cluster) -> Iterator[OpenSearchEngine]:
    with engine_in(cluster_of_module, shards=1) as engine:
        fill(engine, list(documents(400)))
        yield engine


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests."""
    paths: list[str] = []
    send = ClusterConnection.call

    def call(self: ClusterConnection, method: str, path: str, *arguments: object, **options: object) -> object:
        paths.append(path)
        return send(self, method, path, *arguments, **options)

    monkeypatch.setattr(ClusterConnection, "call", call)
    return paths


@pytest.mark.parametrize("query", [WORDS[0], f"{WORDS[0]} {WORDS[1]}", f'"{WORDS[0]} {WORDS[1]}"', f"{WORDS[0]} OR {WORDS[2]}"])
def test_a_full_page_takes_two_requests_and_one_when_its_words_are_known(
    engine: OpenSearchEngine, asked: list[str], query: str
) -> None:
    searcher = Searcher(engine, WEIGHTS, refresh_seconds=60, folds_similar=False)
    searcher.reader()
    asked.clear()
    result = searcher.search(SearchRequest(query=query, size=2))
    assert len(result.hits) == 2
    assert len(asked) <= 2
    asked.clear()
    searcher.search(SearchRequest(query=query, size=2, page=2))
    assert asked == ["/_search"]


def test_the_parts_of_an_unknown_word_are_looked_up_together(engine: OpenSearchEngine, asked: list[str]) -> None:
    searcher = Searcher(engine, WEIGHTS, refresh_seconds=60, folds_similar=False)
    counts = []
    for word in ("zzq" * 3, "zzqy" * 4):
        asked.clear()
        assert searcher.search(SearchRequest(query=word)).total == 0
        counts.append(len(asked))
    assert counts[1] <= counts[0]
