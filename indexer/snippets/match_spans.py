"""Find where the words and phrases of a query occur in a text of one language."""

from __future__ import annotations

import operator
import os
import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from indexer.analysis.analyzer import ASCII_WORDS, MAX_WORD, WORDS, analyze, is_left_out
from indexer.analysis.folding import MARKS, PAIRED
from indexer.model import Fragment
from indexer.snippets.term_finder import APART, KernelTerm, Mark, TermFinder, lowered

MAX_PHRASE_STARTS = 2_000  # occurrences of the first word of a phrase that are examined, at 5 µs each
MAX_PHRASE_STOP_WORDS = 4  # within a phrase

MAX_CACHED_WORDS = 2_000
MAX_CACHED_TERMS = 8  # more of them come from a pattern, which is rarely repeated

Forms = Callable[[str], Iterable[str]]


class HighlightTerms(NamedTuple):
    """What to mark: words by their index terms, and phrases by the terms that may occur at each place."""

    terms: frozenset[str] = frozenset()
    phrases: tuple[tuple[frozenset[str], ...], ...] = ()


class SurfaceFormCache:
    """Remembers the written forms of the words of earlier queries, as most words recur and a lookup takes 5 to 20 µs.

    Valid as long as `forms` returns the same. Safe to share between threads.
    """

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        # A single term is its own key. A composite key would add two objects to each word.
        self._single = lru_cache(MAX_CACHED_WORDS)(partial(_words_of_term, forms))
        self._several = lru_cache(MAX_CACHED_WORDS)(partial(_words, forms))

    def of(self, terms: Iterable[str], language: str) -> TermFinder:
        prefix = language + "/"
        mine = [term for term in terms if term.startswith(prefix)]
        if len(mine) == 1:
            return self._single(mine[0])
        if len(mine) <= MAX_CACHED_TERMS:
            return self._several(frozenset(mine), language)
        return _words(self._forms, frozenset(mine), language)


def _words_of_term(forms: Forms, term: str) -> TermFinder:
    return _words(forms, frozenset((term,)), term.partition("/")[0])


def _words(forms: Forms, terms: frozenset[str], language: str) -> TermFinder:
    return TermFinder(terms, [form for term in terms for form in forms(term) if form], language)


class SpanFinder:
    """Finds the words and phrases of a query in texts of one language."""

    def __init__(self, targets: HighlightTerms, forms: SurfaceFormCache, language: str) -> None:
        one_by_one = len(targets.terms) <= MAX_CACHED_TERMS
        groups = [(term,) for term in sorted(targets.terms)] if one_by_one else [tuple(targets.terms)]
        self._language = language
        self._words = [words for group in groups if (words := forms.of(group, language)).terms]
        phrases = [tuple([forms.of(place, language) for place in phrase]) for phrase in targets.phrases]
        self._phrases = [phrase for phrase in phrases if phrase and all(place.terms for place in phrase)]
        every = [*self._words, *chain.from_iterable(self._phrases)] if self._phrases else self._words
        self._latin = all(words.latin for words in every)
        self._has_needles = all(words.has_needles for words in every)
        self._plan = self._make_plan()

    def _make_plan(self) -> Plan | None:
        words = [plan for each in self._words if (plan := each.plan)]
        if not self._phrases:
            return (tuple(words), ()) if len(words) == len(self._words) else None
        phrases = [tuple([plan for place in phrase if (plan := place.plan)]) for phrase in self._phrases]
        if len(words) < len(self._words) or any(map(operator.ne, map(len, phrases), map(len, self._phrases))):
            return None
        return tuple(words), tuple(phrases)

    def page(self, texts: list[tuple[str, str]], length: int) -> list[Shown] | None:
        """Return the fragments of all titles and snippets, by the compiled kernel. None: Python has to find them."""
        if self._plan is None:
            return None
        return mark_page(self._plan, texts, length, self._is_left_out, self._numbered_phrase_end)

    def _is_left_out(self, word: str) -> bool:
        return is_left_out(word, self._language)

    def _numbered_phrase_end(self, text: str, start: int, number: int) -> int:
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
                return self._analyzed_end(text[start:end], start, phrase)
            if phrase[matched].holds(word):
                if position > len(phrase) + MAX_PHRASE_STOP_WORDS:
                    return 0
                matched += 1
                if matched == len(phrase):
                    return match.end()
            elif not is_left_out(word, self._language):
                return 0
        return 0

    def _analyzed_end(self, text: str, start: int, phrase: tuple[TermFinder, ...]) -> int:
        """Return the same for any text that begins at `start`."""
        position = -1
        words = matched = 0
        for token in analyze(text, self._language):
            if token.position != position:
                position = token.position
                if matched < words or position > len(phrase) + MAX_PHRASE_STOP_WORDS:
                    return 0
                words += 1
            if matched < words and token.term in phrase[matched].terms:
                matched += 1
                if matched == len(phrase):
                    return start + token.end
        return 0


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


