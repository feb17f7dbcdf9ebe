"""Where the wanted words and phrases stand in a text of one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from indexer.analysis.analyzer import LONGEST_WORD, analyze
from indexer.analysis.needles import Mark, Words, lowered

MOST_PLACES = 2_000  # where the first words of a phrase stand: 5 µs for each, to see what follows
_PHRASE_GAP = 4  # stop words that may stand within a phrase

Forms = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to mark: words by their index terms; phrases as the terms that may stand at each of their places."""

    terms: frozenset[str] = frozenset()
    phrases: tuple[tuple[frozenset[str], ...], ...] = ()


class Seeker:
    """Finds what a query wants in the texts of one language."""

    def __init__(self, wanted: Wanted, forms: Forms, language: str) -> None:
        def words(terms: frozenset[str]) -> Words:
            mine = frozenset(term for term in terms if term.startswith(f"{language}/"))
            return Words(mine, (form for term in mine for form in forms(term) if form), language)

        self._language = language
        self._words = words(wanted.terms)
        phrases = (tuple(words(place) for place in phrase) for phrase in wanted.phrases)
        self._phrases = [phrase for phrase in phrases if phrase and all(place.terms for place in phrase)]
        self._latin = self._words.latin and all(place.latin for phrase in self._phrases for place in phrase)

    def marks(self, text: str, most: int) -> list[Mark]:
        """In order and without overlaps; of each word and phrase the first `most` at least, when there are so many."""
        low = lowered(text, self._latin)
        marks = self._words.find(text, low, most)
        if len(marks) > 1:
            marks = _joined(marks)
        if not self._phrases:
            return marks
        for number, phrase in enumerate(self._phrases):
            marks += self._phrase_marks(text, low, phrase, f"phrase {number}", most)
        return _apart(marks)

    def _phrase_marks(self, text: str, low: str | None, phrase: tuple[Words, ...], key: str, most: int) -> list[Mark]:
        """Wherever the first word stands, and the second somewhere near, the words that follow are analysed."""
        reach = (len(phrase) + _PHRASE_GAP + 1) * (LONGEST_WORD + 1)
        starts = (start for start, _, _ in sorted(phrase[0].find(text, low, 10 * MOST_PLACES)))
        likely = (start for start in starts if len(phrase) == 1 or phrase[1].may_stand(low, start, start + reach))
        marks: list[Mark] = []
        for start in islice(likely, MOST_PLACES):
            end = self._phrase_end(text[start : start + reach], phrase)
            if end:
                marks.append((start, start + end, key))
                if len(marks) == most:
                    break
        return marks

    def _phrase_end(self, text: str, phrase: tuple[Words, ...]) -> int:
        """Where the phrase ends that the text begins with; 0 when it begins with something else."""
        position = -1
        words = matched = 0
        for token in analyze(text, self._language):
            if token.position != position:
                position = token.position
                if matched < words or position > len(phrase) + _PHRASE_GAP:
                    return 0
                words += 1
            if matched < words and token.term in phrase[matched].terms:
                matched += 1
                if matched == len(phrase):
                    return token.end
        return 0


def _joined(found: list[Mark]) -> list[Mark]:
    """Overlapping pairs of letters become one mark; what two needles found is there once."""
    if len(found) < 2:
        return found
    found.sort()
    marks = found[:1]
    for mark in found[1:]:
        start, end, key = marks[-1]
        if mark[0] >= end:
            marks.append(mark)
        elif mark[0] > start:
            marks[-1] = start, max(end, mark[1]), key
    return marks


def _apart(marks: list[Mark]) -> list[Mark]:
    """Of marks that overlap, the one that begins first, or else is longer: a phrase goes before its words."""
    marks.sort(key=lambda mark: (mark[0], -mark[1]))
    kept: list[Mark] = []
    for mark in marks:
        if not kept or mark[0] >= kept[-1][1]:
            kept.append(mark)
    return kept
