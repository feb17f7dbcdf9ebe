"""How alike are two texts, and which of many are like this one? Pure.

The resemblance of two texts is the share of their runs of four words that they have in common. The eight smallest hashes of a
text's runs are its sketch: texts that are alike share most of them, so the archive finds them by an index on the hashes.
Source: A. Broder, "On the resemblance and containment of documents", 1997 (bottom-k sketches). SimHash in tables of rotated bits
(Manku et al. 2007) finds texts that differ in three bits of 64; texts that share nine tenths of their runs often differ in more.
datasketch would bring scipy (100 MB) for the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

_Part = TypeVar("_Part", int, str)
Hashes = npt.NDArray[np.uint32]
RUN: Final = 4  # words
SKETCH: Final = 8  # hashes
MAX_WORDS: Final = 20_000  # of a text that are looked at
_FACTORS: Final = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)  # of a run's first word, and so on
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
    return _WORD.findall(text[: MAX_WORDS * 20].casefold())[:MAX_WORDS]


def runs_of(words: Sequence[str]) -> Hashes:
    """A hash of 32 bits for each different run of words, the smallest first; of a text that is shorter than a run, one."""
    if not words:
        return np.zeros(0, "u4")
    numbers = np.zeros(max(len(words), RUN), "u4")
    spelt = "\n".join(words).encode("utf-8", "surrogatepass").split(b"\n")  # no word holds a line's end
    numbers[: len(words)] = np.fromiter(map(crc32, spelt), "u4", len(words)) | np.uint32(1)
    count = len(numbers) - RUN + 1
    hashes = np.zeros(count, "u4")
    for place, factor in enumerate(_FACTORS):
        hashes += numbers[place : place + count] * np.uint32(factor)  # modulo 2^32
    hashes.sort()  # `np.unique` takes ten times as long
    return hashes[np.concatenate(([True], hashes[1:] != hashes[:-1]))]


def sketch_of(runs: Hashes) -> tuple[int, ...]:
    """The smallest hashes of those that `runs_of` gave."""
    return tuple(runs[:SKETCH].tolist())


def resemblance(a: frozenset[_Part], b: frozenset[_Part]) -> float:
    """The share of all runs (or words) that both have: 0 to 1."""
    if not a or not b:
        return float(a == b)
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def containment(a: frozenset[int], b: frozenset[int]) -> float:
    """The share of the shorter text's runs that the longer one has as well: 0 to 1."""
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0
