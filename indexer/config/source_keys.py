"""The table of the settings of a source: for `[[source]]` in config.toml, `indexer add` and `indexer set`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.errors import SettingsError
from indexer.model import Source

KINDS = ("auto", "feed", "sitemap", "site")
MIN_EVERY_SECONDS, MAX_EVERY_SECONDS = 900, 31 * 86_400
_UNITS = {"m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class SourceKey:
    """One setting of a source. `check` returns the stored value, and raises ValueError for a wrong one."""

    name: str
    check: Callable[[Any], Any]
    allowed: str
    field: str = ""  # of `Source`, if it has another name than the key
    may_change: bool = True  # False: part of the identity of a source


def checked(name: str, value: Any, where: str) -> dict[str, Any]:
    """Return the field of `Source` and its value for a key. Raises SettingsError that starts with `where`."""
    key = SOURCE_KEYS.get(name)
    if key is None:
        raise SettingsError(f'{where}: unknown setting "{name}" in [[source]]', remedy="allowed: " + ", ".join(SOURCE_KEYS))
    try:
        return {key.field or key.name: key.check(value)}
    except ValueError as error:
        reason = f": {error}" if str(error) else ""
        raise SettingsError(f"{where}: source.{name} cannot be {value!r}{reason}", remedy=f"allowed: {key.allowed}") from None


def parsed(name: str, text: str, where: str) -> dict[str, Any]:
    """Return the field of `Source` and its value for a key that was typed as a text. An empty text resets the key."""
    flags = {"true": True, "yes": True, "false": False, "no": False, "": False}
    return checked(name, flags.get(text.lower(), text) if name in ("pdf", "office") else text, where)


def setting_text(source: Source, name: str) -> str:
    """Return the value of a key as it can be typed, or an empty text if it is not set."""
    value = getattr(source, SOURCE_KEYS[name].field or name)
    if name == "every":
        return every_text(value) if value else ""
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def every_text(seconds: int) -> str:
    """Return an interval as it can be typed.

    >>> every_text(900), every_text(21_600), every_text(86_400)
    ('15m', '6h', '1d')
    """
    unit = next(unit for unit in ("d", "h", "m") if seconds % _UNITS[unit] == 0 or unit == "m")
    return f"{seconds // _UNITS[unit]}{unit}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    if not value.isprintable():
        raise ValueError("it contains a control character")
    return value


def _optional_text(value: Any) -> str | None:
    return _text(value) or None


def _url(value: Any) -> str:
    from indexer.urls import resolve

    if not resolve(_text(value)):
        raise ValueError
    return _text(value)


def _kind(value: Any) -> str:
    if value not in KINDS:
        raise ValueError
    return str(value)


def _language(value: Any) -> str | None:
    from indexer.analysis.languages import normalize

    if _text(value) and not normalize(value):
        raise ValueError
    return value or None


def _selector(value: Any) -> str | None:
    from indexer.html import selector_problem  # slow to import, and most configurations have no [[source]]

    if _text(value) and (problem := selector_problem(value)):
        raise ValueError(f"not a valid CSS selector: {problem}")
    return value or None


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _every(value: Any) -> int:
    if _text(value) in ("", "auto"):
        return 0
    match = re.fullmatch(r"(\d{1,6})([mhd])", value)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not MIN_EVERY_SECONDS <= seconds <= MAX_EVERY_SECONDS:
        raise ValueError
    return seconds


_STRING = "a string"
SOURCE_KEYS: Mapping[str, SourceKey] = {
    key.name: key
    for key in (
        SourceKey("url", _url, "a web address such as https://www.example.org/rss.xml", may_change=False),
        SourceKey("name", _text, _STRING),
        SourceKey("language", _language, 'two letters such as "en", "de" or "fr"'),
        SourceKey("category", _optional_text, _STRING),
        SourceKey("kind", _kind, ", ".join(KINDS), may_change=False),
        SourceKey("include", _selector, "a CSS selector"),
        SourceKey("exclude", _selector, "a CSS selector"),
        SourceKey("keep", _selector, "a CSS selector"),
        SourceKey("pdf", _flag, "true, false"),
        SourceKey("office", _flag, "true, false"),
        SourceKey("every", _every, '"auto", or an interval from 15m to 31d such as "30m", "6h" or "1d"', field="every_seconds"),
    )
}
