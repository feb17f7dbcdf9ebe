"""The lists of several segments as one: terms with their postings and positions, word forms with their documents.

The union of the dictionaries gives each segment's rows their new ones, in the same order. So a range of new rows is one piece
of each segment: its postings get their new rows and numbers, are sorted, and positions follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from indexer.engines.array_file import Array
from indexer.engines.array_layout import (
    form_arrays,
    pack_counts,
    pack_dictionary,
    smallest,
    spread,
    unpack_counts,
)
from indexer.engines.array_lists import DocumentLists, bits_of, cut
from indexer.engines.array_segment import Dictionary, Segment

RANGE: Final = 1 << 19  # postings sorted at once: some 25 MB with their positions
_KEY_BITS: Final = 32  # of a row, counted from the first of its range, and a document side by side


class Part:
    """A segment as the merge sees it."""

    def __init__(self, segment: Segment, living: npt.NDArray[np.bool_]) -> None:
        self.segment = segment
        self.numbers = np.flatnonzero(living)  # of its living documents
        self.whole = len(self.numbers) == segment.size
        self.new = np.full(segment.size, -1, "i4")  # by old number; set when the order is known

    def living_lists(self, lists: DocumentLists) -> Array:
        """How many living documents each of these lists has."""
        if self.whole:
            return np.diff(lists.starts.astype("i8"))
        passed = np.concatenate(([0], np.cumsum(self.new[lists.between(0, lists.count)] >= 0, dtype="u4")))
        return np.diff(passed[lists.starts].astype("i8"))


def chosen(texts: Sequence[bytes], numbers: Array) -> list[bytes]:
    return list(map(texts.__getitem__, numbers.tolist())) if len(numbers) < len(texts) else list(texts)


def forget(parts: Sequence[Part]) -> None:
    for part in parts:
        part.segment.file.forget()


class Lists:
    """The lists of all parts under the union of their words, which only deleted documents do not have."""

    def __init__(self, parts: Sequence[Part], dictionaries: Sequence[Dictionary], lists: Sequence[DocumentLists]) -> None:
        self.parts, self._lists = parts, lists
        self.size = sum(len(part.numbers) for part in parts)
        self.living = [part.living_lists(own) for part, own in zip(parts, lists, strict=True)]
        place: dict[bytes, int] = {}
        met = []
        for dictionary, living in zip(dictionaries, self.living, strict=True):
            words = chosen(dictionary.words(0, dictionary.count), np.flatnonzero(living))
            met.append(np.fromiter((place.setdefault(word, len(place)) for word in words), "i8", len(words)))
        self.words = sorted(place)
        rank = np.empty(len(place), "i8")
        rank[np.fromiter(map(place.__getitem__, self.words), "i8", len(place))] = np.arange(len(place))
        self.rows = []  # by part: the new row of each old one; the one before, where the word is gone
        totals = np.zeros(len(place), "i8")
        for numbers, living in zip(met, self.living, strict=True):
            rows = np.zeros(len(living), "i8")
            rows[living > 0] = rank[numbers]
            self.rows.append(np.maximum.accumulate(rows) if len(rows) else rows)
            totals[rank[numbers]] += living[living > 0]
        self.starts = np.concatenate(([0], np.cumsum(totals)))

    def ranges(self) -> Iterator[tuple[int, int]]:
        """First and last + 1 of the new rows that are worked on at once."""
        first = 0
        while first < len(self.words):
            last = int(np.searchsorted(self.starts, self.starts[first] + RANGE, "right")) - 1
            last = min(max(last, first + 1), first + (1 << (_KEY_BITS - bits_of(self.size))))
            yield first, last
            first = last
            forget(self.parts)

    def keys(self, part: int, first: int, last: int) -> tuple[slice, slice, Array, Array | None]:
        """Of a part: its rows in the range, their postings, (row - first) << bits | new document of the living ones, and
        which those are (None: all)."""
        lists = self._lists[part]
        begin, end = np.searchsorted(self.rows[part], (first, last)).tolist()
        own = lists.starts[begin : end + 1].astype("i8")
        postings = slice(int(own[0]), int(own[-1]))
        new = self.parts[part].new[lists.between(begin, end)]
        row = np.repeat((self.rows[part][begin:end] - first).astype("u4"), np.diff(own))
        key = (row << np.uint32(bits_of(self.size))) | new.astype("u4")
        if self.parts[part].whole:
            return slice(begin, end), postings, key, None
        alive = new >= 0
        return slice(begin, end), postings, key[alive], alive


class Joined:
    """The arrays of document lists that come range by range."""

    def __init__(self, lists: Lists) -> None:
        self._size = lists.size
        self._starts, self._low = [np.zeros(1, "i8")], [np.zeros(0, "u2")]

    def add(self, keys: Array, rows: int) -> None:
        """The sorted keys of the next rows."""
        starts, low = cut(keys, rows, self._size)
        self._starts.append(starts[1:] + self._starts[-1][-1])
        self._low.append(low)

    def arrays(self, name: str) -> dict[str, Array]:
        return {f"{name}.starts": smallest(np.concatenate(self._starts)), f"{name}.document": np.concatenate(self._low)}


def merged_terms(parts: Sequence[Part]) -> dict[str, Array]:
    segments = [part.segment for part in parts]
    lists = Lists(parts, [s.terms for s in segments], [s.holders for s in segments])
    table, codes_of = _codes(parts)
    code_type = np.min_scalar_type(max(len(table) - 1, 0))
    codes, positions = [np.zeros(0, code_type)], [np.zeros(0, "u1")]
    position_starts = [np.zeros(1, "i8")]
    joined = Joined(lists)
    for first, last in lists.ranges():
        keys, code, total, begin, own_positions = (list[Array]() for _ in range(5))
        at = 0
        for i, segment in enumerate(segments):
            rows, postings, key, alive = lists.keys(i, first, last)
            if not len(key):
                continue
            own_code = segment.codes[postings]
            own_total = segment.totals[own_code]
            own_begin = np.cumsum(own_total) - own_total + at
            own_positions.append(segment.positions[slice(*(int(segment.position_starts[r]) for r in (rows.start, rows.stop)))])
            at += len(own_positions[-1])
            keys.append(key)
            for values, own in ((code, codes_of[i][own_code]), (total, own_total), (begin, own_begin)):
                values.append(own if alive is None else own[alive])
        sorted_keys, order = _in_order(np.concatenate(keys))
        joined.add(sorted_keys, last - first)
        codes.append(np.concatenate(code)[order].astype(code_type))
        totals = np.concatenate(total)[order]
        positions.append(np.concatenate(own_positions)[spread(np.concatenate(begin)[order], totals)])
        passed = np.concatenate(([0], np.cumsum(totals)))
        position_starts.append(passed[lists.starts[first + 1 : last + 1] - lists.starts[first]] + position_starts[-1][-1])
    text, every = pack_dictionary(lists.words)
    return {
        "term.text": text,
        "term.every": every,
        **joined.arrays("posting"),
        "posting.code": np.concatenate(codes),
        "counts": smallest(unpack_counts(table)).reshape(-1),
        "position": smallest(np.concatenate(positions)),
        "position.starts": smallest(np.concatenate(position_starts)),
        **_forms(lists),
    }


def _in_order(keys: Array) -> tuple[Array, Array]:
    """The keys sorted, and where each has been: one sort of both side by side takes half the time of `argsort`."""
    both = keys.astype("u8")
    both <<= np.uint64(32)
    both |= np.arange(len(keys), dtype="u8")
    both.sort()
    return both >> np.uint64(32), (both & np.uint64(0xFFFFFFFF)).astype("i8")


def _codes(parts: Sequence[Part]) -> tuple[Array, list[Array]]:
    """All different counts by field that living documents have, packed, and by part the new code of each old one."""
    packed = [pack_counts(part.segment.counts) for part in parts]
    used = []
    for part, own in zip(parts, packed, strict=True):
        if part.whole:
            used.append(own)
        else:
            alive = part.new[part.segment.holders.between(0, part.segment.holders.count)] >= 0
            used.append(own[np.bincount(part.segment.codes[alive], minlength=len(own)) > 0])
    table = np.unique(np.concatenate(used))
    return table, [np.searchsorted(table, own) for own in packed]


def merged_surfaces(parts: Sequence[Part]) -> dict[str, Array]:
    segments = [part.segment for part in parts]
    lists = Lists(parts, [s.surfaces for s in segments], [s.users for s in segments])
    joined = Joined(lists)
    for first, last in lists.ranges():
        keys = np.concatenate([lists.keys(i, first, last)[2] for i in range(len(parts))])
        keys.sort()
        joined.add(keys, last - first)
    text, every = pack_dictionary(lists.words)
    return {"surface.text": text, "surface.every": every, **joined.arrays("surface")}


def _forms(lists: Lists) -> dict[str, Array]:
    """The ways in which each term is written, those of all parts."""
    place: dict[bytes, int] = {}
    keys = [np.zeros(0, "i8")]
    for part, rows, living in zip(lists.parts, lists.rows, lists.living, strict=True):
        starts = part.segment.arrays["form.starts"]
        lines = part.segment.arrays["form.text"].tobytes().split(b"\n")[:-1]
        numbers = np.fromiter((place.setdefault(line, len(place)) for line in lines), "i8", len(lines))
        begins = np.cumsum(np.fromiter((0, *(len(line) + 1 for line in lines)), "i8", len(lines) + 1))[:-1]
        own = np.searchsorted(starts, begins, "right") - 1
        keys.append(((rows[own] << 32) | numbers)[living[own] > 0])
    different = np.unique(np.concatenate(keys))
    forms = list(place)
    return form_arrays(different >> 32, [forms[i] for i in (different & 0xFFFFFFFF).tolist()], len(lists.words))
