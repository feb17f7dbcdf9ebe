"""Merge the lists of several segments: terms with postings and positions, word forms with documents.

The union of the dictionaries maps the rows of each segment to new ones in the same order. So a range of new rows is one slice of
each segment. Its postings get new rows and numbers and are sorted, and positions follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from indexer.engines.whoosh.storage.array_file import Array, Spool, Writable
from indexer.engines.whoosh.storage.layout import (
    block_count,
    expand_ranges,
    form_arrays,
    narrow,
    narrowest_dtype,
    pack_counts,
    pack_dictionary,
    unpack_counts,
)
from indexer.engines.whoosh.storage.posting_lists import ListReader, document_bits, row_ranges, split_blocks
from indexer.engines.whoosh.storage.segment import Dictionary, Segment

MAX_RANGE_POSTINGS: Final = 1 << 19  # sorted at once: some 25 MB with their positions
_KEY_BITS: Final = 32  # for a row (counted from the first of its range) and a document


class MergeInput:
    """A segment as a merge reads it.

    Apart from words and ids, large arrays are read and not mapped, so memory does not depend on what the system caches.
    """

    def __init__(self, segment: Segment, living: npt.NDArray[np.bool_]) -> None:
        self.segment = segment
        self.numbers = np.flatnonzero(living)  # of living documents
        self.whole = len(self.numbers) == segment.size
        self.new_numbers = np.full(segment.size, -1, "i4")  # by old number; set by the merger
        slices = segment.file.slices
        self.term_lists = ListReader(slices("posting.starts"), slices("posting.document"), segment.terms.count, segment.size)
        self.surface_lists = ListReader(
            slices("surface.starts"), slices("surface.document"), segment.surfaces.count, segment.size
        )
        self.codes, self.positions, self._position_starts = map(slices, ("posting.code", "position", "position.starts"))

    def values(self, name: str) -> Array:
        """Return the elements of an array for each living document."""
        return self.segment.file.read(name)[self.numbers]

    def positions_of(self, rows: slice) -> Array:
        """Return the positions of all postings of these rows."""
        first, last = (int(self._position_starts[row : row + 1][0]) for row in (rows.start, rows.stop))
        return self.positions[first:last]

    def living_lists(self, lists: ListReader) -> Array:
        """Count the living documents of each of these lists."""
        starts = lists.starts(0, lists.count)
        counts = np.diff(starts)
        if not self.whole:
            for first, last in row_ranges(starts, MAX_RANGE_POSTINGS):
                passed = np.concatenate(([0], np.cumsum(self.new_numbers[lists.documents_between(first, last)] >= 0)))
                counts[first:last] = np.diff(passed[starts[first : last + 1] - starts[first]])
        return counts.astype("u4")

    def codes_used(self) -> npt.NDArray[np.bool_]:
        """Return which codes occur in living documents."""
        used = np.full(len(self.segment.counts), self.whole)
        if not self.whole:
            starts = self.term_lists.starts(0, self.term_lists.count)
            for first, last in row_ranges(starts, MAX_RANGE_POSTINGS):
                codes = self.codes[int(starts[first]) : int(starts[last])]
                used[codes[self.new_numbers[self.term_lists.documents_between(first, last)] >= 0]] = True
        return used


def select(texts: Sequence[bytes], numbers: Array) -> list[bytes]:
    """Return the texts with these numbers."""
    return list(map(texts.__getitem__, numbers.tolist())) if len(numbers) < len(texts) else list(texts)


def release_pages(parts: Sequence[MergeInput]) -> None:
    for part in parts:
        part.segment.file.release_pages()


class ListMerge:
    """The lists of all inputs under the union of their words. Words that only deleted documents contain are left out."""

    def __init__(self, parts: Sequence[MergeInput], dictionaries: Sequence[Dictionary], lists: Sequence[ListReader]) -> None:
        self.parts, self._lists = parts, lists
        self.folder = parts[0].segment.file.path.parent  # the disk with room for the result
        self.size = sum(len(part.numbers) for part in parts)
        self.living = [part.living_lists(own) for part, own in zip(parts, lists, strict=True)]
        place: dict[bytes, int] = {}
        ranks_met = []
        for dictionary, living in zip(dictionaries, self.living, strict=True):
            words = select(dictionary.words(0, dictionary.count), np.flatnonzero(living))
            ranks_met.append(np.fromiter((place.setdefault(word, len(place)) for word in words), "i8", len(words)))
        release_pages(parts)
        self.words = sorted(place)
        rank = np.empty(len(place), "i8")
        rank[np.fromiter(map(place.__getitem__, self.words), "i8", len(place))] = np.arange(len(place))
        self.rows = []  # by input: the new row of each old one; the row before it where the word is gone
        totals = np.zeros(len(place), "i8")
        for numbers, living in zip(ranks_met, self.living, strict=True):
            rows = np.zeros(len(living), "u4")
            rows[living > 0] = rank[numbers]
            self.rows.append(np.maximum.accumulate(rows) if len(rows) else rows)
            totals[rank[numbers]] += living[living > 0]
        self.starts = np.concatenate(([0], np.cumsum(totals)))

    def row_ranges(self) -> Iterator[tuple[int, int]]:
        """Yield ranges (first, last + 1) of new rows that are merged at once."""
        return row_ranges(self.starts, MAX_RANGE_POSTINGS, 1 << (_KEY_BITS - document_bits(self.size)))

    def keys(self, part: int, first: int, last: int) -> tuple[slice, slice, Array, Array | None]:
        """Return for one input: its rows in the range, their postings, the keys of living ones, and which are living (None: all).

        A key is (row - first) << bits | new document.
        """
        lists = self._lists[part]
        begin, end = np.searchsorted(self.rows[part], (first, last)).tolist()
        own = lists.starts(begin, end)
        postings = slice(int(own[0]), int(own[-1]))
        new_numbers = self.parts[part].new_numbers[lists.documents_between(begin, end)]
        row = np.repeat(self.rows[part][begin:end] - np.uint32(first), np.diff(own))
        key = (row << np.uint32(document_bits(self.size))) | new_numbers.astype("u4")
        if self.parts[part].whole:
            return slice(begin, end), postings, key, None
        alive = new_numbers >= 0
        return slice(begin, end), postings, key[alive], alive


class MergedLists:
    """The arrays of document lists, appended range by range."""

    def __init__(self, lists: ListMerge) -> None:
        self._size = lists.size
        self._starts = np.zeros(len(lists.words) * block_count(lists.size) + 1, narrowest_dtype(int(lists.starts[-1])))
        self._filled = 1
        self._low = Spool(lists.folder, "u2")

    def add(self, keys: Array, rows: int) -> None:
        """Append the sorted keys of the next rows."""
        starts, low = split_blocks(keys, rows, self._size)
        end = self._filled + len(starts) - 1
        self._starts[self._filled : end] = starts[1:] + self._low.items
        self._filled = end
        self._low.add(low)

    def arrays(self, name: str) -> dict[str, Writable]:
        return {f"{name}.starts": self._starts, f"{name}.document": self._low}


def merge_terms(parts: Sequence[MergeInput]) -> dict[str, Writable]:
    """Return the arrays of terms, postings, positions and spellings."""
    segments = [part.segment for part in parts]
    lists = ListMerge(parts, [s.terms for s in segments], [part.term_lists for part in parts])
    table, codes_of = _codes(parts)
    code_type = np.min_scalar_type(max(len(table) - 1, 0))
    joined, codes, positions = MergedLists(lists), Spool(lists.folder, code_type), Spool(lists.folder)
    position_starts = np.zeros(len(lists.words) + 1, "i8")
    for first, last in lists.row_ranges():
        keys, code, total, begin, own_positions = (list[Array]() for _ in range(5))
        at = 0
        for i, segment in enumerate(segments):
            rows, postings, key, alive = lists.keys(i, first, last)
            if not len(key):
                continue
            own_code = parts[i].codes[postings]
            own_total = segment.position_counts[own_code]
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
        positions.add(narrow(np.concatenate(own_positions)[expand_ranges(np.concatenate(begin)[order], totals)]))
    text, every = pack_dictionary(lists.words)
    return {
        "term.text": text,
        "term.every": every,
        **joined.arrays("posting"),
        "posting.code": codes,
        "counts": narrow(unpack_counts(table)).reshape(-1),
        "position": positions,
        "position.starts": narrow(position_starts),
        **_forms(lists),
    }


def _in_order(keys: Array) -> tuple[Array, Array]:
    """Return the sorted keys and their former indices. One sort of both combined takes half the time of `argsort`."""
    both = keys.astype("u8")
    both <<= np.uint64(32)
    both |= np.arange(len(keys), dtype="u8")
    both.sort()
    return both >> np.uint64(32), (both & np.uint64(0xFFFFFFFF)).astype("i8")


def _codes(parts: Sequence[MergeInput]) -> tuple[Array, list[Array]]:
    """Return the distinct packed counts of living documents, and for each input the new code of each old one."""
    packed = [pack_counts(part.segment.counts) for part in parts]
    table = np.unique(np.concatenate([own[part.codes_used()] for part, own in zip(parts, packed, strict=True)]))
    return table, [np.searchsorted(table, own) for own in packed]


def merge_surfaces(parts: Sequence[MergeInput]) -> dict[str, Writable]:
    """Return the arrays of word forms."""
    segments = [part.segment for part in parts]
    lists = ListMerge(parts, [s.surfaces for s in segments], [part.surface_lists for part in parts])
    joined = MergedLists(lists)
    for first, last in lists.row_ranges():
        keys = np.concatenate([lists.keys(i, first, last)[2] for i in range(len(parts))])
        keys.sort()
        joined.add(keys, last - first)
    text, every = pack_dictionary(lists.words)
    return {"surface.text": text, "surface.every": every, **joined.arrays("surface")}


def _forms(lists: ListMerge) -> dict[str, Array]:
    """Return the arrays of spellings of each term, merged from all inputs."""
    place: dict[bytes, int] = {}
    keys = [np.zeros(0, "i8")]
    for part, rows, living in zip(lists.parts, lists.rows, lists.living, strict=True):
        starts = part.segment.arrays["form.starts"]
        lines = part.segment.arrays["form.text"].tobytes().split(b"\n")[:-1]
        numbers = np.fromiter((place.setdefault(line, len(place)) for line in lines), "i8", len(lines))
        begins = np.cumsum(np.fromiter((0, *(len(line) + 1 for line in lines)), "i8", len(lines) + 1))[:-1]
        own = np.searchsorted(starts, begins, "right") - 1
        keys.append(((rows[own].astype("i8") << 32) | numbers)[living[own] > 0])
    release_pages(lists.parts)
    distinct = np.unique(np.concatenate(keys))
    forms = list(place)
    return form_arrays(distinct >> 32, [forms[i] for i in (distinct & 0xFFFFFFFF).tolist()], len(lists.words))
