"""Other spellings of a word with digits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

MAX_CHARACTERS = 64
MAX_PARTS = 3
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'’]\d{3}){1,3}")
_YEARS = range(1800, 2100)


def spelling_variant(text: str, parts: Sequence[str]) -> str:
    """Return the word with its letters and digits, or its thousands, written apart or together; "" if there is none.

    `parts` are the folded words of `text`.

    >>> spelling_variant("covid19", ["covid19"]), spelling_variant("COVID-19", ["covid", "19"])
    ('covid-19', 'covid19')
    >>> spelling_variant("20000", ["20000"]), spelling_variant("20,000", ["20", "000"])
    ('20-000', '20000')
    """
    if text.isalpha() or len(text) > MAX_CHARACTERS:
        return ""
    variant = "-".join(_apart(parts[0])) if len(parts) == 1 else _together(text, parts)
    return variant if variant != parts[0] else ""


def _apart(surface: str) -> list[str]:
    if not surface.isdigit():
        parts = _LETTERS_OR_DIGITS.findall(surface)
        return parts if len(parts) <= MAX_PARTS and "".join(parts) == surface else []
    if not 4 <= len(surface) <= 12 or surface[0] == "0" or (len(surface) == 4 and int(surface) in _YEARS):
        return []
    first = len(surface) % 3 or 3
    return [surface[:first], *(surface[at : at + 3] for at in range(first, len(surface), 3))]


def _together(text: str, parts: Sequence[str]) -> str:
    kinds = [part.isdigit() for part in parts]
    alternate = len(parts) <= MAX_PARTS and all(a != b for a, b in pairwise(kinds))
    return "".join(parts) if alternate or _THOUSANDS.fullmatch(text) else ""
