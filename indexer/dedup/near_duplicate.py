"""Are two readings one document? Pure.

The same text under two addresses is one document. What is not: translations (they share no words; `versions` knows those that
nobody has translated yet), texts too short to tell, and the numbers of a series, which differ in a number, a date or a word of
their title ("Weekly report 34" and "35") while their texts are nearly one.
The more speaks for it beside the text, the less the texts need to agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import IntEnum
from functools import cached_property

from indexer.dedup.minhash import Hashes, containment, resemblance, runs_of, sketch_of, words_of
from indexer.model import Document


class DuplicateEvidence(IntEnum):
    """What speaks for it beside the text, the strongest last."""

    TEXT = 0
    TWIN = 1  # their addresses differ in what twins differ in (`urls.twin_key`)
    GUID = 2  # the feed gives both items one guid
    NAMED = 3  # one page names the address of the other as its own, or as its AMP or print version


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
    """Whether both are one document."""
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
    """Whether each of two titles has a number or a date that the other one has not."""
    first, second = Counter(words_of(a)), Counter(words_of(b))
    left, right = first - second, second - first
    return bool(left and right) and any(word in _DAYS_AND_MONTHS or any(map(str.isdigit, word)) for word in left | right)


def _told_apart(a: ShingledDocument, b: ShingledDocument) -> bool:
    """Whether texts that are nearly one, but not quite, tell different things: by their numbers, or by their titles."""
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
