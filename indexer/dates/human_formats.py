"""Read a date as people and content management systems write it: the name of a month, or numbers in an order that is certain.

    text -> clock and time zone cut out -> numbers and words -> the month by its name, or the order of the numbers

Every word must be the name of a month or a weekday, or one of a few words that dates contain. A text with any other word is not
read, and neither is a date with two possible meanings.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from indexer.dates.date_words import fold, months_named, named_zone, weekdays_named

BUDDHIST_OFFSET: Final = 543  # years: Thai dates are that far ahead
MIN_BUDDHIST_YEAR, MAX_BUDDHIST_YEAR = 1900 + BUDDHIST_OFFSET, 2199 + BUDDHIST_OFFSET
_ERAS: Final = {"令和": 2018, "平成": 1988, "昭和": 1925}  # the year before the first year of a Japanese era
_PM: Final = frozenset(("pm", "μμ", "م", "ch", "ptg", "md", "بظ", "ös", "หลังเที่ยง", "오후", "下午", "午後", "晚上"))
_AM: Final = frozenset(("am", "πμ", "ص", "sa", "pg", "pd", "قظ", "öö", "ก่อนเที่ยง", "오전", "上午", "午前", "早上", "凌晨"))
_HALF = r"(?:[ap]\.?\s?m\b\.?|[πμ]\.?μ\.?|[صم](?!\w)|SA\b|CH\b|PT?G\b|[pm]\.d\.|[بق]\.ظ\.?|Ö[ÖS]\b|(?:ก่อน|หลัง)เที่ยง)"
_CLOCK = re.compile(
    rf"(?:(?P<before>오전|오후|上午|下午|午前|午後|早上|晚上|凌晨)\s?)?(?<![\d:/-])(?P<hour>\d{{1,2}})(?::(?P<minute>\d{{2}})(?::(?P<second>\d{{2}})(?:[.,]\d+)?)?|\s?[hH]\s?(?P<hm>\d{{2}})?\b)"
    rf"(?!\d)(?:\s?(?P<half>{_HALF}))?",
    re.I,
)
_HOUR_HALF = re.compile(r"(?<![\d:/.-])(?P<hour>\d{1,2})\s?(?P<half>[ap]\.?m\b\.?)", re.I)
# A dot between hour and minute looks like a date, so a word must say that it is a time.
_DOTTED_CLOCK = re.compile(
    r"(?:\b(?:klo|kl|ore|um|at|alle|à|às|le|kello)\.?\s+(?P<hour>\d{1,2})[.:](?P<minute>\d{2})(?:[.:](?P<second>\d{2}))?"
    r"|(?P<hour2>\d{1,2})[.:](?P<minute2>\d{2})\s+(?:uhr|h)\b|(?P<hour3>\d{1,2})\s+uhr\b"
    r"|(?<![\d.])(?P<hour4>\d{1,2})\.(?P<minute4>\d{2})\s?(?P<half>[ap]\.?m\b\.?))",
    re.I,
)
# A dot in the clock is certain after the year of a day before it: "15. jan. 2019 16.05.09".
_CLOCK_AFTER_YEAR = re.compile(r"(?<=\d{4})[.,]?\s(?P<hour>\d{1,2})\.(?P<minute>\d{2})(?:\.(?P<second>\d{2}))?(?=$|\s[A-Z+-])")
_EAST_ASIAN_CLOCK = re.compile(
    r"(?P<half>오전|오후|上午|下午|午前|午後|早上|晚上|凌晨)?\s?(?P<hour>\d{1,2})\s?(?:[:时時点點시])\s?(?P<minute>\d{1,2})?"
    r"(?:\s?[:分분]\s?(?:(?P<second>\d{1,2})\s?[秒초]?)?)?"
)
_ZONE = re.compile(
    r",?(?:\s?(?:[Uu]hr|uur|hrs?|ч)\b\.?)?\s*(?:\(?(?:GMT|UTC|UT)?\s?(?P<offset>[+\-−]\d{1,2}(?::?\d{2})?)\)?(?!\d)(?:\s[A-Z]{2,5}\b)?"
    r"|(?P<iana>[A-Za-z]+(?:/[A-Za-z_+-]+[0-9]?){1,2})|(?P<long>(?:[A-Z][a-z]+\s){1,3}Time)\b"
    r"|(?P<name>[A-Z]{2,5}|МСК|[Zz]|utc|gmt)\b)"
)
_NUMERIC = re.compile(r"(?<![\d.])(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?![\d])\.?")
_EAST_ASIAN = re.compile(
    r"(?:(?P<era>令和|平成|昭和)\s?(?P<era_year>\d{1,2}|元)|(?P<year>\d{4}))\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日號号일]"
)
_VIETNAMESE_NUMBERS: Final = "một|hai|ba|tư|năm|sáu|bảy|tám|chín|mười|mười một|mười hai".split("|")
_VIETNAMESE_MONTH = re.compile(
    rf"\bth(?:áng|ang|g)\.?\s?(\d{{1,2}}|mười (?:một|hai)|{'|'.join(_VIETNAMESE_NUMBERS[:10])})\b", re.I
)
_VIETNAMESE_WEEKDAY = re.compile(r"\bthứ\s[2-7]\b|\bCN\b,", re.I)
_EAST_ASIAN_MONTH = r"(?P<month>1[0-2]|0?[1-9])\s?[月월]"
# The order of English, which programs leave as it is when they translate the names: "9月 5, 2019", "5 9月 2019".
_EAST_ASIAN_YEAR_LAST = re.compile(
    rf"(?<!\d)(?:{_EAST_ASIAN_MONTH}\s?(?P<day>\d{{1,2}})|(?P<day2>\d{{1,2}})\s{_EAST_ASIAN_MONTH.replace('month', 'month2')})"
    r"\s?[日일]?,?\s+(?P<year>\d{4})(?!\d)"
)
_CHINESE_NUMBER = re.compile("[〇零一二三四五六七八九十]+(?=\\s?[年月日號号])")
_CHINESE_DIGITS: Final = {letter: str(value) for value, letter in enumerate("〇一二三四五六七八九")} | {"零": "0"}
_ROMAN: Final = dict(zip("I II III IV V VI VII VIII IX X XI XII".split(), calendar.month_name[1:], strict=True))
_ROMAN_MONTH = re.compile(r"(?<=\d)[\s.-]+([IVX]{1,4})[\s.-]+(?=\d{4}\b)")
_THAI = re.compile("[\u0e01-\u0e5b]")
MIN_SHORT_BUDDHIST_YEAR: Final = 33  # of two digits: 2533 is 1990
_REMARK = re.compile(r"\([^()]*\)|（[^（）]*）")
_TOKEN = re.compile(r"\d+|[^\s\d,;:/|()\[\]–—\-'’‘`·•،、]+")
_INVISIBLE = dict.fromkeys((0x200E, 0x200F, 0xAD, 0xFEFF, 0x2066, 0x2067, 0x2068, 0x2069, *range(0x202A, 0x202F)))
# Words in dates that carry no meaning of their own: prepositions, ordinal endings, "year", "o'clock", "published".
_FILLERS: Final = frozenset(
    fold(word)
    for word in (
        "de del d di da do dei dels las los of the st nd rd th er ere e o a y u i el la le les den der die das am um "
        "uhr h at on à as als ur kl klo kello ora ore в г ч года року рік р ж thn m men menes gada gads koda ko "
        "ren an eko ve och og ja und et ngày năm thứ hai ba tư sáu bảy chủ nhật lúc kun dia se dne leta god "
        "godine g r rok roku เมื่อ วัน ที่ วันที่ พ.ศ. ค.ศ. น. เวลา ב של يوم في من tarihinde published posted "
        "om uur kell ob godz godzinie ór óra én án sati plkst val pukul saat בשעה ביום الساعة ساعة ساعت yil йил йилда "
        "il cu cı cü ci ж թ ta ta’ päivänä päivä в. оны сарын өдөр tanggal gün"
        # What publishers write before a date.
        " by last modified updated created submitted date time stand erstellt aktualisiert zuletzt geändert vom veröffentlicht "
        "publié publiée mis mise jour modifié créé dernière publicado publicada actualizado actualizada actualización creado "
        "última fecha pubblicato pubblicata aggiornato aggiornata ultimo aggiornamento creato data atualizado atualizada "
        "atualização criado em gepubliceerd geplaatst bijgewerkt gewijzigd laatst op publicerad uppdaterad senast opdateret "
        "offentliggjort udgivet publisert oppdatert sist julkaistu päivitetty opublikowano dodano zaktualizowano aktualizacja "
        "dnia aktualizováno publikováno vydáno aktualizované publikované zverejnené közzétéve frissítve publicat actualizat "
        "публикувано обновено опубликовано обновлено дата опубліковано оновлено objavljeno ažurirano yayınlanma yayın güncelleme "
        "tarihi δημοσιεύθηκε δημοσίευση ενημέρωση στις avaldatud uuendatud paskelbta atnaujinta publicēts diterbitkan diperbarui "
    ).split()
)


_THAI_ORDINAL: Final = fold("ที่")  # part of the weekday before it


@dataclass(frozen=True, slots=True)
class DateContext:
    """How to read: the languages of the text, and the order of numeric dates if it is known."""

    languages: tuple[str, ...] = ()
    day_first: bool | None = None


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A day, the clock as texts (hour, minute, second), and the zone as it is written."""

    year: int
    month: int
    day: int
    clock: tuple[str | None, ...] = ()
    zone: str | None = None


