"""For how long an answer says that it is fresh (RFC 9111, 4.2.1 and 5.3). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_MAX_AGE = re.compile(r"""(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})""", re.I)
_NOT_AT_ALL = re.compile(r"(?:^|[\s,])(?:no-cache|no-store)(?:$|[\s,])", re.I)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """max-age less Age, else Expires less Date; nothing when neither is there or can be read."""
    control = headers.get("cache-control", "")
    if _NOT_AT_ALL.search(control):
        return timedelta(0)
    if found := _MAX_AGE.search(control):
        age = headers.get("age", "").strip()
        seconds = int(found[1]) - (int(age) if re.fullmatch(r"[0-9]{1,10}", age) else 0)
        return timedelta(seconds=max(0, seconds))
    expires = _date(headers.get("expires"))
    return timedelta(0) if expires is None else max(timedelta(0), expires - (_date(headers.get("date")) or now))


def _date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
