"""How the archive packs what the web answered: Zstandard (RFC 8878), with a dictionary of what a source's pages have in common.

Pages of one site are mostly their template: 27 kB take 9.7 kB as zlib or Zstandard pack them, 3.0 kB with a dictionary that was
trained on 40 of them, at a third of zlib's time. What earlier versions of this program packed is zlib's, and is read as well.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import accumulate, takewhile
from typing import Final

import zstandard

from indexer.errors import ArchiveDamaged

LEVEL: Final = 3
DICTIONARY: Final = 32_768  # bytes
MIN_SAMPLES: Final = 20
_MAX_SAMPLE, _ALL_SAMPLES = 100_000, 4_000_000  # bytes that are looked at: training takes 40 ms for a megabyte
_LARGEST: Final = 1 << 31
_lock = threading.Lock()  # a compressor is for one thread at a time


def pack(body: bytes, dictionary: bytes = b"") -> bytes:
    """A body as it is stored. `dictionary`: of its source (`trained`), if there is one."""
    with _lock:
        return _packer(dictionary).compress(body)


def unpack(packed: bytes, dictionary: Callable[[int], bytes]) -> bytes:
    """The body. `dictionary` gives the one of a number. Raises ArchiveDamaged."""
    try:
        if packed[:4] != zstandard.FRAME_HEADER:
            return zlib.decompress(packed)
        number = zstandard.get_frame_parameters(packed).dict_id
        known = zstandard.ZstdCompressionDict(dictionary(number)) if number else None
        return zstandard.ZstdDecompressor(dict_data=known).decompress(packed, max_output_size=_LARGEST)
    except (zlib.error, zstandard.ZstdError) as error:
        raise ArchiveDamaged(f"a stored answer cannot be unpacked: {error}") from error


def trained(bodies: Iterable[bytes]) -> bytes:
    """A dictionary from some pages of a source; b"" when they are too few or have nothing in common."""
    samples: list[bytes | bytearray | memoryview] = [body[:_MAX_SAMPLE] for body in bodies if body]
    ends = accumulate(map(len, samples))
    samples = samples[: sum(1 for _ in takewhile(_ALL_SAMPLES.__ge__, ends))]
    if len(samples) < MIN_SAMPLES:
        return b""
    try:
        return zstandard.train_dictionary(DICTIONARY, samples).as_bytes()
    except zstandard.ZstdError:  # the library says so when there is nothing to learn
        return b""


def number_of(dictionary: bytes) -> int:
    """By which an answer names the dictionary that it was packed with."""
    return zstandard.ZstdCompressionDict(dictionary).dict_id()


@lru_cache(maxsize=8)
def _packer(dictionary: bytes) -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(LEVEL, dict_data=zstandard.ZstdCompressionDict(dictionary) if dictionary else None)
