"""Read a date as programs write it, and leave other forms to `human_formats`.

The result keeps the offset that the text states, because the publisher's day is the day there. A time without an offset is a
time of the publisher, in the zone of the style. `Z` and seconds since 1970 state a moment but no place (RFC 9557, section 2),
so that moment is shown in the zone of the style as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from indexer.dates.date_words import fold, iana_zone, months_named, named_zone, offset_zone, with_fixed_offset
from indexer.dates.human_formats import DateContext, WrittenDate, is_day_first, normalize, read_written
from indexer.dates.month_names import MONTH_NAMES

MIN_YEAR: Final = 1900
MAX_YEAR: Final = 2199
MAX_DATE_CHARACTERS: Final = 120  # of a text; a longer one is not a date

_ISO = re.compile(
    r"(\d{4})[-/.:](\d{1,2})(?:[-/.:](\d{1,2}))?(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*"
    r"(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}|(?<= )[01]\d[0345][05])?"  # " 0200": a plus that became a space
    r"(?:Z|\s(?:[A-Z]{2,5})(?:\sm=\S+)?)?",  # "+0000Z", "+0200 CEST": some programs write both
    re.I | re.ASCII,
)
_BRACKETED_ZONE = re.compile(r"([+-]\d{2}:?\d{2}|Z)?\[!?([A-Za-z_/+-]+)\](?:\[[\w!=-]+\])*$")
_COMMON_LOG = re.compile(r"(\d{1,2})/([A-Za-z]{3})/(\d{4}):(\d{2}:\d{2}:\d{2})", re.ASCII)  # of web servers
_RFC822 = re.compile(
    r"(?:([A-Za-z]{3}),? ?)?(\d{1,2})\.?[ -]([^\W\d_]{3,12})\.?[ -](\d{4}|\d{2})"
    r"(?: (\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)? ?([+-]\d{4}|[A-Z]{1,4}|(?<=:\d\d )[01]\d[0345][05])?"
)
_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})(?:,? (\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)  # the day is first
_SECONDS = re.compile(r"(1\d{9})(?:\.\d+|\d{3})?", re.ASCII)  # or thousandths; until 2033: "2024100208" is a day
_BASIC = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(?:[.,]\d+)?(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?", re.ASCII | re.I
)
_ORDINAL = re.compile(r"(\d{4})-(\d{3})(?:T.*)?", re.ASCII)  # the day of the year
_WEEK = re.compile(r"(\d{4})-?W(\d{2})-?([1-7])(?:T.*)?", re.ASCII)
_ENGLISH_WEEKDAYS: Final = frozenset("mon tue wed thu fri sat sun".split())
_ENGLISH_MONTHS: Final = {
    name: frozenset((number,))
    for number, names in enumerate(
        "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|sep sept september|oct october"
        "|nov november|dec december".split("|"),
        1,
    )
    for name in names.split()
}

# Norwegian has two written forms, and Bosnian and Serbian are written in two scripts.
_RELATED: Final = {
    "no": ("nb", "nn"),
    "sr": ("sr", "sr-latn"),
    "sh": ("sr-latn", "hr"),
    "iw": ("he",),
    "in": ("id",),
    "tl": ("fil",),
}


def language_codes(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the languages of the tables for language tags such as "pt-BR" or "nb_NO"."""
    codes: list[str] = []
    for tag in tags:
        base = tag.lower().replace("_", "-").partition("-")[0].strip()
        codes += _RELATED.get(base, (base,))
    return tuple(dict.fromkeys(code for code in codes if code in MONTH_NAMES))


@dataclass(frozen=True, slots=True)
class DateStyle:
    """What is known about the dates of one feed or page.

    `languages`: tags such as "pt-BR", the most certain first. `zone`: of times without an offset. `day_first`: the order of
    numeric dates, if the other dates of the feed show it.
    """

    languages: tuple[str, ...] = ()
    zone: tzinfo = UTC
    day_first: bool | None = None
    codes: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", language_codes(self.languages))

    def in_language(self, tag: str | None) -> DateStyle:
        """Return the style for a text in a language of its own, which then takes precedence."""
        return DateStyle((tag, *self.languages), self.zone, self.day_first) if tag and tag not in self.languages[:1] else self


DEFAULT_STYLE: Final = DateStyle()


@dataclass(frozen=True, slots=True)
class ParsedMoment:
    """A moment with its offset. `unknown_zone`: the zone that the text names, if it is not known."""

    moment: datetime
    unknown_zone: str = ""


def parse_date(text: str | None, style: DateStyle = DEFAULT_STYLE) -> datetime | None:
    """Return the moment that a text stands for, with the stated offset; None if the day is not certain.

    >>> parse_date("Wed, 27 May 20 11:06:39 +0200").isoformat(), parse_date("01/02/2020")
    ('2020-05-27T11:06:39+02:00', None)
    """
    parsed = parse_moment(text, style)
    return parsed.moment if parsed else None


