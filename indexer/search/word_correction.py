"""Correct one word: the words of the index that are nearly the same, and the two words that it may be made of.

A word that no document contains is corrected if a word of the index is nearly the same. A word that some documents contain is
corrected only if a similar one is far more frequent, because rare words are mostly right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from indexer.analysis.analyzer import terms_of_surface
from indexer.analysis.edit_distance import OMISSION_COST, edit_cost
from indexer.query.nodes import TEXT_FIELDS, And, TermPhrase, Terms, TextField
from indexer.search.query_context import QueryContext

MIN_LETTERS = 4
MIN_LETTERS_OF_TWO_ERRORS = 6  # letters; two errors in fewer of them make another word
MAX_FORMS = 50  # word forms of the index considered for each word
MIN_FREQUENCY_RATIO = 3  # of any correction of a word that some documents contain; its exact bound depends on the error
MAX_COST, MAX_COST_OF_LONG, MIN_LONG_LETTERS = 1.0, 1.7, 8
MAX_COST_OF_EQUALLY_LONG = 1.6
MAX_RARE_SHARE = 0.001  # of all documents: more frequent words are never corrected
_MAX_REMEMBERED_WORDS: Final = 5_000  # of one reader
COST_WEIGHT = 2.0  # of an edit, relative to the decimal logarithm of the frequency
MIN_SPLIT_LETTERS, MIN_PART_LETTERS = 7, 3
MIN_TOGETHER, MIN_LONG_SPLIT_LETTERS = 3, 10  # documents with both parts of a word that are never next to each other

# How many times more frequent than a word that exists its correction must be: if a letter was left out, swapped or doubled, and
# otherwise. Measured on 5,000 news stories: typing errors lie above, rare words that are right (foiled, not filed) lie below.
_MIN_OMISSION_RATIO, _MIN_OTHER_RATIO = 8, 400
_SHORT_FACTOR = 5  # more of it for words of fewer than six letters


class QueryWord(NamedTuple):
    """A plain word of the query as typed: its folded form, and what is looked up for it."""

    surface: str
    terms: Terms


class WordCorrector:
    """Finds corrections of single words in one snapshot of the index."""

    def __init__(self, context: QueryContext) -> None:
        self._context, self._reader = context, context.reader

    def candidates(self, word: QueryWord) -> list[str]:
        """Return corrections of one word, best first."""
        surface, reader = word.surface, self._reader
        if len(surface) < MIN_LETTERS or not surface.isalpha():
            return []
        own_frequency, most = reader.surface_frequency(surface), rare_limit(reader.document_count)
        frequency = own_frequency or reader.count(word.terms)
        if frequency > most:
            return []
        distance = 1 if own_frequency or len(surface) < MIN_LETTERS_OF_TWO_ERRORS else 2  # the same two errors seldom occur twice
        near = self._forms_near(surface, distance, frequency * MIN_FREQUENCY_RATIO)
        if own_frequency:
            if not near:  # as for most words: then other forms of the word need not be counted
                return []
            frequency = max(own_frequency, reader.count(word.terms))
            if frequency > most:
                return []
        scores: dict[str, float] = {}
        for form, count in near:
            if count < frequency * MIN_FREQUENCY_RATIO:
                continue
            ratio = _MIN_OMISSION_RATIO if _may_be_omission(surface, form) else _MIN_OTHER_RATIO
            if frequency and not self._outnumbers(surface, frequency, form, count, ratio):
                continue  # whatever it costs: this takes a tenth of the time
            cost = edit_cost(surface, form)
            if self._is_plausible(surface, frequency, form, count, cost):
                scores[form] = math.log10(count + 1) - COST_WEIGHT * cost
        best = sorted(scores, key=lambda form: (-scores[form], form))
        return best if frequency else best + list(self.split(surface))

    def _forms_near(self, surface: str, distance: int, least: int) -> list[tuple[str, int]]:
        """Return the other word forms within this many edits that at least this many documents contain."""
        near = self._reader.surfaces_near(surface, distance, MAX_FORMS, least=least)[0]
        return [(form, count) for form, count in near if count >= least and form != surface]

    def _is_plausible(self, typed: str, frequency: int, form: str, count: int, cost: float) -> bool:
        """Return whether a form is likely enough what was meant.

        If documents have the typed form, they must have this one far more often. For an omission, the caller has made sure of it.
        """
        if cost > (MAX_COST_OF_LONG if len(typed) >= MIN_LONG_LETTERS else MAX_COST):
            return False
        if cost > MAX_COST_OF_EQUALLY_LONG and len(typed) == len(form) and sorted(typed) != sorted(form):
            return False  # one letter is missing and another one too many: internet is not interest
        if not frequency:
            return count >= _min_count(typed, cost, self._reader.document_count)
        return _is_omission(typed, form, cost) or self._outnumbers(typed, frequency, form, count, _MIN_OTHER_RATIO)

    def _outnumbers(self, typed: str, frequency: int, form: str, count: int, ratio: float) -> bool:
        """Return whether a form is another word, and so many times more frequent than the typed one."""
        terms = terms_of_surface(form, self._context.languages)
        if not set(terms).isdisjoint(terms_of_surface(typed, self._context.languages)):
            return False  # an inflected form, which is found anyway
        least = frequency * ratio * (1 if len(typed) >= MIN_LETTERS_OF_TWO_ERRORS else _SHORT_FACTOR)
        if count >= least:
            return True
        if len(terms) > 1 and sum([self._reader.count(Terms((term,), TEXT_FIELDS)) for term in terms]) < least:
            return False  # so fewer have any of them, which takes longer to count
        return self._reader.count(Terms(terms, TEXT_FIELDS)) >= least

    def split(self, surface: str) -> Iterator[str]:
        """Yield the word as two words, if they occur next to each other or both are frequent together."""
        if len(surface) < MIN_SPLIT_LETTERS or self._reader.surface_frequency(surface):
            return
        languages, reader = self._context.languages, self._reader
        options = []
        for at in range(MIN_PART_LETTERS, len(surface) - MIN_PART_LETTERS + 1):
            parts = surface[:at], surface[at:]
            if all(reader.surface_frequency(part) for part in parts):
                places = tuple(terms_of_surface(part, languages) for part in parts)
                adjacent = reader.count(TermPhrase(places, (0, 1), TEXT_FIELDS))
                together = reader.count(And(tuple(Terms(terms, TEXT_FIELDS) for terms in places))) if not adjacent else 0
                options.append((adjacent, together, f"{parts[0]} {parts[1]}"))
        adjacent, together, words = max(options, default=(0, 0, ""))
        is_separate = adjacent >= MIN_TOGETHER or not adjacent  # rarely next to each other: probably with a hyphen, and found
        if is_separate and (adjacent or (together >= MIN_TOGETHER and len(surface) >= MIN_LONG_SPLIT_LETTERS)):
            yield words


# Corrections by a folded word, its terms and fields, and the languages.
_Corrections = dict[tuple[str, tuple[str, ...], tuple[TextField, ...], tuple[str, ...]], tuple[str, ...]]


def corrections_of(word: QueryWord, context: QueryContext) -> tuple[str, ...]:
    """Return the `candidates` of a word. They are remembered: hardly any word of the index has one."""
    remembered: _Corrections = context.reader.memo.setdefault("corrections", {})
    key = (word.surface, word.terms.terms, word.terms.fields, context.languages)
    corrections = remembered.get(key)
    if corrections is None:
        if len(remembered) >= _MAX_REMEMBERED_WORDS:
            remembered.clear()
        corrections = remembered[key] = tuple(WordCorrector(context).candidates(word))
    return corrections


def rare_limit(documents: int) -> float:
    """Return in how many documents a word may occur and still be misspelt."""
    return max(2, MAX_RARE_SHARE * documents)


def _is_omission(typed: str, form: str, cost: float) -> bool:
    """Return whether a letter was left out or swapped with its neighbour, or doubled letters were confused."""
    return _may_be_omission(typed, form) and (cost <= OMISSION_COST or _squeezed(typed) == _squeezed(form))


def _may_be_omission(typed: str, form: str) -> bool:
    """Return whether that is possible, without what the edits cost."""
    return len(form) > len(typed) or sorted(form) == sorted(typed) or _squeezed(typed) == _squeezed(form)


def _squeezed(word: str) -> str:
    """Return the word with its doubled letters single."""
    return re.sub(r"(.)\1+", r"\1", word)


def _min_count(typed: str, cost: float, documents: int) -> float:
    """Return how many documents must contain the correction of a word that no document contains."""
    if len(typed) < MIN_LETTERS_OF_TWO_ERRORS:
        return (0.003 if len(typed) == MIN_LETTERS else 0.0015) * documents
    return 1 if cost <= OMISSION_COST else 0.0005 * documents
