"""Lists of documents, one for each word. Numbers are stored in blocks of 65,536, so each takes two bytes in any segment.

starts       the documents of row r in block b begin at starts[r * blocks + b]; one more element marks the end
document     the lower 16 bits of each number, ascending in each row and block
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from indexer.engines.whoosh.storage.array_file import Array, ArraySlices
from indexer.engines.whoosh.storage.layout import narrow

BLOCK_BITS: Final = 16


def block_count(size: int) -> int:
    """Return the number of blocks for this many documents."""
    return max(1, -(-size >> BLOCK_BITS))


def document_bits(size: int) -> int:
    """Return the bits that a document's number takes in a combined key."""
    return BLOCK_BITS + (block_count(size) - 1).bit_length()


def split_blocks(keys: Array, rows: int, size: int) -> tuple[Array, Array]:
    """Return the arrays of sorted, distinct keys, row << document_bits(size) | document, for the rows 0 … rows - 1."""
    bits, blocks = document_bits(size), block_count(size)
    begins = np.arange(rows * blocks + 1)
    if blocks > 1:
        row, block = np.divmod(begins, blocks)
        begins = (row << (bits - BLOCK_BITS)) | block
    blocked = keys >> keys.dtype.type(BLOCK_BITS)
    return blocked.searchsorted(begins.astype(blocked.dtype)), (keys & keys.dtype.type((1 << BLOCK_BITS) - 1)).astype("u2")


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
        blocks = np.tile(np.arange(self._blocks, dtype="u4") << np.uint32(BLOCK_BITS), last - first)
        return np.asarray(low + np.repeat(blocks, np.diff(bounds)))


def row_ranges(starts: Array, postings: int, rows: int = 1 << 32) -> Iterator[tuple[int, int]]:
    """Yield ranges (first, last + 1) of rows with at most this many postings (or a single row) and at most `rows` rows."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + postings, "right")) - 1
        last = min(max(last, first + 1), first + rows)
        yield first, last
        first = last
