"""Recognise a byline: a line above a text that only names its author or its date. Pure.

Figures, results, datelines and short sentences are text, so every part of the line must be an author or a date.
"""

from __future__ import annotations

import re
from typing import Final

from indexer.dates import parse_date
from indexer.dates.date_words import fold, months_named, weekdays_named

MAX_BYLINE_CHARACTERS: Final = 160
MAX_NAME_WORDS: Final = 9  # in the names of the authors, with their role
_PARTS = re.compile(r"\s*[|•·\n]\s*|\s+[–—/-]\s+|\s*;\s*")
_LABEL = re.compile(
    r"^(?:(?:first |last )?(?:published|updated|posted|modified|created|edited|reviewed|written|date|on|at|am|um|le|el|il|op|den"
    r"|veröffentlicht|aktualisiert|zuletzt aktualisiert|stand|erstellt|publié|mis à jour|modifié|publicado|actualizado|atualizado"
    r"|pubblicato|aggiornato|gepubliceerd|bijgewerkt|opublikowano|aktualizacja|publicerad|uppdaterad|publisert|oppdatert|julkaistu"
    r"|päivitetty|опубликовано|обновлено|опубліковано|оновлено)\b\s*[:：]?\s*)+",
    re.I,
)
_AUTHOR = re.compile(
    r"^(?:by|von|par|por|di|door|av|af|oleh|автор|written by|words by|story by|text by|posted by|reported by|authors?"
    r"|autor(?:en|a)?|auteurs?|autor[ei]|text|foto e testo)\s*[:：]?\s+(?P<name>\S.*)$",
    re.I,
)
_SHORT_MONTH = re.compile(r"^([A-Z][a-z]{2})[a-z]?\.(?=\1[a-z])")  # "Nov.November 18": one of the two for small screens
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?(?:\s?(?:[A-Z]{2,5}|uhr|h))?", re.I)
_READING_TIME = re.compile(
    r"\d+\s?(?:min(?:ute)?s?\.?)\s?(?:read|lesezeit|de lecture|de lectura)?|reading time:? \d+ ?min\w*", re.I
)
_RELATIVE = re.compile(
    r"(?:(?:about )?\d+ (?:minute|hour|day|week|month|year)s? ago|vor \d+ \w+|il y a \d+ \w+|hace \d+ \w+)", re.I
)
_PARTICLES: Final = frozenset(
    "and und et y e och og en & with mit von van der den de da dos del di la le bin al ter zu vom".split()
)


def is_byline(text: str) -> bool:
    """Return whether a line only names an author or a date.

    >>> [is_byline(line) for line in ("By Ann Lee", "Updated: 12 May 2020 | 10:15", "By nightfall 200 left", "Shr 1.21 vs 1.09")]
    [True, True, False, False]
    """
    if not 0 < len(text) <= MAX_BYLINE_CHARACTERS:
        return False
    kinds = [_kind(part) for part in _PARTS.split(text) if part.strip()]
    return all(kinds) and any(kind in ("author", "date") for kind in kinds)


def _kind(part: str) -> str:
    """Return what a part of a byline is: "author", "date", "time", "label", or "" for anything else."""
    rest = _SHORT_MONTH.sub("", _LABEL.sub("", part).strip(" ,:"))
    if not rest or _READING_TIME.fullmatch(rest):
        return "label"
    if _CLOCK.fullmatch(rest):
        return "time"
    if parse_date(rest) or _RELATIVE.fullmatch(rest):
        return "date"
    match = _AUTHOR.match(rest)
    return "author" if match and _is_author(match["name"]) else ""


def _is_author(text: str) -> bool:
    """Return whether a text is a name, perhaps with a role and a date after it."""
    words = text.split()
    for start in range(1, min(len(words), MAX_NAME_WORDS) + 1):
        after = " ".join(words[start:])
        if start < len(words) and (parse_date(_LABEL.sub("", after).strip(" ,:")) or _RELATIVE.fullmatch(after)):
            words = words[:start]
            break
    name, _, role = " ".join(words).partition(",")
    return len(words) <= MAX_NAME_WORDS and not any(letter in ".!?" for letter in role) and _is_name(name.split())


def _is_name(words: list[str]) -> bool:
    if not words or any(map(str.isdigit, "".join(words))):
        return False
    folded = fold(words[0].strip(",;"))
    if months_named(folded) == frozenset() and weekdays_named(folded) == frozenset():
        return all(word[:1].isupper() or word.casefold() in _PARTICLES or not word[:1].isascii() for word in words)
    return len(words) > 1 and all(word[:1].isupper() for word in words)
