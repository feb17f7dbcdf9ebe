"""Choose the language of the interface, and speak it: translated texts, and numbers and dates as the language writes them.

Translations are gettext catalogues in `translations/*.po`; English is the language of the source. Babel (CLDR) supplies plural
rules, number and date formats and the names of languages.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from babel import Locale, localedata
from babel.dates import format_date, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from flask import current_app, request
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from indexer.phrases import ReportPhrase

FOLDER: Final = Path(__file__).parent / "translations"
LANGUAGES: Final = ("en", "de", "fr", "it", "es", "pt", "nl", "pl", "ar", "he")
INTERNATIONAL_ENGLISH: Final = "en_001"  # 5 Nov 2025, which no reader takes for another date
RIGHT_TO_LEFT: Final = frozenset(("ar", "fa", "he", "ur"))  # of the interface and of documents


class Interface:
    """The texts, numbers and dates of one language of the interface."""

    def __init__(self, locale: str) -> None:
        """`locale`: one of LANGUAGES, or one with a region (`en_GB`), which decides about numbers and dates."""
        self.language = language = locale[:2]
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self._locale_name = INTERNATIONAL_ENGLISH if locale == "en" else locale
        self._locale = Locale.parse(self._locale_name)
        self._catalogue = _catalogue(language)

    def text(self, message: str, **values: Any) -> Markup:
        """Translate an English text. It may contain HTML; `values` are escaped and fill its `%(name)s`."""
        translated = Markup(self._catalogue.gettext(message))  # noqa: S704 - catalogues are part of the program
        return translated % values if values else translated

    def plain(self, message: str, **values: Any) -> str:
        """Translate an English text without HTML, for JSON."""
        return self._catalogue.gettext(message) % values

    def count(self, one: str, many: str, number: int, **values: Any) -> Markup:
        """Translate a text that counts something. `%(num)s` is the number as the language writes it."""
        translated = Markup(self._catalogue.ngettext(one, many, number))  # noqa: S704 - as above
        return translated % {"num": self.number(number), **values}

    def number(self, value: float) -> str:
        return _number(value, self._locale_name)

    def day(self, moment: datetime) -> str:
        """Write a date in its medium form: 5 Nov 2025, 05.11.2025."""
        return _day(moment.date(), self._locale_name)

    def time(self, moment: datetime) -> Markup:
        """Write a date as an element that holds the exact moment with its own offset, which is the publisher's."""
        return Markup(f'<time datetime="{moment.isoformat(timespec="seconds")}">{self.day(moment)}</time>')  # noqa: S704 - a date only

    def iso_day(self, text: str) -> str:
        """Write a date of ISO 8601 in its medium form."""
        return _day(date.fromisoformat(text), self._locale_name)

    def moment(self, moment: datetime) -> str:
        """Write a moment in UTC."""
        return f"{self.day(moment)}, {format_time(moment, 'short', locale=self._locale_name)} UTC"

    def ago(self, moment: datetime) -> str:
        """Write a moment as a time from now: 27 minutes ago, vor 27 Minuten."""
        return format_timedelta(moment - datetime.now(UTC), add_direction=True, locale=self._locale_name)

    def percent(self, share: float) -> str:
        """Write a share of 1 in percent, without a fraction."""
        return format_percent(share, "#,##0%" if self._locale_name == INTERNATIONAL_ENGLISH else None, locale=self._locale_name)

    def milliseconds(self, value: float) -> str:
        return format_unit(value, "duration-millisecond", "short", locale=self._locale_name)

    def bytes(self, count: float) -> str:
        """Write a number of bytes in its largest fitting unit: 1.4 MB, 1,4 Mo."""
        unit, number = "byte", float(count)
        for unit in ("byte", "kilobyte", "megabyte", "gigabyte"):
            if number < 1000 or unit == "gigabyte":
                break
            number /= 1000
        number = round(number) if number >= 10 or unit == "byte" else round(number, 1)
        return format_unit(number, f"digital-{unit}", "short", locale=self._locale_name)

    def phrase(self, phrase: ReportPhrase) -> str:
        """Translate a phrase of a report, with the phrases and values in it."""
        values = {name: self._value(value) for name, value in {"num": phrase.number, **phrase.values}.items()}
        if phrase.many:
            return self._catalogue.ngettext(phrase.one, phrase.many, phrase.number) % values
        return self._catalogue.gettext(phrase.one) % values

    def _value(self, value: object) -> str:
        if isinstance(value, ReportPhrase):
            return self.phrase(value)
        if isinstance(value, datetime):
            return self.moment(value)
        return self.number(value) if isinstance(value, int | float) else str(value)

    def language_name(self, code: str) -> str | None:
        """Return what speakers of this language call another one."""
        name: str | None = self._locale.languages.get(code)
        return name and name[:1].upper() + name[1:]

    def context(self) -> Mapping[str, Any]:
        """Return what every template may use."""
        return {"ui": self, "_": self.text, "ngettext": self.count}


def visitor_interface() -> Interface:
    """Return the interface for Flask's current request."""
    setting = current_app.extensions["feed_search"].settings.web.language
    return interface(chosen_locale(setting, request.environ.get("HTTP_ACCEPT_LANGUAGE", "")))


def chosen_locale(setting: str, accept_language: str) -> str:
    """Return the language in `[web] language`, otherwise the one that the visitor's browser prefers.

    The browser's region decides about numbers and dates, if it is one of that language.

    >>> chosen_locale("", "de-AT,en;q=0.5"), chosen_locale("de", "de-AT"), chosen_locale("fr", "de-AT")
    ('de_AT', 'de_AT', 'fr')
    """
    accepted = accepted_locale(accept_language)
    return accepted if not setting or accepted.startswith(setting) else setting


@cache
def interface(locale: str) -> Interface:
    """Return the interface of one of LANGUAGES or of a locale with a region; it is made once for each process."""
    return Interface(locale)


@lru_cache(maxsize=1_024)
def accepted_locale(header: str) -> str:
    """Return the language that an Accept-Language field prefers, with its region if numbers and dates of it are known.

    English if it names none of ours. Another region is the same language: `de-CH` is German (Lookup of RFC 4647, section 3.4).

    >>> accepted_locale("en-GB,en;q=0.8"), accepted_locale("de-XX"), accepted_locale("zh, fr;q=0.5"), accepted_locale("")
    ('en_GB', 'de', 'fr', 'en')
    """
    for code, quality in parse_accept_header(header, LanguageAccept):  # best first
        language, _, region = code.partition("-")
        language = language.lower()
        if quality > 0 and language in LANGUAGES:
            locale = f"{language}_{region.upper()}"
            return locale if re.fullmatch("[A-Z]{2}", region.upper()) and localedata.exists(locale) else language
    return "en"


@lru_cache(maxsize=8_192)
def _number(value: float, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=8_192)
def _day(moment: date, locale: str) -> str:
    return format_date(moment, "medium", locale=locale)


def _catalogue(language: str) -> gettext.NullTranslations:
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        messages = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