# -- a whole page of results by the compiled kernel, where it is built: Python gives the same fragments -------------------

_kernel: Any = None
if os.environ.get("INDEXER_KERNEL") != "0":
    try:
        from indexer.snippets import _kernel
    except ImportError:
        _kernel = None

IS_AVAILABLE: Final = _kernel is not None  # installed and not turned off

# The words and the phrases of a query, by place.
Plan = tuple[tuple[KernelTerm, ...], tuple[tuple[KernelTerm, ...], ...]]
Shown = tuple[tuple[Fragment, ...], tuple[Fragment, ...]]

_LETTER, _MARK, _APOSTROPHE, _SPACE, _PAIRED, _UNKNOWN = 1, 2, 4, 8, 16, 32  # as in _kernel.c
_TABLE_SIZE: Final = 0x10000
_SURROGATES: Final = (0xD800, 0xE000)
_RUNS: Final = re.compile(r"[^\W_]+")


def mark_page(
    plan: Plan,
    texts: list[tuple[str, str]],
    length: int,
    is_left_out: Callable[[str], bool],
    phrase_end: Callable[[str, int, int], int],
) -> list[Shown] | None:
    """Return the fragments of each title, and of a snippet of about `length` characters of each text.

    Returns None for a page that only Python can do.
    """
    shown: list[Shown] | None = _kernel.page(*plan, texts, length, Fragment, character_tables, is_left_out, phrase_end)
    return shown


def similar_pairs(texts: list[str], shortest: int, longest: int, ratio: float, sample: int) -> list[tuple[int, int]] | None:
    """Return the indices of texts of similar lengths, of which one of three samples of the first is in the second.

    Only `longest` characters are compared, of texts that are not `shortest`. Returns None without the kernel.
    """
    pairs: list[tuple[int, int]] | None = _kernel.similar_pairs(texts, shortest, longest, ratio, sample) if IS_AVAILABLE else None
    return pairs


@lru_cache(maxsize=1)
def character_tables() -> tuple[bytes, array[int]]:
    """Return the classes and the lower case of all characters of the Basic Multilingual Plane. Takes 5 ms."""
    first, last = _SURROGATES
    everything = "".join(map(chr, [*range(first), *[0] * (last - first), *range(last, _TABLE_SIZE)]))
    classes = bytearray(_TABLE_SIZE)
    for run in _RUNS.finditer(everything):
        classes[run.start() : run.end()] = bytes((_LETTER,)) * (run.end() - run.start())
    for start, end in _ranges(PAIRED):
        classes[start:end] = bytes((_PAIRED,)) * (end - start)
    for start, end in _ranges(MARKS):
        for point in range(start, end):
            classes[point] |= _MARK
    for letter in "'’":
        classes[ord(letter)] = _APOSTROPHE
    classes[ord("ʼ")] = _LETTER | _APOSTROPHE
    for point in (*range(0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x2100), 0x3000):
        if chr(point).isspace():
            classes[point] = _SPACE
    for point in {*range(0x20), *range(first, last)} - set(b"\t\n"):
        classes[point] = _UNKNOWN
    classes[ord("İ")] = _UNKNOWN  # it has two characters in lower case
    low = everything.replace("İ", "i").lower().replace("ς", "σ")
    return bytes(classes), array("H", low.encode("utf-16-le" if _is_little_endian() else "utf-16-be"))


def _is_little_endian() -> bool:
    return array("H", (1,)).tobytes()[0] == 1


def _ranges(characters: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a class of characters below the size of the tables, as `re` writes them between brackets.

    >>> list(_ranges("a-cx"))
    [(97, 100), (120, 121)]
    """
    at = 0
    while at < len(characters):
        last = at + 2 if characters[at + 1 : at + 2] == "-" else at
        if ord(characters[at]) < _TABLE_SIZE:
            yield ord(characters[at]), min(ord(characters[last]) + 1, _TABLE_SIZE)
        at = last + 1
