"""Where the wanted words and phrases stand in a text of one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, islice

from indexer.analysis.analyzer import ASCII_WORDS, MAX_WORD, WORDS, analyze, is_left_out
from indexer.snippets.term_finder import APART, Mark, Words, lowered

MAX_PLACES = 2_000  # where the first words of a phrase stand: 5 µs for each, to see what follows
_PHRASE_GAP = 4  # stop words that may stand within a phrase

KEPT_WORDS = 2_000
MAX_TERMS_KEPT = 8  # more of them are those of a pattern, which hardly comes again

Forms = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class HighlightTerms:
    """What to mark: words by their index terms; phrases as the terms that may stand at each of their places."""

    terms: frozenset[str] = frozenset()
    phrases: tuple[tuple[frozenset[str], ...], ...] = ()


class SurfaceFormCache:
    """What was found out about the words of earlier queries, for as long as `forms` gives the same: most words come again, and
    to ask an index for the forms of one takes 5 to 20 µs. Safe between threads."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        # By the term alone, where it is one: a key of more parts is two more objects to look after, for each word.
        self._one = lru_cache(KEPT_WORDS)(partial(_of_one, forms))
        self._some = lru_cache(KEPT_WORDS)(partial(_words, forms))

    def of(self, terms: Iterable[str], language: str) -> Words:
        prefix = language + "/"
        mine = [term for term in terms if term.startswith(prefix)]
        if len(mine) == 1:
            return self._one(mine[0])
        if len(mine) <= MAX_TERMS_KEPT:
            return self._some(frozenset(mine), language)
        return _words(self._forms, frozenset(mine), language)


def _of_one(forms: Forms, term: str) -> Words:
    return _words(forms, frozenset((term,)), term.partition("/")[0])


def _words(forms: Forms, terms: frozenset[str], language: str) -> Words:
    return Words(terms, [form for term in terms for form in forms(term) if form], language)


class SpanFinder:
    """Finds what a query wants in the texts of one language."""

    def __init__(self, wanted: HighlightTerms, spellings: SurfaceFormCache, language: str) -> None:
        one_by_one = len(wanted.terms) <= MAX_TERMS_KEPT
        groups = [(term,) for term in sorted(wanted.terms)] if one_by_one else [tuple(wanted.terms)]
        self._language = language
        self._words = [words for group in groups if (words := spellings.of(group, language)).terms]
        phrases = [tuple([spellings.of(place, language) for place in phrase]) for phrase in wanted.phrases]
        self._phrases = [phrase for phrase in phrases if phrase and all(place.terms for place in phrase)]
        every = [*self._words, *chain.from_iterable(self._phrases)]
        self._latin = all(words.latin for words in every)
        self._has_needles = all(words.has_needles for words in every)

    def marks(self, text: str, most: int) -> list[Mark]:
        """In order and without overlaps; of each word and phrase the first `most` at least, when there are so many."""
        return self._marks(text, lowered(text, self._latin), most, apart="")

    def marks_in_all(self, texts: str, most: int) -> list[Mark] | None:
        """In many texts at once, with `APART` before, between and behind them; None when they should rather be looked through
        one by one: for patterns, in texts whose lower case is longer, and where there are `most` marks or more."""
        if not self._has_needles or (low := lowered(texts, self._latin)) is None:
            return None
        marks = self._marks(texts, low, most, apart=APART)
        return marks if len(marks) < most else None

    def _marks(self, text: str, low: str | None, most: int, *, apart: str) -> list[Mark]:
        """`apart`: what no phrase reaches across; "" when it is one text."""
        marks: list[Mark] = []
        for words in self._words:
            marks += words.find(text, low, most)
        marks = _joined(marks)
        if not self._phrases:
            return marks
        for number, phrase in enumerate(self._phrases):
            marks += self._phrase_marks(text, low, phrase, f"phrase {number}", most, apart)
        return _apart(marks)

    def _phrase_marks(self, text: str, low: str | None, phrase: tuple[Words, ...], key: str, most: int, apart: str) -> list[Mark]:
        """Wherever the first word stands, and the second somewhere near, the words that follow are looked at."""
        reach = (len(phrase) + _PHRASE_GAP + 1) * (MAX_WORD + 1)
        starts = (start for start, _, _ in sorted(phrase[0].find(text, low, 10 * MAX_PLACES)))
        likely = (start for start in starts if len(phrase) == 1 or phrase[1].may_stand(low, start, start + reach))
        marks: list[Mark] = []
        for start in islice(likely, MAX_PLACES):
            end = self._phrase_end(text, start, start + reach, phrase, apart)
            if end:
                marks.append((start, end, key))
                if len(marks) == most:
                    break
        return marks

    def _phrase_end(self, text: str, start: int, limit: int, phrase: tuple[Words, ...], apart: str) -> int:
        """Where the phrase ends that begins at `start`; 0 when something else does. Plain words need no analysis: half of the
        time."""
        end = text.find(apart, start, limit) if apart else -1
        if end < 0:
            end = limit
        matched = 0
        for position, match in enumerate((ASCII_WORDS if text.isascii() else WORDS).finditer(text, start, end)):
            word = match[0]
            if not (word.isascii() and word.isalnum()) or len(word) > MAX_WORD:
                return self._analyzed_end(text[start:end], start, phrase)
            if phrase[matched].holds(word):
                if position > len(phrase) + _PHRASE_GAP:
                    return 0
                matched += 1
                if matched == len(phrase):
                    return match.end()
            elif not is_left_out(word, self._language):
                return 0
        return 0

    def _analyzed_end(self, text: str, start: int, phrase: tuple[Words, ...]) -> int:
        """The same for the text from `start` on, whatever words it has."""
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
                    return start + token.end
        return 0


def _joined(found: list[Mark]) -> list[Mark]:
    """Overlapping pairs of letters become one mark; what two needles found is there once."""
    found.sort()
    behind = 0
    for start, end, _ in found:  # hardly ever do any overlap
        if start < behind:
            break
        behind = end
    else:
        return found
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
