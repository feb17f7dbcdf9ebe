"""Facet columns: which values documents have, and counts over thousands of documents in one pass.

Many documents share one combination of values (five categories make some dozens of combinations). A column stores the
number of the combination of each document. Matches are counted by combination, and these counts are added to the values.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from indexer.engines.fields import MAX_FACET_VALUES, filter_key
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import SEPARATOR, UNDATED, narrow
from indexer.model import FacetValue


class FacetColumn:
    """One facet of all documents of an index, made from the `combinations` and `ordinals` of each segment."""

    def __init__(self, combinations: Sequence[Sequence[bytes]], ordinals: Sequence[Array]) -> None:
        all_combinations = list(combinations[0]) if len(combinations) == 1 else sorted(set().union(*combinations))
        if len(ordinals) == 1:
            self.ordinals = ordinals[0]
        else:
            rank = {combination: i for i, combination in enumerate(all_combinations)}
            renumbered = [
                np.array([rank[c] for c in own], "u4")[numbers] for own, numbers in zip(combinations, ordinals, strict=True)
            ]
            self.ordinals = narrow(np.concatenate(renumbered)) if renumbered else np.zeros(0, "u1")
        self.combinations = [text.decode("utf-8", "replace") for text in all_combinations]  # by ordinal
        split = [text.decode("utf-8", "replace").split(SEPARATOR) if text else [] for text in all_combinations]
        self.values = sorted({value for values in split for value in values})
        number = {value: i for i, value in enumerate(self.values)}
        self._sizes = np.fromiter(map(len, split), "i8", len(split))
        self._numbers = np.array([number[value] for values in split for value in values], "i8")

    @cached_property
    def _keys(self) -> dict[str, list[int]]:
        keys: dict[str, list[int]] = {}
        for i, value in enumerate(self.values):
            keys.setdefault(filter_key(value), []).append(i)
        return keys

    @cached_property
    def _holders(self) -> npt.NDArray[np.int64]:
        """Return the combination that each element of `_numbers` belongs to."""
        return np.repeat(np.arange(len(self._sizes)), self._sizes)

    def value_mask(self, key: str, among: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.bool_]:
        """Return which documents (or which of `among`) have a value with this filter key."""
        selected = np.zeros(len(self.values), bool)
        selected[self._keys.get(key, []) if key else []] = True
        combination = np.zeros(len(self._sizes), bool)
        combination[self._holders[selected[self._numbers]]] = True
        return combination.take(self.ordinals if among is None else self.ordinals.take(among))

    def count(self, documents: npt.NDArray[np.int64] | None) -> tuple[FacetValue, ...]:
        """Return the most frequent values of these documents (None: of all): highest counts first, equal counts by value."""
        ordinals = self.ordinals if documents is None else self.ordinals[documents]
        by_combination = np.bincount(ordinals, minlength=len(self._sizes))
        counts = np.bincount(self._numbers, np.repeat(by_combination, self._sizes), len(self.values)).astype("i8")
        return most_frequent(self.values, counts)


def most_frequent(values: Sequence[str], counts: Array) -> tuple[FacetValue, ...]:
    """Return the values with the highest counts. `values` are sorted, so a stable sort keeps equal counts in their order."""
    present = np.flatnonzero(counts)
    top = present[np.argsort(-counts[present], kind="stable")[:MAX_FACET_VALUES]]
    return tuple(map(FacetValue, [values[i] for i in top.tolist()], counts[top].tolist()))


class YearColumn:
    """The years of all documents."""

    def __init__(self, dates: npt.NDArray[np.int64]) -> None:
        years = dates.astype("M8[s]").astype("M8[Y]").astype("i8") + 1970
        undated = dates == UNDATED
        years_present = np.unique(years[~undated])
        self.values = [f"{year:04}" for year in years_present.tolist()]
        self.ordinals = np.searchsorted(years_present, np.where(undated, 1 << 40, years)).astype(
            "u2"
        )  # undated documents get the ordinal after the last year

    def count(self, documents: npt.NDArray[np.int64] | None) -> tuple[FacetValue, ...]:
        """Return the most frequent years of these documents (None: of all)."""
        ordinals = self.ordinals if documents is None else self.ordinals[documents]
        return most_frequent(self.values, np.bincount(ordinals, minlength=len(self.values) + 1)[: len(self.values)])
