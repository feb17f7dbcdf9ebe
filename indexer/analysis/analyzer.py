"""How text becomes terms: the same for every engine, for queries and for snippets.

    text -> words with offsets -> surface (folded) -> term (language and stem)

- A term contains its language, "en/migrat". A document is analysed in its own language, a query word in all that apply.
- Words are runs of letters and digits. King-Grubert, COVID-19 and 3.5 are two words each, at consecutive positions. C++ and C#
  are both the word c; terms with symbols are indexed in addition (`indexer.analysis.symbol_terms`).
  French elisions (l'Europe) and English 's are dropped. Other apostrophes vanish (don't -> dont).
- Scripts without spaces, and Hangul, become overlapping pairs of letters; a single letter alone is a term. Where an extra is
  installed, Japanese, Chinese and Thai are indexed by words as well, "ja/~食べる" (`indexer.analysis.segmentation`).
- In Korean the pair after the first syllable of a run has a term of its own, "ko/-국가": most words have two syllables or
  more, so none begins there, and 국가 does not find 한국가수.
- Stop words are not indexed but leave a gap in the positions. In capitals they are names and are indexed (WHO, US, IT).
- A word with accents also has a term that keeps them, "da/=får", to prefer exact forms.
- Zuerich is also indexed as zurich, see `without_digraphs`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from indexer.analysis import segmentation, symbol_terms
from indexer.analysis.folding import MARKS, PAIRED, fold
from indexer.analysis.stemming import PREFIXED, exact_term, term_of, without_prefixes
from indexer.analysis.stopwords import MEANINGFUL_ELSEWHERE, STOP_WORDS
from indexer.lazy_regex import later
from indexer.model import QueryToken

__all__ = ["ANALYSIS_VERSION", "QueryToken", "Token", "analyze", "fold", "query_terms", "terms_of_surface"]

# Raise the first number whenever the same text may give other terms, so that older indexes are reported as outdated. The second
# tells which extras cut texts into words.
ANALYSIS_VERSION = 5 + 1_000 * segmentation.installed_mask()

MAX_WORD = 64  # characters; longer runs are encoded data or addresses

_LETTER = rf"[^\W_{PAIRED}]"
_RUN = rf"{_LETTER}+(?:[{MARKS}]+{_LETTER}*)*"
WORDS = later(rf"[{PAIRED}][{PAIRED}{MARKS}]*|{_RUN}(?:['’ʼ]{_RUN})*")
ASCII_WORDS = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*")
_PAIRED_RUN = later(rf"[{PAIRED}]")
# One written letter of the paired scripts: a decomposed Hangul syllable, or a letter with its marks.
_PAIRED_LETTER_PATTERN = rf"[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[{PAIRED}][{MARKS}]*|[{MARKS}]"
_PAIRED_LETTER = later(_PAIRED_LETTER_PATTERN)
_TWO_LETTERS = later(rf"(?:{_PAIRED_LETTER_PATTERN}){{2}}")
_MARKS = later(f"[{MARKS}]")
_APOSTROPHES = re.compile("['’ʼ]")
_NOT_IN_WORDS = re.compile(r"[\s!-/:-@\[-`{-~\u2044\u2215]+")  # compatibility forms such as ½, ﷺ and ⒈ can contain them

_ELISIONS = frozenset(
    "l d j m n s t c qu jusqu lorsqu puisqu quoiqu presqu"  # French
    " dell nell all sull dall un quest quell gl".split()  # Italian
)
_MAX_ELISION = max(map(len, _ELISIONS))


class Token(NamedTuple):
    """A word of a text. `text[start:end]` is how it is written there."""

    term: str
    surface: str
    position: int
    start: int
    end: int


def analyze(text: str, language: str) -> Iterator[Token]:
    """Yield the indexed words of a text in order: two at the same position if a word has two readings."""
    at = position = 0
    for match in (ASCII_WORDS if text.isascii() else WORDS).finditer(text):
        tokens, positions = chunk_tokens(match[0], language)
        at = match.start()
        for token in tokens:
            yield Token(token.term, token.surface, position + token.position, at + token.start, at + token.end)
        position += positions


def term_counts(text: str, language: str) -> Counter[str]:
    """Return how often each term occurs in a text. Each different word is analysed once."""
    counts: Counter[str] = Counter()
    for chunk, count in Counter(chunks(text)).items():
        if chunk.isascii() and chunk.isalnum() and len(chunk) <= MAX_WORD:
            for term, _ in forms_of(chunk, language):
                counts[term] += count
        else:
            for token in chunk_tokens(chunk, language)[0]:
                counts[token.term] += count
    return counts


def query_terms(word: str, languages: Iterable[str]) -> tuple[QueryToken, ...]:
    """Return the words of a part of a query, each with its terms in all of `languages`, the most frequent language first."""
    return _query_terms(word, _different(tuple(languages)))


@lru_cache(maxsize=1_000)
def _different(languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return one object for equal languages, as all cached words refer to it."""
    return tuple(dict.fromkeys(languages))


