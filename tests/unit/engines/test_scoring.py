"""The formulas and packings that engines share."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from indexer.engines.fields import in_range, sortable_date
from indexer.engines.scoring import phrase_count, recency_factor
from indexer.engines.whoosh.storage import layout
from indexer.engines.whoosh.storage.layout import pack_document, unpack_document
from indexer.engines.whoosh.write import merge_policy, partial_segments
from indexer.model import Document, RankingWeights


@pytest.mark.parametrize("module", [layout, partial_segments, merge_policy])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("places", "gaps", "slop", "count"),
    [
        ([[1, 5], [2, 9]], (0, 1), 0, 1),
        ([[1, 5], [2, 9]], (0, 1), 3, 2),
        ([[1], [3], [4]], (0, 2, 3), 0, 1),
        ([[1], [4], [5]], (0, 2, 3), 0, 0),
        ([[1], [4], [6]], (0, 2, 3), 1, 0),
        ([[1], [4], [6]], (0, 2, 3), 2, 1),
        ([[7], [1]], (0, 1), 50, 0),
        ([[1, 2, 3]], (0,), 0, 3),
        ([[0, 10, 20], [11]], (0, 1), 0, 1),
    ],
)
def test_phrase_count(places: list[list[int]], gaps: tuple[int, ...], slop: int, count: int) -> None:
    assert phrase_count(places, gaps, slop) == count


def test_dates_sort_as_strings_by_the_publishers_day() -> None:
    berlin = datetime(2020, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert sortable_date(berlin) == "2020-01-01T00:30:00"
    assert sortable_date(datetime(999, 1, 1, tzinfo=UTC)) == "0999-01-01T00:00:00"
    assert sortable_date(None) == ""
    assert not in_range("", None, None)


def test_recency_halves_with_its_half_life() -> None:
    weights = RankingWeights(recency_bonus=0.4, recency_half_life_days=10)
    assert recency_factor("2020-01-11", "2020-01-11", weights) == pytest.approx(1.4)
    assert recency_factor("2020-01-01", "2020-01-11", weights) == pytest.approx(1.2)
    assert recency_factor("2030-01-01", "2020-01-11", weights) == pytest.approx(1.4)
    assert recency_factor("2019-12-12", "2020-01-11", weights) == pytest.approx(1.1), "the older, the longer the half-life"
    assert recency_factor("", "2020-01-11", weights) == 1.0
    assert recency_factor("2030-01-01", "", weights) == pytest.approx(1.4)


def test_a_document_survives_storage() -> None:
    document = Document(id="a", url="", title="t\u2028", text="\U0001f600", date=datetime(2020, 1, 1, tzinfo=UTC), authors=("x",))
    assert unpack_document(pack_document(document)) == document
    long = Document(id="a", url="u", title="t", text="long " * 2000, categories=("a", "b"), image="i")
    assert len(pack_document(long)) < 200
    assert unpack_document(pack_document(long)) == long


def test_merging_many_single_updates_keeps_few_segments_and_writes_little() -> None:
    segments, written = [(20_000, 0)] * 3, 0
    for _ in range(3000):
        segments.append((1, 0))
        while chosen := merge_policy.plan_merge(segments):
            merged = sum(segments[i][0] for i in chosen)
            assert merged < 5000
            written += merged
            segments = [*(s for i, s in enumerate(segments) if i not in chosen), (merged, 0)]
        assert len(segments) <= 3 + 4
    assert written < 3000 * 30  # at 24 us: 0.7 ms an update
