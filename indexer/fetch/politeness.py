"""How long to leave a server alone: pure functions, and whom we take for one server."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

MAX_CRAWL_DELAY = 30.0  # seconds; what robots.txt asks for beyond it would stop a crawl
MAX_RETRY_AFTER = 7 * 86_400.0
PATIENCE = 10.0  # seconds of Retry-After that are waited for on the spot; longer ones defer the host
MAX_SLOWING = 60.0  # seconds that 429 and 503 add to the pause at most
# Failures in a row, after which a host is left alone for a while: of pages (a section of a site may be broken), of answers
# that say "too fast", of robots.txt (once a run, and nothing can be had without it).
BORNE_PAGES, BORNE_TOO_FAST, BORNE_ROBOTS = 24, 4, 2
FIRST_BACK_OFF = 60.0
MAX_BACK_OFF = 86_400.0

_DEFAULT_PORTS = {"http": 80, "https": 443}


def host_key(url: str) -> str:
    """Whom an address belongs to as far as manners go: one key, one request at a time, one pause.

    The host, not the origin: http and https of one name are one machine, and so, nearly always, are a name and its www twin,
    whose administrator would see the double load. A port of its own is a program of its own, often of somebody else.

    >>> host_key("https://www.example.org/a"), host_key("http://example.org:8080/")
    ('example.org', 'example.org:8080')
    """
    parts = urlsplit(url)
    name = (parts.hostname or "").removeprefix("www.")
    return name if parts.port in (None, 80, 443) else f"{name}:{parts.port}"


def port_of(url: str) -> int:
    """The port that an address names or means."""
    parts = urlsplit(url)
    return parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header (RFC 9110, 10.2.3): a number, or a date; None when there is none to be read."""
    value = (value or "").strip()
    if number := re.fullmatch(r"(\d{1,300})(?:\.\d*)?(?: *s(?:ec(?:onds?)?)?)?", value, re.ASCII | re.I):
        return min(float(number[1]), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER)


def pause(delay_seconds: float, crawl_delay: float | None) -> float:
    """Seconds between the end of a request and the next one's beginning. The operator's 0 is for servers of their own and
    overrules robots.txt; otherwise the longer of the two."""
    if delay_seconds <= 0:
        return 0.0
    return max(delay_seconds, min(crawl_delay or 0.0, MAX_CRAWL_DELAY))


def slower(slowed: float, usual: float) -> float:
    """Seconds to add to the pause after an answer that says "too fast" (429, 503): the pause doubles each time.

    >>> slower(0, 1.0), slower(1.0, 1.0), slower(59, 1.0)
    (1.0, 3.0, 60.0)
    """
    usual = max(usual, 1.0)
    return min(2 * (usual + slowed) - usual, MAX_SLOWING)


def faster(slowed: float) -> float:
    """The same after a good answer: a tenth less, and nothing once it is hardly noticed."""
    return slowed * 0.9 if slowed > 0.2 else 0.0


def back_off(times: int, chance: float) -> float:
    """Seconds to leave a host alone for the first, second, … time: twice as long each time, up to a day.

    `chance` (0 to 1) shortens it by up to a quarter, so that hosts that failed together are not asked again together.

    >>> back_off(1, 0), back_off(3, 0), back_off(99, 1)
    (60.0, 240.0, 64800.0)
    """
    return min(FIRST_BACK_OFF * 2.0 ** min(times - 1, 20), MAX_BACK_OFF) * (1 - chance / 4)
