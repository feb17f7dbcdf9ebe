"""Count the values of facets, and find the documents that have a value."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from typing import Final

import numpy as np

from indexer.engines.fields import MAX_FACET_VALUES, filter_key
from indexer.engines.whoosh.snapshot.kernel import FacetArrays, most_frequent_values
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import SEPARATOR, UNDATED, expand_ranges, narrow
from indexer.engines.whoosh.storage.posting_lists import DocIds, Mask
from indexer.engines.whoosh.storage.segment import Segment
from indexer.model import Facets, FacetValue

_MAX_REMEMBERED_MASKS: Final = 256  # of values of one facet
_new: Final = object.__new__
_set_value, _set_count = (vars(FacetValue)[name].__set__ for name in ("value", "count"))
_MAX_COUNTED_ONE_BY_ONE: Final = 50  # documents
_MIN_SUMMED_RATIO: Final = 4  # combinations for each document, from which on they are not all visited
_PERIODS: Final = ("year", "month")
_MAX_COUNTED_AT_ONCE: Final = 10_000  # documents whose facets are all counted without a look at the clock in between


class FacetColumn:
    """One facet of all documents of an index, made from the `combinations` and `ordinals` of each segment."""

    def __init__(self, combinations: Sequence[Sequence[bytes]], ordinals: Sequence[Array]) -> None:
        self._masks: dict[str, Mask] = {}
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
        self._starts = np.concatenate(([0], self._sizes.cumsum()))
        self.arrays: FacetArrays = (self.values, self.ordinals, self._starts, self._numbers)

    @cached_property
    def _keys(self) -> dict[str, list[int]]:
        keys: dict[str, list[int]] = {}
        for i, value in enumerate(self.values):
            keys.setdefault(filter_key(value), []).append(i)
        return keys

    @cached_property
    def _holders(self) -> DocIds:
        """Return the combination that each element of `_numbers` belongs to."""
        return np.repeat(np.arange(len(self._sizes)), self._sizes)

    @cached_property
    def _has_single_values(self) -> bool:
        """Return whether each combination is one value, so that both have the same numbers."""
        return bool((self._sizes == 1).all()) and np.array_equal(self._numbers, np.arange(len(self._sizes)))

    @cached_property
    def _holders_by_value(self) -> tuple[DocIds, DocIds]:
        """Return the combinations with the first value, with the second and so on, and where those of each value begin."""
        holders = self._holders.take(self._numbers.argsort(kind="stable"))
        return holders, np.bincount(self._numbers, minlength=len(self.values)).cumsum() - np.bincount(self._numbers)

    def combinations_with(self, key: str) -> Mask:
        """Return which combinations of values have one with this filter key."""
        combination = self._masks.get(key)
        if combination is None:
            chosen = np.isin(self._numbers, self._keys.get(key, []) if key else [])
            combination = np.zeros(len(self._sizes), bool)
            combination[self._holders[chosen]] = True
            if len(self._masks) >= _MAX_REMEMBERED_MASKS:
                self._masks.clear()
            self._masks[key] = combination
        return combination

    def value_mask(self, key: str, among: DocIds | None = None) -> Mask:
        """Return which documents (or which of `among`) have a value with this filter key."""
        return self.combinations_with(key).take(self.ordinals if among is None else self.ordinals.take(among))

    def count(self, documents: DocIds | None, more: DocIds | None = None) -> tuple[FacetValue, ...]:
        """Return the most frequent values of these documents (None: of all) and of `more`.

        The highest counts come first, equal counts by value.
        """
        if documents is not None and more is not None and more.size:
            documents = np.concatenate((documents, more))
        count = len(self.ordinals) if documents is None else len(documents)
        if len(self._sizes) == len(self._numbers) == 1:  # as the language of most sites, and the type of their files
            return (FacetValue(self.values[0], count),) if count else ()
        if documents is not None and count <= _MAX_COUNTED_ONE_BY_ONE:
            return self._count_few(documents)
        ordinals = self.ordinals if documents is None else self.ordinals.take(documents)
        if count * _MIN_SUMMED_RATIO < len(self._sizes):
            numbers = self._numbers.take(expand_ranges(self._starts.take(ordinals), self._sizes.take(ordinals)))
            return most_frequent(self.values, np.bincount(numbers, minlength=len(self.values)))
        by_combination = np.bincount(ordinals, minlength=len(self._sizes))
        if self._has_single_values:
            return most_frequent(self.values, by_combination)
        holders, starts = self._holders_by_value
        return most_frequent(self.values, np.add.reduceat(by_combination.take(holders), starts) if starts.size else starts)

    def _count_few(self, documents: DocIds) -> tuple[FacetValue, ...]:
        """Count the values of a few documents, which takes fewer steps than an array with an element for each value."""
        starts, numbers = self._lists
        counts: dict[int, int] = {}
        for ordinal in self.ordinals.take(documents).tolist():
            for number in numbers[starts[ordinal] : starts[ordinal + 1]]:
                counts[number] = counts.get(number, 0) + 1
        return _most_frequent_of_few(self.values, counts)

    @cached_property
    def _lists(self) -> tuple[list[int], list[int]]:
        """Return where the values of each combination begin, and their numbers."""
        return self._starts.tolist(), self._numbers.tolist()


def most_frequent(values: Sequence[str], counts: Array) -> tuple[FacetValue, ...]:
    """Return the values with the highest counts. `values` are sorted, so a stable sort keeps equal counts in their order."""
    present = counts.nonzero()[0]
    top = present.take((-counts.take(present)).argsort(kind="stable")[:MAX_FACET_VALUES])
    return _facet_values([values[number] for number in top.tolist()], counts.take(top).tolist())


def _most_frequent_of_few(values: Sequence[str], counts: dict[int, int]) -> tuple[FacetValue, ...]:
    """Do the same for counts by the number of a value."""
    top = sorted(counts, key=lambda number: (-counts[number], number))[:MAX_FACET_VALUES]
    return _facet_values([values[number] for number in top], [counts[number] for number in top])


def _facet_values(values: list[str], counts: list[int]) -> tuple[FacetValue, ...]:
    """Return what `map(FacetValue, values, counts)` does, in a third of the time: its fields are set as before it was frozen."""
    several = list(map(_new, repeat(FacetValue, len(values))))
    deque(map(_set_value, several, values), 0)
    deque(map(_set_count, several, counts), 0)
    return tuple(several)


class PeriodColumn:
    """The months of all documents, from whose counts those of the years follow."""

    def __init__(self, dates: DocIds) -> None:
        months = dates.astype("M8[s]").astype("M8[M]").astype("i8")  # since 1970
        undated = dates == UNDATED
        present = np.unique(months[~undated])
        years, self._year_of_month = np.unique(present // 12, return_inverse=True)
        self._first_months = np.searchsorted(self._year_of_month, np.arange(len(years)))  # of each year
        self._months = [f"{n // 12 + 1970:04}-{n % 12 + 1:02}" for n in present.tolist()]
        self._years = [f"{year + 1970:04}" for year in years.tolist()]
        # Undated documents get the ordinal after the last month.
        self._ordinals = narrow(np.searchsorted(present, np.where(undated, 1 << 40, months)))
        self._starts = np.minimum(np.arange(len(present) + 2), len(present))
        self.arrays: dict[str, FacetArrays] = {
            "year": (self._years, self._ordinals, self._starts, self._year_of_month.astype("i8")),
            "month": (self._months, self._ordinals, self._starts, np.arange(len(self._months))),
        }

    def count(self, documents: DocIds | None, more: DocIds | None = None) -> dict[str, tuple[FacetValue, ...]]:
        """Return the most frequent years and months of these documents (None: of all) and of `more`."""
        if documents is not None and more is not None and more.size:
            documents = np.concatenate((documents, more))
        if documents is not None and len(documents) <= _MAX_COUNTED_ONE_BY_ONE:
            return self._count_few(documents)
        ordinals = self._ordinals if documents is None else self._ordinals.take(documents)
        by_month = np.bincount(ordinals, minlength=len(self._months) + 1)[: len(self._months)]
        by_year = np.add.reduceat(by_month, self._first_months) if self._years else by_month
        return {"year": most_frequent(self._years, by_year), "month": most_frequent(self._months, by_month)}

    def _count_few(self, documents: DocIds) -> dict[str, tuple[FacetValue, ...]]:
        """Do the same for a few documents, one by one."""
        months: dict[int, int] = {}
        years: dict[int, int] = {}
        undated, year_of_month = len(self._months), self._years_of_months
        for month in self._ordinals.take(documents).tolist():
            if month != undated:
                months[month] = months.get(month, 0) + 1
        for month, count in months.items():
            years[year_of_month[month]] = years.get(year_of_month[month], 0) + count
        return {"year": _most_frequent_of_few(self._years, years), "month": _most_frequent_of_few(self._months, months)}

    @cached_property
    def _years_of_months(self) -> list[int]:
        numbers: list[int] = self._year_of_month.tolist()
        return numbers


class FacetColumns:
    """All facets of an index. Each column is made on first use, so a first search does not wait for all of them."""

    def __init__(self, segments: Sequence[Segment], dates: Callable[[], DocIds], *, compiled: bool = False) -> None:
        """`dates` returns the date of each document. `compiled`: count by the kernel, which must be available."""
        self._segments, self._dates, self._compiled = segments, dates, compiled
        self._size = sum([segment.size for segment in segments])
        self._columns: dict[str, FacetColumn] = {}

    def column(self, name: str) -> FacetColumn:
        """Return the column of a facet other than a period."""
        if name not in self._columns:
            pairs = [segment.facet(name) for segment in self._segments]
            texts, ordinals = [texts for texts, _ in pairs], [ordinals for _, ordinals in pairs]
            self._columns[name] = FacetColumn(texts, ordinals)
        return self._columns[name]

    @cached_property
    def periods(self) -> PeriodColumn:
        return PeriodColumn(self._dates())

    def count(
        self, documents: DocIds, names: Iterable[str], also: Mapping[str, DocIds], is_late: Callable[[], bool]
    ) -> tuple[Facets, bool]:
        """Count the values of these facets, and return whether it was too late for some.

        `also`: other documents that a facet counts.
        """
        selection = None if len(documents) == self._size else documents
        distinct = list(dict.fromkeys(names))
        step = len(distinct) if self._compiled and len(documents) <= _MAX_COUNTED_AT_ONCE else 1
        counts: dict[str, tuple[FacetValue, ...]] = {}
        for at in range(0, len(distinct), max(1, step)):
            if distinct[at] in counts:  # a month, counted with the years
                continue
            if is_late():
                return {**dict.fromkeys(distinct[at:], ()), **counts}, True
            if self._compiled:
                several = distinct[at : at + step]
                columns = tuple([(self._arrays(name), also.get(name)) for name in several])
                counts.update(zip(several, most_frequent_values(columns, selection, MAX_FACET_VALUES), strict=True))
            elif (name := distinct[at]) in _PERIODS:
                counts |= self.periods.count(selection, also.get(name))
            else:
                counts[name] = self.column(name).count(selection, also.get(name))
        return counts, False

    def _arrays(self, name: str) -> FacetArrays:
        return self.periods.arrays[name] if name in _PERIODS else self.column(name).arrays
