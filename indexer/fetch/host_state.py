"""What is remembered of a host: beyond the run (`HostState`, a value that the archive can keep) and within it (`Host`)."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from indexer.fetch.politeness import BORNE_PAGES, BORNE_ROBOTS, BORNE_TOO_FAST, back_off, faster, slower
from indexer.fetch.robots import Robots
from indexer.model import Failure, Response

MAX_ERROR = 500  # characters
# What says something about the host, not about the page. A private address, a redirect or a long page does not.
_OF_THE_HOST = ("dns", "connect", "timeout", "tls", "protocol")


@dataclass(frozen=True, slots=True)
class HostState:
    """How a host has behaved, as far as the next run must know. Times are aware UTC."""

    host: str  # politeness.host_key
    failures: int = 0  # in a row
    failing_since: datetime | None = None
    error: str = ""  # the last failure, in words; "" once it answers again
    not_before: datetime | None = None  # it is not asked again until then
    backed_off: int = 0  # how often it was left alone since it last answered
    slowed_seconds: float = 0.0  # what 429 and 503 have added to its pause
    slowed_since: datetime | None = None

    @property
    def is_plain(self) -> bool:
        """Nothing worth keeping."""
        return self == HostState(self.host)

    def waits(self, now: datetime) -> float:
        """Seconds until it may be asked again; 0 when it may be now."""
        return max(0.0, (self.not_before - now).total_seconds()) if self.not_before else 0.0

    def to_mapping(self) -> dict[str, str | int | float | None]:
        """Fit for JSON; `from_mapping` is the way back."""
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> HostState:
        """What another version wrote and this one cannot read is as good as not written."""
        slowed = values.get("slowed_seconds")
        failures, backed_off = (
            value if isinstance(value, int) and value > 0 else 0 for value in (values.get("failures"), values.get("backed_off"))
        )
        return cls(
            str(values.get("host") or ""),
            failures,
            _moment(values.get("failing_since")),
            str(values.get("error") or "")[:MAX_ERROR],
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
    asked: float = 0.0,
    robots: bool = False,
) -> HostState:
    """The state after one answer. `usual`: the host's pause; `chance`: 0 to 1, for `back_off`; `asked`: seconds for which the
    server wants to be left alone; `robots`: whether robots.txt was asked for."""
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
    borne = failures <= (BORNE_ROBOTS if robots else BORNE_TOO_FAST if too_fast else BORNE_PAGES)
    backed_off = state.backed_off + (not borne)
    wait = max(asked, 0.0 if borne else back_off(backed_off, chance))
    said = answer.detail if isinstance(answer, Failure) else f"{answer.url}: the server answered {answer.status}"
    return HostState(
        state.host,
        failures,
        state.failing_since or now,
        said[:MAX_ERROR],
        now + timedelta(seconds=wait) if wait else None,
        backed_off,
        slower(state.slowed_seconds, usual) if too_fast else state.slowed_seconds,
        (state.slowed_since or now) if too_fast else state.slowed_since,
    )


@dataclass(slots=True)
class RobotsFound:
    """One origin's robots.txt, or why it cannot be had, and until when that counts (by the clock)."""

    found: Robots | Failure
    until: float


@dataclass(slots=True)
class Host:
    """What is remembered within a run: its turn, its robots.txt files (one for each origin)."""

    state: HostState
    pause: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0  # by the clock, from when on the next request may begin
    robots: dict[str, RobotsFound] = field(default_factory=dict)


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and not moment.tzinfo else moment
