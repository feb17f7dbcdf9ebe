"""Write a word in other ways, without the index: with and without hyphens and dots, in parts, without a Korean particle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from indexer.engines.base import MAX_SPLIT_CHARACTERS

MAX_CHARACTERS = 64
MAX_PARTS = 3
MAX_NUMBER_PARTS = 6
MAX_SPLITS = 12  # of one word that are returned
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'’]\d{3}){1,3}")
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_]){1,7}\.?")
_YEARS = range(1800, 2100)
# Particles that follow a Korean noun, the longest first.
KOREAN_PARTICLES: Final = (
    "에서는 에게서 으로는 으로도 까지도 이라는 에서도 이라고 에서 에게 으로 까지 부터 처럼 보다 이나 이라 에는 에도 한테"
    " 께서 마다 조차 밖에 라고 라는 은 는 이 가 을 를 의 에 와 과 도 로 만".split()
)
_HANGUL: Final = re.compile("[\uac00-\ud7a3]{3,}")


def spelling_variants(text: str, parts: Sequence[str]) -> Iterator[str]:
    """Yield the word with its parts joined, or its letters and digits, or thousands, apart. `parts`: its folded words.

    >>> list(spelling_variants("covid19", ["covid19"])), list(spelling_variants("COVID-19", ["covid", "19"]))
    (['covid-19'], ['covid19'])
    >>> list(spelling_variants("20000", ["20000"])), list(spelling_variants("Wi-Fi", ["wi", "fi"]))
    (['20-000'], ['wifi'])
    """
    if len(text) > MAX_CHARACTERS or (len(parts) == 1 and text.isalpha()):
        return
    variant = "-".join(_apart(parts[0])) if len(parts) == 1 else _together(text, parts)
    if variant and variant != parts[0]:
        yield variant


def splits(surface: str, is_indexed: Callable[[str], bool]) -> list[tuple[str, ...]]:
    """Return how a word that no document contains can be written as words that documents contain, with the fewest first.

    Words of letters have two parts; numbers and mixed words, as phone numbers and ISBNs, have several.

    >>> splits("wifi", {"wi", "fi", "w"}.__contains__)
    [('wi', 'fi')]
    """
    if not 3 <= len(surface) <= MAX_SPLIT_CHARACTERS:
        return []
    most = 2 if surface.isalpha() else MAX_NUMBER_PARTS
    complete: list[tuple[str, ...]] = []
    pending: list[tuple[tuple[str, ...], str]] = [((), surface)]
    for _ in range(2_000):
        if not pending or len(complete) >= MAX_SPLITS:
            break
        parts, rest = pending.pop(0)
        if parts and is_indexed(rest):
            complete.append((*parts, rest))
        if len(parts) < most - 1:
            pending += [((*parts, rest[:at]), rest[at:]) for at in range(1, len(rest)) if is_indexed(rest[:at])]
    return complete


def are_initials(text: str) -> bool:
    """Return whether a word has a dot after each letter, except perhaps the last.

    >>> are_initials("O.P.E.C."), are_initials("U.S"), are_initials("Ph.D.")
    (True, True, False)
    """
    return _INITIALS.fullmatch(text) is not None


def _apart(surface: str) -> list[str]:
    if not surface.isdigit():
        parts = _LETTERS_OR_DIGITS.findall(surface)
        return parts if len(parts) <= MAX_PARTS and "".join(parts) == surface else []
    if not 4 <= len(surface) <= 12 or surface[0] == "0" or (len(surface) == 4 and int(surface) in _YEARS):
        return []
    first = len(surface) % 3 or 3
    return [surface[:first], *(surface[at : at + 3] for at in range(first, len(surface), 3))]


def _together(text: str, parts: Sequence[str]) -> str:
    if are_initials(text):
        return "".join(parts)
    kinds = [part.isdigit() for part in parts]
    alternate = len(parts) <= MAX_PARTS and all(a != b for a, b in pairwise(kinds))
    is_word = not any(kinds) and len(parts) <= MAX_PARTS
    return "".join(parts) if alternate or is_word or _THOUSANDS.fullmatch(text) else ""


def korean_noun(text: str) -> str | None:
    """Return a Korean word without its particle; None if it has none, or if less than two syllables would be left.

    >>> korean_noun("학교에서"), korean_noun("대통령")
    ('학교', None)
    """
    if not _HANGUL.fullmatch(text):
        return None
    particle = next((each for each in KOREAN_PARTICLES if text.endswith(each) and len(text) - len(each) >= 2), None)
    return text.removesuffix(particle) if particle else None
