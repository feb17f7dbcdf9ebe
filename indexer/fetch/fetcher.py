"""How we get an address, politely: the one way from the crawler to the web.

    budget left? -> the host's turn -> robots.txt of the origin (once a day) -> allowed? -> the pause is over?
    -> send -> remember how the host behaved -> redirect? -> the same again

One request at a time and a pause for each host; hosts side by side. A host that asks to be left alone is left alone; one
that says "too fast" gets longer pauses; one that fails again and again is not asked for a while (`hosts.HostState`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from indexer.fetch.budget import Budget
from indexer.fetch.cookies import Cookies
from indexer.fetch.host_state import Host, HostState, RobotsFound, after_answer
from indexer.fetch.politeness import PATIENCE, host_key, pause, retry_after
from indexer.fetch.robots import LARGEST, Robots, read_robots
from indexer.model import Failure, FetchPolicy, Response
from indexer.urls import resolve

if TYPE_CHECKING:
    from indexer.fetch.transport import Transport

REDIRECTS = (300, 301, 302, 303, 307, 308)
ROBOTS_REDIRECTS = 5  # RFC 9309, 2.3.1.2
ROBOTS_SECONDS = 86_400.0  # RFC 9309, 2.4: not longer than a day. Never kept beyond a run: each run asks for itself
ROBOTS_FAILED_SECONDS = 600.0  # after which a robots.txt that could not be had is asked for again
ANY_TYPE = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5"
MAX_VALIDATOR = 1_000  # characters of an ETag that are sent back


class Fetcher:
    """Gets addresses under a policy. An async context manager; not to be shared between event loops.

    `states` are those that an earlier run's `host_states()` gave; `now` is the moment at which this run begins.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        states: Iterable[HostState] = (),
        now: datetime | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        from indexer.fetch.transport import HttpTransport, Request  # commands that fetch nothing start faster

        self.policy = policy
        self._transport, self._request = transport or HttpTransport(policy), Request
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._begun, self._begun_at = now or datetime.now(UTC), clock()
        self._states = {state.host: state for state in states}
        self._hosts: dict[str, Host] = {}
        self._slots = asyncio.Semaphore(max(1, policy.concurrency))
        self._cookies = Cookies()

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        await self._transport.close()

    def host_states(self) -> tuple[HostState, ...]:
        """Of all hosts that were asked, and of those given that were not: for the next run, and for people to see."""
        met = {key: host.state for key, host in self._hosts.items()}
        return tuple(state for _, state in sorted({**self._states, **met}.items()))

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = ANY_TYPE,
        robots: bool = True,
        budget: Budget | None = None,
    ) -> Response | Failure:
        """The final answer after redirects: a Response for 200 and 304, else a Failure that says why."""
        address = first = resolve(url)
        if address is None or first is None:
            return Failure(url, "scheme", f"{url[:200]}: not a web address that can be fetched")
        headers = {"accept": accept}
        for name, value in (("if-none-match", etag), ("if-modified-since", last_modified)):
            if value and value.isprintable() and len(value) <= MAX_VALIDATOR:
                headers[name] = value
        seen: set[tuple[str, str]] = set()
        permanent, only_permanent = first, True
        for _ in range(self.policy.max_redirects + 1):
            cookie = self._cookies.header(address, first)
            if (address, cookie) in seen:
                itself = "to itself" if len(seen) == 1 else "in a circle"
                return Failure(url, "redirects", f"{url}: redirects {itself}")
            seen.add((address, cookie))
            answer = await self._hop(address, {**headers, "cookie": cookie} if cookie else headers, robots, budget)
            if isinstance(answer, Failure):
                return dataclasses.replace(answer, url=url)
            if cookies := answer.headers.get("set-cookie"):
                self._cookies.keep(cookies, address, first)
            target = answer.headers.get("location") if answer.status in REDIRECTS else None
            if target is None:
                if answer.not_modified and not headers.keys() & {"if-none-match", "if-modified-since"}:
                    return Failure(url, "status", f"{answer.url}: the server answered 304 although nothing was known", 304)
                return self._final(answer, url, permanent if permanent != first else None)
            following = resolve(target, address)
            if following is None:
                return Failure(url, "scheme", f"{address}: redirects to {target[:200]!r}, which cannot be fetched")
            only_permanent = only_permanent and answer.status in (301, 308)
            permanent = following if only_permanent else permanent
            address = following
        return Failure(url, "redirects", f"{url}: more than {self.policy.max_redirects} redirects (max_redirects)")

    async def robots(self, url: str) -> Robots | Failure:
        """What the robots.txt of an address's site says, asked for when this run has not read it; or why it cannot be had."""
        address = resolve(url)
        if address is None:
            return Failure(url, "scheme", f"{url[:200]}: not a web address that can be fetched")
        parts, host = urlsplit(address), self._host(address)
        async with host.lock:
            return await self._robots(host, f"{parts.scheme}://{parts.netloc}")

    def _final(self, answer: Response, url: str, permanent: str | None) -> Response | Failure:
        if answer.status in (200, 203, 304):
            headers = answer.headers
            if "set-cookie" in headers:  # no cookie is ever stored
                headers = {name: value for name, value in headers.items() if name != "set-cookie"}
            return dataclasses.replace(answer, requested_url=url, permanent_url=permanent, headers=headers)
        seconds = self._asked_for(answer)
        wait = f"; it asks to come back in {seconds:g} s" if seconds else ""
        walled = " with a bot check" if answer.headers.get("cf-mitigated", "").strip().lower() == "challenge" else ""
        return Failure(url, "status", f"{answer.url}: the server answered {answer.status}{walled}{wait}", answer.status, seconds)

    async def _hop(self, address: str, headers: dict[str, str], robots: bool, budget: Budget | None) -> Response | Failure:
        if spent := self._spent(address, budget):
            return spent
        host = self._host(address)
        async with host.lock:
            if robots:
                parts = urlsplit(address)
                found = await self._robots(host, f"{parts.scheme}://{parts.netloc}")
                if isinstance(found, Failure):
                    because = f"{address}: not fetched, as {found.detail}"
                    if found.reason != "robots-unreachable":  # nothing of the host can be had, so speak of the page
                        because = found.detail.replace(found.url, address, 1)
                    return dataclasses.replace(found, url=address, detail=because)
                if not found.allows(address):
                    return Failure(address, "robots", f"{address}: the site's robots.txt does not allow it")
            answer = await self._turn(host, address, headers, budget)
            if isinstance(answer, Response) and answer.status in (429, 503):
                seconds = self._asked_for(answer)
                if seconds is None and answer.status == 429:
                    seconds = 0.0  # the pause has just grown; that may do
                if seconds is not None and seconds <= PATIENCE:
                    host.free_at = max(host.free_at, self._clock() + seconds)
                    return self._spent(address, budget) or await self._turn(host, address, headers, budget)
            return answer

    @staticmethod
    def _spent(address: str, budget: Budget | None) -> Failure | None:
        spent = budget.spent if budget is not None else None
        return Failure(address, "budget", f"{address}: left for later, as {spent}") if spent else None

    def _host(self, address: str) -> Host:
        key = host_key(address)
        host = self._hosts.get(key)
        if host is None:
            state = self._states.get(key) or HostState(key)
            host = self._hosts[key] = Host(state, pause(self.policy.delay_seconds, None))
        return host

    async def _turn(
        self, host: Host, address: str, headers: dict[str, str], budget: Budget | None = None, most: int | None = None
    ) -> Response | Failure:
        """Send when the host may be asked again; its lock is held. `most`: bytes after which the rest is left unread."""
        now = self._now()
        if left := host.state.waits(now):
            return _deferred(host.state, address, left)
        if host.free_at > self._clock():
            await self._sleep(host.free_at - self._clock())
        request = self._request(address, headers, most, most is not None)
        if budget is not None and budget.bytes_left < self.policy.max_page_bytes:
            request = self._request(address, headers, budget.bytes_left)
        async with self._slots:
            answer = await self._transport.send(request)
        if budget is not None:
            budget.pages += 1
            budget.bytes += len(answer.body) if isinstance(answer, Response) else 0
            if isinstance(answer, Failure) and answer.reason == "too-large":
                budget.bytes += min(budget.bytes_left, self.policy.max_page_bytes)
        too_fast = isinstance(answer, Response) and answer.status in (429, 503)
        asked = (self._asked_for(answer) or 0.0) if too_fast and isinstance(answer, Response) else 0.0
        host.state = after_answer(
            host.state,
            answer,
            now=self._now(),
            usual=host.pause,
            chance=self._chance(),
            asked=asked if asked > PATIENCE else 0.0,
            robots=most is not None,
        )
        host.free_at = self._clock() + host.pause + host.state.slowed_seconds
        return answer

    def _now(self) -> datetime:
        return self._begun + timedelta(seconds=self._clock() - self._begun_at)

    def _asked_for(self, answer: Response) -> float | None:
        given = answer.headers.get("retry-after")
        return retry_after(given, self._now()) if given else None

    async def _robots(self, host: Host, origin: str) -> Robots | Failure:
        """The origin's robots.txt: 4xx is none, so all is allowed; no answer or 5xx is no permission (RFC 9309, 2.3.1), and
        an older copy that allowed something does not count then."""
        known = host.robots.get(origin)
        if known is None or self._clock() >= known.until:
            found = await self._get_robots(origin)
            seconds = ROBOTS_SECONDS if isinstance(found, Robots) else ROBOTS_FAILED_SECONDS
            known = host.robots[origin] = RobotsFound(found, self._clock() + seconds)
            delays = [each.found.delay or 0.0 for each in host.robots.values() if isinstance(each.found, Robots)]
            host.pause = pause(self.policy.delay_seconds, max(delays, default=0.0))
            host.free_at = max(host.free_at, self._clock() + host.pause)
        return known.found

    async def _get_robots(self, origin: str) -> Robots | Failure:
        address = f"{origin}/robots.txt"
        for _ in range(ROBOTS_REDIRECTS + 1):
            # Another host's lock is not waited for: two that redirect to each other would wait for ever.
            accept = {"accept": "text/plain, */*;q=0.5"}
            answer = await self._turn(self._host(address), address, accept, most=LARGEST + 1)
            if isinstance(answer, Failure):
                if answer.reason in ("private-address", "dns", "scheme", "port", "deferred"):  # as the page itself would fail
                    return answer
                detail = f"its robots.txt cannot be had ({answer.detail})"
                return dataclasses.replace(answer, reason="robots-unreachable", detail=detail)
            if answer.status in REDIRECTS and (target := resolve(answer.headers.get("location", ""), address)):
                address = target
                continue
            if answer.status == 429 or answer.status >= 500:
                detail = f"{address} answered {answer.status}: no permission for now"
                return Failure(address, "robots-unreachable", detail, answer.status, self._asked_for(answer))
            text = read_robots(answer.body) if answer.status == 200 else ""
            return Robots.parse(text, self.policy.user_agent)
        return Robots.parse("", self.policy.user_agent)  # too many redirects are as good as none


def _deferred(state: HostState, address: str, left: float) -> Failure:
    if state.failures > 1:
        since = f"{state.failing_since:%Y-%m-%d %H:%M} UTC" if state.failing_since else "a while"
        why = f"its host has failed {state.failures} times since {since} (last: {state.error})"
    else:
        why = "the server asked to be left alone"
    return Failure(address, "deferred", f"{address}: left for later, for {left:.0f} s, as {why}", retry_after_seconds=left)
