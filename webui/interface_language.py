"""Speak the visitor's language: translated texts, and numbers and dates as the language writes them.

Translations are gettext catalogues in `translations/*.po`; English is the language of the source. Babel (CLDR) supplies plural
rules, number and date formats and the names of languages.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

FOLDER: Final = Path(__file__).parent / "translations"
LANGUAGES: Final = ("en", "de", "fr", "it", "es", "pt", "nl", "pl", "ar", "he")
RIGHT_TO_LEFT: Final = frozenset(("ar", "fa", "he", "ur"))  # of the interface and of documents


class Interface:
    """The texts, numbers and dates of one language of the interface."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self._locale = Locale.parse(language)
        self._catalogue = _catalogue(language)

    def text(self, message: str, **values: Any) -> Markup:
        """Translate an English text. It may contain HTML; `values` are escaped and fill its `%(name)s`."""
        translated = Markup(self._catalogue.gettext(message))  # noqa: S704 - catalogues are part of the program
        return translated % values if values else translated

    def count(self, one: str, many: str, number: int, **values: Any) -> Markup:
        """Translate a text that counts something. `%(num)s` is the number as the language writes it."""
        translated = Markup(self._catalogue.ngettext(one, many, number))  # noqa: S704 - as above
        return translated % {"num": self.number(number), **values}

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self._locale)

    def day(self, moment: datetime) -> str:
        """Write a date in its medium form: 5 Nov 2025, 05.11.2025."""
        return _day(moment.date(), self.language)

    def language_name(self, code: str) -> str | None:
        """Return what speakers of this language call another one."""
        name: str | None = self._locale.languages.get(code)
        return name and name[:1].upper() + name[1:]

    def context(self) -> Mapping[str, Any]:
        """Return what every template may use."""
        return {"ui": self, "_": self.text, "ngettext": self.count}


@cache
def interface(language: str) -> Interface:
    """Return the interface in one of LANGUAGES; its catalogue is read once for each process."""
    return Interface(language)


@lru_cache(maxsize=1_024)
def accepted_language(header: str) -> str:
    """Return the language of the interface that an Accept-Language field prefers; English if it names none of ours.

    A region does not matter: `de-CH` is German (Lookup of RFC 4647, section 3.4).
    """
    for code, quality in parse_accept_header(header, LanguageAccept):  # best first
        language = code.partition("-")[0].lower()
        if quality > 0 and language in LANGUAGES:
            return language
    return "en"


@lru_cache(maxsize=8_192)
def _day(moment: date, language: str) -> str:
    return format_date(moment, "medium", locale=language)


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
