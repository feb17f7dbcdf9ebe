"""Read dates as people type them (ISO 8601, reduced precision) as half-open intervals of ISO dates."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

_DATE = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2})(?:[T ].*)?)?)?", re.ASCII)


@lru_cache(maxsize=1_000)  # one search reads each of its dates several times
def span(text: str) -> tuple[str, str] | None:
    """Return the first day of a year, month or day, and the first day after it; None if the text is not a date.

    >>> span("2020-02"), span("2020"), span("2020-02-30")
    (('2020-02-01', '2020-03-01'), ('2020-01-01', '2021-01-01'), None)
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = int(match[1]), match[2], match[3]
    if not 1 <= year <= 9998 or (month and not day and "-" not in text):  # 202005 is a number, not a month
        return None
    try:
        start = date(year, int(month or 1), int(day or 1))
    except ValueError:
        return None
    if day:
        end = start + timedelta(days=1)
    elif month:
        end = date(year + start.month // 12, start.month % 12 + 1, 1)
    else:
        end = date(year + 1, 1, 1)
    return start.isoformat(), end.isoformat()


def day_before(day: str) -> str:
    """Return the day before `day`."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