def normalize(text: str) -> str:
    """Return the text with ASCII digits and colons, single spaces, and without invisible marks."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
        text = "".join(str(unicodedata.digit(letter, letter)) if letter.isdigit() else letter for letter in text)
    return " ".join(text.split())


def read_written(text: str, context: DateContext) -> WrittenDate | None:
    """Return the date in a text, or None if it has none, more than one, or one that is not certain."""
    text = _VIETNAMESE_WEEKDAY.sub(" ", _CHINESE_NUMBER.sub(_arabic_number, normalize(text)))
    clock, zone, rest = _cut_clock(text)
    rest = _ROMAN_MONTH.sub(_month_of_roman, _REMARK.sub(" ", rest))
    day = _east_asian_day(rest) or _numeric_day(rest, context) or _named_day(rest, context)
    if day is None:
        return None
    return WrittenDate(*day, clock=clock, zone=zone)


def is_day_first(text: str) -> bool | None:
    """Return the order of day and month in a numeric date where it is certain; None otherwise.

    >>> is_day_first("29/08/2019"), is_day_first("8/21/2018 9:00 AM"), is_day_first("01/02/2020")
    (True, False, None)
    """
    match = _NUMERIC.search(text)
    if match is None or match[2] == "." or len(match[4]) == 3 or len(match[1]) > 2:
        return None
    first, second = int(match[1]), int(match[3])
    if first > 12 >= second >= 1 and first <= 31:
        return True
    return False if second > 12 >= first >= 1 and second <= 31 else None


def _arabic_number(match: re.Match[str]) -> str:
    """Return a Chinese number of a date: the digits of a year, or a number up to 39."""
    if "十" not in match[0]:
        return "".join(map(_CHINESE_DIGITS.__getitem__, match[0]))
    tens, _, ones = match[0].partition("十")
    number = f"{_CHINESE_DIGITS.get(tens, '1')}{_CHINESE_DIGITS.get(ones, '0')}"
    return number if len(tens) <= 1 and len(ones) <= 1 else match[0]


def _month_of_roman(match: re.Match[str]) -> str:
    return f" {_ROMAN[match[1]]} " if match[1] in _ROMAN else match[0]


# -- clock and zone --------------------------------------------------------------------------------------------------


def _cut_clock(text: str) -> tuple[tuple[str | None, ...], str | None, str]:
    """Return the clock, the zone after it, and the text without both."""
    for pattern in (_CLOCK, _DOTTED_CLOCK, _HOUR_HALF, _CLOCK_AFTER_YEAR, _EAST_ASIAN_CLOCK):
        match = pattern.search(text)
        if match is not None and (pattern is not _CLOCK_AFTER_YEAR or any(map(str.isdigit, text[: match.start() - 4]))):
            break
    else:
        zone, start = _last_zone(text)
        return (), zone, text[:start]
    groups = match.groupdict()
    hour = groups["hour"] or groups.get("hour2") or groups.get("hour3") or groups.get("hour4")
    minute = groups.get("minute") or groups.get("minute2") or groups.get("minute4") or groups.get("hm")
    hour = _of_24_hours(hour or "0", groups.get("half") or groups.get("before") or "")
    zone, end = _zone_at(text, match.end())
    return (hour, minute, groups.get("second")), zone, f"{text[: match.start()]} {text[end:]}"


def _of_24_hours(hour: str, half: str) -> str:
    if not half or not 1 <= int(hour) <= 12:
        return hour
    word = half.casefold().replace(".", "").replace(" ", "")
    return str(int(hour) % 12 + 12 * (word in _PM)) if word in _PM | _AM else hour


def _zone_at(text: str, start: int) -> tuple[str | None, int]:
    """Return the zone that follows the clock, and where it ends."""
    match = _ZONE.match(text, start)
    if match is None:
        return None, start
    if match["offset"]:
        return match["offset"].replace("−", "-"), match.end()
    name = match["iana"] or match["long"] or match["name"]
    if match["name"] and (months_named(fold(name)) or weekdays_named(fold(name))) and named_zone(name) is None:
        return None, start
    return name, match.end()


def _last_zone(text: str) -> tuple[str | None, int]:
    """Return UTC or GMT at the end of a date without a clock, and where it begins."""
    match = re.search(r"\s(UTC|GMT|Z)$", text, re.I)
    return (match[1], match.start()) if match else (None, len(text))


# -- days ------------------------------------------------------------------------------------------------------------

Day = tuple[int, int, int]


def _east_asian_day(text: str) -> Day | None:
    match = _EAST_ASIAN.search(text)
    if match is None:
        last = _EAST_ASIAN_YEAR_LAST.search(text)
        if last is None:
            return None
        return _valid(int(last["year"]), int(last["month"] or last["month2"]), int(last["day"] or last["day2"]))
    if match["era"]:
        year = _ERAS[match["era"]] + (1 if match["era_year"] == "元" else int(match["era_year"]))
    else:
        year = int(match["year"])
    return _valid(year, int(match["month"]), int(match["day"]))


def _numeric_day(text: str, context: DateContext) -> Day | None:
    match = _NUMERIC.search(text)
    if match is None:
        return None
    weekdays: set[int] = set()
    for token in _TOKEN.findall(f"{text[: match.start()]} {text[match.end() :]}"):
        word = fold(token)
        if named := weekdays_named(word, context.languages):
            weekdays |= named
        elif word not in _FILLERS and any(map(str.isalnum, word)):
            return None
    first, separator, second, third = match.groups()
    days = _possible_days(first, separator, second, third, context.day_first)
    if len(days) > 1 and len(weekdays) == 1:
        days = {day for day in days if calendar.weekday(*day) in weekdays}
    return days.pop() if len(days) == 1 else None


def _possible_days(first: str, separator: str, second: str, third: str, day_first: bool | None) -> set[Day]:
    """Return the days that three numbers may mean."""
    if len(first) == 4 and len(third) <= 2:
        return _days((first, second, third))
    if len(first) > 2 or len(third) not in (2, 4):
        return set()
    if separator == ".":  # dates with dots have the day first
        return _days((third, second, first))
    orders = [(third, second, first)] if day_first is not False else []
    orders += [(third, first, second)] if day_first is not True else []
    days = _days(*orders)
    if len(third) == 2 and day_first is None:  # 19/08/29 is a day of 2019 in some countries
        latest = datetime.now(UTC).year + 1
        days |= {day for day in _days((first, second, third)) if day[0] <= latest}
        days = {day for day in days if day[0] <= latest} or days
    return days


def _days(*orders: tuple[str, str, str]) -> set[Day]:
    return {day for year, month, number in orders if (day := _valid(_full_year(year), int(month), int(number)))}


def _named_day(text: str, context: DateContext) -> Day | None:
    """Return the day of a text with the name of a month and two numbers."""
    text = _VIETNAMESE_MONTH.sub(_month_in_words, text)
    numbers, words = [], []
    for token in _TOKEN.findall(text):
        if token.isdigit():
            numbers.append(token)
        elif word := fold(token):
            words.append(word)
    month = _month_of(words, context.languages)
    if month is None or len(numbers) != 2:
        return None
    day, year = _day_and_year(numbers)
    if len(year) <= 2 and _THAI.search(text):
        return _valid(_short_buddhist_year(int(year)), month, int(day))
    return _valid(_full_year(year), month, int(day)) if len(day) <= 2 else None


def _short_buddhist_year(year: int) -> int:
    """Return the full year for two digits in a Thai date (62 is 2562, which is 2019); 0 if they may count from either era."""
    full = 2500 + year - BUDDHIST_OFFSET
    return full if year >= MIN_SHORT_BUDDHIST_YEAR and full <= datetime.now(UTC).year + 1 else 0


def _month_of(words: Sequence[str], languages: tuple[str, ...]) -> int | None:
    """Return the month that the words name; None if they name none, several, or contain anything else."""
    named: list[tuple[frozenset[int], bool]] = []
    for word in words:
        months, is_weekday = months_named(word, languages), bool(weekdays_named(word.removesuffix(_THAI_ORDINAL), languages))
        if not months and word[:1] == "ב":  # Hebrew "in" is part of the word
            months = months_named(word[1:], languages)
        if months:
            named.append((months, is_weekday))
        elif not is_weekday and word not in _FILLERS and any(map(str.isalnum, word)):
            return None
    if len(named) > 1:  # "mar. 12 ago. 2019": the first word is a weekday
        named = [each for each in named if not each[1]] or named
    months = frozenset.intersection(*(each for each, _ in named)) if named else frozenset()  # "Meán Fómhair" has two words
    return next(iter(months)) if len(months) == 1 else None


def _month_in_words(match: re.Match[str]) -> str:
    word = match[1].casefold()
    number = _VIETNAMESE_NUMBERS.index(word) + 1 if word in _VIETNAMESE_NUMBERS else int(word)
    return f" {calendar.month_name[number]} " if 1 <= number <= 12 else match[0]


def _day_and_year(numbers: Sequence[str]) -> tuple[str, str]:
    first, second = numbers
    if len(first) == 4 or int(first) > 31:
        return second, first
    return first, second


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) <= 2:
        return year + (2000 if year < 70 else 1900)
    return year - BUDDHIST_OFFSET if MIN_BUDDHIST_YEAR <= year <= MAX_BUDDHIST_YEAR else year


def _valid(year: int, month: int, day: int) -> Day | None:
    try:
        date(year, month, day)
    except ValueError:
        return None
    return year, month, day
