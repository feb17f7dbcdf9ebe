"""Which answers are kept when there is no room for all."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from indexer.model import SearchRequest
from webui.cache.response_cache import CachedResponse, S3FifoCache


def answer(size: int = 1_000, tag: str = "t") -> CachedResponse:
    return CachedResponse(tag, SearchRequest("ferry"), 1, "application/json", "", b"x" * size + b"}")


def test_an_answer_of_another_state_of_the_index_is_none() -> None:
    kept = S3FifoCache()
    kept.put("/", answer())
    assert kept.get("/", "other") is None
    assert kept.get("/", "t") == answer()
    assert kept.get("/other", "t") is None


def test_a_flood_of_rare_searches_does_not_push_out_the_popular_ones() -> None:
    kept = S3FifoCache(100_000)
    popular = [f"popular{n}" for n in range(30)]
    for address in popular:
        kept.put(address, answer())
        kept.get(address, "t")
    for n in range(1_000):
        kept.put(f"rare{n}", answer())
    assert all(kept.get(address, "t") for address in popular)


def test_what_was_popular_goes_when_nobody_asks_for_it_any_more() -> None:
    kept = S3FifoCache(100_000)
    for n in range(500):
        kept.put(f"{n}", answer(), popular=True)
        assert kept.get("0", "t")
    assert len(kept) == 49
    assert kept.get("1", "t") is None


def test_what_was_known_before_is_popular_at_once() -> None:
    kept = S3FifoCache(20_000)
    kept.put("known", answer(), popular=True)
    for n in range(100):
        kept.put(f"rare{n}", answer())
    assert kept.get("known", "t")


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9_000), st.booleans(), st.booleans())))
def test_bytes_are_those_of_what_is_kept_and_never_too_many(steps: list[tuple[int, int, bool, bool]]) -> None:
    kept = S3FifoCache(25_000)
    for number, size, popular, asked in steps:
        kept.put(str(number), answer(size), popular=popular)
        if asked:
            kept.get(str(number), "t")
        held = [found for each in range(13) if (found := kept.get(str(each), "t"))] if asked else None
        assert kept.bytes <= 25_000
        if held is not None:
            assert kept.bytes == sum(map(len, held))
            assert len(held) == len(kept)


@given(st.text(max_size=6_000))
def test_a_popular_answer_takes_less_memory_and_is_the_same(text: str) -> None:
    kept = S3FifoCache(20_000)
    body = text.encode() + b'{"title":"Ferry"}' * 500
    kept.put("popular", dataclasses.replace(answer(), stored=body), popular=True)
    found = kept.get("popular", "t")
    assert found
    assert found.body == body
    assert kept.bytes == len(found) < len(body)


def test_an_answer_becomes_popular_when_it_is_asked_for_again() -> None:
    kept = S3FifoCache(20_000)
    kept.put("asked", answer(5_000))
    assert kept.get("asked", "t")
    unpacked = kept.bytes
    kept.put("rare", answer(9_000))
    kept.put("rarer", answer(9_000))
    found = kept.get("asked", "t")
    assert found
    assert found.body == answer(5_000).stored
    assert len(found) < unpacked
