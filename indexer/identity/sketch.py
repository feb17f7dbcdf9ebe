"""How alike are two texts, and which of many are like this one? Pure.

The resemblance of two texts is the share of their runs of four words that they have in common. The eight smallest hashes of a
text's runs are its sketch: texts that are alike share most of them, so the archive finds them by an index on the hashes.
Source: A. Broder, "On the resemblance and containment of documents", 1997 (bottom-k sketches). SimHash in tables of rotated bits
(Manku et al. 2007) finds texts that differ in three bits of 64; texts that share nine tenths of their runs often differ in more.
datasketch would bring scipy (100 MB) for the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import Final, TypeVar
from zlib import crc32

import numpy as np

_Part = TypeVar("_Part", int, str)
RUN: Final = 4  # words
SKETCH: Final = 8  # hashes
MOST_WORDS: Final = 20_000  # of a text that are looked at
_BITS: Final = 0xFFFFFFFF
_FACTORS: Final = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)  # of a run's first word, and so on
_WORDS_KEPT: Final = 50_000  # some 6 MB
# A letter of a script without spaces between words stands for itself.
_WORD: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]"
    r"|[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+"
)


def words_of(text: str) -> list[str]:
    """The words in small letters, without punctuation.

    >>> words_of("The ferry's 2nd trip: 東京")
    ['the', 'ferry', 's', '2nd', 'trip', '東', '京']
    """
    return _WORD.findall(text[: MOST_WORDS * 20].casefold())[:MOST_WORDS]


def runs_of(words: Sequence[str]) -> frozenset[int]:
    """A hash of 32 bits for each run of words; of a text that is shorter than a run, one."""
    if not words:
        return frozenset()
    numbers = np.zeros(max(len(words), RUN), "u8")
    numbers[: len(words)] = np.fromiter(map(_NUMBERS.__getitem__, words), "u8", len(words))
    count = len(numbers) - RUN + 1
    hashes = np.zeros(count, "u8")
    for place, factor in enumerate(_FACTORS):
        hashes += numbers[place : place + count] * np.uint64(factor)
    return frozenset((hashes & np.uint64(_BITS)).tolist())


class _Numbers(dict[str, int]):
    """The hashes of the words met last."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        found = self[word] = crc32(word.encode("utf-8", "surrogatepass")) | 1
        return found


_NUMBERS: Final = _Numbers()


def sketch_of(runs: Iterable[int]) -> tuple[int, ...]:
    """The smallest hashes."""
    return tuple(nsmallest(SKETCH, runs))


def resemblance(a: frozenset[_Part], b: frozenset[_Part]) -> float:
    """The share of all runs (or words) that both have: 0 to 1."""
    if not a or not b:
        return float(a == b)
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def containment(a: frozenset[int], b: frozenset[int]) -> float:
    """The share of the shorter text's runs that the longer one has as well: 0 to 1."""
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0
