"""Decide how long to leave a server alone, and remember how each host behaves.

pause, retry_after, back_off   how long: pure functions
HostState                      what the next run must know of a host, a value that the archive stores
Host                           what one run remembers of a host: its turn, its robots.txt files
Budget                         what one source may fetch in one crawl
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

from indexer.fetch.robots import Robots
from indexer.model import Failure, FetchPolicy, Response
from indexer.urls import MAX_CACHED_URLS

MAX_CRAWL_DELAY = 30.0  # seconds; a longer pause in robots.txt would stop a crawl
MAX_RETRY_AFTER_SECONDS = 7 * 86_400.0  # seconds, for the page that asks; its host is left alone for MAX_BACK_OFF_SECONDS
MAX_WAIT_SECONDS = 10.0  # seconds of Retry-After that the crawler waits immediately; a longer time defers the host
MAX_SLOWING = 60.0  # seconds that 429 and 503 add to the pause
# Failures in a row before a host is left alone for a while: of pages (a section of a site may be broken), of answers that mean
# "too fast", and of robots.txt (once a run, and without it nothing may be fetched).
MAX_FAILED_PAGES, MAX_TOO_FAST, MAX_FAILED_ROBOTS = 24, 4, 2
FIRST_BACK_OFF_SECONDS = 60.0  # seconds
MAX_BACK_OFF_SECONDS = 86_400.0  # seconds

_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=MAX_CACHED_URLS)
def host_key(url: str) -> str:
    """Return the key of the server of an address: one request at a time and one pause for each key.

    It is the host, not the origin: http and https of one name are one machine, and nearly always so are a name with and without
    www. Another port is another program, often of another owner.

    >>> host_key("https://www.example.org/a"), host_key("http://example.org:8080/")
    ('example.org', 'example.org:8080')
    """
    parts = urlsplit(url)
    name = (parts.hostname or "").removeprefix("www.")
    return name if parts.port in (None, 80, 443) else f"{name}:{parts.port}"


def port_of(url: str) -> int:
    """Return the port of an address, or the default one of its scheme."""
    parts = urlsplit(url)
    return parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3), a number or a date; None when it cannot be read."""
    value = (value or "").strip()
    if number := re.fullmatch(r"(\d{1,300})(?:\.\d*)?(?: *s(?:ec(?:onds?)?)?)?", value, re.ASCII | re.I):
        return min(float(number[1]), MAX_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER_SECONDS)


def pause(delay_seconds: float, crawl_delay: float | None) -> float:
    """Return the seconds between the end of a request and the next one.

    An operator's delay of 0 is for servers of their own and overrules robots.txt; otherwise the longer of the two counts.
    """
    if delay_seconds <= 0:
        return 0.0
    return max(delay_seconds, min(crawl_delay or 0.0, MAX_CRAWL_DELAY))


def slower(slowed: float, usual: float) -> float:
    """Return the seconds to add to the pause after an answer that means "too fast" (429, 503): the pause doubles each time.

    >>> slower(0, 1.0), slower(1.0, 1.0), slower(59, 1.0)
    (1.0, 3.0, 60.0)
    """
    usual = max(usual, 1.0)
    return min(2 * (usual + slowed) - usual, MAX_SLOWING)


def faster(slowed: float) -> float:
    """Return the same after a good answer: a tenth less, and 0 when it is small."""
    return slowed * 0.9 if slowed > 0.2 else 0.0


def back_off(times: int, chance: float) -> float:
    """Return the seconds to leave a host alone for the first, second, … time: twice as long each time, up to a day.

    `chance` (0 to 1) shortens it by up to a quarter, so that hosts that failed together are not requested again together.

    >>> back_off(1, 0), back_off(3, 0), back_off(99, 1)
    (60.0, 240.0, 64800.0)
    """
    return min(FIRST_BACK_OFF_SECONDS * 2.0 ** min(times - 1, 20), MAX_BACK_OFF_SECONDS) * (1 - chance / 4)


# -- hosts ---------------------------------------------------------------------------------------------------------

MAX_ERROR_CHARACTERS = 500
MAX_HOST_WAIT = MAX_BACK_OFF_SECONDS + 600.0  # seconds; with a margin for clocks that differ
# Failures that concern the host, not the page. A private address, a redirect or a long page does not.
_OF_THE_HOST = ("dns", "connect", "timeout", "tls", "protocol")