def parse_moment(text: str | None, style: DateStyle = DEFAULT_STYLE) -> ParsedMoment | None:
    """Return the moment of a text as `parse_date` does, and the name of its time zone if that is unknown."""
    text = " ".join((text or "")[: MAX_DATE_CHARACTERS + 1].split())
    if not text or len(text) > MAX_DATE_CHARACTERS:
        return None
    if text.endswith("]"):  # RFC 9557: "2019-09-05T10:00:00+02:00[Europe/Berlin]"
        text = _BRACKETED_ZONE.sub(lambda match: match[1] or f" {match[2]}", text)
    if match := _ISO.fullmatch(text):
        year, month, day, *clock, zone = match.groups()
        return _moment(int(year), int(month), int(day or 1), clock, zone, style)
    if match := _COMMON_LOG.match(text):
        text = f"{match[1]} {match[2]} {match[3]} {match[4]}{text[match.end() :]}"
    if match := _RFC822.fullmatch(text):
        weekday, day, name, year, *clock, zone = match.groups()
        is_english = not style.codes or (weekday is not None and weekday.lower() in _ENGLISH_WEEKDAYS)
        months = (is_english and _ENGLISH_MONTHS.get(name.lower())) or months_named(fold(name), style.codes)
        if len(months) == 1:
            return _moment(full_year(year), min(months), int(day), clock, zone, style)
    if match := _DOTTED.fullmatch(text):
        day, month, year, *clock = match.groups()
        return _moment(int(year), int(month), int(day), clock, None, style)
    if match := _SECONDS.fullmatch(text):
        return ParsedMoment(with_fixed_offset(datetime.fromtimestamp(int(match[1]), UTC).astimezone(style.zone)))
    if match := _BASIC.fullmatch(text):
        year, month, day, *clock, zone = match.groups()
        return _moment(int(year), int(month), int(day), clock, zone, style)
    if match := _ORDINAL.fullmatch(text):
        return _date_only(match[0][:8], "%Y-%j", style)
    if match := _WEEK.fullmatch(text):
        return _date_only(f"{match[1]}-{match[2]}-{match[3]}", "%G-%V-%u", style)
    written = read_written(text, DateContext(style.codes, style.day_first))
    return _written_moment(written, style) if written else None


def style_of(texts: Iterable[str | None], languages: tuple[str, ...] = (), zone: tzinfo = UTC) -> DateStyle:
    """Return the style of a feed from its language and from its dates: one with a day above 12 shows the order of all."""
    orders = {order for text in texts if text and (order := is_day_first(normalize(text[:MAX_DATE_CHARACTERS]))) is not None}
    return DateStyle(languages, zone, orders.pop() if len(orders) == 1 else None)


def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name from the settings; UTC for "" and for an unknown name."""
    return (iana_zone(name) if name else None) or UTC


class DateReader:
    """Reads the dates of one feed in its style, and counts the time zones that are unknown."""

    def __init__(self, style: DateStyle = DEFAULT_STYLE) -> None:
        self._style = style
        self._unknown_zones: Counter[str] = Counter()

    def read(self, text: str | None, language: str | None = None) -> datetime | None:
        """Return the moment of a text as `parse_date` does. `language`: of this item, if it has one of its own."""
        parsed = parse_moment(text, self._style.in_language(language))
        if parsed is None:
            return None
        if parsed.unknown_zone:
            self._unknown_zones[parsed.unknown_zone] += 1
        return parsed.moment

    def problems(self) -> list[str]:
        """Return a message for each unknown time zone. The days of those dates are certain all the same."""
        return [
            f"unknown time zone {name} in {count} date{'s' if count > 1 else ''}: read as local time"
            for name, count in self._unknown_zones.most_common(3)
        ]


def full_year(text: str) -> int:
    """Return the year of two or four digits."""
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < 70 else 1900)


def _date_only(text: str, form: str, style: DateStyle) -> ParsedMoment | None:
    """Return the day of a text in a form of `strptime`."""
    try:
        day = datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None
    is_valid = day.strftime(form) == text  # `strptime` carries day 366 into the next year
    return _moment(day.year, day.month, day.day, [], None, style) if is_valid else None


def _written_moment(written: WrittenDate, style: DateStyle) -> ParsedMoment | None:
    return _moment(written.year, written.month, written.day, list(written.clock), written.zone, style)


def _moment(year: int, month: int, day: int, clock: list[str | None], zone: str | None, style: DateStyle) -> ParsedMoment | None:
    if not MIN_YEAR <= year <= MAX_YEAR or (year, month, day) == (1970, 1, 1):  # a program's zero, not a date
        return None
    hour, minute, second = (int(part or 0) for part in (*clock, None, None, None)[:3])
    if hour > 24 or (hour == 24 and (minute or second)):
        return None
    try:
        wall = datetime(year, month, day, 0, minute, min(second, 59), tzinfo=UTC) + timedelta(hours=hour)
    except (ValueError, OverflowError):
        return None
    is_moment_only = zone is not None and zone.upper() in ("Z", "-0000", "-00:00")
    stated = None if zone is None or is_moment_only else _zone(zone)
    unknown = zone if zone is not None and stated is None and not is_moment_only else ""
    try:
        if is_moment_only and any(part is not None for part in clock):
            return ParsedMoment(with_fixed_offset(wall.astimezone(style.zone)))
        return ParsedMoment(with_fixed_offset(wall.replace(tzinfo=stated or style.zone)), unknown or "")
    except (ValueError, OverflowError):
        return None


def _zone(name: str) -> tzinfo | None:
    if name[0].isdigit():
        name = f"+{name}"
    if name[0] in "+-":
        digits = name[1:].replace(":", "")
        digits = digits if len(digits) > 2 else digits.zfill(2) + "00"
        digits = digits.zfill(4)
        return offset_zone(name[0], int(digits[:2]), int(digits[2:]))
    return named_zone(name)
