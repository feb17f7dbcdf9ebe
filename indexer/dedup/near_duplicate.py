"""Are two readings one document? Pure.

The same text under two addresses is one document. What is not: translations (they share no words; `versions` knows those that
nobody has translated yet), texts too short to tell, and the numbers of a series, which differ in a number, a date or a word of
their title ("Weekly report 34" and "35") while their texts are nearly one.
The more speaks for it beside the text, the less the texts need to agree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import IntEnum
from functools import cached_property
from typing import Final, TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

from indexer.model import Document


class DuplicateEvidence(IntEnum):
    """What speaks for it beside the text, the strongest last."""

    TEXT = 0
    TWIN = 1  # their addresses differ in what twins differ in (`urls.twin_key`)
    GUID = 2  # the feed gives both items one guid
    NAMED = 3  # one page names the address of the other as its own, or as its AMP or print version


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A document that is the same, and the strongest evidence for it."""

    document: Document
    because: DuplicateEvidence


MIN_WORDS = 50  # of two texts that have nothing but the text in common
ALIKE = 0.9
ALIKE_TWINS = 0.8
ALIKE_GUIDS = 0.5  # an article that was corrected when it moved; another one with a guid used again has nearly nothing in common
ALIKE_NAMED = 0.3
CONTAINED = 0.6  # AMP and print versions leave out, or take in, whole paragraphs
A_WORD_CORRECTED = 0.6  # of the letters of two words are the same
SAME_DAY = timedelta(hours=36)

_DAYS_AND_MONTHS = frozenset(
    """january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday spring summer autumn winter first second third fourth fifth one two three four five
    six seven eight nine ten januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag
    freitag samstag sonntag frühling sommer herbst erste zweite dritte eins zwei drei vier fünf janvier février mars avril
    juin juillet août septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi samedi dimanche printemps
    été automne hiver un deux trois quatre cinq enero febrero marzo abril mayo junio julio agosto septiembre octubre
    noviembre diciembre lunes martes miércoles jueves viernes sábado domingo primavera verano otoño invierno uno dos tres
    cuatro cinco gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre lunedì martedì mercoledì giovedì
    venerdì sabato domenica due tre quattro januari februari maart mei augustus maandag dinsdag woensdag donderdag vrijdag
    zaterdag zondag een twee drie vier vijf janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
    segunda terça quarta quinta sexta i ii iii iv v vi vii viii ix x xi xii""".split()
)


@dataclass(frozen=True)
class ShingledDocument:
    """A document with its words, the runs of them, and the sketch of these, each worked out when it is first asked for."""

    document: Document

    @cached_property
    def words(self) -> list[str]:
        return words_of(self.document.text)

    @cached_property
    def _hashes(self) -> Hashes:
        return runs_of(self.words)

    @cached_property
    def runs(self) -> frozenset[int]:
        return frozenset(self._hashes.tolist())

    @cached_property
    def sketch(self) -> tuple[int, ...]:
        return sketch_of(self._hashes)


def same(a: ShingledDocument, b: ShingledDocument, because: DuplicateEvidence) -> bool:
    """Return whether both are one document."""
    if not a.words or not b.words:
        return (
            a.words == b.words
            and bool(a.document.title)
            and a.document.title == b.document.title
            and because > DuplicateEvidence.TEXT
        )
    # A headline may be corrected in a number when its page moves, but not weeks later.
    moved = because is DuplicateEvidence.NAMED or (
        because is DuplicateEvidence.GUID and _same_day(a.document.date, b.document.date)
    )
    if not moved and of_a_series(a.document.title, b.document.title):
        return False
    equal, alike = a.words == b.words, resemblance(a.runs, b.runs)
    match because:
        case DuplicateEvidence.NAMED:
            return alike >= ALIKE_NAMED or containment(a.runs, b.runs) >= CONTAINED
        case DuplicateEvidence.GUID:
            return equal or (alike >= ALIKE_GUIDS and _long_enough(a, b, 20))
        case DuplicateEvidence.TWIN:
            return equal or (alike >= ALIKE_TWINS and _long_enough(a, b, 20))
        case _:
            return _long_enough(a, b, MIN_WORDS) and (equal or (alike >= ALIKE and not _told_apart(a, b)))


def _long_enough(a: ShingledDocument, b: ShingledDocument, least: int) -> bool:
    return min(len(a.words), len(b.words)) >= least


def of_a_series(a: str, b: str) -> bool:
    """Return whether each of two titles has a number or a date that the other one has not."""
    first, second = Counter(words_of(a)), Counter(words_of(b))
    left, right = first - second, second - first
    return bool(left and right) and any(word in _DAYS_AND_MONTHS or any(map(str.isdigit, word)) for word in left | right)


def _told_apart(a: ShingledDocument, b: ShingledDocument) -> bool:
    """Return whether two nearly equal texts tell different things, judging by their numbers and their titles."""
    one, other = a.document, b.document
    if _numbers(a.words) != _numbers(b.words) and (one.title != other.title or not _same_day(one.date, other.date)):
        return True
    first, second = words_of(one.title), words_of(other.title)
    kept = Counter(first) & Counter(second)
    left, right = [w for w in first if not kept[w]], [w for w in second if not kept[w]]
    if not left or not right or not kept:  # one has a site's name more, or they have nothing in common
        return False
    corrected = len(left) == len(right) and all(map(_nearly, left, right))
    return not (corrected and _same_day(one.date, other.date))


def _nearly(a: str, b: str) -> bool:
    return SequenceMatcher(None, a, b).ratio() >= A_WORD_CORRECTED


def _numbers(words: Sequence[str]) -> Counter[str]:
    return Counter(word for word in words if word[0].isdigit())


def _same_day(a: datetime | None, b: datetime | None) -> bool:
    return a is None or b is None or abs(a - b) <= SAME_DAY


# -- How alike are two texts, and which of many are like this one? Pure ---------------------------------------------
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
    """Return the words of a text in lower case, without punctuation.

    >>> words_of("The ferry's 2nd trip: 東京")
    ['the', 'ferry', 's', '2nd', 'trip', '東', '京']
    """
    return _WORD.findall(text[: MAX_WORDS * 20].casefold())[:MAX_WORDS]


def runs_of(words: Sequence[str]) -> Hashes:
    """Return a 32-bit hash of each different run (shingle) of words, sorted; one hash if the text is shorter than a run."""
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
    """Return the smallest of the hashes that `runs_of` returned."""
    return tuple(runs[:SKETCH].tolist())


def resemblance(a: frozenset[_Part], b: frozenset[_Part]) -> float:
    """Return the share of all runs (or words) that both have, 0 to 1: the Jaccard index."""
    if not a or not b:
        return float(a == b)
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def containment(a: frozenset[int], b: frozenset[int]) -> float:
    """Return the share of the shorter text's runs that the longer one also has: 0 to 1."""
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0
