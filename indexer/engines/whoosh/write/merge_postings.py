"""The lists of several segments as one: terms with their postings and positions, word forms with their documents.

The union of the dictionaries gives each segment's rows their new ones, in the same order. So a range of new rows is one piece
of each segment: its postings get their new rows and numbers, are sorted, and positions follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from indexer.engines.whoosh.storage.array_file import Array, Spool, Writable
from indexer.engines.whoosh.storage.layout import (
    form_arrays,
    narrowest,
    pack_counts,
    pack_dictionary,
    smallest,
    spread,
    unpack_counts,
)
from indexer.engines.whoosh.storage.posting_lists import ListReader, bits_of, blocks_of, cut, ranges
from indexer.engines.whoosh.storage.segment import Dictionary, Segment

RANGE: Final = 1 << 19  # postings sorted at once: some 25 MB with their positions
_KEY_BITS: Final = 32  # of a row, counted from the first of its range, and a document side by side


class MergeInput:
    """A segment as the merge sees it: but for words and ids, what is large is read and not mapped, so that memory does not
    depend on what the system's cache happens to bring along."""

    def __init__(self, segment: Segment, living: npt.NDArray[np.bool_]) -> None:
        self.segment = segment
        self.numbers = np.flatnonzero(living)  # of its living documents
        self.whole = len(self.numbers) == segment.size
        self.new = np.full(segment.size, -1, "i4")  # by old number; set when the order is known
        slices = segment.file.slices
        self.holders = ListReader(slices("posting.starts"), slices("posting.document"), segment.terms.count, segment.size)
        self.users = ListReader(slices("surface.starts"), slices("surface.document"), segment.surfaces.count, segment.size)
        self.codes, self.positions, self._position_starts = map(slices, ("posting.code", "position", "position.starts"))

    def values(self, name: str) -> Array:
        """What an array says of each living document."""
        return self.segment.file.read(name)[self.numbers]

    def positions_of(self, rows: slice) -> Array:
        """Those of all postings of these rows."""
        first, last = (int(self._position_starts[row : row + 1][0]) for row in (rows.start, rows.stop))
        return self.positions[first:last]

    def living_lists(self, lists: ListReader) -> Array:
        """How many living documents each of these lists has."""
        starts = lists.starts(0, lists.count)
        counts = np.diff(starts)
        if not self.whole:
            for first, last in ranges(starts, RANGE):
                passed = np.concatenate(([0], np.cumsum(self.new[lists.between(first, last)] >= 0)))
                counts[first:last] = np.diff(passed[starts[first : last + 1] - starts[first]])
        return counts.astype("u4")

    def codes_used(self) -> npt.NDArray[np.bool_]:
        """Which codes living documents have."""
        used = np.full(len(self.segment.counts), self.whole)
        if not self.whole:
            starts = self.holders.starts(0, self.holders.count)
            for first, last in ranges(starts, RANGE):
                codes = self.codes[int(starts[first]) : int(starts[last])]
                used[codes[self.new[self.holders.between(first, last)] >= 0]] = True
        return used


def chosen(texts: Sequence[bytes], numbers: Array) -> list[bytes]:
    return list(map(texts.__getitem__, numbers.tolist())) if len(numbers) < len(texts) else list(texts)


def forget(parts: Sequence[MergeInput]) -> None:
    for part in parts:
        part.segment.file.forget()


class Lists:
    """The lists of all parts under the union of their words, which only deleted documents do not have."""

    def __init__(self, parts: Sequence[MergeInput], dictionaries: Sequence[Dictionary], lists: Sequence[ListReader]) -> None:
        self.parts, self._lists = parts, lists
        self.folder = parts[0].segment.file.path.parent  # there is room for the outcome
        self.size = sum(len(part.numbers) for part in parts)
        self.living = [part.living_lists(own) for part, own in zip(parts, lists, strict=True)]
        place: dict[bytes, int] = {}
        met = []
        for dictionary, living in zip(dictionaries, self.living, strict=True):
            words = chosen(dictionary.words(0, dictionary.count), np.flatnonzero(living))
            met.append(np.fromiter((place.setdefault(word, len(place)) for word in words), "i8", len(words)))
        forget(parts)
        self.words = sorted(place)
        rank = np.empty(len(place), "i8")
        rank[np.fromiter(map(place.__getitem__, self.words), "i8", len(place))] = np.arange(len(place))
        self.rows = []  # by part: the new row of each old one; the one before, where the word is gone
        totals = np.zeros(len(place), "i8")
        for numbers, living in zip(met, self.living, strict=True):
            rows = np.zeros(len(living), "u4")
            rows[living > 0] = rank[numbers]
            self.rows.append(np.maximum.accumulate(rows) if len(rows) else rows)
            totals[rank[numbers]] += living[living > 0]
        self.starts = np.concatenate(([0], np.cumsum(totals)))

    def ranges(self) -> Iterator[tuple[int, int]]:
        """First and last + 1 of the new rows that are worked on at once."""
        return ranges(self.starts, RANGE, 1 << (_KEY_BITS - bits_of(self.size)))

    def keys(self, part: int, first: int, last: int) -> tuple[slice, slice, Array, Array | None]:
        """Of a part: its rows in the range, their postings, (row - first) << bits | new document of the living ones, and
        which those are (None: all)."""
        lists = self._lists[part]
        begin, end = np.searchsorted(self.rows[part], (first, last)).tolist()
        own = lists.starts(begin, end)
        postings = slice(int(own[0]), int(own[-1]))
        new = self.parts[part].new[lists.between(begin, end)]
        row = np.repeat(self.rows[part][begin:end] - np.uint32(first), np.diff(own))
        key = (row << np.uint32(bits_of(self.size))) | new.astype("u4")
        if self.parts[part].whole:
            return slice(begin, end), postings, key, None
        alive = new >= 0
        return slice(begin, end), postings, key[alive], alive


