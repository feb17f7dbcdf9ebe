"""One file of named arrays: how everything that the embedded engine ranks by lies on disk.

    offset 0     8 bytes   b"FSARRAY\\n"
    8            uint32    length of the header, H      (all numbers little endian)
    12           uint32    CRC-32 of the header
    16           H bytes   header, JSON in UTF-8:
                           {"format": 1, "length": bytes of the whole file,
                            "meta": {…},
                            "arrays": {name: [dtype, items, offset, crc32], …}}
    …            the arrays, each beginning at a multiple of 64

`dtype` is numpy's short name ("<u2", "<u4", "<i8", "|u1"). A file is written once and never changed. It is opened by mapping
it into memory, so processes share what they read and opening costs no more than the header.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from indexer.errors import IndexDamaged

Array = npt.NDArray[Any]

MAGIC: Final = b"FSARRAY\n"
FORMAT: Final = 1
ALIGNMENT: Final = 64
_START: Final = struct.Struct("<8sII")
HELD: Final = 4 << 20  # bytes of an array that are in memory while it waits to be written, or while it is summed
_DTYPES: Final = frozenset(("|u1", "<u2", "<u4", "<u8", "<i4", "<i8", "<f4"))


@dataclass(frozen=True, slots=True)
class Streamed:
    """An array that is too large to be held: `blocks` come one by one while the file is written."""

    dtype: str
    items: int
    blocks: Iterable[Array]


@dataclass(frozen=True, slots=True)
class Slices:
    """An array that is not in memory: slices of it, from … to …, are read when they are asked for."""

    read: Callable[[int, int], bytes]  # from a byte on, so many
    dtype: np.dtype[Any]

    def __getitem__(self, wanted: slice) -> Array:
        start, size = wanted.start or 0, self.dtype.itemsize
        return np.frombuffer(self.read(start * size, (wanted.stop - start) * size), self.dtype)


class Spool:
    """An array that grows at its end and is too large to be held: beyond HELD bytes it waits in a file without a name in
    `folder`, which ends with this object, however the process ends.

    Its type is the widest of `dtype` and those of its blocks. OSError when the disk is full."""

    def __init__(self, folder: Path, dtype: npt.DTypeLike = "u1") -> None:
        self.items = 0
        self._type: np.dtype[Any] = np.dtype(dtype)
        self._taken: list[tuple[np.dtype[Any], int]] = []  # of each block its type, and how many numbers it has
        # Where a file must have a name for a moment, it is one that the next commit removes.
        self._file = SpooledTemporaryFile(HELD, prefix="spool-", suffix=".arrays", dir=str(folder))  # noqa: SIM115

    def add(self, block: Array) -> None:
        data = np.ascontiguousarray(block)
        if data.size:
            self._file.write(data.data)
            self._taken.append((data.dtype, data.size))
            self._type = np.promote_types(self._type, data.dtype)
            self.items += data.size

    @property
    def dtype(self) -> str:
        return self._type.str

    @property
    def blocks(self) -> Iterator[Array]:
        """What has been added, as often as it is asked for."""
        at = 0
        for dtype, items in self._taken:
            yield np.frombuffer(self._read(at, items * dtype.itemsize), dtype)
            at += items * dtype.itemsize

    def slices(self) -> Slices:
        """Only where all blocks have had the same type."""
        return Slices(self._read, self._type)

    def _read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)


Writable = Array | Streamed | Spool


def sliced(array: Writable) -> Array | Slices:
    """One that gives slices of itself: a streamed array does not."""
    assert not isinstance(array, Streamed)
    return array.slices() if isinstance(array, Spool) else array


def write_arrays(path: Path, arrays: Mapping[str, Writable], meta: Mapping[str, Any], *, durable: bool = True) -> None:
    """Write a file that `ArrayFile` opens; the header comes last, so that half a file is none.

    It reaches the disk before this returns, unless it is not `durable`: one that will soon be merged need not outlive a
    power cut.
    """
    laid: dict[str, list[Any]] = {}
    for name, array in arrays.items():
        dtype = np.dtype(array.dtype).newbyteorder("<")
        laid[name] = [dtype.str, array.size if isinstance(array, np.ndarray) else array.items, 0, 0xFFFFFFFF]
    # The header holds the offsets, and its own length moves them: room is left for longer numbers.
    room = len(_header(laid, meta, 0)) + 16 * (len(laid) + 1)
    at = _aligned(_START.size + room)
    with path.open("wb") as file:
        for name, array in arrays.items():
            dtype, items = laid[name][:2]
            file.seek(at)
            crc = 0
            for block in (array,) if isinstance(array, np.ndarray) else array.blocks:
                data = np.ascontiguousarray(block, dtype)
                if data.size:
                    file.write(data.data)
                    crc = zlib.crc32(data.data, crc)
            laid[name][2:] = [at, crc]
            if file.tell() != at + items * np.dtype(dtype).itemsize:
                raise ValueError(f"{name} has not the length that was announced")
            at = _aligned(file.tell())
        file.truncate(at)
        header = _header(laid, meta, at).ljust(room)
        file.seek(0)
        file.write(_START.pack(MAGIC, len(header), zlib.crc32(header)))
        file.write(header)
        file.flush()
        if durable:
            os.fsync(file.fileno())


def _header(laid: Mapping[str, list[Any]], meta: Mapping[str, Any], length: int) -> bytes:
    return json.dumps({"format": FORMAT, "length": length, "meta": meta, "arrays": laid}, ensure_ascii=False).encode()


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


class ArrayFile:
    """An opened file: `arrays[name]` are read-only views of the mapped bytes, `meta` is what the writer said.

    Raises IndexDamaged when it is not such a file, of another format, or not as long as it must be. What stands in the
    arrays is only summed by `damage`, which reads all of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # ValueError: an empty file
            raise IndexDamaged(f"{path} cannot be read: {error}") from error
        header = self._read_header()
        self.meta: dict[str, Any] = header["meta"]
        self._sums: dict[str, int] = {}
        self._offsets: dict[str, int] = {}
        self.arrays: dict[str, Array] = {}
        for name, (dtype, items, offset, crc) in header["arrays"].items():
            if dtype not in _DTYPES or offset < 0 or offset + items * np.dtype(dtype).itemsize > len(self._map):
                raise IndexDamaged(f"{path} does not hold the array {name!r} that it names")
            self._sums[name], self._offsets[name] = crc, offset
            self.arrays[name] = np.frombuffer(self._map, dtype, items, offset)

    def _read_header(self) -> dict[str, Any]:
        if len(self._map) < _START.size:
            raise IndexDamaged(f"{self.path} is too short")
        magic, length, crc = _START.unpack_from(self._map)
        if magic != MAGIC:
            raise IndexDamaged(f"{self.path} is no file of arrays")
        text = self._map[_START.size : _START.size + length]
        if zlib.crc32(text) != crc:
            raise IndexDamaged(f"{self.path}: the header is not what was written")
        header: dict[str, Any] = json.loads(text)
        if header["format"] != FORMAT:
            raise IndexDamaged(f"{self.path} has format {header['format']}, this program reads {FORMAT}")
        if header["length"] != len(self._map):
            raise IndexDamaged(f"{self.path} has {len(self._map):,} bytes instead of {header['length']:,}")
        return header

    def forget(self) -> None:
        """Give back the memory of what was read so far; reading it again brings it back from the system's cache. A merge
        reads all of its segments, and would else hold all of them."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def reading(self, name: str) -> Callable[[int, int], bytes]:
        """Gives bytes of an array from a place on, so many of them; read instead of mapped: what is looked at once need not stay
        in the process's memory (a kilobyte of a map brings 64 of the neighbours along, and 2 MB since Linux 6.18)."""
        file, offset, read = self._file.fileno(), self._offsets[name], os.pread
        return lambda start, count: read(file, count, offset + start)

    def slices(self, name: str) -> Slices:
        """An array of which slices are read, as `reading` does."""
        return Slices(self.reading(name), self.arrays[name].dtype)

    def read(self, name: str) -> Array:
        """All of an array, as `reading` does."""
        return self.slices(name)[: self.arrays[name].size]

    def damage(self) -> str | None:
        """Which array is not what was written; None when all are."""
        for name, expected in self._sums.items():
            read, crc = self.reading(name), 0
            for at in range(0, self.arrays[name].nbytes, HELD):
                crc = zlib.crc32(read(at, min(HELD, self.arrays[name].nbytes - at)), crc)
            if crc != expected:
                return f"{self.path}: the array {name!r} is not what was written"
        return None
