"""Facets of an index of several segments, counted by numpy and by the kernel."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from indexer.engines.fields import MAX_FACET_VALUES
from indexer.engines.whoosh.snapshot import facet_columns, kernel
from indexer.engines.whoosh.snapshot.facet_columns import FacetColumn, PeriodColumn
from indexer.engines.whoosh.storage.layout import SEPARATOR, UNDATED
from indexer.model import FacetValue

IS_COMPILED = [False, *([True] if kernel.IS_AVAILABLE and os.environ.get("INDEXER_KERNEL") != "0" else [])]


def joined(*values: str) -> bytes:
    return SEPARATOR.join(values).encode()


def pairs(values: Iterable[FacetValue]) -> list[tuple[str, int]]:
    return [(value.value, value.count) for value in values]


def counted(arrays: kernel.FacetArrays, documents: Any) -> tuple[FacetValue, ...]:
    """Count the values of one column by the kernel."""
    return kernel.most_frequent_values(((arrays, None),), documents, MAX_FACET_VALUES)[0]


@pytest.fixture
def column() -> FacetColumn:
    """Two segments: documents 0 to 3 and 4 to 6. Each has its own numbers for its combinations of values."""
    combinations = [[b"", joined("Harbour"), joined("Harbour", "Zürich")], [joined("Harbour"), joined("zurich")]]
    ordinals = [np.array([1, 2, 0, 2], "u1"), np.array([0, 1, 1], "u1")]
    return FacetColumn(combinations, ordinals)


@pytest.mark.parametrize("compiled", IS_COMPILED)
def test_values_are_counted_the_most_frequent_first(column: FacetColumn, compiled: bool) -> None:
    def count(documents: Any) -> tuple[FacetValue, ...]:
        return counted(column.arrays, documents) if compiled else column.count(documents)

    assert pairs(count(None)) == [("Harbour", 4), ("Zürich", 2), ("zurich", 2)]
    assert pairs(count(np.array([2, 5, 6]))) == [("zurich", 2)]
    assert pairs(count(np.array([2]))) == []


def test_documents_have_a_value_whatever_its_case_and_accents(column: FacetColumn) -> None:
    assert np.flatnonzero(column.value_mask("zurich")).tolist() == [1, 3, 5, 6]
    assert np.flatnonzero(column.value_mask("harbour")).tolist() == [0, 1, 3, 4]
    assert column.value_mask("zurich", np.array([0, 1, 6])).tolist() == [False, True, True]
    assert not column.value_mask("absent").any()
    assert not column.value_mask("").any(), "a document without a value has none"


def test_an_index_of_one_segment_keeps_its_ordinals() -> None:
    ordinals = np.array([0, 1], "u1")
    column = FacetColumn([[b"en", b"de"]], [ordinals])
    assert column.ordinals is ordinals
    assert pairs(column.count(None)) == [("de", 1), ("en", 1)], "equal counts by value"


def test_one_combination_is_counted_without_looking_at_the_documents() -> None:
    column = FacetColumn([[b"en"]], [np.zeros(5, "u1")])
    assert pairs(column.count(None)) == [("en", 5)]
    assert pairs(column.count(np.array([1, 3]))) == [("en", 2)]


def test_an_empty_index_has_no_values() -> None:
    assert pairs(FacetColumn([], []).count(None)) == []


@pytest.mark.parametrize("compiled", IS_COMPILED)
def test_years_follow_from_months(compiled: bool) -> None:
    days = ["2020-05-27", "2020-05-01", "2020-06-30", "1969-12-31", "0800-01-01"]
    dates = np.array([int(np.datetime64(day, "s").astype("i8")) for day in days] + [UNDATED])
    periods = PeriodColumn(dates)

    def count(documents: Any) -> dict[str, tuple[FacetValue, ...]]:
        if compiled:
            return {name: counted(arrays, documents) for name, arrays in periods.arrays.items()}
        return periods.count(documents)

    counts = count(None)
    assert pairs(counts["year"]) == [("2020", 3), ("0800", 1), ("1969", 1)]
    assert pairs(counts["month"]) == [("2020-05", 2), ("0800-01", 1), ("1969-12", 1), ("2020-06", 1)]
    assert [pairs(each) for each in count(np.array([2, 5])).values()] == [[("2020", 1)], [("2020-06", 1)]]
    assert count(np.array([5])) == {"year": (), "month": ()}


# One by one, by the combinations of the documents, and by all combinations.
@pytest.mark.parametrize(("most", "ratio"), [(150, 0), (0, 0), (0, 150)])
def test_few_documents_are_counted_as_many_are(most: int, ratio: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facet_columns, "_MAX_COUNTED_ONE_BY_ONE", most)
    monkeypatch.setattr(facet_columns, "_MIN_SUMMED_RATIO", ratio)
    combinations = [[b"", joined("Harbour"), joined("Harbour", "Zürich"), joined("Amber")]]
    column = FacetColumn(combinations, [np.array([1, 2, 0, 3, 2, 3], "u1")])
    assert pairs(column.count(np.array([1, 2, 3]), np.array([5]))) == [("Amber", 2), ("Harbour", 1), ("Zürich", 1)]
    assert pairs(column.count(np.array([2]), np.zeros(0, "i8"))) == []
    days = np.array(["2020-05-27", "2020-06-01", "2021-01-01", "2020-05-01"], "M8[s]").astype("i8")
    periods = PeriodColumn(np.concatenate((days, [UNDATED])))
    counts = periods.count(np.array([0, 1, 4]), np.array([2, 3]))
    assert pairs(counts["year"]) == [("2020", 3), ("2021", 1)]
    assert pairs(counts["month"]) == [("2020-05", 2), ("2020-06", 1), ("2021-01", 1)]


@pytest.mark.parametrize("ratio", [0, 150])
def test_combinations_of_one_value_are_not_taken_for_values(ratio: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facet_columns, "_MAX_COUNTED_ONE_BY_ONE", 0)
    monkeypatch.setattr(facet_columns, "_MIN_SUMMED_RATIO", ratio)
    documents = np.array([0, 1, 2, 3])
    of_two = FacetColumn([[b"", joined("Amber", "Birch")]], [np.array([0, 1, 1, 1], "u1")])
    assert pairs(of_two.count(documents)) == [("Amber", 3), ("Birch", 3)], "as many values as combinations"
    of_one = FacetColumn([[b"Amber", b"Birch"]], [np.array([0, 1, 1, 1], "u1")])
    assert pairs(of_one.count(documents)) == [("Birch", 3), ("Amber", 1)]