class Joined:
    """The arrays of document lists that come range by range."""

    def __init__(self, lists: Lists) -> None:
        self._size = lists.size
        self._starts = np.zeros(len(lists.words) * blocks_of(lists.size) + 1, narrowest(int(lists.starts[-1])))
        self._filled = 1
        self._low = Spool(lists.folder, "u2")

    def add(self, keys: Array, rows: int) -> None:
        """The sorted keys of the next rows."""
        starts, low = cut(keys, rows, self._size)
        end = self._filled + len(starts) - 1
        self._starts[self._filled : end] = starts[1:] + self._low.items
        self._filled = end
        self._low.add(low)

    def arrays(self, name: str) -> dict[str, Writable]:
        return {f"{name}.starts": self._starts, f"{name}.document": self._low}


def merged_terms(parts: Sequence[MergeInput]) -> dict[str, Writable]:
    segments = [part.segment for part in parts]
    lists = Lists(parts, [s.terms for s in segments], [part.holders for part in parts])
    table, codes_of = _codes(parts)
    code_type = np.min_scalar_type(max(len(table) - 1, 0))
    joined, codes, positions = Joined(lists), Spool(lists.folder, code_type), Spool(lists.folder)
    position_starts = np.zeros(len(lists.words) + 1, "i8")
    for first, last in lists.ranges():
        keys, code, total, begin, own_positions = (list[Array]() for _ in range(5))
        at = 0
        for i, segment in enumerate(segments):
            rows, postings, key, alive = lists.keys(i, first, last)
            if not len(key):
                continue
            own_code = parts[i].codes[postings]
            own_total = segment.totals[own_code]
            own_begin = np.cumsum(own_total) - own_total + at
            own_positions.append(parts[i].positions_of(rows))
            at += len(own_positions[-1])
            keys.append(key)
            for values, own in ((code, codes_of[i][own_code]), (total, own_total), (begin, own_begin)):
                values.append(own if alive is None else own[alive])
        sorted_keys, order = _in_order(np.concatenate(keys))
        joined.add(sorted_keys, last - first)
        codes.add(np.concatenate(code)[order].astype(code_type))
        totals = np.concatenate(total)[order]
        passed = np.concatenate(([positions.items], positions.items + np.cumsum(totals)))
        position_starts[first + 1 : last + 1] = passed[lists.starts[first + 1 : last + 1] - lists.starts[first]]
        positions.add(smallest(np.concatenate(own_positions)[spread(np.concatenate(begin)[order], totals)]))
    text, every = pack_dictionary(lists.words)
    return {
        "term.text": text,
        "term.every": every,
        **joined.arrays("posting"),
        "posting.code": codes,
        "counts": smallest(unpack_counts(table)).reshape(-1),
        "position": positions,
        "position.starts": smallest(position_starts),
        **_forms(lists),
    }


def _in_order(keys: Array) -> tuple[Array, Array]:
    """The keys sorted, and where each has been: one sort of both side by side takes half the time of `argsort`."""
    both = keys.astype("u8")
    both <<= np.uint64(32)
    both |= np.arange(len(keys), dtype="u8")
    both.sort()
    return both >> np.uint64(32), (both & np.uint64(0xFFFFFFFF)).astype("i8")


def _codes(parts: Sequence[MergeInput]) -> tuple[Array, list[Array]]:
    """All different counts by field that living documents have, packed, and by part the new code of each old one."""
    packed = [pack_counts(part.segment.counts) for part in parts]
    table = np.unique(np.concatenate([own[part.codes_used()] for part, own in zip(parts, packed, strict=True)]))
    return table, [np.searchsorted(table, own) for own in packed]


def merged_surfaces(parts: Sequence[MergeInput]) -> dict[str, Writable]:
    segments = [part.segment for part in parts]
    lists = Lists(parts, [s.surfaces for s in segments], [part.users for part in parts])
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
        keys.append(((rows[own].astype("i8") << 32) | numbers)[living[own] > 0])
    forget(lists.parts)
    different = np.unique(np.concatenate(keys))
    forms = list(place)
    return form_arrays(different >> 32, [forms[i] for i in (different & 0xFFFFFFFF).tolist()], len(lists.words))
