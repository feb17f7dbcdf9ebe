"""Mark the matching words in titles and snippets. The result is plain data, the same for every engine, which
`marked_html` turns into HTML.

`Marker` marks a page of hits, `SpanFinder` finds words and phrases in the texts of one language, `term_finder` finds words,
and `passages` chooses what a snippet shows. All titles and texts of a result page are searched together: a title and the
snippet of 800 bytes take 10 to 20 µs, two thirds of it for cutting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache, partial
from itertools import chain, islice
from operator import attrgetter
from typing import Final, NamedTuple

from indexer.analysis.analyzer import ASCII_WORDS, MAX_WORD, WORDS, analyze, is_left_out, is_paired_letter, letter_before
from indexer.analysis.stopwords import STOP_WORDS
from indexer.model import Fragment, Hit, Match
from indexer.snippets import kernel
from indexer.snippets.kernel import IS_AVAILABLE, Plan, Shown
from indexer.snippets.passages import Fragments, Passage, fragments_of, passages, whole_text
from indexer.snippets.term_finder import APART, Mark, TermFinder, lowered

SNIPPET_CHARACTERS = 240  # characters of a snippet
MAX_PAGE_CHARACTERS = 100_000  # of all texts that are searched together
MAX_PAGE_MARKS = 2_000  # in them; with more, each text is searched by itself
MAX_TEXT_CHARACTERS = 400_000  # of one text that are searched
MAX_MARKS = 200  # of one word, for choosing passages
MAX_TITLE_MARKS = 5_000  # of one word, where the whole text is shown
_MARGIN_CHARACTERS = 200  # characters around a passage, needed to find the limits of its first and last word
MAX_PHRASE_STARTS = 2_000  # occurrences of the first word of a phrase that are examined, at 5 µs each
MAX_PHRASE_STOP_WORDS = 4  # within a phrase

MAX_CACHED_WORDS = 2_000
MAX_CACHED_TERMS = 8  # more of them come from a pattern, which is rarely repeated

_SPECIAL = re.compile("[&<>\"']").search
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})

Forms = Callable[[str], Iterable[str]]
_terms_of = attrgetter("terms")
_NO_STOP_WORDS: Final = frozenset[str]()


class HighlightTerms(NamedTuple):
    """What to mark: words by their index terms, and phrases by the terms that may occur at each place."""

    terms: frozenset[str] = frozenset()
    phrases: tuple[tuple[frozenset[str], ...], ...] = ()


class Marker:
    """Marks the words and phrases of one query in all hits of a page.

    `forms` returns the lower-case written forms under which the index holds a term. A text need not contain them all.
    """

    __slots__ = ("_compiled", "_finders", "_forms", "targets")

    def __init__(self, targets: HighlightTerms, forms: SurfaceFormCache, *, compiled: bool = True) -> None:
        """`compiled`: use the compiled kernel where it is available. Without it, Python gives the same fragments."""
        self.targets = targets
        self._forms = forms
        self._compiled = compiled and IS_AVAILABLE
        self._finders: dict[str, SpanFinder] | None = None

    def hits(
        self, matches: tuple[Match, ...], language: str, missing: tuple[tuple[str, ...], ...] | None = None
    ) -> tuple[Hit, ...] | None:
        """Return a hit for each match, by the compiled kernel. None: `page` has to mark them.

        It does so if the kernel cannot, and if a document is in another language. `missing`: the words that each document lacks.
        """
        if not self._compiled or (mark_hits := kernel.mark_hits) is None:
            return None
        words, phrases = finders_of(self.targets, self._forms, language)
        phrase_end = SpanFinder(words, phrases, language).phrase_end if phrases else _no_phrase
        tables, stop_words, length = kernel.character_tables, STOP_WORDS.get(language, _NO_STOP_WORDS), SNIPPET_CHARACTERS
        return mark_hits(words, phrases, matches, missing, language, length, Hit, Fragment, tables, stop_words, phrase_end)

    def page(self, texts: list[tuple[str, str]], language: str, is_late: Callable[[], bool] = lambda: False) -> list[Shown]:
        """Return `highlight` of each title and `snippet` of each text, all in one language.

        Short texts are searched together, because the number of calls costs more time than the number of letters. As soon as
        `is_late` returns True, nothing more is marked.
        """
        finder = self._finder(language)
        if self._compiled and (page := finder.page(texts, SNIPPET_CHARACTERS)) is not None:
            return page
        marks: list[Mark] | None = None
        joined = APART.join(["", *chain.from_iterable(texts), ""])
        if len(joined) < MAX_PAGE_CHARACTERS and joined.count(APART) == 2 * len(texts) + 1:
            marks = finder.marks_in_texts(joined, MAX_PAGE_MARKS)
        if marks is None:
            return [
                _unmarked(title, text[:MAX_TEXT_CHARACTERS])
                if is_late()
                else (self.highlight(title, language), self.snippet(text, language))
                for title, text in texts
            ]
        marks.append((len(joined), len(joined), ""))
        shown: list[Shown] = []
        start = at = 0
        for title, text in texts:
            begin, start = start + 1, start + 1 + len(title)
            first = at
            while marks[at][0] < start:
                at += 1
            heading = whole_text(joined, begin, start, marks[first:at])
            begin, start = start + 1, start + 1 + len(text)
            first = at
            while marks[at][0] < start:
                at += 1
            own_marks = marks[first:at]
            cuts = passages(joined, own_marks, SNIPPET_CHARACTERS, begin, start)
            shown.append((heading, fragments_of(joined, cuts, own_marks, begin, start)))
        return shown

    def highlight(self, text: str, language: str) -> Fragments:
        """Return a whole text, such as a title, as fragments."""
        marks = self._finder(language).marks(text, MAX_TITLE_MARKS)
        return whole_text(text, 0, len(text), marks)

    def snippet(self, text: str, language: str, *, length: int = SNIPPET_CHARACTERS) -> Fragments:
        """Return the best one or two passages of about `length` characters in all; the beginning if nothing is marked."""
        text = text[:MAX_TEXT_CHARACTERS]
        finder = self._finder(language)
        marks = finder.marks(text, MAX_MARKS)
        chosen = passages(text, marks, length, 0, len(text))
        if len(marks) >= MAX_MARKS:  # the passages may contain more
            marks = [mark for passage in chosen for mark in _marks_within(text, passage, finder)]
        return fragments_of(text, chosen, marks, 0, len(text))

    def _finder(self, language: str) -> SpanFinder:
        if self._finders is None:
            self._finders = {}
        finder = self._finders.get(language)
        if finder is None:
            finder = self._finders[language] = SpanFinder(*finders_of(self.targets, self._forms, language), language)
        return finder


def _no_phrase(*_: object) -> int:
    raise AssertionError("only phrases need this")


def marked_html(segments: Sequence[Fragment]) -> str:
    """Return escaped text in which only `<mark>` is markup."""
    pieces: Sequence[tuple[str, bool]] = segments
    if _SPECIAL("".join([text for text, _ in pieces])):  # `html.escape` is slower and takes 1.5 ms to import
        pieces = [(text.translate(_ESCAPES), marked) for text, marked in pieces]
    return "".join([f"<mark>{text}</mark>" if marked else text for text, marked in pieces])


def _unmarked(title: str, text: str) -> Shown:
    """Return a title and the beginning of a text without marks."""
    return whole_text(title, 0, len(title), []), fragments_of(
        text, passages(text, [], SNIPPET_CHARACTERS, 0, len(text)), [], 0, len(text)
    )


def _marks_within(text: str, passage: Passage, finder: SpanFinder) -> list[Mark]:
    start, end = passage
    margin = max(0, start - _MARGIN_CHARACTERS)
    near = finder.marks(text[margin : end + _MARGIN_CHARACTERS], MAX_TITLE_MARKS)
    return [(max(start, margin + first), margin + last, key) for first, last, key in near if start < margin + last]


# -- words and phrases in texts of one language -------------------------------------------------------------------------


class SurfaceFormCache:
    """Remembers the written forms of the words of earlier queries, as most words recur and a lookup takes 5 to 20 µs.

    Valid as long as `forms` returns the same. Safe to share between threads.
    """

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        # A single term is its own key. A composite key would add two objects to each word.
        self.single = lru_cache(MAX_CACHED_WORDS)(partial(_words_of_term, forms))
        self._several = lru_cache(MAX_CACHED_WORDS)(partial(_words, forms))

    def of(self, terms: Iterable[str], language: str) -> TermFinder:
        """Return what finds those of the terms that are of this language."""
        prefix = language + "/"
        mine = [term for term in terms if term.startswith(prefix)]
        if len(mine) == 1:
            return self.single(mine[0])
        if len(mine) <= MAX_CACHED_TERMS:
            return self._several(frozenset(mine), language)
        return _words(self._forms, frozenset(mine), language)


def _words_of_term(forms: Forms, term: str) -> TermFinder:
    return TermFinder(frozenset((term,)), filter(None, forms(term)), term.partition("/")[0])


def _words(forms: Forms, terms: frozenset[str], language: str) -> TermFinder:
    return TermFinder(terms, [form for term in terms for form in forms(term) if form], language)


def finders_of(targets: HighlightTerms, forms: SurfaceFormCache, language: str) -> Plan:
    """Return what finds those words and phrases of a query that are of this language."""
    terms, phrases = targets
    prefix = language + "/"
    if len(terms) > MAX_CACHED_TERMS:
        words = tuple([finder for finder in (forms.of(terms, language),) if finder.terms])
    else:
        words = tuple([forms.single(term) for term in sorted(terms) if term.startswith(prefix)])
    if not phrases:
        return words, ()
    plans: list[tuple[TermFinder, ...]] = []
    for phrase in phrases:
        places = tuple([forms.of(place, language) for place in phrase])
        if places and all(map(_terms_of, places)):
            plans.append(places)
    return words, tuple(plans)


class SpanFinder:
    """Finds the words and phrases of a query in texts of one language."""

    def __init__(self, words: tuple[TermFinder, ...], phrases: tuple[tuple[TermFinder, ...], ...], language: str) -> None:
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
        tables, stop_words = kernel.character_tables, STOP_WORDS.get(self._language, _NO_STOP_WORDS)
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
