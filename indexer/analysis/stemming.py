"""Reduce a folded word to its stem in one language.

The folded form is stemmed, not the accented one, so that `societes` and `sociétés` always have the same stem. On 60
inflected pairs in nine languages this finds what stemming before folding finds, except Portuguese -ções and French -iée,
which `_REPAIRS` handles. English uses Snowball's `english` (Porter 2): it conflates migrate/migration, border(s) and
employee(s) as `porter` does, and keeps news/new, sky/ski and university/universe apart.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache

import Stemmer

from indexer.analysis.folding import fold

# Snowball algorithms by language.
_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
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
    "sv": "swedish",
    "tr": "turkish",
}

# Endings that a stemmer does not recognise without their accents.
_REPAIRS = {
    "pt": (re.compile(r"(?<=\w\w)(?:oes|aes)$"), "ao"),  # migrações, alemães
    "fr": (re.compile(r"iees?$"), "ie"),  # réfugiée(s)
}

_local = threading.local()  # Stemmer objects are not thread safe


def _stemmer(language: str) -> Stemmer.Stemmer | None:
    stemmers: dict[str, Stemmer.Stemmer | None] = _local.__dict__.setdefault("stemmers", {})
    if language not in stemmers:
        algorithm = _ALGORITHMS.get(language)
        # An older PyStemmer may lack an algorithm. Then fewer forms match, which is better than failing.
        known = algorithm is not None and algorithm in Stemmer.algorithms()
        # No cache of its own: `term_of` has one.
        stemmers[language] = Stemmer.Stemmer(algorithm, 0) if known else None
    return stemmers[language]


@lru_cache(maxsize=200_000)
def term_of(surface: str, language: str) -> str:
    """Return the index term of a folded word: "en/migrat"."""
    stemmer = _stemmer(language)
    if stemmer is None or surface.isdigit():
        return f"{language}/{surface}"
    repair = _REPAIRS.get(language)
    word = repair[0].sub(repair[1], surface) if repair else surface
    return f"{language}/{fold(stemmer.stemWord(word)) or surface}"


# -- umlauts written as two letters ------------------------------------------------------------------------------------

# In German, ae, oe and ue stand for ä, ö and ü except after a vowel (neue, Frauen) and q.
_GERMAN_DIGRAPH = re.compile(r"(?<![aeiouyq])([aou])e")
# Elsewhere only inside a word, before a consonant and at least one more letter other than a plural s: Zuerich, Goethe,
# Mueller; not value, issues, poets, shoes, Boeing, cœur. "ues" and "uest" are left alone (guest, truest, venues).
_FOREIGN_DIGRAPH = re.compile(r"(?<=[bcdfghjklmnprstvwxz])([ao]e|ue(?!st?s?$|st))(?=[bcdfghjklmnpqrstvwxz](?!s?$))")
# Languages in which these pairs of letters are common, so that folding them would join other words: goed/god, puede/pude.
_NO_DIGRAPHS = frozenset({"nl", "es", "pt", "it", "ca", "et", "fi", "ro", "hi", "ar"})


def without_digraphs(surface: str, language: str) -> str | None:
    """Return `zurich` for `zuerich`: the folded form with umlauts, if the letters can stand for umlauts."""
    # Few words have such letters. The others need no place in the cache.
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
