"""Posting lists on disk: the documents of each word, and how much each of them counts.

Numbers of documents are stored in blocks of 65,536, so each takes two bytes in any segment.

starts       the documents of row r in block b begin at starts[r * blocks + b]; one more element marks the end
document     the lower 16 bits of each number, ascending in each row and block

A score is a multiple of the saturation X / (k1 + X), where X is the term frequency of BM25F. It is computed on demand, and
stored for long lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from indexer.engines.fields import FIELDS
from indexer.engines.scoring import Averages, Floats, NormScale, length_norms
from indexer.engines.whoosh.storage import layout
from indexer.engines.whoosh.storage.array_file import Array, ArraySlices, StreamedArray, Writable, sliceable
from indexer.engines.whoosh.storage.layout import BODY, BODY_ONLY, block_count, narrow, pack_counts


def document_bits(size: int) -> int:
    """Return the bits that a document's number takes in a combined key."""
    return layout.BLOCK_BITS + (block_count(size) - 1).bit_length()


def split_blocks(keys: Array, rows: int, size: int) -> tuple[Array, Array]:
    """Return the arrays of sorted, distinct keys, row << document_bits(size) | document, for the rows 0 … rows - 1."""
    bits, blocks = document_bits(size), block_count(size)
    begins = np.arange(rows * blocks + 1)
    if blocks > 1:
        row, block = np.divmod(begins, blocks)
        begins = (row << (bits - layout.BLOCK_BITS)) | block
    blocked = keys >> keys.dtype.type(layout.BLOCK_BITS)
    return blocked.searchsorted(begins.astype(blocked.dtype)), (keys & keys.dtype.type((1 << layout.BLOCK_BITS) - 1)).astype("u2")


def list_arrays(name: str, keys: Array, rows: int, size: int) -> dict[str, Array]:
    """Return the arrays of a set of lists by name, see `split_blocks`."""
    starts, low = split_blocks(keys, rows, size)
    return {f"{name}.starts": narrow(starts), f"{name}.document": low}


class ListReader:
    """Document lists that are read range by range, so they need not fit into memory."""

    def __init__(self, starts: Array | ArraySlices, low: Array | ArraySlices, rows: int, size: int) -> None:
        """`rows`: the number of lists; `size`: the number of documents."""
        self._all_starts, self._low, self._blocks = starts, low, block_count(size)
        self.count = rows

    def starts(self, first: int, last: int) -> Array:
        """Return where the rows first … last - 1 begin among all postings, and where the last one ends."""
        return self._all_starts[first * self._blocks : last * self._blocks + 1][:: self._blocks].astype("i8")

    def documents_between(self, first: int, last: int) -> Array:
        """Return the documents of the rows first … last - 1."""
        bounds = self._all_starts[first * self._blocks : last * self._blocks + 1].astype("i8")
        low = self._low[int(bounds[0]) : int(bounds[-1])]
        if self._blocks == 1:
            return low
        blocks = np.tile(np.arange(self._blocks, dtype="u4") << np.uint32(layout.BLOCK_BITS), last - first)
        return np.asarray(low + np.repeat(blocks, np.diff(bounds)))


def row_ranges(starts: Array, postings: int, rows: int = 1 << 32) -> Iterator[tuple[int, int]]:
    """Yield ranges (first, last + 1) of rows with at most this many postings (or a single row) and at most `rows` rows."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + postings, "right")) - 1
        last = min(max(last, first + 1), first + rows)
        yield first, last
        first = last


# -- saturations --------------------------------------------------------------------------------------------------------
DocIds = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MIN_STORED_DOCUMENTS: Final = 4_096  # of a list whose saturations are stored; those of a shorter list are computed quickly
_MAX_SUMMED_POSTINGS: Final = 500  # below this, numpy calls cost more than numbers, so all fields are summed at once


def is_stored(size: int) -> bool:
    """Test whether the saturations of a list of this many documents are stored."""
    return size >= MIN_STORED_DOCUMENTS


def average_lengths(lengths: Sequence[Sequence[Array]], deleted: Sequence[Array]) -> Averages:
    """Return the average field lengths, given those of each segment's fields and the numbers of its deleted documents."""
    count = sum(len(fields[0]) - len(numbers) for fields, numbers in zip(lengths, deleted, strict=True))
    totals = [0] * len(FIELDS)
    for fields, numbers in zip(lengths, deleted, strict=True):
        for i, field in enumerate(fields):
            totals[i] += int(field.sum(dtype="u8")) - int(field[numbers].sum(dtype="u8"))
    return tuple(total / count if count else 0.0 for total in totals)


def weighted_tf(table: Floats, body_codes: int, norms: Floats, documents: Array, codes: Array) -> Floats:
    """Return X of each posting over all fields.

    `table`: counts by [field][code]; codes below `body_codes` are postings in the body alone.
    """
    if len(documents) < _MAX_SUMMED_POSTINGS:
        saturations = table.take(codes, 1)
        saturations *= norms.take(documents, 1)
        return np.asarray(saturations.sum(0))
    total: Floats = table[BODY].take(codes)
    total *= norms[BODY].take(documents)
    mixed = (codes >= body_codes).nonzero()[0]
    if mixed.size:
        saturations = table.take(codes[mixed], 1)
        saturations *= norms.take(documents[mixed], 1)
        total[mixed] = saturations.sum(0)
    return total


def saturate(x: Floats, k1: float) -> Floats:
    """Replace X by X / (k1 + X) in place."""
    x /= x + np.float32(k1)
    return x


def add_saturations(arrays: Mapping[str, Writable], scale: NormScale) -> tuple[dict[str, Writable], dict[str, Any]]:
    """Return the arrays of a segment with the saturations of its long lists, and their metadata."""
    in_memory = {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}
    size, all_starts = len(in_memory["date"]), in_memory["posting.starts"]
    lists = ListReader(all_starts, sliceable(arrays["posting.document"]), len(all_starts) // block_count(size), size)
    sizes = np.diff(lists.starts(0, lists.count))
    rows = (sizes >= MIN_STORED_DOCUMENTS).nonzero()[0]
    if not rows.size:
        return dict(arrays), {}
    saturations = StreamedArray(
        "<f4", int(sizes[rows].sum()), _saturations(in_memory, sliceable(arrays["posting.code"]), lists, rows, scale)
    )
    return {**arrays, "saturation.row": narrow(rows), "saturation.value": saturations}, {"scale": scale.meta}


def _saturations(
    arrays: Mapping[str, Array], all_codes: Array | ArraySlices, lists: ListReader, rows: Array, scale: NormScale
) -> Iterator[Array]:
    norms = length_norms([arrays[f"length.{name}"] for name in FIELDS], scale)
    counts = arrays["counts"].reshape(-1, len(FIELDS))
    table = np.ascontiguousarray(counts.T.astype("f4"))
    body_codes = int(np.searchsorted(pack_counts(counts), BODY_ONLY))
    for row in rows.tolist():
        codes = all_codes[slice(*lists.starts(row, row + 1).tolist())]
        yield saturate(weighted_tf(table, body_codes, norms, lists.documents_between(row, row + 1), codes), scale.k1)
