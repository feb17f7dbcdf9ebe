"""Reduce a folded word to its stem in one language.

The folded form is stemmed, not the accented one, so that `societes` and `sociétés` always have the same stem. On pairs of
forms in thirty languages this finds as much as stemming before folding, except Portuguese -ções and French -iée, which
`_REPAIRS` handles. English uses Snowball's `english` (Porter 2), after irregular forms and British spellings have been
replaced. Languages without a Snowball stemmer have a light one.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import Stemmer

from indexer.analysis.english_forms import ALWAYS_ISE, BASES, BRITISH, BRITISH_BEGINNINGS, ENDING, IRREGULAR, ISE, YSE
from indexer.analysis.folding import fold
from indexer.analysis.irregular_forms import base_form
from indexer.analysis.light_stemmers import MIN_STEM_LETTERS, light_stem
from indexer.analysis.stem_rules import after_stemming, before_stemming

# Snowball algorithms by language.
_ALGORITHMS = {
    "ar": "arabic",
    "bs": "serbian",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hr": "serbian",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sl": "serbian",
    "sr": "serbian",
    "sv": "swedish",
}

# Languages in which a stem is stemmed again, at most twice, while three letters remain: the first time leaves an ending that the
# base form loses at once. Measured on pairs of forms: 12 of 70 more find each other, and no other words are joined.
_REPEATED = frozenset({"ar", "da", "es", "hu", "nl", "no", "sv"})
MAX_REPETITIONS: Final = 2
# Folding writes Persian letters as Arabic ones; the Persian stemmer expects its own.
_PERSIAN = str.maketrans("يك", "یک")

# and, in, like, to, from, that, the; in Arabic: and, so, in, to, like
_PREFIXES: Final[dict[str, frozenset[str]]] = {"he": frozenset("ובכלמשה"), "ar": frozenset("وفبلك")}
PREFIXED: Final = frozenset(_PREFIXES)  # languages with such prefixes


class _Stemmers(threading.local):
    """The stemmers of a thread by language, as they are not safe to share. None: a language has none."""

    def __init__(self) -> None:
        self.by_language: dict[str, Stemmer.Stemmer | None] = {}

    def open(self, language: str) -> Stemmer.Stemmer | None:
        algorithm = _ALGORITHMS.get(language)
        # An older PyStemmer may lack an algorithm. Then fewer forms match, which is better than failing.
        is_available = algorithm is not None and algorithm in Stemmer.algorithms()
        # No cache of its own: `term_of` has one.
        stemmer = self.by_language[language] = Stemmer.Stemmer(algorithm, 0) if is_available else None
        return stemmer


_stemmers = _Stemmers()


@lru_cache(maxsize=200_000)
def term_of(surface: str, language: str) -> str:
    """Return the index term of a folded word: "en/migrat"."""
    if surface.isdigit():
        return f"{language}/{surface}"
    by_language = _stemmers.by_language
    stemmer = by_language[language] if language in by_language else _stemmers.open(language)
    if stemmer is not None and language == "en":  # has no other rules
        word = IRREGULAR.get(surface, surface)
        if "is" in word or "ys" in word or word[:3] in BRITISH_BEGINNINGS:  # as in `american`: most calls are saved
            word = american(word)
        stem: str = stemmer.stemWord(word)
        return f"en/{(stem if stem.isascii() else fold(stem)) or word}"
    word = before_stemming(_base_form(surface, language), language)
    if stemmer is None:
        word = light_stem(word, language) or word
    else:
        if language == "fa":
            word = word.translate(_PERSIAN)
        word = fold(stemmer.stemWord(word)) or word
        if language in _REPEATED:
            word = _stemmed_again(word, stemmer)
    return f"{language}/{after_stemming(word, language) or word}"


def _stemmed_again(stem: str, stemmer: Stemmer.Stemmer) -> str:
    for _ in range(MAX_REPETITIONS):
        shorter = fold(stemmer.stemWord(stem))
        if len(shorter) < MIN_STEM_LETTERS:
            break
        stem = shorter
    return stem


def _base_form(surface: str, language: str) -> str:
    if language == "ar" and surface.startswith("ال"):
        return base_form(surface[2:], language) if len(surface) > MIN_STEM_LETTERS + 1 else surface
    return base_form(surface, language)


def american(word: str) -> str:
    """Return the American spelling of a folded word; the word itself if it is not British.

    >>> american("colours"), american("organisation"), american("theatre"), american("travelling"), american("promise")
    ('colors', 'organization', 'theater', 'traveling', 'promise')
    """
    if word[:3] in BRITISH_BEGINNINGS and (match := BRITISH.match(word)) and ENDING.fullmatch(word, match.end()):
        return BASES[match[0]] + word[match.end() :]
    if "is" in word and (match := ISE.fullmatch(word)):
        return word if match[1] in ALWAYS_ISE else f"{match[1]}iz{match[2]}"
    if "ys" in word and (match := YSE.fullmatch(word)):
        return f"{match[1]}yz{match[2]}"
    return word


def without_prefixes(word: str, language: str) -> Iterator[str]:
    """Yield the word without the short words that are written together with it, if enough letters remain.

    >>> list(without_prefixes("הגבול", "he")), list(without_prefixes("border", "en"))
    (['גבול'], [])
    """
    prefixes = _PREFIXES.get(language)
    if prefixes is None:
        return
    for length in (1, 2):
        if len(word) - length < MIN_STEM_LETTERS or word[length - 1] not in prefixes:
            return
        yield word[length:]


# -- accents -------------------------------------------------------------------------------------------------------

_EXACT = "/="  # in terms that keep the accents
_ACCENTED_ENDINGS: Final = frozenset(("el", "es", "it", "pt"))  # languages in which an ending's accent tells words apart: papà
MAX_CHANGED_LETTERS: Final = 1  # at the end of a stem, against the word: pöydä-llä has the stem pöyt
_CEDILLAS: Final = str.maketrans("şţ", "șț")
_TONE_ON_FIRST_VOWEL: Final = re.compile("(o|u(?=.y))([\u0300\u0301\u0303\u0309\u0323])([aey])(?!\\w)")
# Letters that are not accented ones but letters of their own, so that words with them are other words.
OWN_LETTERS: Final = {
    "cs": "čďěňřšťůž",
    "da": "åæø",
    "es": "ñ",
    "et": "õäöü",
    "fi": "åäö",
    "hu": "öőüű",
    "no": "åæø",
    "sk": "čďľňšťž",
    "sv": "åäö",
    "tr": "çğıöşü",
}


def exact_term(written: str, term: str) -> str | None:
    """Return the term of a written word that keeps its accents; None if it has none. `term`: its folded term.

    It is the stem, in some languages the whole word if only its ending has an accent: νόμος (law) is not νομός (district).

    >>> exact_term("Fåret", "da/far"), exact_term("far", "da/far"), exact_term("νομός", "el/νομ")
    ('da/=får', None, 'el/=νομός')
    >>> exact_term("pöydällä", "fi/poyt"), exact_term("hòa", "vi/hoa") == exact_term("hoà", "vi/hoa")
    ('fi/=pöyt', True)
    """
    if written.isascii():
        return None
    language, _, stem = term.partition("/")
    low = _with_usual_marks(unicodedata.normalize("NFC", written.lower()), language)
    accented = _with_accents(stem, low)
    if language == "tr" and accented.endswith("c"):
        accented = accented[:-1] + "ç"  # ağaç, ağacı
    candidates = (accented, low) if language in _ACCENTED_ENDINGS else (accented,)
    exact = next((form for form in candidates if form != fold(form)), None)
    return None if exact is None else f"{language}{_EXACT}{exact}"


def _with_accents(stem: str, low: str) -> str:
    """Return a folded stem with the accents of its word; the whole word if they differ too much (irregular forms)."""
    length = common = 0
    for at in range(1, len(low) + 1):
        folded = fold(low[:at])
        if not stem.startswith(folded):
            break
        length, common = at, len(folded)
        if folded == stem:
            break
    if not common or len(stem) - common > MAX_CHANGED_LETTERS:
        return low
    return low[:length] + stem[common:]


def _with_usual_marks(low: str, language: str) -> str:
    """Return a word in lower case with the marks of the usual spelling, where a language has two for the same letter."""
    if language == "ro":
        return low.translate(_CEDILLAS)
    if language == "vi":  # hòa, hoà
        return unicodedata.normalize("NFC", _TONE_ON_FIRST_VOWEL.sub(r"\1\3\2", unicodedata.normalize("NFD", low)))
    return low


def is_exact(term: str) -> bool:
    """Return whether a term keeps its accents."""
    return _EXACT in term


def has_own_letters(exact: str, term: str) -> bool:
    """Return whether a stem has letters that make it another one than without their marks. `term`: the folded term.

    >>> has_own_letters("da/=får", "da/far"), has_own_letters("tr/=bakanı", "tr/bakan")
    (True, False)
    """
    language, _, stem = exact.partition(_EXACT)
    letters = OWN_LETTERS.get(language, "")
    return any(letter in letters for letter in stem) and f"{language}/{fold(stem)}" == term
