"""What is kept of results, and that it takes no more memory than it says."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from types import FunctionType, ModuleType

import pytest

from indexer.model import Document, FacetValue, Fragment, Hit, SearchRequest, SearchResult, Suggestion
from indexer.search.result_cache import ResultCache, memory


def result(number: int = 0, *, letter: str = "x", length: int = 800, facets: int = 0, query: str = "ferry") -> SearchResult:
    """Ten hits; no text is shared with another result."""
    hits = tuple(
        Hit(
            Document(
                f"{number:08}{n:08}", f"https://example.org/{number}/{n}", f"{letter} title {number} {n}", letter * length + f"{number}{n}",
                f"{letter} summary {n} {number}", date=datetime(2020, 1, 1 + n, tzinfo=UTC), source=f"source {number} {n}",
                authors=tuple(f"author {number} {n} {a}" for a in range(3)), categories=(f"category {number} {n}",),
                image=f"https://example.org/{number}/{n}.png",
            ),
            n + number / 7,
            (Fragment(f"{letter} title {number} "), Fragment(f"{n}", True)),
            tuple(Fragment(letter * 40 + f"{number} {n} {s}", bool(s % 2)) for s in range(6)),
            {f"part {number} {n} {p}": n + p / 7 for p in range(4)} if number % 2 else {},
        )
        for n in range(10)
    )  # fmt: skip
    request = SearchRequest(f"{query}{number}", facets=bool(facets), categories=(f"category {number}",))
    counts = {"category": tuple(FacetValue(f"category {number} {f}", 1_000 + f) for f in range(facets))}
    return SearchResult(
        request, 10, hits, 0.1, "g1", did_you_mean=Suggestion(f"ferries{number}", 3), facets=counts, warnings=(f"w{number}",)
    )


def held(thing: object) -> int:
    """Bytes of an object and all that it refers to."""
    seen: set[int] = set()
    waiting, size = [thing], 0
    while waiting:
        each = waiting.pop()
        if id(each) not in seen and not isinstance(each, type | ModuleType | FunctionType):
            seen.add(id(each))
            size += sys.getsizeof(each)
            waiting += gc.get_referents(each)
    return size


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("letter", ["x", "é", "港", "😀"])
@pytest.mark.parametrize(("length", "facets", "query"), [(20, 0, "ferry"), (800, 100, "ferry"), (20_000, 0, "ferry " * 3_000)])
def test_its_size_is_that_of_all_that_a_result_holds(number: int, letter: str, length: int, facets: int, query: str) -> None:
    made = result(number, letter=letter, length=length, facets=facets, query=query)
    assert held(made) <= memory(made) <= 1.6 * held(made)


def test_all_that_is_kept_is_within_the_bound_and_the_latest_stay() -> None:
    cache = ResultCache(1_000, most_bytes=500_000)
    for number in range(60):
        cache.put(result(number, facets=50))
    kept = [
        number
        for number in range(60)
        if cache.get("g1", SearchRequest(f"ferry{number}", facets=True, categories=(f"category {number}",)))
    ]
    assert kept
    assert kept == list(range(60 - len(kept), 60))
    assert held(list(cache._kept.values())) <= 500_000


def test_a_long_query_counts() -> None:
    cache = ResultCache(1_000, most_bytes=500_000)
    for number in range(30):
        cache.put(SearchResult(SearchRequest(f"{number}" + "x" * 100_000), 0, (), 0.1, "g1"))
    assert len(cache._kept) == 4


def test_a_result_put_twice_counts_once() -> None:
    cache = ResultCache(10)
    for _ in range(3):
        cache.put(result(1))
    assert cache._bytes == memory(result(1))
    assert cache.get("g1", result(1).request) == result(1)
    assert cache.get("g2", result(1).request) is None


def test_no_pages_are_none() -> None:
    cache = ResultCache(0)
    cache.put(result())
    assert cache.get("g1", result().request) is None
