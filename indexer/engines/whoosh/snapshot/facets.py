"""Facets: which values documents have, counted over thousands of documents at once.

Documents share their combinations of values (five categories make some dozens), so a document has the number of its
combination; matches are counted by combination, and the counts then go to the values.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from indexer.engines.scoring import MAX_FACET_VALUES, filter_key
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import SEPARATOR, UNDATED, smallest
from indexer.model import FacetValue


class FacetColumn:
    """One facet of all documents of an index: `combinations` and `ordinals` of each of its segments."""

    def __init__(self, combinations: Sequence[Sequence[bytes]], ordinals: Sequence[Array]) -> None:
        all_combinations = list(combinations[0]) if len(combinations) == 1 else sorted(set().union(*combinations))
        if len(ordinals) == 1:
            self.ordinals = ordinals[0]
        else:
            place = {combination: i for i, combination in enumerate(all_combinations)}
            moved = [
                np.array([place[c] for c in own], "u4")[numbers] for own, numbers in zip(combinations, ordinals, strict=True)
            ]
            self.ordinals = smallest(np.concatenate(moved)) if moved else np.zeros(0, "u1")
        self.combined = [text.decode("utf-8", "replace") for text in all_combinations]  # by ordinal
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
        """The combination that each of `_numbers` is of."""
        return np.repeat(np.arange(len(self._sizes)), self._sizes)

    def having(self, key: str, among: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.bool_]:
        """Which documents (which of those) have a value that folds to `key`."""
        wanted = np.zeros(len(self.values), bool)
        wanted[self._keys.get(key, []) if key else []] = True
        combination = np.zeros(len(self._sizes), bool)
        combination[self._holders[wanted[self._numbers]]] = True
        return combination.take(self.ordinals if among is None else self.ordinals.take(among))

    def count(self, documents: npt.NDArray[np.int64] | None) -> tuple[FacetValue, ...]:
        """The most frequent values of these documents (None: of all), highest count first, equal ones by value."""
        ordinals = self.ordinals if documents is None else self.ordinals[documents]
        by_combination = np.bincount(ordinals, minlength=len(self._sizes))
        counts = np.bincount(self._numbers, np.repeat(by_combination, self._sizes), len(self.values)).astype("i8")
        return most_frequent(self.values, counts)


def most_frequent(values: Sequence[str], counts: Array) -> tuple[FacetValue, ...]:
    """`values` are in order, so a stable sort keeps equal counts by value."""
    present = np.flatnonzero(counts)
    best = present[np.argsort(-counts[present], kind="stable")[:MAX_FACET_VALUES]]
    return tuple(map(FacetValue, [values[i] for i in best.tolist()], counts[best].tolist()))


class YearColumn:
    """The years of all documents."""

    def __init__(self, dates: npt.NDArray[np.int64]) -> None:
        years = dates.astype("M8[s]").astype("M8[Y]").astype("i8") + 1970
        undated = dates == UNDATED
        known = np.unique(years[~undated])
        self.values = [f"{year:04}" for year in known.tolist()]
        self.ordinals = np.searchsorted(known, np.where(undated, 1 << 40, years)).astype("u2")  # undated: behind the last

    def count(self, documents: npt.NDArray[np.int64] | None) -> tuple[FacetValue, ...]:
        ordinals = self.ordinals if documents is None else self.ordinals[documents]
        return most_frequent(self.values, np.bincount(ordinals, minlength=len(self.values) + 1)[: len(self.values)])