@lru_cache(maxsize=20_000)
def _query_terms(word: str, languages: tuple[str, ...]) -> tuple[QueryToken, ...]:
    tokens = []
    pieces = word.split()
    if word.isascii() and "".join(pieces).isalnum():  # most words and phrases: the same in a third of the time
        for position, piece in enumerate(pieces):
            if len(piece) <= MAX_WORD:
                surface = piece.lower()
                terms, stop = terms_of_surface(surface, languages), _is_stop(surface, languages)
                tokens.append(QueryToken(terms, surface, position, stop, piece))
        return tuple(tokens)
    for position, start, end in _words(word):
        written = word[start:end]
        surface = surface_of(written)
        if surface:
            terms, stop = terms_of_surface(surface, languages), _is_stop(surface, languages)
            if _is_hangul_pair(surface) and not (start and is_paired_run(word[start - 1 : start + 1])):
                terms = tuple(term for term in terms if not is_inner(term))  # the query begins here
            tokens.append(QueryToken(terms, surface, position, stop, written))
    return tuple(tokens)


def only_term(surface: str, language: str) -> str | None:
    """Return the only term that `query_terms` has for a word in one language; None for a stop word and a word with several terms.

    `surface` consists of ASCII letters and digits in lower case.
    """
    if surface in STOP_WORDS.get(language, ()) or without_digraphs(surface, language) is not None or len(surface) > MAX_WORD:
        return None
    return term_of(surface, language)


def terms_of_surface(form: str, languages: Iterable[str]) -> tuple[str, ...]:
    """Return the terms of a folded word in these languages, without repetition."""
    terms: dict[str, None] = {}
    for language in languages:
        terms[term_of(form, language)] = None
        if not form.isascii() and _is_hangul_pair(form):
            terms[inner_term(form, language)] = None
        other = without_digraphs(form, language)
        if other is not None:
            terms[term_of(other, language)] = None
        if language in PREFIXED:
            for rest in without_prefixes(form, language):
                terms[term_of(rest, language)] = None
    return tuple(terms)


def forms_uncached(written: str, language: str) -> tuple[tuple[str, str], ...]:
    """Return the (term, surface) pairs under which a written word is indexed: none for a stop word, two for Zuerich."""
    surface = surface_of(written)
    if _is_left_out(written, surface, language):
        return ()
    if written[0] == symbol_terms.MARK and (sign := symbol_terms.decoded(written)):
        return ((segmentation.word_term(sign, language), sign),)
    first = (term_of(surface, language), surface)
    if language in ("da", "de", "no") or written[0].isupper():
        other = without_digraphs(surface, language)
        if other is not None and (term := term_of(other, language)) != first[0]:
            return first, (term, other)
    if language in PREFIXED:
        rests = [(term_of(rest, language), rest) for rest in without_prefixes(surface, language)]
        return first, *[pair for pair in rests if pair[0] != first[0]]
    if not written.isascii() and not _PAIRED_RUN.match(written):
        exact = exact_term(written, first[0])
        if exact is not None:
            return first, (exact, surface)
    return (first,)


def ignore_case(words: Sequence[str], language: str) -> bool:
    """Return whether words in ASCII letters and digits, in lower case, have the same terms however they are capitalised.

    Capitals matter to `forms_uncached` in stop words, which may be names, and in letters that may stand for an umlaut.
    """
    stop_words = STOP_WORDS.get(language)
    if stop_words is not None and not stop_words.isdisjoint(words):
        return False
    letters = " ".join(words)
    if not ("ue" in letters or "oe" in letters or "ae" in letters or "aa" in letters):  # most words
        return True
    return not any(without_digraphs(word, language) for word in words)


def is_left_out(written: str, language: str) -> bool:
    """Return whether a written word is not indexed: a stop word, or only invisible characters."""
    return _is_left_out(written, surface_of(written), language)


def _is_left_out(written: str, surface: str, language: str) -> bool:
    if not surface:
        return True
    stops = STOP_WORDS.get(language)
    return stops is not None and surface in stops and not (len(written) > 1 and written.isupper())


