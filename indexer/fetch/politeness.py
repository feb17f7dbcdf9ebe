"""How long to leave a server alone: pure functions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_CRAWL_DELAY = 30.0  # seconds; what robots.txt asks for beyond it would stop a crawl
LONGEST_RETRY_AFTER = 7 * 86_400.0
PATIENCE = 10.0  # seconds of Retry-After that are waited for on the spot; longer ones defer the host


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header (RFC 9110, 10.2.3): a number, or a date; None when there is none to be read."""
    value = (value or "").strip()
    if re.fullmatch(r"\d{1,9}", value, re.ASCII):
        return min(float(value), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_RETRY_AFTER)


def pause(delay_seconds: float, crawl_delay: float | None) -> float:
    """Seconds between the end of a request and the next one's beginning. The operator's 0 is for servers of their own and
    overrules robots.txt; otherwise the longer of the two."""
    if delay_seconds <= 0:
        return 0.0
    return max(delay_seconds, min(crawl_delay or 0.0, LONGEST_CRAWL_DELAY))
