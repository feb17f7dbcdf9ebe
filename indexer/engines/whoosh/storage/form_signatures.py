"""Signatures of word forms, which tell most forms apart without reading them.

A signature has the set of a form's letters and its edges, the first two letters and the last two. Both take 32 bits. An edit
changes a set of letters by two at most. In a form of five letters or more, one edit leaves one of the edges alone.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, NamedTuple

import numpy as np

from indexer.engines.whoosh.storage.array_file import Array

MIN_FORM_WITH_EDGES: Final = 5  # letters
_MAX_LENGTH: Final = 255  # letters; longer forms count as forms of this length
_MAX_COUNT: Final = (1 << 24) - 1  # documents; forms of more of them are in the order of their rows
_PART_CHARACTERS: Final = 64_000  # that are processed together, so that their numbers stay in the cache of the processor
_LINE_END: Final = 10
_BITS: Final = np.uint32(1) << np.arange(32, dtype="u4")


class FormSignatures(NamedTuple):
    """The word forms of a segment by length and, within a length, by the number of their documents, those of the most first.

    `rows` are those of the dictionary, `letters` and `edges` the signatures, `counts` the numbers of documents. The forms of n
    letters begin at `starts[n]`.
    """

    rows: Array
    letters: Array
    edges: Array
    counts: Array
    starts: Array

    def rows_near(self, form: str, distance: int, least: int) -> Array:
        """Return the rows, in order, of the forms that may be within this many edits and that `least` documents contain."""
        own_letters, own_edges = _signature_of(form)
        has_edges = distance <= 1 and len(form) >= MIN_FORM_WITH_EDGES
        counts, rows = self.counts.data, [np.zeros(0, "u4")]
        for length in range(max(len(form) - distance, 0), min(len(form) + distance, _MAX_LENGTH) + 1):
            start, end = int(self.starts[length]), int(self.starts[length + 1])
            end = bisect_left(range(end), True, start, key=lambda place: counts[place] < least)
            may_be_near = np.bitwise_count(self.letters[start:end] ^ own_letters) <= 2 * distance
            if has_edges:
                other = self.edges[start:end] ^ own_edges
                may_be_near &= ((other & 0xFFFF) == 0) | (other >> 16 == 0)
            rows.append(self.rows[start:end][may_be_near])
        return np.sort(np.concatenate(rows)).astype("i8")


def signatures_of(lines: str, counts: Array) -> FormSignatures:
    """Return the signatures of word forms, given as lines that all end, and the number of documents with each."""
    if not lines:
        nothing = np.zeros(0, "u4")
        return FormSignatures(nothing, nothing, nothing, nothing, np.zeros(_MAX_LENGTH + 2, "i8"))
    parts, start = [], 0
    while start < len(lines):
        end = lines.find("\n", start + _PART_CHARACTERS) + 1 or len(lines)
        parts.append(_signatures_in_part(lines[start:end]))
        start = end
    letters, edges, lengths = map(np.concatenate, zip(*parts, strict=True))
    # Sorting numbers that end with the row takes a fifth of the time of `argsort`.
    keys = lengths.astype("u8") << np.uint64(56) | (_MAX_COUNT - np.minimum(counts, _MAX_COUNT)).astype("u8") << np.uint64(32)
    keys |= np.arange(len(keys), dtype="u8")
    keys.sort()
    rows = (keys & np.uint64(0xFFFFFFFF)).astype("u4")
    lengths = lengths[rows]
    return FormSignatures(
        rows,
        letters[rows],
        edges[rows],
        counts[rows].astype("u4"),
        lengths.searchsorted(np.arange(_MAX_LENGTH + 2)).astype("i8"),
    )


def _signatures_in_part(lines: str) -> tuple[Array, Array, Array]:
    """Return the letters, edges and lengths of some forms."""
    points = np.frombuffer(lines.encode("utf-32-le", "replace"), "u4")
    ends = (points == _LINE_END).nonzero()[0]
    starts = np.empty_like(ends)
    starts[0] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    bits = _BITS.take(points & 31)
    bits[ends] = 0
    edges = (_pair(points, starts) & 0xFFFF) | (_pair(points, ends - 2) << 16)
    lengths = np.minimum(ends - starts, _MAX_LENGTH)
    edges[lengths < 2] = 0
    return np.bitwise_or.reduceat(bits, starts), edges, lengths


def _signature_of(form: str) -> tuple[np.uint32, np.uint32]:
    """Return the set of a form's letters and its edges, as `signatures_of` does for many."""
    points = [ord(letter) for letter in form]
    letters = 0
    for point in points:
        letters |= 1 << (point & 31)
    if len(points) < MIN_FORM_WITH_EDGES:
        return np.uint32(letters), np.uint32(0)
    first, last = points[0] * 257 ^ points[1], points[-2] * 257 ^ points[-1]
    return np.uint32(letters), np.uint32((first & 0xFFFF) | (last & 0xFFFF) << 16)


def _pair(points: Array, at: Array) -> Array:
    """Return the letters at these places and after them as one number, whose lower 16 bits tell most pairs apart."""
    return np.asarray(points.take(at, mode="clip") * 257 ^ points.take(at + 1, mode="clip"))