# Cached, because an index is written word by word. Callers that cache the result themselves use `forms_uncached`.
forms_of = lru_cache(maxsize=200_000)(forms_uncached)


@lru_cache(maxsize=200_000)
def surface_of(written: str) -> str:
    """Return the folded form of one word."""
    if written.isascii():
        return written.lower().replace("'", "")
    return _NOT_IN_WORDS.sub("", fold(written))


def _is_stop(surface: str, languages: tuple[str, ...]) -> bool:
    if not languages:
        return False
    if surface in STOP_WORDS.get(languages[0], ()):
        return True
    if len(languages) == 1 or surface in MEANINGFUL_ELSEWHERE:
        return False
    return any(surface in STOP_WORDS.get(each, ()) for each in languages)


_INNER_MARK = "/-"
_HANGUL_PREFIXES = frozenset("신구전현부총재반비친탈대소고저")  # new, former, vice, anti-, …: a word may begin after them


def _is_hangul_pair(surface: str) -> bool:
    return len(surface) == 2 and "\uac00" <= surface[0] <= "\ud7a3" and "\uac00" <= surface[1] <= "\ud7a3"


def inner_term(pair: str, language: str) -> str:
    """Return the term of a pair of syllables after the first one of a Korean run, where no word begins: 국가 in 한국가수."""
    return f"{language}{_INNER_MARK}{pair}"


def is_inner_pair(text: str, start: int) -> bool:
    """Return whether a pair of letters that starts here is one of Korean syllables where no word begins, see `inner_term`."""
    first = letter_before(text, start)
    if first < 0 or not "\uac00" <= text[first] <= "\ud7a3" or text[first] in _HANGUL_PREFIXES:
        return False
    before = letter_before(text, first)
    pair = _TWO_LETTERS.match(text, start)
    return (before < 0 or not _PAIRED_RUN.match(text, before)) and pair is not None and _is_hangul_pair(surface_of(pair[0]))


def letter_before(text: str, at: int) -> int:
    """Return where the letter before another one is; -1 if there is none."""
    at -= 1
    while at >= 0 and _MARKS.match(text, at):
        at -= 1
    return at


def is_inner(term: str) -> bool:
    """Return whether a term is that of a pair of syllables where no word begins."""
    return _INNER_MARK in term


def is_paired_letter(surface: str) -> bool:
    """Return whether this is a single letter of a script that is indexed in pairs."""
    return bool(_PAIRED_RUN.match(surface)) and _PAIRED_LETTER.fullmatch(surface) is not None


def chunks(text: str) -> list[str]:
    """Return the runs of letters and digits of a text, as written, for `chunk_tokens`. This runs in C."""
    return (ASCII_WORDS if text.isascii() else WORDS).findall(text)


def chunk_tokens(chunk: str, language: str) -> tuple[list[Token], int]:
    """Return the tokens of one run, and how many positions it takes.

    `analyze` does the same for whole texts. An index calls this once for each different run, as texts repeat their words.
    """
    if chunk.isascii() and chunk.isalnum() and len(chunk) <= MAX_WORD:  # most are
        return [Token(term, surface, 0, 0, len(chunk)) for term, surface in forms_of(chunk, language)], 1
    words, positions = _words_of(chunk)
    tokens = [
        Token(term, surface, position, start, end)
        for position, start, end in words
        for term, surface in forms_of(chunk[start:end], language)
    ]
    if chunk.isascii():
        return tokens, positions
    if len(words) > 1 and words[1][0] == 1 and "\uac00" <= chunk[0] <= "\ud7a3" and chunk[0] not in _HANGUL_PREFIXES:
        tokens = [
            token._replace(term=inner_term(token.surface, language))
            if token.position == 1 and _is_hangul_pair(token.surface)
            else token
            for token in tokens
        ]
    if segmentation.is_installed(language) and _PAIRED_RUN.match(chunk):
        tokens += segmented(chunk, language)
        tokens.sort(key=lambda token: token.position)
    return tokens, positions


def segmented(run: str, language: str, *, query: bool = False) -> Iterator[Token]:
    """Yield the words of a run of letters without spaces. Their positions are those of their first letters."""
    words, positions = _words_of(run)
    places = {start: position for position, start, _ in words}
    for start, end, base in segmentation.segment(run, language, query=query):
        is_last_letter = bool(words) and start > words[-1][1]
        if (start in places or is_last_letter) and end - start <= MAX_WORD:
            written = surface_of(run[start:end])
            yield Token(segmentation.word_term(base, language), written, places.get(start, positions), start, end)


