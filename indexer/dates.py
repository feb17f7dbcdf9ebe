"""Moments as feeds and pages write them -> aware datetimes in UTC, or None: never a wrong day.

Understood are ISO 8601, RFC 822/2822 with its usual sins (two-digit years, names of zones, month names in other languages),
what programs print (seconds since 1970, C, JavaScript), dotted and East Asian days, and bare dates. What is ambiguous
(01/02/2020) is not guessed. Midnight in a zone of its own is how programs write a day without a time
("05 Mar 2024 00:00:00 +0100"): it stays that day, which in UTC it would not.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

EARLIEST, LATEST = 1900, 2200

_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*"
    r"(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?",
    re.I | re.ASCII,
)
_ASIAN = re.compile(  # 2024年10月2日, 2024년 10월 2일
    r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일](?: ?(\d{1,2}):(\d{2})(?::(\d{2}))?)? ?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_DOTTED = re.compile(  # whoever writes dots writes the day first
    r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})(?:,? (\d{1,2})[:.](\d{2})(?::(\d{2}))?)?(?: Uhr)? ?(Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_C = re.compile(  # as C's asctime, Unix's date and JavaScript write it
    r"[A-Za-z]{3},? ([A-Za-z]{3,9}) (\d{1,2})(?: (\d{4}))? (\d{1,2}):(\d{2})(?::(\d{2}))?"
    r" ?([A-Z]{2,5}(?=[+ ]|$)|[+-]\d{4})?([+-]\d{4})?(?: (\d{4}))?",
    re.ASCII,
)
_SECONDS = re.compile(r"(1\d{9})(?:\.\d+|\d{3})?", re.ASCII)  # since 1970, or thousandths; until 2033: "2024100208" is a day
_REMARK = re.compile(r"\s*\([^()]*\)$")  # "+0200 (CEST)"
_HALF = re.compile(r"\b(\d{1,2})((?::\d{2}){1,2}) ?([ap])\.?m\.?", re.I)
_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z)?)?", re.ASCII)
_RFC822 = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})\.?[\s-]+(?:de\s+)?([^\W\d]+)\.?[\s-]+(?:de\s+)?(\d{4}|\d{2})"
    r"(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*([+-]\d{2}:?\d{2}|[A-Za-z]{1,5})?",
)
_MONTH_FIRST = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*"
    r"([+-]\d{2}:?\d{2}|[A-Z]{1,5})?"
)
# The first letters, folded, by which a language's months are told apart.
_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
    "mai": 5,
    "okt": 10,
    "dez": 12,  # German
    "fev": 2,
    "avr": 4,
    "juin": 6,
    "juil": 7,
    "aou": 8,  # French
    "ene": 1,
    "abr": 4,
    "ago": 8,
    "dic": 12,  # Spanish
    "gen": 1,
    "mag": 5,
    "giu": 6,
    "lug": 7,
    "set": 9,
    "ott": 10,  # Italian
    "янв": 1,
    "фев": 2,
    "мар": 3,
    "апр": 4,
    "мая": 5,
    "маи": 5,
    "июн": 6,
    "июл": 7,
    "авг": 8,
    "сен": 9,
    "окт": 10,
    "ноя": 11,
    "дек": 12,  # Russian
    "sty": 1,
    "lut": 2,
    "kwi": 4,
    "cze": 6,
    "lip": 7,
    "sie": 8,
    "wrz": 9,
    "paz": 10,
    "lis": 11,
    "gru": 12,  # Polish
    "out": 10,
    "mrt": 3,
    "mei": 5,
    "maj": 5,
    "maa": 3,  # Portuguese, Dutch, Scandinavian
}
_ZONES = {
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "CET": 1,
    "CEST": 2,
    "MEZ": 1,
    "MESZ": 2,
    "BST": 1,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "WEST": 1,
    "JST": 9,
}


def parse_date(text: str | None) -> datetime | None:
    """The moment that a text stands for; without a zone it is taken as UTC.

    >>> parse_date("Wed, 27 May 20 11:06:39 +0200"), parse_date("not a date")
    (datetime.datetime(2020, 5, 27, 9, 6, 39, tzinfo=datetime.timezone.utc), None)
    """
    text = _REMARK.sub("", " ".join((text or "")[:100].split()))
    text = re.sub(r"\b(?:GMT|UTC?) ?(?=[+-]\d{2})", "", _HALF.sub(_of_24_hours, text))
    if found := _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(found[1]), UTC)
    if found := _ASIAN.fullmatch(text):
        year, month, day, *clock, zone = found.groups()
        return _moment(int(year), int(month), int(day), clock, zone)
    if found := _DOTTED.fullmatch(text):
        day, month, year, *clock, zone = found.groups()
        return _moment(int(year), int(month), int(day), clock, zone)
    if (found := _C.fullmatch(text)) and (year := found[3] or found[9]):
        return _moment(int(year), _month(found[1]), int(found[2]), [found[4], found[5], found[6]], found[8] or found[7])
    if found := _ISO.fullmatch(text) or _BASIC.fullmatch(text):
        year, month, day, *clock, zone = found.groups()
        return _moment(int(year), int(month), int(day or 1), clock, zone)
    if found := _RFC822.fullmatch(text):
        day, name, year, *clock, zone = found.groups()
        full = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 70 else 1900)
        return _moment(full, _month(name), int(day), clock, zone)
    if found := _MONTH_FIRST.fullmatch(text):
        name, day, year, *clock, zone = found.groups()
        return _moment(int(year), _month(name), int(day), clock, zone)
    return None


def _of_24_hours(match: re.Match[str]) -> str:
    hour = int(match[1])
    return f"{hour % 12 + 12 * (match[3].lower() == 'p') if 1 <= hour <= 12 else hour}{match[2]}"


def _month(name: str) -> int:
    plain = "".join(c for c in unicodedata.normalize("NFD", name.lower()) if not unicodedata.combining(c))
    return _MONTHS.get(plain[:4]) or _MONTHS.get(plain[:3]) or 0


def _moment(year: int, month: int, day: int, clock: list[str | None], zone: str | None) -> datetime | None:
    if not EARLIEST <= year < LATEST or (year, month, day) == (1970, 1, 1):  # nobody wrote that on purpose
        return None
    hour, minute, second = (int(part or 0) for part in clock)
    try:
        moment = datetime(year, month, day, 0, minute, min(second, 59), tzinfo=_zone(zone)) + timedelta(hours=hour)
    except (ValueError, OverflowError):
        return None
    if hour > 24:
        return None
    return moment.replace(tzinfo=UTC) if (hour, minute, second) == (0, 0, 0) else moment.astimezone(UTC)


def _zone(name: str | None) -> timezone:
    if name and name[0] in "+-":
        digits = name[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if offset < timedelta(hours=24):
            return timezone(-offset if name[0] == "-" else offset)
    return timezone(timedelta(hours=_ZONES.get((name or "").upper(), 0)))
