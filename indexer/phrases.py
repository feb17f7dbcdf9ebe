"""Phrases that messages share: counts, durations, shell arguments, and phrases that pages translate."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime


class ReportPhrase(str):
    """An English phrase that remembers what it was made of, so that a page can show it in another language.

    Terminal and JSON show the phrase itself.

    one     the text with `%(name)s` where a value stands; `many` is its plural, or empty
    number  the number that decides about the plural; it stands at `%(num)s`
    values  numbers, moments, texts that are the same in every language, and other phrases
    """

    one: str
    many: str
    number: int
    values: Mapping[str, object]


def phrase(one: str, many: str = "", count: int = 1, **values: object) -> ReportPhrase:
    """Return a phrase for a report that is also shown on a page.

    >>> phrase("%(num)s page fails", "%(num)s pages fail", 1200), phrase("due at %(time)s", time=datetime(2026, 5, 1, 9, 30))
    ('1,200 pages fail', 'due at 2026-05-01 09:30 UTC')
    """
    report_phrase = ReportPhrase(
        (many if many and count != 1 else one) % {name: _english(value) for name, value in {"num": count, **values}.items()}
    )
    report_phrase.one, report_phrase.many, report_phrase.number, report_phrase.values = one, many, count, values
    return report_phrase


def _english(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if isinstance(value, float) else str(value)


def number(count: int, one: str, many: str = "") -> str:
    """Return a count with the singular or plural of a noun.

    >>> number(1, "item"), number(1200, "item"), number(2, "is", "are")
    ('1 item', '1,200 items', '2 are')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Return a length of time in its largest fitting unit.

    >>> [duration(seconds) for seconds in (0.2, 59, 61, 3 * 3600, 40 * 3600, 9 * 86400)]
    ['1 second', '59 seconds', '1 minute', '3 hours', '40 hours', '9 days']
    """
    if seconds < 60:
        return number(max(1, round(seconds)), "second")
    for unit, length, most in (("minute", 60, 90), ("hour", 3600, 48)):
        if (count := round(seconds / length)) <= most:
            return number(max(1, count), unit)
    return number(round(seconds / 86_400), "day")


def shortened(text: str, characters: int = 60) -> str:
    """Return a text for a message, without its end if it is long.

    >>> shortened("ferry"), shortened("a" * 100, 5)
    ('ferry', 'aaaa…')
    """
    return text if len(text) <= characters else text[: characters - 1] + "…"


def shell_word(text: str) -> str:
    """Quote a text for a shell command that a message proposes. The text may come from the web.

    >>> shell_word("https://example.org/a?b=1&c=2"), shell_word("https://example.org/a")
    ("'https://example.org/a?b=1&c=2'", 'https://example.org/a')
    """
    return shlex.quote(text)


def source_argument(name: str, url: str) -> str:
    """Name a source in a shell command: by its name if that is safe to type, otherwise by its URL.

    >>> source_argument("Example news", "https://a.example/rss"), source_argument("--all", "https://a.example/rss")
    ("'Example news'", 'https://a.example/rss')
    """
    return shlex.quote(url if not name or "'" in name or name.startswith("-") else name)
