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

_Part = TypeVar("_Part", int, str)
RUN: Final = 4  # words
SKETCH: Final = 8  # hashes
MOST_WORDS: Final = 20_000  # of a text that are looked at
_BITS: Final = 0xFFFFFFFF
_WORDS_KEPT: Final = 20_000  # some 4 MB
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
    first, second, third, fourth = zip(*map(_FACTORS.__getitem__, words), strict=True)
    if len(words) < RUN:
        short = (RUN - len(words)) * (0,)
        second, third, fourth = (*second, *short), (*third, *short), (*fourth, *short)
    places = zip(first, second[1:], third[2:], fourth[3:], strict=False)
    return frozenset([(a + b + c + d) & _BITS for a, b, c, d in places])


class _Factors(dict[str, tuple[int, int, int, int]]):
    """What each word adds to the hash of a run in which it is the first, the second, the third or the fourth."""

    def __missing__(self, word: str) -> tuple[int, int, int, int]:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        n = crc32(word.encode("utf-8", "surrogatepass")) | 1
        found = self[word] = (
            n * 0x9E3779B1 & _BITS, n * 0x85EBCA77 & _BITS, n * 0xC2B2AE3D & _BITS, n * 0x27D4EB2F & _BITS,
        )  # fmt: skip
        return found


_FACTORS: Final = _Factors()


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
