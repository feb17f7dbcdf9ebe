"""Find the words and phrases of a query in texts of one language."""

from __future__ import annotations

from functools import cached_property
from itertools import chain, islice
from typing import Final

from indexer.analysis.analyzer import ASCII_WORDS, MAX_WORD, WORDS, analyze, is_left_out, is_paired_letter, letter_before
from indexer.analysis.stopwords import STOP_WORDS
from indexer.model import Fragment
from indexer.snippets import kernel
from indexer.snippets.kernel import Shown
from indexer.snippets.term_finder import APART, Mark, TermFinder, lowered

MAX_PHRASE_STARTS = 2_000  # occurrences of the first word of a phrase that are examined, at 5 µs each
MAX_PHRASE_STOP_WORDS = 4  # within a phrase

Finders = tuple[TermFinder, ...]
NO_STOP_WORDS: Final = frozenset[str]()


class SpanFinder:
    """Finds the words and phrases of a query in texts of one language."""

    def __init__(self, words: Finders, phrases: tuple[Finders, ...], language: str) -> None:
        """`words` and `phrases` are of this language."""
        self._words, self._phrases, self._language = words, phrases, language

    @property
    def _every(self) -> tuple[TermFinder, ...]:
        return (*self._words, *chain.from_iterable(self._phrases))

    @cached_property
    def _latin(self) -> bool:
        return all(words.latin for words in self._every)

    @cached_property
    def _has_needles(self) -> bool:
        return all(words.has_needles for words in self._every)

    def page(self, texts: list[tuple[str, str]], length: int) -> list[Shown] | None:
        """Return the fragments of all titles and snippets, by the compiled kernel. None: Python has to find them."""
        if kernel.mark_page is None:
            return None
        tables, stop_words = kernel.character_tables, STOP_WORDS.get(self._language, NO_STOP_WORDS)
        return kernel.mark_page(self._words, self._phrases, texts, length, Fragment, tables, stop_words, self.phrase_end)

    def phrase_end(self, text: str, start: int, number: int) -> int:
        """Return where a phrase ends that begins with the text, which is at `start`; 0 if none does."""
        return self._analyzed_end(text, start, self._phrases[number])

    def marks(self, text: str, limit: int) -> list[Mark]:
        """Return the marks in order and without overlaps: at least the first `limit` of each word and phrase."""
        return self._marks(text, lowered(text, self._latin), limit, apart="")

    def marks_in_texts(self, texts: str, limit: int) -> list[Mark] | None:
        """Return the marks of several texts that `APART` precedes, separates and follows.

        Returns None if the texts must be searched one by one: for patterns, if lower case makes a text longer, and if there
        are `limit` marks or more.
        """
        if not self._has_needles or (low := lowered(texts, self._latin)) is None:
            return None
        marks = self._marks(texts, low, limit, apart=APART)
        return marks if len(marks) < limit else None

    def _marks(self, text: str, low: str | None, limit: int, *, apart: str) -> list[Mark]:
        """`apart`: the separator that no phrase crosses; "" if there is only one text."""
        marks: list[Mark] = []
        for words in self._words:
            marks += words.find(text, low, limit)
        marks = _joined(marks)
        if not self._phrases:
            return marks
        for number, phrase in enumerate(self._phrases):
            marks += self._phrase_marks(text, low, phrase, f"phrase {number}", limit, apart)
        return _apart(marks)

    def _phrase_marks(
        self, text: str, low: str | None, phrase: tuple[TermFinder, ...], key: str, limit: int, apart: str
    ) -> list[Mark]:
        """Return the marks of a phrase: examine what follows each first word that has the second word nearby."""
        reach = (len(phrase) + MAX_PHRASE_STOP_WORDS + 1) * (MAX_WORD + 1)
        starts = (start for start, _, _ in sorted(phrase[0].find(text, low, 10 * MAX_PHRASE_STARTS)))
        likely = (start for start in starts if len(phrase) == 1 or phrase[1].may_contain(low, start, start + reach))
        marks: list[Mark] = []
        for start in islice(likely, MAX_PHRASE_STARTS):
            end = self._phrase_end(text, start, start + reach, phrase, apart)
            if end:
                marks.append((start, end, key))
                if len(marks) == limit:
                    break
        return marks

    def _phrase_end(self, text: str, start: int, limit: int, phrase: tuple[TermFinder, ...], apart: str) -> int:
        """Return where the phrase that begins at `start` ends; 0 if it does not begin there.

        Plain words are compared without analysis, which halves the time.
        """
        end = text.find(apart, start, limit) if apart else -1
        if end < 0:
            end = limit
        matched = 0
        for position, match in enumerate((ASCII_WORDS if text.isascii() else WORDS).finditer(text, start, end)):
            word = match[0]
            if not (word.isascii() and word.isalnum()) or len(word) > MAX_WORD:
                begin = _start_of_pairs(text, start)
                return self._analyzed_end(text[begin:end], start, phrase, start - begin)
            if phrase[matched].holds(word):
                if position > len(phrase) + MAX_PHRASE_STOP_WORDS:
                    return 0
                matched += 1
                if matched == len(phrase):
                    return match.end()
            elif not is_left_out(word, self._language):
                return 0
        return 0

    def _analyzed_end(self, text: str, start: int, phrase: tuple[TermFinder, ...], before: int = 0) -> int:
        """Return the same for any text that begins at `start`, or `before` characters before it."""
        position = first = -1
        words = matched = 0
        for token in analyze(text, self._language):
            if token.start < before:
                continue
            if token.position != position:
                position = token.position
                first = position if first < 0 else first
                if matched < words or position - first > len(phrase) + MAX_PHRASE_STOP_WORDS:
                    return 0
                words += 1
            if matched < words and token.term in phrase[matched].terms:
                matched += 1
                if matched == len(phrase):
                    return start + token.end - before
        return 0


def _start_of_pairs(text: str, start: int) -> int:
    """Return where analysis has to begin so that pairs of letters from `start` on are those of the whole text.

    A pair is an inner one (see `inner_term`) by up to two letters before it.
    """
    for _ in range(2):
        before = letter_before(text, start)
        if before < 0 or not is_paired_letter(text[before]):
            break
        start = before
    return start


def _joined(marks: list[Mark]) -> list[Mark]:
    """Merge overlapping marks, as of pairs of letters, and drop repeated ones."""
    marks.sort()
    behind = 0
    for start, end, _ in marks:  # overlaps are rare
        if start < behind:
            break
        behind = end
    else:
        return marks
    merged = marks[:1]
    for mark in marks[1:]:
        start, end, key = merged[-1]
        if mark[0] >= end:
            merged.append(mark)
        else:
            merged[-1] = start, max(end, mark[1]), key
    return merged


def _apart(marks: list[Mark]) -> list[Mark]:
    """Keep one of overlapping marks: the first, and at the same start the longer one, so that a phrase replaces its words."""
    marks.sort(key=lambda mark: (mark[0], -mark[1]))
    result: list[Mark] = []
    for mark in marks:
        if not result or mark[0] >= result[-1][1]:
            result.append(mark)
    return result
