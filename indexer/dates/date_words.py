"""Look up what a word of a date names: a month or a weekday, in the language of its text if that is known, or a time zone."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from indexer.dates.month_names import MONTH_NAMES
from indexer.dates.weekday_names import WEEKDAY_NAMES

PREFIX_LETTERS: Final = 3  # of a month's name: programs abbreviate to that many in every language
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
    whole_names = _months()
    return _index((code, min(months), name) for (code, name), months in _own_prefixes().items() if name not in whole_names)


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


# -- time zones --------------------------------------------------------------------------------------------------------
# Hours ahead of UTC. RFC 822 defines the American ones. An abbreviation with several meanings has the one that is most frequent
# in feeds, such as IST in India and CST in North America.
_HOURS: Final = {
    "UT": 0, "UTC": 0, "GMT": 0, "WET": 0,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5,
    "BRT": -3, "BRST": -2, "ART": -3, "UYT": -3, "CLT": -4, "CLST": -3, "COT": -5, "PET": -5, "VET": -4,
    "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "MEZ": 1, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "МСК": 3, "MSD": 4, "TRT": 3, "SAST": 2, "CAT": 2, "WAT": 1, "EAT": 3,
    "IRST": 3.5, "GST": 4, "PKT": 5, "IST": 5.5, "NPT": 5.75, "BDT": 6, "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9,
    "SGT": 8, "HKT": 8, "PHT": 8, "MYT": 8, "JST": 9, "KST": 9,
    "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip
# What American sites write all year: the offset is that of the day.
_REGIONS: Final = {
    "ET": "America/New_York", "EASTERN TIME": "America/New_York", "CT": "America/Chicago", "CENTRAL TIME": "America/Chicago",
    "MOUNTAIN TIME": "America/Denver", "PT": "America/Los_Angeles", "PACIFIC TIME": "America/Los_Angeles",
}  # fmt: skip
# The English names of CLDR and of Java for the abbreviations above.
_LONG_NAMES: Final = {
    "EASTERN STANDARD TIME": "EST", "EASTERN DAYLIGHT TIME": "EDT", "CENTRAL STANDARD TIME": "CST",
    "CENTRAL DAYLIGHT TIME": "CDT",
    "MOUNTAIN STANDARD TIME": "MST", "MOUNTAIN DAYLIGHT TIME": "MDT", "PACIFIC STANDARD TIME": "PST",
    "PACIFIC DAYLIGHT TIME": "PDT", "GREENWICH MEAN TIME": "GMT", "COORDINATED UNIVERSAL TIME": "UTC",
    "BRITISH SUMMER TIME": "BST",
    "CENTRAL EUROPEAN TIME": "CET", "CENTRAL EUROPEAN STANDARD TIME": "CET", "CENTRAL EUROPEAN SUMMER TIME": "CEST",
    "EASTERN EUROPEAN TIME": "EET", "EASTERN EUROPEAN STANDARD TIME": "EET", "EASTERN EUROPEAN SUMMER TIME": "EEST",
    "MOSCOW STANDARD TIME": "MSK", "INDIA STANDARD TIME": "IST", "JAPAN STANDARD TIME": "JST", "CHINA STANDARD TIME": "HKT",
    "SINGAPORE STANDARD TIME": "SGT", "KOREAN STANDARD TIME": "KST",
}  # fmt: skip
MAX_OFFSET_HOURS: Final = 14  # of UTC+14, the Line Islands


def offset_zone(sign: str, hours: int, minutes: int) -> timezone | None:
    """Return the zone of a numeric offset; None if no place has it."""
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > timedelta(hours=MAX_OFFSET_HOURS):
        return None
    return timezone(-offset if sign == "-" else offset)


def named_zone(name: str) -> tzinfo | None:
    """Return the zone of an abbreviation or an IANA name; None if it is unknown.

    >>> named_zone("CEST"), named_zone("Nowhere/Land")
    (datetime.timezone(datetime.timedelta(seconds=7200)), None)
    """
    word = name.upper()
    hours = _HOURS.get(_LONG_NAMES.get(word, word))
    if hours is not None:
        return timezone(timedelta(hours=hours))
    return iana_zone(_REGIONS.get(word, name)) if "/" in name or word in _REGIONS else None


@lru_cache(maxsize=256)
def iana_zone(name: str) -> tzinfo | None:
    """Return the zone of an IANA name, in any case; None if it is unknown."""
    parts = [part.capitalize() for part in name.lower().replace("-", "_").split("_")]
    for spelling in (name, "_".join("/".join(piece.capitalize() for piece in part.split("/")) for part in parts)):
        try:
            return ZoneInfo(spelling)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


def with_fixed_offset(moment: datetime) -> datetime:
    """Return a moment whose zone is its numeric offset, so that it can be stored and compared without zone data."""
    if isinstance(moment.tzinfo, timezone):
        return moment
    return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta(0)))
