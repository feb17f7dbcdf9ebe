"""Read a month or a day that a query names, in the languages of the index, and list how pages may write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from indexer.dates.date_words import fold
from indexer.dates.month_names import MONTH_NAMES
from indexer.dates.parse import DateStyle, language_codes, parse_date
from indexer.engines.base import Reader

MAX_LANGUAGES: Final = 8  # of the index, the most frequent first
_ENGLISH_ENDINGS: Final = {1: "st", 2: "nd", 3: "rd"}  # of ordinals; of others th
_MONTH_AND_YEAR: Final = re.compile(r"([^\W\d_]{3,})\.?,? (?:de |del |do )?(\d{4})")
_NUMERIC_MONTH: Final = re.compile(r"(\d{4})-(\d{2})|(\d{1,2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class WrittenPeriod:
    """A month or a day: in ISO 8601, 2020-05 or 2020-05-27, and as pages may write it."""

    iso: str
    phrases: tuple[str, ...]


def read_period(text: str, reader: Reader) -> WrittenPeriod | None:
    """Return the month or the day that a text is; None if it is neither."""
    if month := read_month(text, reader):
        return month
    codes = _codes(reader)
    day = parse_date(text, DateStyle(codes)) if not text.isdigit() else None
    return WrittenPeriod(f"{day:%Y-%m-%d}", tuple(_written_days(day, codes, reader))) if day else None


def read_month(text: str, reader: Reader) -> WrittenPeriod | None:
    """Return the month of a year that a text is; None if it is not exactly that."""
    codes = _codes(reader)
    month = _month_of(text, codes)
    if month is None:
        return None
    number, year = month
    iso = f"{year}-{number:02}"
    return WrittenPeriod(iso, (*(f"{name} {year}" for name in _names(number, codes, reader)), iso))


def _codes(reader: Reader) -> tuple[str, ...]:
    """Return the languages of the index."""
    return language_codes(tuple(language for language in reader.languages()[:MAX_LANGUAGES] if language != "und"))


def _month_of(text: str, codes: tuple[str, ...]) -> tuple[int, str] | None:
    """Return the number of a month and its year."""
    if match := _NUMERIC_MONTH.fullmatch(text):
        number = int(match[2] or match[3])
        return (number, match[1] or match[4]) if 1 <= number <= 12 else None
    match = _MONTH_AND_YEAR.fullmatch(text)
    if match is None:
        return None
    name = fold(match[1])  # only in a language of the index: Mars 2020 is a month in French
    months = {at for code in {"en", *codes} for at, forms in enumerate(MONTH_NAMES[code].split("|"), 1) if name in forms.split()}
    return (months.pop(), match[2]) if len(months) == 1 else None


def _names(number: int, codes: tuple[str, ...], reader: Reader) -> Iterator[str]:
    """Yield the names of a month that the index has."""
    names = dict.fromkeys(name for code in ("en", *codes) for name in MONTH_NAMES[code].split("|")[number - 1].split())
    yield from (name for name in names if len(name) > 2 and name.isalpha() and reader.surface_frequency(name))


def _written_days(day: datetime, codes: tuple[str, ...], reader: Reader) -> Iterator[str]:
    for name in _names(day.month, codes, reader):
        yield f"{day.day} {name} {day.year}"
        yield f"{name} {day.day} {day.year}"
        ordinal = f"{day.day}{_ENGLISH_ENDINGS.get(day.day % 10 * (day.day // 10 != 1), 'th')}"
        yield f"{ordinal} {name} {day.year}"
        yield f"{name} {ordinal} {day.year}"
    yield from (f"{day.day} {day.month} {day.year}", f"{day:%d %m %Y}", f"{day:%m %d %Y}", f"{day:%Y %m %d}")