@dataclass(frozen=True, slots=True)
class HostState:
    """How a host has behaved, as far as the next run must know. All times are in UTC."""

    host: str  # politeness.host_key
    failures: int = 0  # in a row
    failing_since: datetime | None = None
    error: str = ""  # the last failure, in words; "" when it answers again
    not_before: datetime | None = None  # no request before then
    backed_off: int = 0  # times that it was left alone since its last answer
    slowed_seconds: float = 0.0  # added to its pause by 429 and 503
    slowed_since: datetime | None = None

    @property
    def is_plain(self) -> bool:
        """Return whether there is nothing to store."""
        return self == HostState(self.host)

    def waits(self, now: datetime) -> float:
        """Return the seconds until the host may be requested again.

        A longer time than the crawler ever waits was stored by a clock in the future, and counts as 0.
        """
        seconds = max(0.0, (self.not_before - now).total_seconds()) if self.not_before else 0.0
        return seconds if seconds <= MAX_HOST_WAIT else 0.0

    def to_mapping(self) -> dict[str, str | int | float | None]:
        """Return values for JSON; `from_mapping` is the inverse."""
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> HostState:
        """Return the state; values of another version that cannot be read are ignored."""
        slowed = values.get("slowed_seconds")
        failures, backed_off = (
            value if isinstance(value, int) and value > 0 else 0 for value in (values.get("failures"), values.get("backed_off"))
        )
        return cls(
            str(values.get("host") or ""),
            failures,
            _moment(values.get("failing_since")),
            str(values.get("error") or "")[:MAX_ERROR_CHARACTERS],
            _moment(values.get("not_before")),
            backed_off,
            float(slowed) if isinstance(slowed, int | float) and slowed > 0 else 0.0,
            _moment(values.get("slowed_since")),
        )


def after_answer(
    state: HostState,
    answer: Response | Failure,
    *,
    now: datetime,
    usual: float,
    chance: float,
    retry_after: float = 0.0,
    robots: bool = False,
) -> HostState:
    """Return the state after one answer.

    `usual` is the host's pause, `chance` (0 to 1) is for `back_off`, `retry_after` the seconds of a long Retry-After. A single
    page must not stop its host for long, so the host waits for at most a day. `robots`: robots.txt was requested.
    """
    if isinstance(answer, Response) and answer.status < 500 and answer.status != 429:
        slowed = faster(state.slowed_seconds)
        return (
            state
            if state.is_plain
            else HostState(state.host, slowed_seconds=slowed, slowed_since=state.slowed_since if slowed else None)
        )
    if isinstance(answer, Failure) and answer.reason not in _OF_THE_HOST:
        return state
    too_fast = isinstance(answer, Response) and answer.status in (429, 503)
    failures = state.failures + 1
    is_tolerated = failures <= (MAX_FAILED_ROBOTS if robots else MAX_TOO_FAST if too_fast else MAX_FAILED_PAGES)
    backed_off = state.backed_off + (not is_tolerated)
    wait = max(min(retry_after, MAX_BACK_OFF_SECONDS), 0.0 if is_tolerated else back_off(backed_off, chance))
    error = answer.detail if isinstance(answer, Failure) else f"{answer.url}: the server answered {answer.status}"
    return HostState(
        state.host,
        failures,
        state.failing_since or now,
        error[:MAX_ERROR_CHARACTERS],
        now + timedelta(seconds=wait) if wait else None,
        backed_off,
        slower(state.slowed_seconds, usual) if too_fast else state.slowed_seconds,
        (state.slowed_since or now) if too_fast else state.slowed_since,
    )


def deferred(state: HostState, address: str, seconds: float) -> Failure:
    """Return the failure of a page whose host is left alone for `seconds`."""
    if state.failures > 1:
        since = f"{state.failing_since:%Y-%m-%d %H:%M} UTC" if state.failing_since else "a while"
        why = f"its host has failed {state.failures} times since {since} (last: {state.error})"
    else:
        why = "the server asked for a pause (Retry-After)"
    return Failure(address, "deferred", f"{address}: left for later, for {seconds:.0f} s, as {why}", retry_after_seconds=seconds)


@dataclass(slots=True)
class RobotsCopy:
    """One origin's robots.txt, or why it is unreachable, and until when that counts (by the clock)."""

    rules: Robots | Failure
    until: float


@dataclass(slots=True)
class Host:
    """What one run remembers of a host: its turn, and its robots.txt files (one for each origin)."""

    state: HostState
    pause: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0  # by the clock; the next request may begin then
    robots: dict[str, RobotsCopy] = field(default_factory=dict)


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and not moment.tzinfo else moment


class HostTurns(Protocol):
    """Turns at hosts that several crawlers share. Each crawler keeps its own pauses as well."""

    async def take(self, host: str) -> float:
        """Take the turn at a host; return 0.0, or the seconds to wait before the next attempt."""

    async def end(self, host: str, pause_seconds: float, *, is_known: bool) -> None:
        """End the turn. `is_known`: the pause follows from the host's robots.txt."""


# -- sources -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Budget:
    """Count the requests and bytes of a source, handed to each `Fetcher.get` of that source. Bytes are counted after decoding."""

    max_bytes: int
    max_pages: int
    bytes: int = 0
    pages: int = 0

    @classmethod
    def of(cls, policy: FetchPolicy) -> Budget:
        return cls(policy.max_source_bytes, policy.max_source_pages)

    @property
    def bytes_left(self) -> int:
        return max(0, self.max_bytes - self.bytes)

    @property
    def spent(self) -> str | None:
        """Return which limit is reached, in words; None while there is some left."""
        if self.pages >= self.max_pages:
            return f"the source reached its {self.max_pages} requests for this crawl (max_source_pages)"
        if self.bytes >= self.max_bytes:
            return f"the source reached its {self.max_bytes} bytes for this crawl (max_source_bytes)"
        return None