def is_paired_run(text: str) -> bool:
    """Return whether a text is one run of letters of a script that is indexed in pairs."""
    return not text.isascii() and bool(_PAIRED_RUN.match(text)) and WORDS.fullmatch(text) is not None


def _words(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield position, start and end of each word, including stop words."""
    position = 0
    for match in (ASCII_WORDS if text.isascii() else WORDS).finditer(text):
        at = match.start()
        words, positions = _words_of(match[0])
        for offset, start, end in words:
            yield position + offset, at + start, at + end
        position += positions


def _words_of(chunk: str) -> tuple[list[tuple[int, int, int]], int]:
    """Return position, start and end of each word of a run, and how many positions it takes."""
    if chunk.isalnum() and (chunk.isascii() or not _PAIRED_RUN.match(chunk)):
        return ([(0, 0, len(chunk))] if len(chunk) <= MAX_WORD else []), 1
    if _PAIRED_RUN.match(chunk):
        pairs = list(_pairs(chunk, 0, len(chunk)))
        return [(position, start, end) for position, (start, end) in enumerate(pairs)], len(pairs)
    if not _APOSTROPHES.search(chunk):
        return ([(0, 0, len(chunk))] if len(chunk) <= MAX_WORD else []), 1
    parts = list(cut_at_apostrophes(chunk))
    return [(i, start, end) for i, (start, end) in enumerate(parts) if end - start <= MAX_WORD], len(parts)


def _pairs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    previous: tuple[int, int] | None = None
    lonely = True
    for match in _PAIRED_LETTER.finditer(text, start, end):
        if previous is not None:
            yield previous[0], match.end()
            lonely = False
        previous = match.span()
    if previous is not None and lonely:
        yield previous


def cut_at_apostrophes(word: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a word: Europe for l'Europe and Europe's. O'Brien and don't stay whole. The rest takes no position."""
    start = 0
    end = len(word)
    if len(word) > 2 and word[-1] in "sS" and word[-2] in "'’ʼ":
        end -= 2
    for apostrophe in _APOSTROPHES.finditer(word, 0, end):
        at = apostrophe.start()
        # Comparing the length first keeps this linear. Without it a page of a'a'a'a… took 1.2 s for 80,000 characters, and
        # 16 times as long for four times as many.
        if at - start <= _MAX_ELISION and word[start:at].lower() in _ELISIONS:
            start = apostrophe.end()
    if start < end:
        yield start, end


# -- umlauts written as two letters ------------------------------------------------------------------------------------

# In German, ae, oe and ue stand for ä, ö and ü except after a vowel (neue, Frauen) and q.
_GERMAN_DIGRAPH = re.compile(r"(?<![aeiouyq])([aou])e")
# Elsewhere only inside a word, before a consonant and at least one more letter other than a plural s: Zuerich, Goethe,
# Mueller; not value, issues, poets, shoes, Boeing, cœur. "ues" and "uest" are left alone (guest, truest, venues).
_FOREIGN_DIGRAPH = re.compile(r"(?<=[bcdfghjklmnprstvwxz])([ao]e|ue(?!st?s?$|st))(?=[bcdfghjklmnpqrstvwxz](?!s?$))")
# Languages in which these pairs of letters are common, so that folding them would join other words: goed/god, puede/pude.
_NO_DIGRAPHS = frozenset({"nl", "es", "pt", "it", "ca", "et", "fi", "ro", "hi", "ar"})
_AA_LANGUAGES = frozenset({"da", "no"})  # aa is an older spelling of å


def without_digraphs(surface: str, language: str) -> str | None:
    """Return `zurich` for `zuerich` and, in Danish, `arhus` for `aarhus`: one letter where two stand for it."""
    # Few words have such letters. The others need no place in the cache.
    if language in _AA_LANGUAGES and "aa" in surface:
        return surface.replace("aa", "a")
    return _without_digraphs(surface, language) if "ue" in surface or "oe" in surface or "ae" in surface else None


@lru_cache(maxsize=50_000)
def _without_digraphs(surface: str, language: str) -> str | None:
    if len(surface) < 4 or not surface.isascii():
        return None
    if language == "de":
        plain = _GERMAN_DIGRAPH.sub(r"\1", surface)
    elif len(surface) >= 5 and language not in _NO_DIGRAPHS:
        plain = _FOREIGN_DIGRAPH.sub(lambda match: match[0][0], surface)
        if surface.startswith("oesterr"):
            plain = plain[0] + plain[2:]
    else:
        return None
    return plain if plain != surface else None
