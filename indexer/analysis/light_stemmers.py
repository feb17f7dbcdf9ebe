"""Stem folded words of languages without a Snowball stemmer, and of Turkish, whose stemmer needs the accents.

Each stemmer removes the endings of nouns and adjectives. Turkish endings are removed one after the other, as the language
adds them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

MIN_STEM_LETTERS: Final = 3

# The longest ending of the list is removed. An ending of one letter may leave two letters (дня), a longer one three.
_ENDINGS: Final = {
    "uk": "ями ами ові еві єві ого його ому ьому ими іми ості істю ий ій ої ою ею єю ів їв ев єв ах ях ам ям ом ем єм их іх ую юю"
    " ння нню ії ію ія ієї ією ями ість а я у ю і ї и е є о ь й",
    "sk": "ovia ami ach ych ymi eho emu iach iam ovi och iou om ov am ie ia iu ej ym y a e i o u",
    "bg": "ищата овете евете ията ище ища ове еве ият ата ята ите ът ят та то те ия ии ий а я о е и ъ",
}
_HEBREW_PLURALS: Final = ("ים", "ות", "ה")
_HEBREW_FINAL: Final = str.maketrans("ךםןףץ", "כמנפצ")

# Folded Turkish endings (ı -> i, ğ -> g, ö -> o) of cases, possession and plural, with the letters that must precede each.
_TURKISH: Final = tuple(
    re.compile(rf"(?<=\w{{{least}}})(?:{endings})$")
    for least, endings in (
        (
            3,
            "(?<=s[iu])n(?:[dt][ea]n?|[iu]n?|[ea])|[dt][ea]n?|(?<=[aeiou])[sy][iu]|n[iu]n|(?<=[aeiou])yl?[ea]|l[ea]|[eaiu]",
        ),
        (3, "(?<=[^aeiou])[iu][mn]?"),
        (3, "[iu]?m[iu]z|[iu]?n[iu]z"),
        (2, "l[ea]r(?:[iu]?(?:m[iu]z|n[iu]z)?)?"),
    )
)
_TURKISH_SHORT: Final = frozenset("ev su is el il gun yil dil yol kiz ad at ay goz soz yer is ek oy".split())
_TURKISH_SHORT_ENDING: Final = re.compile(r"(?:l[ea]r)?(?:[iu](?:n|m|s[iu])?)?(?:n?[dt][ea]n?|n[iu]n?|y?[ea]|[iu]n)?(?:k[iu])?")
_TURKISH_HARD: Final = str.maketrans("bdg", "ptk")
_TURKISH_LOOSE_VOWEL: Final = re.compile(r"(?<=[aeiou][bcdfghjklmnprstvyz])[iu](?=[rnlmz]$)")


def light_stem(word: str, language: str) -> str | None:
    """Return the stem of a folded word; None if there is no light stemmer for the language.

    >>> light_stem("кордонів", "uk"), light_stem("книги", "uk"), light_stem("ספרים", "he"), light_stem("kitaplari", "tr")
    ('кордон', 'книг', 'ספר', 'kitap')
    """
    if language == "tr":
        return _turkish(word)
    if language == "he":
        return _without_ending(word, _HEBREW_PLURALS, MIN_STEM_LETTERS).translate(_HEBREW_FINAL)
    return _without_ending(word, _endings(language), MIN_STEM_LETTERS - 1) if language in _ENDINGS else None


@cache
def _endings(language: str) -> tuple[str, ...]:
    return tuple(sorted(_ENDINGS[language].split(), key=len, reverse=True))


def _without_ending(word: str, endings: tuple[str, ...], least_of_one_letter: int) -> str:
    for ending in endings:
        least = least_of_one_letter if len(ending) == 1 else MIN_STEM_LETTERS
        if word.endswith(ending) and len(word) - len(ending) >= least:
            return word[: -len(ending)]
    return word


def _turkish(word: str) -> str:
    """Return a Turkish stem with a hard last consonant and without a vowel that comes and goes: kitab -> kitap, şehir -> şehr."""
    for length in (2, 3):
        if word[:length] in _TURKISH_SHORT and _TURKISH_SHORT_ENDING.fullmatch(word, length):
            return word[:length]
    for ending in _TURKISH * 2:
        word = ending.sub("", word)
    if len(word) > MIN_STEM_LETTERS:
        word = word[:-1] + word[-1].translate(_TURKISH_HARD)
    return _TURKISH_LOOSE_VOWEL.sub("", word) if len(word) > MIN_STEM_LETTERS else word
