"""Finding words in a text without analysing the text.

The index knows the written forms under which it holds a term ("en/migrat": migrate, migrants, …). What they begin with,
their needles, `str.find` looks for in the lower-case text (0.4 µs in 800 bytes, 10 µs in 19 kB); the words that begin with a
needle, and they alone, are analysed, each spelling once a query. So exactly those words are found that analysing every word
would find, which takes 5 ms in 19 kB.

    terms -> written forms -> needles -> places in the lower-case text -> words there -> analysed: wanted?
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from indexer.analysis.analyzer import ASCII_WORDS, MAX_WORD, WORDS, analyze, forms_unkept
from indexer.analysis.folding import MARKS, PAIRED
from indexer.analysis.lazy_regex import later

APART = "\x1f"  # between texts that are looked through together; a document holds no control characters
MAX_NEEDLES = 48  # with more of them (wildcards such as *ing) it is faster to look at each word of the text
MAX_TRIES = 50_000  # places of one needle looked at, 20 ms: "a*" has more in 400,000 letters
MAX_WALK = 60_000  # characters looked at word by word: 15 ms, in scripts of pairs 50 ms
_TRIED_FIRST = 500
MAX_KNOWN = 300  # spellings of some words that are kept
_BEFORE = " \n" + APART  # a word begins behind them, whatever it is
_SHARED = 4  # forms that begin with the same letters share a needle; with fewer letters it stands in too many other words
_FEW = 8  # forms that are looked through one by one, which spares a set
_MAX_CHAIN = 2 * MAX_WORD  # of words that hang together by apostrophes

# Start, end, and what it is (marks with the same key are the same word). A plain tuple: to make a named one takes 0.3 µs more,
# and to find a word 0.7.
Mark = tuple[int, int, str]

# One or two letters of the scripts that are cut into pairs, as the analyzer cuts them.
_LETTER = rf"[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[{PAIRED}][{MARKS}]*"
_IN_SYLLABLE = r"(?<=[\u1100-\u1112])[\u1161-\u1175]|(?<=[\u1100-\u1112][\u1161-\u1175])[\u11a8-\u11c2]"
_PAIR = later(rf"(?!{_IN_SYLLABLE})(?:{_LETTER})(?P<second>{_LETTER}|[{MARKS}])?")
_IS_PAIRED = later(f"[{PAIRED}]")
_IS_MARK = later(f"[{MARKS}]")
_IN_WORD = later(rf"[^\W_{PAIRED}]|[{MARKS}'’]")

# Lower case for Latin-1, where a byte is a letter; the letters outside of it whose lower case is in it.
_LOW_LATIN = bytes(ord(low) if len(low := chr(point).lower()) == 1 and ord(low) < 256 else point for point in range(256))
_LATIN_ONLY_WHEN_LOW = "\u0130\u0178\u1e9e\u212a\u212b"  # İ Ÿ ẞ, the signs for Kelvin and Ångström


def lowered(text: str, latin: bool) -> str | None:
    """The text in lower case, letter by letter; None when it gets longer (İ).

    `latin`: only letters of Latin-1 are looked for. Others may then become question marks, which makes it twice to five times
    as fast: Python takes 55 µs to lower 19 kB that are not ASCII.
    """
    if text.isascii():
        return text.lower()
    if latin and not any(letter in text for letter in _LATIN_ONLY_WHEN_LOW):
        return text.encode("latin-1", "replace").translate(_LOW_LATIN).decode("latin-1")
    low = text.lower()
    return low.replace("ς", "σ") if len(low) == len(text) else None  # a sigma's lower case depends on what follows


class Words:
    """The words of some terms of one language, and how to find them.

    Made of few objects, as some thousands are kept: after each 700 new objects that stay, Python's collector of garbage looks at
    them, which adds 0.3 ms to the search that meets it, and every tenth time 1 to 3 ms.
    """

    __slots__ = ("_forms", "_framed", "_known", "_language", "_needles", "_pairs", "has_needles", "latin", "terms")

    def __init__(self, terms: frozenset[str], forms: Iterable[str], language: str) -> None:
        self.terms = terms
        self._language = language
        low = tuple([form if form.isascii() else form.replace("ς", "σ") for form in forms])
        self._forms = low if len(low) <= _FEW else frozenset(low)
        self._needles = low if len(low) < 2 else _needles(low)
        odd = [needle for needle in self._needles if not needle.isascii()]
        self._pairs = tuple([needle for needle in odd if _IS_PAIRED.match(needle)])
        # A form that begins with a mark stood behind a decomposed syllable of Hangul: too odd to be looked for.
        self.has_needles = len(self._needles) <= MAX_NEEDLES and not any(_IS_MARK.match(needle) for needle in odd)
        self.latin = all(max(needle) <= "\xff" for needle in odd)
        # By word as written: its term, when that is wanted, or the part of it (Europe of l'Europe) whose term is; each word is
        # looked at once.
        self._known: dict[str, str | Mark | None] = {}
        self._framed: dict[str, str] = {}  # by a needle that is a wanted word, with what stands before and behind it: its term

    def may_stand(self, low: str | None, start: int, end: int) -> bool:
        """Whether it is worth looking for one of the words in this part of a text."""
        if low is None or not self.has_needles:
            return True
        for needle in self._needles:  # noqa: SIM110 # `any` takes 0.3 µs more
            if low.find(needle, start, end) >= 0:
                return True
        return False

    def find(self, text: str, low: str | None, most: int) -> list[Mark]:
        """Where they stand, in no order; pairs of letters may overlap. Of each needle the first `most`."""
        if low is None or not self.has_needles:
            return self._walk(text, most) if self._needles else []
        found: list[Mark] = []
        match = (ASCII_WORDS if text.isascii() else WORDS).match
        known, framed, find = self._known, self._framed, low.find
        first_tries = min(most, _TRIED_FIRST)
        for needle in self._needles:
            at, had, size = find(needle), len(found), len(needle)
            paired = needle in self._pairs
            # The usual ones are looked at here, which saves half of the time of most texts.
            tries = 0
            while at >= 0 and tries < first_tries:
                behind = at + size
                frame = text[at - 1 : behind + 1]
                if (term := framed.get(frame)) is not None:
                    found.append((at, behind, term))
                    at = find(needle, behind)
                elif not paired and (at == 0 or text[at - 1] in _BEFORE):
                    word = match(text, at)[0]  # type: ignore[index]  # a needle begins a word
                    part = known[word] if word in known else self._look_at(word)
                    if part is None:
                        pass
                    elif isinstance(part, str):
                        found.append((at, at + len(word), part))
                        if len(word) == size and len(frame) == size + 2 and len(framed) < MAX_KNOWN:
                            framed[frame] = part
                    else:
                        found.append((at + part[0], at + part[1], part[2]))
                    at = find(needle, at + len(word))
                else:
                    break
                tries += 1
            if at >= 0 and (left := most + had - len(found)) > 0:
                self._follow(needle, at, text, low, left, found)
        return found

    def _follow(self, needle: str, at: int, text: str, low: str, most: int, found: list[Mark]) -> None:
        """Look at the words that begin with the needle."""
        paired = needle in self._pairs
        pattern = _PAIR if paired else ASCII_WORDS if text.isascii() else WORDS
        most += len(found)
        for _ in range(MAX_TRIES):
            start, end = at, at + 1
            if at and not paired and text[at - 1] != " ":
                start = _start_of_word(text, at, pattern)
            if start >= 0 and (match := pattern.match(text, start)) and not (paired and _is_half(match)):
                word = match[0]
                part = self._part(word)
                if part is not None:
                    found.append((start + part[0], start + part[1], part[2]))
                    if len(found) == most:
                        return
                if not paired:
                    end = match.end()
            at = low.find(needle, end)
            if at < 0:
                return

    def _walk(self, text: str, most: int) -> list[Mark]:
        """Look at every word."""
        counts: dict[str, int] = {}
        found: list[Mark] = []
        for match in (ASCII_WORDS if text.isascii() else WORDS).finditer(text, 0, MAX_WALK):
            word = match[0]
            if _IS_PAIRED.match(word):
                at = match.start()
                parts = [(each.start, each.end, each.term) for each in analyze(word, self._language) if each.term in self.terms]
                found += [(at + start, at + end, term) for start, end, term in parts]
                continue
            part = self._part(word)
            if part is not None:
                start, end, term = part
                counts[term] = counts.get(term, 0) + 1
                if counts[term] <= most:
                    found.append((match.start() + start, match.start() + end, term))
        return found

    def holds(self, word: str) -> bool:
        """Whether this is one of the words, as written, or has one as a part."""
        return (self._known[word] if word in self._known else self._look_at(word)) is not None

    def _part(self, word: str) -> Mark | None:
        part = self._known[word] if word in self._known else self._look_at(word)
        return (0, len(word), part) if isinstance(part, str) else part

    def _look_at(self, word: str) -> str | Mark | None:
        """What `_known` shall say of a word."""
        if len(word) > _MAX_CHAIN:
            return None
        part: str | Mark | None
        if word.isalnum() and not (word[0] > "\xff" and _IS_PAIRED.match(word)):
            part = self._term_of(word)
        else:  # words with apostrophes or marks have parts
            tokens = (token for token in analyze(word, self._language) if token.term in self.terms)
            part = next(((token.start, token.end, token.term) for token in tokens), None)
        if len(self._known) < MAX_KNOWN:
            self._known[word] = part
        return part

    def _term_of(self, word: str) -> str | None:
        """The index knows all forms."""
        low = word.lower() if word.isascii() else word.lower().replace("ς", "σ")
        if low not in self._forms or len(word) > MAX_WORD:
            return None
        for term, _ in forms_unkept(word, self._language):
            if term in self.terms:
                return term
        return None


def _needles(forms: Iterable[str]) -> tuple[str, ...]:
    """The fewest beginnings under which all forms are found: none begins with another one."""
    groups: dict[str, list[str]] = {}
    for form in forms:
        groups.setdefault(form[: 1 if _IS_PAIRED.match(form) else _SHARED], []).append(form)
    needles: list[str] = []
    for needle in sorted([_common_beginning(min(group), max(group)) for group in groups.values()]):
        if not needles or not needle.startswith(needles[-1]):
            needles.append(needle)
    return tuple(needles)


def _common_beginning(first: str, last: str) -> str:
    """Of these two, and so of all that are sorted between them."""
    same = 0
    while same < len(first) and first[same] == last[same]:
        same += 1
    return first[:same]


def _start_of_word(text: str, at: int, pattern: re.Pattern[str]) -> int:
    """Where the word begins in which a needle was found after an apostrophe; -1 within a run of letters."""
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
    """The last letter of its run: it is a word only where it stands alone."""
    if pair["second"] is not None:
        return False
    before = pair.start() - 1
    while before >= 0 and _IS_MARK.match(pair.string, before):
        before -= 1
    return before >= 0 and _IS_PAIRED.match(pair.string, before) is not None
