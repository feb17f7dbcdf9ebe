r"""The array file: one file of named arrays, from which the embedded engine ranks (docs/array-format.md).

    offset 0     8 bytes   b"FSARRAY\\n"
    8            uint32    length of the header, H      (all numbers are little endian)
    12           uint32    CRC-32 of the header
    16           H bytes   header, JSON in UTF-8:
                           {"format": 1, "length": bytes of the whole file,
                            "meta": {…},
                            "arrays": {name: [dtype, items, offset, crc32], …}}
    …            the arrays, each at a multiple of 64

`dtype` is numpy's short name ("<u2", "<u4", "<i8", "|u1"). A file is written once and never changed. Readers map it into
memory, so processes share the pages that they read, and opening reads only the header.
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

from indexer.errors import IndexDamaged, index_read_error

Array = npt.NDArray[Any]

MAGIC: Final = b"FSARRAY\n"
FORMAT_VERSION: Final = 1
ALIGNMENT_BYTES: Final = 64
_START: Final = struct.Struct("<8sII")
MAX_BUFFER_BYTES: Final = 4 << 20  # of an array that is waiting to be written or being checksummed
_DTYPES: Final = frozenset(("|u1", "<u2", "<u4", "<u8", "<i4", "<i8", "<f4"))


@dataclass(frozen=True, slots=True)
class StreamedArray:
    """An array that is too large for memory. Its `blocks` are produced while the file is written."""

    dtype: str
    items: int
    blocks: Iterable[Array]


@dataclass(frozen=True, slots=True)
class ArraySlices:
    """An array that is not in memory. A slice of it is read on access."""

    read: Callable[[int, int], bytes]  # (first byte, number of bytes)
    dtype: np.dtype[Any]

    def __getitem__(self, requested: slice) -> Array:
        start, size = requested.start or 0, self.dtype.itemsize
        return np.frombuffer(self.read(start * size, (requested.stop - start) * size), self.dtype)


class Spool:
    """A growing array that is too large for memory.

    Beyond MAX_BUFFER_BYTES it is stored in a file without a name in `folder`, which disappears with this object, even if the
    process is killed. Its type is the widest of `dtype` and those of its blocks. Raises OSError when the disk is full.
    """

    def __init__(self, folder: Path, dtype: npt.DTypeLike = "u1") -> None:
        self.items = 0
        self._type: np.dtype[Any] = np.dtype(dtype)
        self._blocks: list[tuple[np.dtype[Any], int]] = []  # the type and the number of items of each block
        # On systems where the file has a name for a moment, the next commit removes files with this pattern.
        self._file = SpooledTemporaryFile(MAX_BUFFER_BYTES, prefix="spool-", suffix=".arrays", dir=str(folder))  # noqa: SIM115

    def add(self, block: Array) -> None:
        """Append a block."""
        data = np.ascontiguousarray(block)
        if data.size:
            self._file.write(data.data)
            self._blocks.append((data.dtype, data.size))
            self._type = np.promote_types(self._type, data.dtype)
            self.items += data.size

    @property
    def dtype(self) -> str:
        return self._type.str

    @property
    def blocks(self) -> Iterator[Array]:
        """Yield the blocks again. It can be iterated any number of times."""
        at = 0
        for dtype, items in self._blocks:
            yield np.frombuffer(self._read(at, items * dtype.itemsize), dtype)
            at += items * dtype.itemsize

    def slices(self) -> ArraySlices:
        """Return the array for reading slices. All blocks must have had the same type."""
        return ArraySlices(self._read, self._type)

    def _read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)


Writable = Array | StreamedArray | Spool


def sliceable(array: Writable) -> Array | ArraySlices:
    """Return an array that supports slices. Streamed arrays are not supported."""
    assert not isinstance(array, StreamedArray)
    return array.slices() if isinstance(array, Spool) else array


def write_arrays(path: Path, arrays: Mapping[str, Writable], meta: Mapping[str, Any], *, durable: bool = True) -> None:
    """Write an array file. The header is written last, so an incomplete file is not valid.

    The file is on the disk before this returns, unless `durable` is False: a file that will soon be merged need not survive a
    power cut. Raises OSError when the disk is full, ValueError when a streamed array has another length than declared.
    """
    entries: dict[str, list[Any]] = {}
    for name, array in arrays.items():
        dtype = np.dtype(array.dtype).newbyteorder("<")
        entries[name] = [dtype.str, array.size if isinstance(array, np.ndarray) else array.items, 0, 0xFFFFFFFF]
    # The header contains the offsets, and its own length shifts them: reserve room for longer numbers.
    room = len(_header(entries, meta, 0)) + 16 * (len(entries) + 1)
    at = _align(_START.size + room)
    with path.open("wb") as file:
        for name, array in arrays.items():
            dtype, items = entries[name][:2]
            file.seek(at)
            crc = 0
            for block in (array,) if isinstance(array, np.ndarray) else array.blocks:
                data = np.ascontiguousarray(block, dtype)
                if data.size:
                    file.write(data.data)
                    crc = zlib.crc32(data.data, crc)
            entries[name][2:] = [at, crc]
            if file.tell() != at + items * np.dtype(dtype).itemsize:
                raise ValueError(f"{name} does not have its declared length")
            at = _align(file.tell())
        file.truncate(at)
        header = _header(entries, meta, at).ljust(room)
        file.seek(0)
        file.write(_START.pack(MAGIC, len(header), zlib.crc32(header)))
        file.write(header)
        file.flush()
        if durable:
            os.fsync(file.fileno())


def _header(entries: Mapping[str, list[Any]], meta: Mapping[str, Any], length: int) -> bytes:
    return json.dumps({"format": FORMAT_VERSION, "length": length, "meta": meta, "arrays": entries}, ensure_ascii=False).encode()


def _align(offset: int) -> int:
    return -(-offset // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


class ArrayFile:
    """An opened array file: `arrays[name]` are read-only views of the mapped bytes, `meta` is the writer's metadata.

    Raises IndexDamaged when it is not an array file, has another format or a wrong length, or its header fails the checksum.
    The arrays themselves are verified by `find_damage`, which reads all of them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # ValueError: an empty file
            raise index_read_error(str(path), error) from error
        header = self._read_header()
        self.meta: dict[str, Any] = header["meta"]
        self._sums: dict[str, int] = {}
        self._offsets: dict[str, int] = {}
        self.arrays: dict[str, Array] = {}
        for name, (dtype, items, offset, crc) in header["arrays"].items():
            if dtype not in _DTYPES or offset < 0 or offset + items * np.dtype(dtype).itemsize > len(self._map):
                raise IndexDamaged(f"{path} lacks the array {name!r} that its header lists")
            self._sums[name], self._offsets[name] = crc, offset
            self.arrays[name] = np.frombuffer(self._map, dtype, items, offset)

    def _read_header(self) -> dict[str, Any]:
        if len(self._map) < _START.size:
            raise IndexDamaged(f"{self.path} is too short")
        magic, length, crc = _START.unpack_from(self._map)
        if magic != MAGIC:
            raise IndexDamaged(f"{self.path} is not an array file")
        text = self._map[_START.size : _START.size + length]
        if zlib.crc32(text) != crc:
            raise IndexDamaged(f"{self.path}: the header fails its checksum")
        header: dict[str, Any] = json.loads(text)
        if header["format"] != FORMAT_VERSION:
            raise IndexDamaged(f"{self.path} has format {header['format']}, this program reads {FORMAT_VERSION}")
        if header["length"] != len(self._map):
            raise IndexDamaged(f"{self.path} has {len(self._map):,} bytes instead of {header['length']:,}")
        return header

    def release_pages(self) -> None:
        """Release the memory of the pages read so far. A merge reads all of its segments and would otherwise keep them all."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def byte_reader(self, name: str) -> Callable[[int, int], bytes]:
        """Return a function that reads bytes of an array: (first byte, number of bytes).

        It reads instead of mapping, so data that is needed once does not stay in the memory of the process. One kilobyte of a map
        brings in 64 kB of neighbours, and 2 MB since Linux 6.18.
        """
        file, offset, read = self._file.fileno(), self._offsets[name], os.pread
        return lambda start, count: read(file, count, offset + start)

    def place_of(self, name: str) -> tuple[int, int, int]:
        """Return where an array is: the descriptor of the open file, the offset there and the length, both in bytes."""
        return self._file.fileno(), self._offsets[name], self.arrays[name].nbytes

    def slices(self, name: str) -> ArraySlices:
        """Return an array whose slices are read as by `byte_reader`."""
        return ArraySlices(self.byte_reader(name), self.arrays[name].dtype)

    def read(self, name: str) -> Array:
        """Read a whole array into memory, as by `byte_reader`."""
        return self.slices(name)[: self.arrays[name].size]

    def find_damage(self) -> str | None:
        """Return a message about the first array that fails its checksum, or None. Reads the whole file."""
        for name, expected in self._sums.items():
            read, crc = self.byte_reader(name), 0
            for at in range(0, self.arrays[name].nbytes, MAX_BUFFER_BYTES):
                crc = zlib.crc32(read(at, min(MAX_BUFFER_BYTES, self.arrays[name].nbytes - at)), crc)
            if crc != expected:
                return f"{self.path}: the array {name!r} fails its checksum"
        return None
