"""Find words in a text without analysing the whole text.

The index lists the written forms under which it holds a term ("en/migrat": migrate, migrants, …). `str.find` searches the
lower-case text for the beginnings of these forms, the needles: 0.4 µs in 800 bytes, 10 µs in 19 kB. Only words that begin
with a needle are analysed, each spelling once. The result is the same as that of analysing every word, which takes 5 ms in
19 kB.

    terms -> written forms -> needles -> places in the lower-case text -> words there -> analysed: is it one of the terms?
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from indexer.analysis.analyzer import (
    ASCII_WORDS,
    MAX_WORD,
    WORDS,
    analyze,
    forms_uncached,
    ignore_case,
    inner_term,
    is_inner_pair,
    surface_of,
)
from indexer.analysis.folding import MARKS, PAIRED
from indexer.analysis.segmentation import WORD_MARK
from indexer.lazy_regex import later

APART = "\x1f"  # between texts that are searched together; documents contain no control characters
MAX_NEEDLES = 48  # with more (wildcards such as *ing) it is faster to analyse each word of the text
MAX_TRIES = 50_000  # places of one needle that are examined, 20 ms: "a*" has more in 400,000 letters
MAX_WALK_CHARACTERS = 60_000  # analysed word by word: 15 ms, in scripts of pairs 50 ms
_FIRST_TRIES = 500
MAX_CACHED_SPELLINGS = 300  # of the words of some terms
_BEFORE = " \n" + APART  # a word begins after any of these
_JOINERS = "'’ʼ"  # a word may continue after any of these
_SHARED_LETTERS = 4  # forms that begin with the same letters share a needle; fewer letters begin too many other words
MAX_LISTED_FORMS = 8  # up to this number a tuple of forms is used instead of a set
_MAX_CHAIN = 2 * MAX_WORD  # characters of words that apostrophes join

_EMPTY: Final[dict[str, Any]] = {}  # in place of a dictionary that is not needed yet

# Start, end and key; marks with the same key are the same word. A plain tuple, because a named one takes 0.3 µs more and
# finding a word takes 0.7.
Mark = tuple[int, int, str]

# One or two letters of the scripts that are cut into pairs, as the analyzer cuts them.
_LETTER = rf"[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[{PAIRED}][{MARKS}]*"
_IN_SYLLABLE = r"(?<=[\u1100-\u1112])[\u1161-\u1175]|(?<=[\u1100-\u1112][\u1161-\u1175])[\u11a8-\u11c2]"
_PAIR = later(rf"(?!{_IN_SYLLABLE})(?:{_LETTER})(?P<second>{_LETTER}|[{MARKS}])?")
_IS_PAIRED = later(f"[{PAIRED}]")
_IS_MARK = later(f"[{MARKS}]")
_IN_WORD = later(rf"[^\W_{PAIRED}]|[{MARKS}'’]")

# Lower case for Latin-1, where a byte is a letter. Then the letters outside of Latin-1 whose lower case is in it.
_LOW_LATIN = bytes(ord(low) if len(low := chr(point).lower()) == 1 and ord(low) < 256 else point for point in range(256))
_LATIN_ONLY_WHEN_LOW = "\u0130\u0178\u1e9e\u212a\u212b"  # İ Ÿ ẞ, the signs for Kelvin and Ångström


def lowered(text: str, latin: bool) -> str | None:
    """Return the text in lower case, letter by letter; None if that makes it longer (İ).

    `latin`: only letters of Latin-1 are searched for, so others may become question marks. This is two to five times as fast:
    Python takes 55 µs for 19 kB that are not ASCII.
    """
    if text.isascii():
        return text.lower()
    if latin and not any(letter in text for letter in _LATIN_ONLY_WHEN_LOW):
        return text.encode("latin-1", "replace").translate(_LOW_LATIN).decode("latin-1")
    low = text.lower()
    return low.replace("ς", "σ") if len(low) == len(text) else None  # a sigma's lower case depends on what follows


class TermFinder:
    """Finds the words of some terms of one language.

    Consists of few objects, as thousands are cached: Python collects garbage after every 700 new objects that survive, which
    adds 0.3 ms to a search, and every tenth time 1 to 3 ms.
    """

    __slots__ = (
        "_forms",
        "_framed",
        "_has_words",
        "_language",
        "_pairs",
        "exact_forms",
        "has_needles",
        "is_compiled",
        "latin",
        "needles",
        "parts",
        "term",
        "terms",
    )

    def __init__(self, terms: frozenset[str], forms: Iterable[str], language: str) -> None:
        self.terms, self._language, is_one = terms, language, len(terms) == 1
        self.term = next(iter(terms)) if is_one else min(terms, default="")
        self._has_words = WORD_MARK in (self.term if is_one else "\n".join(terms))
        low = tuple(forms)
        self.exact_forms: tuple[str, ...] = ()
        letters = "".join(low)
        are_few, is_ascii = len(low) <= MAX_LISTED_FORMS, letters.isascii()
        if not is_ascii:
            low = tuple([form.replace("ς", "σ") for form in low])
        elif is_one and are_few and letters.isalnum() and all(low) and ignore_case(low, language):
            self.exact_forms = low  # they stand for the only term however they are capitalised
        self._forms = low if are_few else frozenset(low)
        self.needles = low if len(low) < 2 or self._has_words else _needles(low)
        self.has_needles = len(self.needles) <= MAX_NEEDLES
        self.latin = True
        self._pairs: tuple[str, ...] = ()
        if not is_ascii and (non_ascii := [needle for needle in self.needles if not needle.isascii()]):
            self._pairs = tuple([needle for needle in non_ascii if _IS_PAIRED.match(needle)])
            # A form that begins with a mark followed a decomposed syllable of Hangul: such texts are analysed as a whole.
            self.has_needles = self.has_needles and not any(_IS_MARK.match(needle) for needle in non_ascii)
            self.latin = all(max(needle) <= "\xff" for needle in non_ascii)
        self.is_compiled = self.has_needles and not self._pairs and not self._has_words  # whether the kernel can find the words
        # By word as written: its term, if it is one of `terms`, or the part of it (Europe of l'Europe) whose term is. The kernel
        # seldom needs it for exact forms.
        self.parts: dict[str, str | Mark | None] = _EMPTY if self.exact_forms else {}
        self._framed: dict[str, str] = _EMPTY  # by a needle that is a whole word, with the letter on each side: its term

    def may_contain(self, low: str | None, start: int, end: int) -> bool:
        """Return whether one of the words may occur in this part of a text."""
        if low is None or not self.has_needles:
            return True
        for needle in self.needles:  # noqa: SIM110 # `any` takes 0.3 µs more
            if low.find(needle, start, end) >= 0:
                return True
        return False

    def find(self, text: str, low: str | None, limit: int) -> list[Mark]:
        """Return the first `limit` marks of each needle, in no order. Pairs of letters may overlap."""
        if low is None or not self.has_needles:
            return self._walk(text, limit) if self.needles else []
        if self._has_words:
            return self._words_without_spaces(low, limit)
        if self._framed is _EMPTY:
            self._framed = {}
        if self.parts is _EMPTY:
            self.parts = {}
        marks: list[Mark] = []
        match = (ASCII_WORDS if text.isascii() else WORDS).match
        parts, framed, find = self.parts, self._framed, low.find
        first_tries = min(limit, _FIRST_TRIES)
        for needle in self.needles:
            at, count_before, size = find(needle), len(marks), len(needle)
            paired = needle in self._pairs
            # The usual cases are handled here, which saves half of the time in most texts.
            tries = 0
            while at >= 0 and tries < first_tries:
                behind = at + size
                frame = text[at - 1 : behind + 1]
                if (term := framed.get(frame)) is not None:
                    marks.append((at, behind, term))
                    at = find(needle, behind)
                elif not paired and (at == 0 or text[at - 1] in _BEFORE):
                    word = match(text, at)[0]  # type: ignore[index]  # a needle begins a word
                    part = parts[word] if word in parts else self.part_of(word)
                    if part is None:
                        pass
                    elif isinstance(part, str):
                        marks.append((at, at + len(word), part))
                        is_whole = len(word) == size and len(frame) == size + 2 and frame[-1] not in _JOINERS
                        if is_whole and len(framed) < MAX_CACHED_SPELLINGS:
                            framed[frame] = part
                    else:
                        marks.append((at + part[0], at + part[1], part[2]))
                    at = find(needle, at + len(word))
                else:
                    break
                tries += 1
            if at >= 0 and (remaining := limit + count_before - len(marks)) > 0:
                self._follow(needle, at, text, low, remaining, marks)
        return marks

    def _words_without_spaces(self, low: str, limit: int) -> list[Mark]:
        """Return the first `limit` marks of each form, without analysing the text around it."""
        key = min(self.terms)
        marks: list[Mark] = []
        for form in self.needles:
            at, remaining = low.find(form), limit
            while at >= 0 and remaining:
                marks.append((at, at + len(form), key))
                at, remaining = low.find(form, at + len(form)), remaining - 1
        return marks

    def _follow(self, needle: str, at: int, text: str, low: str, limit: int, marks: list[Mark]) -> None:
        """Examine the words that begin with the needle."""
        paired = needle in self._pairs
        pattern = _PAIR if paired else ASCII_WORDS if text.isascii() else WORDS
        limit += len(marks)
        for _ in range(MAX_TRIES):
            start, end = at, at + 1
            if at and not paired and text[at - 1] != " ":
                start = _start_of_word(text, at, pattern)
            if start >= 0 and (match := pattern.match(text, start)) and not (paired and _is_half(match)):
                word = match[0]
                part = self._inner_part(word) if paired and is_inner_pair(text, start) else self._part(word)
                if part is not None:
                    marks.append((start + part[0], start + part[1], part[2]))
                    if len(marks) == limit:
                        return
                if not paired:
                    end = match.end()
            at = low.find(needle, end)
            if at < 0:
                return

    def _walk(self, text: str, limit: int) -> list[Mark]:
        """Analyse every word."""
        counts: dict[str, int] = {}
        marks: list[Mark] = []
        for match in (ASCII_WORDS if text.isascii() else WORDS).finditer(text, 0, MAX_WALK_CHARACTERS):
            word = match[0]
            if _IS_PAIRED.match(word):
                at = match.start()
                parts = [(each.start, each.end, each.term) for each in analyze(word, self._language) if each.term in self.terms]
                marks += [(at + start, at + end, term) for start, end, term in parts]
                continue
            part = self._part(word)
            if part is not None:
                start, end, term = part
                counts[term] = counts.get(term, 0) + 1
                if counts[term] <= limit:
                    marks.append((match.start() + start, match.start() + end, term))
        return marks

    def holds(self, word: str) -> bool:
        """Return whether this is one of the words, as written, or contains one."""
        return (self.parts[word] if word in self.parts else self.part_of(word)) is not None

    def _part(self, word: str) -> Mark | None:
        part = self.parts[word] if word in self.parts else self.part_of(word)
        return (0, len(word), part) if isinstance(part, str) else part

    def _inner_part(self, pair: str) -> Mark | None:
        """Return what a pair of Korean syllables contributes where no word begins."""
        term = inner_term(surface_of(pair), self._language)
        return (0, len(pair), term) if term in self.terms else None

    def part_of(self, word: str) -> str | Mark | None:
        """Return and cache what a word contributes."""
        if len(word) > _MAX_CHAIN:
            return None
        part: str | Mark | None
        if word.isalnum() and not (word[0] > "\xff" and _IS_PAIRED.match(word)):
            part = self._term_of(word)
        else:  # words with apostrophes or marks have parts
            tokens = (token for token in analyze(word, self._language) if token.term in self.terms)
            part = next(((token.start, token.end, token.term) for token in tokens), None)
        if self.parts is _EMPTY:
            self.parts = {}
        if len(self.parts) < MAX_CACHED_SPELLINGS:
            self.parts[word] = part
        return part

    def _term_of(self, word: str) -> str | None:
        """Return the term of a plain word if it is one of `terms`. The index lists all forms."""
        low = word.lower() if word.isascii() else word.lower().replace("ς", "σ")
        if low not in self._forms or len(word) > MAX_WORD:
            return None
        if len(self.terms) == 1 and word.isascii() and ignore_case((low,), self._language):
            return next(iter(self.terms))
        for term, _ in forms_uncached(word, self._language):
            if term in self.terms:
                return term
        return None


class ExactFinder(TermFinder):
    """Finds the words of one term whose forms are exact, and begin alike.

    Equal to the `TermFinder` of the term, which takes seven times as long to make. The kernel says which terms these are.
    """

    __slots__ = ()
    _has_words, _pairs, has_needles, is_compiled, latin = False, (), True, True, True

    def __init__(self, term: str, forms: tuple[str, ...], needle: str, language: str) -> None:
        self.term, self._language = term, language
        self.exact_forms = self._forms = forms
        self.needles = (needle,)
        self.parts = self._framed = _EMPTY

    @property
    def terms(self) -> frozenset[str]:  # type: ignore[override]  # a set for each word would take as much memory as its forms
        return frozenset((self.term,))


def _needles(forms: Sequence[str]) -> tuple[str, ...]:
    """Return the fewest beginnings that find all forms. None begins with another one."""
    first, last = min(forms), max(forms)
    if first[:_SHARED_LETTERS] == last[:_SHARED_LETTERS] and first[:_SHARED_LETTERS].isascii():  # most words: these are all forms
        return (first if last.startswith(first) else _common_beginning(first, last),)
    groups: dict[str, list[str]] = {}
    for form in forms:
        groups.setdefault(form[: _SHARED_LETTERS if form.isascii() or not _IS_PAIRED.match(form) else 1], []).append(form)
    needles: list[str] = []
    for needle in sorted([_common_beginning(min(group), max(group)) for group in groups.values()]):
        if not needles or not needle.startswith(needles[-1]):
            needles.append(needle)
    return tuple(needles)


def _common_beginning(first: str, last: str) -> str:
    """Return the common beginning of two forms, and so of all that sort between them."""
    same = 0
    while same < len(first) and first[same] == last[same]:
        same += 1
    return first[:same]


def _start_of_word(text: str, at: int, pattern: re.Pattern[str]) -> int:
    """Return where the word begins that contains a needle after an apostrophe; -1 within a run of letters."""
    before = text[at - 1]
    if before not in "'’ʼ" and not _IS_MARK.match(before):
        return -1 if _IN_WORD.match(before) else at
    first = at
    while first > 0 and _IN_WORD.match(text, first - 1):
        first -= 1
        if at - first > _MAX_CHAIN:
            return -1
    for match in pattern.finditer(text, first, at + 1):
        if match.end() > at:
            return match.start()
    return -1


def _is_half(pair: re.Match[str]) -> bool:
    """Return whether this is the last letter of its run. It is a word only if it is the only one."""
    if pair["second"] is not None:
        return False
    before = pair.start() - 1
    while before >= 0 and _IS_MARK.match(pair.string, before):
        before -= 1
    return before >= 0 and _IS_PAIRED.match(pair.string, before) is not None
