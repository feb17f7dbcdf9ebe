"""Mark the matching words in titles and snippets. The result is plain data, the same for every engine, which
`marked_html` turns into HTML.

`Marker` marks a page of hits, `span_finder` finds words and phrases in the texts of one language, `term_finder` finds words,
and `passages` chooses what a snippet shows. All titles and texts of a result page are searched together: a title and the
snippet of 800 bytes take 10 to 20 µs, two thirds of it for cutting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import NamedTuple

from indexer.analysis.segmentation import WORD_MARK
from indexer.analysis.stopwords import STOP_WORDS
from indexer.model import Fragment, Hit, Match
from indexer.snippets import kernel
from indexer.snippets.kernel import IS_AVAILABLE, Plan, Shown
from indexer.snippets.passages import Fragments, Passage, fragments_of, passages, whole_text
from indexer.snippets.span_finder import NO_STOP_WORDS, Finders, SpanFinder
from indexer.snippets.term_finder import APART, ExactFinder, Mark, TermFinder

SNIPPET_CHARACTERS = 240  # characters of a snippet
MAX_PAGE_CHARACTERS = 100_000  # of all texts that are searched together
MAX_PAGE_MARKS = 2_000  # in them; with more, each text is searched by itself
MAX_TEXT_CHARACTERS = 400_000  # of one text that are searched
MAX_MARKS = 200  # of one word, for choosing passages
MAX_TITLE_MARKS = 5_000  # of one word, where the whole text is shown
_MARGIN_CHARACTERS = 200  # characters around a passage, needed to find the limits of its first and last word
MAX_CACHED_WORDS = 5_000  # of one snapshot: 3 MB
MAX_CACHED_TERMS = 8  # more of them come from a pattern, which is rarely repeated

_SPECIAL = re.compile("[&<>\"']").search
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})

Forms = Callable[[str], Iterable[str]]


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
        phrase_end = partial(_phrase_end, words, phrases, language) if phrases else _no_phrase
        tables, stop_words, length = kernel.character_tables, STOP_WORDS.get(language, NO_STOP_WORDS), SNIPPET_CHARACTERS
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


def _phrase_end(words: Finders, phrases: tuple[Finders, ...], language: str, text: str, start: int, number: int) -> int:
    return SpanFinder(words, phrases, language).phrase_end(text, start, number)  # few phrases need it


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


# -- what finds the words of a query ------------------------------------------------------------------------------------


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
    language = term.partition("/")[0]
    exact_needle, own_forms = kernel.exact_needle, tuple(forms(term))
    if exact_needle is not None and WORD_MARK not in term:
        needle = exact_needle(own_forms, STOP_WORDS.get(language, NO_STOP_WORDS))
        if needle is not None:
            return ExactFinder(term, own_forms, needle, language)
    return TermFinder(frozenset((term,)), filter(None, own_forms), language)


def _words(forms: Forms, terms: frozenset[str], language: str) -> TermFinder:
    return TermFinder(terms, [form for term in terms for form in forms(term) if form], language)


def finders_of(targets: HighlightTerms, forms: SurfaceFormCache, language: str) -> Plan:
    """Return what finds those words and phrases of a query that are of this language."""
    terms, phrases = targets
    prefix = language + "/"
    words: Finders
    if not terms:
        words = ()
    elif len(terms) == 1:
        (term,) = terms
        words = (forms.single(term),) if term.startswith(prefix) else ()
    elif len(terms) > MAX_CACHED_TERMS:
        words = tuple([finder for finder in (forms.of(terms, language),) if finder.terms])
    else:
        words = tuple([forms.single(term) for term in sorted(terms) if term.startswith(prefix)])
    if not phrases:
        return words, ()
    plans: list[tuple[TermFinder, ...]] = []
    for phrase in phrases:
        places: list[TermFinder] = []
        for place in phrase:
            if len(place) == 1:  # as most, in a third of the time
                (term,) = place
                if not term.startswith(prefix):
                    break
                places.append(forms.single(term))
            elif (finder := forms.of(place, language)).terms:
                places.append(finder)
            else:
                break
        if places and len(places) == len(phrase):
            plans.append(tuple(places))
    return words, tuple(plans)
