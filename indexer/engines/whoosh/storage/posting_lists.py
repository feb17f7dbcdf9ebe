"""Lists of documents, one for each word: numbers in blocks of 65,536, so that each takes two bytes in a segment of any size.

starts       row r's documents of block b begin at starts[r * blocks + b]; one more for the end
document     the lower 16 bits of each number, ascending in each row and block
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from indexer.engines.whoosh.storage.array_file import Array, Slices
from indexer.engines.whoosh.storage.layout import smallest, spread

BLOCK_BITS: Final = 16


def blocks_of(size: int) -> int:
    """How many blocks so many documents take."""
    return max(1, -(-size >> BLOCK_BITS))


def bits_of(size: int) -> int:
    """The bits of a document's number where it stands beside others in a key."""
    return BLOCK_BITS + (blocks_of(size) - 1).bit_length()


def cut(keys: Array, rows: int, size: int) -> tuple[Array, Array]:
    """The arrays of sorted keys, row << bits_of(size) | document, each of them once; rows are 0 … rows - 1."""
    bits, blocks = bits_of(size), blocks_of(size)
    begins = np.arange(rows * blocks + 1)
    if blocks > 1:
        row, block = np.divmod(begins, blocks)
        begins = (row << (bits - BLOCK_BITS)) | block
    blocked = keys >> keys.dtype.type(BLOCK_BITS)
    return blocked.searchsorted(begins.astype(blocked.dtype)), (keys & keys.dtype.type((1 << BLOCK_BITS) - 1)).astype("u2")


def list_arrays(name: str, keys: Array, rows: int, size: int) -> dict[str, Array]:
    starts, low = cut(keys, rows, size)
    return {f"{name}.starts": smallest(starts), f"{name}.document": low}


class DocumentLists:
    """Those of an opened segment."""

    def __init__(self, starts: Array, low: Array, size: int) -> None:
        self._blocks = blocks_of(size)
        self._all_starts, self._low = starts, low
        self._at = starts.data  # of a view, single numbers cost a third
        self.starts = starts[:: self._blocks]
        self.count = len(self.starts) - 1

    def __len__(self) -> int:
        """All postings."""
        return len(self._low)

    def bounds(self, row: int) -> tuple[int, int]:
        """Where a list begins and ends among all postings."""
        at = row * self._blocks
        return self._at[at], self._at[at + self._blocks]

    def sizes(self, rows: Array) -> Array:
        """How many documents these lists have."""
        return np.asarray(self.starts[rows + 1].astype("i8") - self.starts[rows])

    def of(self, row: int, offset: int = 0) -> npt.NDArray[np.int64]:
        """A list; `offset` is added to each number."""
        at, starts = row * self._blocks, self._at
        first = starts[at]
        numbers = self._low[first : starts[at + self._blocks]].astype("i8")
        if offset:
            numbers += offset
        for block in range(1, self._blocks):
            numbers[starts[at + block] - first :] += 1 << BLOCK_BITS
        return numbers

    def of_rows(self, rows: Array) -> tuple[Array, npt.NDArray[np.int64]]:
        """The postings of some lists, one list after the other, and their documents."""
        if self._blocks == 1:
            first = self.starts[rows].astype("i8")
            at = spread(first, self.starts[rows + 1] - first)
            return at, self._low[at].astype("i8")
        places = (rows[:, None] * self._blocks + np.arange(self._blocks)).ravel()
        first = self._all_starts[places].astype("i8")
        sizes = self._all_starts[places + 1] - first
        at = spread(first, sizes)
        return at, self._low[at] + np.repeat(places % self._blocks << BLOCK_BITS, sizes)


class ListReader:
    """Lists that are read range by range, so that they need not fit into memory."""

    def __init__(self, starts: Array | Slices, low: Array | Slices, rows: int, size: int) -> None:
        """`rows`: how many lists there are; `size`: of how many documents."""
        self._all_starts, self._low, self._blocks = starts, low, blocks_of(size)
        self.count = rows

    def starts(self, first: int, last: int) -> Array:
        """Where the rows first … last - 1 begin among all postings; one more for the end."""
        return self._all_starts[first * self._blocks : last * self._blocks + 1][:: self._blocks].astype("i8")

    def between(self, first: int, last: int) -> Array:
        """The documents of the rows first … last - 1."""
        bounds = self._all_starts[first * self._blocks : last * self._blocks + 1].astype("i8")
        low = self._low[int(bounds[0]) : int(bounds[-1])]
        if self._blocks == 1:
            return low
        blocks = np.tile(np.arange(self._blocks, dtype="u4") << np.uint32(BLOCK_BITS), last - first)
        return np.asarray(low + np.repeat(blocks, np.diff(bounds)))


def ranges(starts: Array, postings: int, rows: int = 1 << 32) -> Iterator[tuple[int, int]]:
    """First and last + 1 of rows with so many postings in all, or a single row, and of so many rows at most."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + postings, "right")) - 1
        last = min(max(last, first + 1), first + rows)
        yield first, last
        first = last
