"""Offer a corrected query: misspelt words, words that were split or joined, and phrases that nothing contains.

A word that no document contains is corrected if a word of the index is nearly the same. A word that some documents contain is
corrected only if a similar one is far more frequent, because rare words are mostly right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from indexer.analysis.analyzer import WORDS, surface_of, terms_of_surface
from indexer.analysis.edit_distance import OMISSION_COST, edit_cost
from indexer.model import Match
from indexer.query.nodes import TEXT_FIELDS, And, TermPhrase, Terms
from indexer.search.query_context import QueryContext
from indexer.search.truecasing import usual_spelling

MIN_LETTERS = 4
MIN_LETTERS_OF_TWO_ERRORS = 6  # letters; two errors in fewer of them make another word
MAX_FORMS = 50  # word forms of the index considered for each word
MAX_TRIED = 3  # corrections of one word that are searched for
MAX_CHECKED_WORDS = 8  # of one query
SPELLING_DOCUMENTS = 5  # that show how a word is spelled, in addition to the hits
MAX_CHECKED_RARE_WORDS = 2  # of those that some documents contain
MAX_WORDS_FOR_RARE = 3  # in a query whose existing words are checked; longer queries often contain rare words that are right
MIN_FREQUENCY_RATIO = 3  # of any correction of such a word; its exact bound depends on the error
MAX_COST, MAX_COST_OF_LONG, MIN_LONG_LETTERS = 1.0, 1.7, 8
MAX_COST_OF_EQUALLY_LONG = 1.6
MAX_RARE_SHARE = 0.001  # of all documents: more frequent words are never corrected
COST_WEIGHT = 2.0  # of an edit, relative to the decimal logarithm of the frequency
MIN_SPLIT_LETTERS, MIN_PART_LETTERS = 7, 3
MIN_TOGETHER, MIN_LONG_SPLIT_LETTERS = 3, 10  # documents with both parts of a word that are never next to each other
MIN_JOINED_RATIO = 10  # how much more frequent the joined word must be than its parts next to each other

# How many times more frequent than a word that exists its correction must be: if a letter was left out, swapped or doubled, and
# otherwise. Measured on 5,000 news stories: typing errors lie above, rare words that are right (foiled, not filed) lie below.
_MIN_OMISSION_RATIO, _MIN_OTHER_RATIO = 8, 400
_SHORT_FACTOR = 5  # more of it for words of fewer than six letters


_INNER_HYPHEN = re.compile("(?<=[^\\W\\d_])[-/\u2010\u2011–](?=[^\\W\\d_])")


class QueryWord(NamedTuple):
    """A plain word of the query as typed: its folded form, and what is looked up for it."""

    surface: str
    terms: Terms


CountMatches = Callable[[str], int]


class Corrector:
    """Corrects one query against one snapshot of the index."""

    def __init__(self, text: str, words: Sequence[QueryWord], context: QueryContext, count: CountMatches) -> None:
        """`count` returns how many documents match all words of a query text."""
        self._text, self._words, self._context, self._count = text, words, context, count
        self._reader = context.reader

    def corrected(self, total: int, *, is_full: bool = False) -> str | None:
        """Return a corrected query that finds something. `total`: how many documents match the query as typed.

        If they fill the page (`is_full`), only words that were split or joined are corrected.
        """
        for changed in self._joined(total):
            return changed
        suspects = self._suspects(is_full=is_full)
        if not suspects:
            return None
        text = self._text
        for word in suspects:
            if self._context.deadline.has_passed:
                return None
            candidates = list(self._split(word.surface)) if is_full else self._candidates(word)
            for candidate in candidates[:MAX_TRIED]:
                changed = _replaced(text, word.surface, candidate)
                if self._count(changed) > (total if " " not in candidate else total - 1):  # a split word is found already
                    return changed
            if candidates:  # a later word may be misspelt as well
                text = _replaced(text, word.surface, candidates[0])
        return text if text != self._text and self._count(text) > total else None

    def _suspects(self, *, is_full: bool) -> list[QueryWord]:
        """Return the words that may be misspelt, in order: those that no document contains, and the rarest of the others.

        With a full page (`is_full`), words that documents contain are not misspelt.
        """
        frequencies = [(word, self._reader.surface_frequency(word.surface)) for word in self._words[:MAX_CHECKED_WORDS]]
        chosen = [word for word, count in frequencies if not count]
        words = {} if is_full else dict(frequencies)
        if len(words) <= MAX_WORDS_FOR_RARE:
            limit = _rare_limit(self._reader.document_count)
            rare = [word for word, count in words.items() if 0 < count <= limit]
            chosen += sorted(rare, key=words.__getitem__)[:MAX_CHECKED_RARE_WORDS]
        return [word for word in dict.fromkeys(self._words[:MAX_CHECKED_WORDS]) if word in chosen] if chosen else []

    def _candidates(self, word: QueryWord) -> list[str]:
        """Return corrections of one word, best first."""
        surface = word.surface
        if len(surface) < MIN_LETTERS or not surface.isalpha():
            return []
        own_frequency = self._reader.surface_frequency(surface)
        frequency = max(own_frequency, self._reader.count(word.terms))
        if frequency > _rare_limit(self._reader.document_count):
            return []
        distance = 1 if own_frequency or len(surface) < MIN_LETTERS_OF_TWO_ERRORS else 2  # the same two errors seldom occur twice
        scores: dict[str, float] = {}
        least = frequency * MIN_FREQUENCY_RATIO
        for form, count in self._reader.surfaces_near(surface, distance, MAX_FORMS, least=least)[0]:
            if form == surface or count < least:
                continue
            if frequency and not self._outnumbers(surface, frequency, form, count, _MIN_OMISSION_RATIO):
                continue  # whatever it costs: this takes a tenth of the time
            cost = edit_cost(surface, form)
            if self._is_plausible(surface, frequency, form, count, cost):
                scores[form] = math.log10(count + 1) - COST_WEIGHT * cost
        best = sorted(scores, key=lambda form: (-scores[form], form))
        return best if frequency else best + list(self._split(surface))

    def _is_plausible(self, typed: str, frequency: int, form: str, count: int, cost: float) -> bool:
        if cost > (MAX_COST_OF_LONG if len(typed) >= MIN_LONG_LETTERS else MAX_COST):
            return False
        if cost > MAX_COST_OF_EQUALLY_LONG and len(typed) == len(form) and sorted(typed) != sorted(form):
            return False  # one letter is missing and another one too many: internet is not interest
        if not frequency:
            return count >= _min_count(typed, cost, self._reader.document_count)
        ratio = _MIN_OMISSION_RATIO if _is_omission(typed, form, cost) else _MIN_OTHER_RATIO
        return self._outnumbers(typed, frequency, form, count, ratio)

    def _outnumbers(self, typed: str, frequency: int, form: str, count: int, ratio: float) -> bool:
        """Return whether a form is another word, and so many times more frequent than the typed one."""
        terms = terms_of_surface(form, self._context.languages)
        if not set(terms).isdisjoint(terms_of_surface(typed, self._context.languages)):
            return False  # an inflected form, which is found anyway
        least = frequency * ratio * (1 if len(typed) >= MIN_LETTERS_OF_TWO_ERRORS else _SHORT_FACTOR)
        return max(count, self._reader.count(Terms(terms, TEXT_FIELDS))) >= least

    def _split(self, surface: str) -> Iterator[str]:
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

    def _joined(self, total: int) -> Iterator[str]:
        """Yield the query with two words joined, if the joined word is far more frequent than the two next to each other."""
        for one, other in islice(pairwise(self._words), MAX_CHECKED_WORDS):
            if not (one.surface + other.surface).isalpha():
                continue
            joined = one.surface + other.surface
            frequency = self._reader.surface_frequency(joined)
            if not frequency:
                continue
            adjacent = self._reader.count(TermPhrase((one.terms.terms, other.terms.terms), (0, 1), TEXT_FIELDS))
            if frequency >= MIN_JOINED_RATIO * max(1, adjacent) or (not adjacent and not total):
                first, second = (re.escape(_as_typed(each.surface, self._text)) for each in (one, other))
                changed = re.sub(rf"(?<!\w){first}\s+{second}(?!\w)", joined, self._text, count=1)
                if changed != self._text and self._count(changed):
                    yield changed


def has_rare_word(frequencies: Sequence[int], documents: int) -> bool:
    """Return whether a query whose words have these frequencies has a word that may be misspelt, though documents contain it."""
    return len(frequencies) <= MAX_WORDS_FOR_RARE and min(frequencies) <= _rare_limit(documents)


def _rare_limit(documents: int) -> float:
    """Return in how many documents a word may occur and still be misspelt."""
    return max(2, MAX_RARE_SHARE * documents)


def _is_omission(typed: str, form: str, cost: float) -> bool:
    """Return whether a letter was left out or swapped with its neighbour, or doubled letters were confused."""
    if _squeezed(typed) == _squeezed(form):
        return True
    return cost <= OMISSION_COST and (len(form) > len(typed) or sorted(form) == sorted(typed))


def _squeezed(word: str) -> str:
    """Return the word with its doubled letters single."""
    return re.sub(r"(.)\1+", r"\1", word)


def unquoted(text: str) -> str | None:
    """Return the query with its phrases as plain words; None if it has none."""
    plain = " ".join(re.sub(r'"(~\d*)?', " ", text).split())
    return plain if '"' in text and plain else None


def without_hyphens(text: str) -> str | None:
    """Return a query of plain words with the parts of its hyphenated words apart; None if it has no such word.

    >>> without_hyphens("fake-news"), without_hyphens("-fake news"), without_hyphens("title:fake-news")
    ('fake news', None, None)
    """
    plain = _INNER_HYPHEN.sub(" ", text)
    return plain if plain != text and not any(sign in text for sign in ':"()*?^~') else None


def as_in_pages(text: str, corrected: str, matches: Sequence[Match], context: QueryContext) -> str:
    """Return the corrected query with its new words spelled as pages spell them: these documents, and others with the word.

    If a new word has a capital, so do the typed words that are names: bernard perchinig -> Bernhard Perchinig.
    """
    typed = set(text.split())

    def as_in_page(word: str) -> str:
        terms = terms_of_surface(surface_of(word), context.languages)
        others = context.reader.search(Terms(terms, TEXT_FIELDS), limit=SPELLING_DOCUMENTS, deadline=context.deadline).matches
        return usual_spelling(word, (*matches, *others))

    words = [word if word in typed else as_in_page(word) for word in corrected.split()]
    if not any(word not in typed and word != word.lower() for word in words):
        return " ".join(words)
    return " ".join([as_in_page(word) if word.isalpha() and word.islower() else word for word in words])


def _min_count(typed: str, cost: float, documents: int) -> float:
    """Return how many documents must contain the correction of a word that no document contains."""
    if len(typed) < MIN_LETTERS_OF_TWO_ERRORS:
        return (0.003 if len(typed) == MIN_LETTERS else 0.0015) * documents
    return 1 if cost <= OMISSION_COST else 0.0005 * documents


def _replaced(text: str, surface: str, new: str) -> str:
    """Return the text with the first word of this folded form replaced."""
    for match in WORDS.finditer(text):
        if surface_of(match[0]) == surface:
            return text[: match.start()] + new + text[match.end() :]
    return text


def _as_typed(surface: str, text: str) -> str:
    """Return the first word of the text that has this folded form."""
    return next((match[0] for match in WORDS.finditer(text) if surface_of(match[0]) == surface), surface)
