"""Read the freshness lifetime of an answer (RFC 9111, 4.2.1 and 5.3). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_MAX_AGE = re.compile(r"""(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})""", re.I)
_NO_CACHE = re.compile(r"(?:^|[\s,])(?:no-cache|no-store)(?:$|[\s,])", re.I)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return max-age less Age, otherwise Expires less Date; zero when neither can be read."""
    control = headers.get("cache-control", "")
    if _NO_CACHE.search(control):
        return timedelta(0)
    if match := _MAX_AGE.search(control):
        age = headers.get("age", "").strip()
        seconds = int(match[1]) - (int(age) if re.fullmatch(r"[0-9]{1,10}", age) else 0)
        return timedelta(seconds=max(0, seconds))
    expires = _date(headers.get("expires"))
    return timedelta(0) if expires is None else max(timedelta(0), expires - (_date(headers.get("date")) or now))


def _date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
