"""Look up the month or the weekday that a word names, in the language of a text if that is known."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from indexer.dates.month_names import MONTH_NAMES
from indexer.dates.weekday_names import WEEKDAY_NAMES

PREFIX_LETTERS: Final = 3  # of a month's name: programs abbreviate to that many in every language
# Norwegian has two written forms, and Bosnian and Serbian are written in two scripts.
_RELATED: Final = {
    "no": ("nb", "nn"),
    "sr": ("sr", "sr-latn"),
    "sh": ("sr-latn", "hr"),
    "iw": ("he",),
    "in": ("id",),
    "tl": ("fil",),
}

Names = Mapping[str, Mapping[str, frozenset[int]]]  # by folded word, by language: the numbers of months or days


def fold(word: str) -> str:
    """Return a word in lower case without accents, dots and joiners.

    >>> fold("Août"), fold("ส.ค."), fold("KASIM")
    ('aout', 'สค', 'kasim')
    """
    plain = word.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFD", plain.replace("ı", "i").replace("\u200c", "").replace("׳", ""))
        plain = unicodedata.normalize("NFC", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    return plain.replace(".", "")


def months_named(word: str, languages: tuple[str, ...] = ()) -> frozenset[int]:
    """Return the months that a folded word may name; several if languages disagree and none of `languages` decides.

    >>> months_named("marraskuuta"), months_named("listopada"), months_named("listopada", ("pl",))
    (frozenset({11}), frozenset({10, 11}), frozenset({11}))
    """
    names = _numbers(_months(), word, languages)
    if not names or not languages or any(code in _months()[word] for code in languages):
        return names or _numbers(_month_prefixes(), word, languages)
    # Another language's name may be an abbreviation here: "mar" is March, but may stand for marraskuu, November, in Finnish.
    return names | frozenset(number for code in languages for number in _own_prefixes().get((code, word), ()))


def weekdays_named(word: str, languages: tuple[str, ...] = ()) -> frozenset[int]:
    """Return the weekdays (Monday is 0) that a folded word, or a word of a longer name, may stand for."""
    return _numbers(_weekdays(), word, languages)


def language_codes(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the languages of the tables for language tags such as "pt-BR" or "nb_NO"."""
    codes: list[str] = []
    for tag in tags:
        base = tag.lower().replace("_", "-").partition("-")[0].strip()
        codes += _RELATED.get(base, (base,))
    return tuple(dict.fromkeys(code for code in codes if code in MONTH_NAMES))


def _numbers(names: Names, word: str, languages: tuple[str, ...]) -> frozenset[int]:
    by_language = names.get(word)
    if by_language is None:
        return frozenset()
    own = [by_language[code] for code in languages if code in by_language]
    return frozenset().union(*(own or by_language.values()))


@lru_cache(maxsize=1)
def _months() -> Names:
    return _index((code, number, name) for code, number, forms in _rows(MONTH_NAMES, 1) for name in forms)


@lru_cache(maxsize=1)
def _month_prefixes() -> Names:
    """Return the first letters of the months' names, where they differ within a language and are not a name themselves."""
    known = _months()
    return _index((code, min(months), name) for (code, name), months in _own_prefixes().items() if name not in known)


@lru_cache(maxsize=1)
def _own_prefixes() -> Mapping[tuple[str, str], set[int]]:
    """Return the first letters of the months' names that stand for one month in their language."""
    starts: dict[tuple[str, str], set[int]] = defaultdict(set)
    for code, number, forms in _rows(MONTH_NAMES, 1):
        for start in {form[:PREFIX_LETTERS] for form in forms if len(form) > PREFIX_LETTERS}:
            starts[code, start].add(number)
    return {key: months for key, months in starts.items() if len(months) == 1}


@lru_cache(maxsize=1)
def _weekdays() -> Names:
    return _index((code, number, name) for code, number, forms in _rows(WEEKDAY_NAMES, 0) for name in forms)


def _rows(table: Mapping[str, str], first: int) -> Iterator[tuple[str, int, list[str]]]:
    for code, names in table.items():
        for number, forms in enumerate(names.split("|"), first):
            yield code, number, forms.split()


def _index(entries: Iterator[tuple[str, int, str]]) -> Names:
    index: dict[str, dict[str, frozenset[int]]] = {}
    for code, number, name in entries:
        languages = index.setdefault(name, {})
        languages[code] = languages.get(code, frozenset()) | {number}
    return index
