"""Fetch an address, politely: the only way from the crawler to the web.

    budget left? -> the host's turn -> robots.txt of the origin (once a day) -> allowed? -> the pause is over?
    -> send -> remember how the host behaved -> redirect? -> the same again

Each host gets one request at a time and a pause between two; hosts are fetched side by side. A host's Retry-After is honoured. A
host that answers "too fast" gets longer pauses, and one that fails again and again is left alone for a while
(`politeness.HostState`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import Request as StandardRequest

from indexer.fetch.politeness import PATIENCE, Budget, Host, HostState, RobotsCopy, after_answer, host_key, pause, retry_after
from indexer.fetch.robots import MAX_ROBOTS_BYTES, Robots, read_robots
from indexer.masking import mask_secrets
from indexer.model import Failure, FetchPolicy, Response
from indexer.urls import resolve

if TYPE_CHECKING:
    from indexer.fetch.transport import Transport

REDIRECTS = (300, 301, 302, 303, 307, 308)
MAX_ROBOTS_REDIRECTS = 5  # RFC 9309, 2.3.1.2
MAX_ROBOTS_AGE_SECONDS = 86_400.0  # RFC 9309, 2.4. A copy is never stored beyond a run
ROBOTS_RETRY_SECONDS = 600.0  # after which an unreachable robots.txt is requested again
ACCEPT_FEED = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
ACCEPT_PAGE = "text/html, application/xhtml+xml, */*;q=0.5"
ANY_TYPE = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5"
MAX_VALIDATOR_CHARACTERS = 1_000  # of an ETag; a longer one is not sent back
_LOG = logging.getLogger(__name__)


class Fetcher:
    """Fetch addresses under a policy. An async context manager; not to be shared between event loops.

    `states` are the `host_states()` of an earlier run; `now` is the moment when this run begins.
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
        """Return the states of all hosts, those of earlier runs included: for the next run, and for people to see."""
        met = {key: host.state for key, host in self._hosts.items()}
        return tuple(state for _, state in sorted({**self._states, **met}.items()))

    def pauses(self) -> dict[str, float]:
        """Return the seconds between two requests to each origin whose robots.txt was read."""
        delay = self.policy.delay_seconds
        return {
            origin: pause(delay, entry.rules.delay)
            for host in self._hosts.values()
            for origin, entry in host.robots.items()
            if isinstance(entry.rules, Robots)
        }

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
        """Return the final answer after redirects: a Response for 200 and 304, otherwise a Failure with the reason.

        `etag` and `last_modified` make the request conditional. `robots` False skips robots.txt.
        """
        address = first = resolve(url)
        if address is None or first is None:
            return Failure(url, "scheme", f"{url[:200]}: not a web address that can be fetched")
        headers = {"accept": accept}
        for name, value in (("if-none-match", etag), ("if-modified-since", last_modified)):
            if value and value.isprintable() and len(value) <= MAX_VALIDATOR_CHARACTERS:
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
                self._cookies.store(cookies, address, first)
            target = answer.headers.get("location") if answer.status in REDIRECTS else None
            if target is None:
                if answer.not_modified and not headers.keys() & {"if-none-match", "if-modified-since"}:
                    return Failure(url, "status", f"{answer.url}: the server answered 304 to a request without validators", 304)
                return self._final(answer, url, permanent if permanent != first else None)
            following = resolve(target, address)
            if following is None:
                return Failure(url, "scheme", f"{address}: redirects to {target[:200]!r}, which cannot be fetched")
            only_permanent = only_permanent and answer.status in (301, 308)
            permanent = following if only_permanent else permanent
            address = following
        return Failure(url, "redirects", f"{url}: more than {self.policy.max_redirects} redirects (max_redirects)")

    async def robots(self, url: str) -> Robots | Failure:
        """Return the robots.txt of an address's site, fetched if this run has not read it, or why it is unreachable."""
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
        seconds = self._requested_seconds(answer)
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
                rules = await self._robots(host, f"{parts.scheme}://{parts.netloc}")
                if isinstance(rules, Failure):
                    because = f"{address}: not fetched, as {rules.detail}"
                    if rules.reason != "robots-unreachable":  # the whole host is unreachable, so name the page
                        because = rules.detail.replace(rules.url, address, 1)
                    return dataclasses.replace(rules, url=address, detail=because)
                if not rules.allows(address):
                    return Failure(address, "robots", f"{address}: the site's robots.txt does not allow it")
            answer = await self._turn(host, address, headers, budget)
            if isinstance(answer, Response) and answer.status in (429, 503):
                seconds = self._requested_seconds(answer)
                if seconds is None and answer.status == 429:
                    seconds = 0.0  # the pause has just grown, which may suffice
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
        """Send when the host's pause is over; the caller holds its lock. `most`: bytes after which the rest is left unread."""
        now = self._now()
        if left := host.state.waits(now):
            return _deferred(host.state, address, left)
        if host.free_at > self._clock():
            await self._sleep(host.free_at - self._clock())
        request = self._request(address, headers, most, most is not None)
        if budget is not None and budget.bytes_left < self.policy.max_page_bytes:
            request = self._request(address, headers, budget.bytes_left)
        async with self._slots:
            started = self._clock()
            answer = await self._transport.send(request)
            _log_request(answer, address, self._clock() - started)
        if budget is not None:
            budget.pages += 1
            budget.bytes += len(answer.body) if isinstance(answer, Response) else 0
            if isinstance(answer, Failure) and answer.reason == "too-large":
                budget.bytes += min(budget.bytes_left, self.policy.max_page_bytes)
        too_fast = isinstance(answer, Response) and answer.status in (429, 503)
        requested = (self._requested_seconds(answer) or 0.0) if too_fast and isinstance(answer, Response) else 0.0
        host.state = after_answer(
            host.state,
            answer,
            now=self._now(),
            usual=host.pause,
            chance=self._chance(),
            asked=requested if requested > PATIENCE else 0.0,
            robots=most is not None,
        )
        host.free_at = self._clock() + host.pause + host.state.slowed_seconds
        return answer

    def _now(self) -> datetime:
        return self._begun + timedelta(seconds=self._clock() - self._begun_at)

    def _requested_seconds(self, answer: Response) -> float | None:
        given = answer.headers.get("retry-after")
        return retry_after(given, self._now()) if given else None

    async def _robots(self, host: Host, origin: str) -> Robots | Failure:
        """Return the origin's robots.txt (RFC 9309, 2.3.1). With 4xx everything is allowed. Without an answer and with 5xx
        nothing is, whatever an older copy allowed."""
        copy = host.robots.get(origin)
        if copy is None or self._clock() >= copy.until:
            rules = await self._get_robots(origin)
            seconds = MAX_ROBOTS_AGE_SECONDS if isinstance(rules, Robots) else ROBOTS_RETRY_SECONDS
            copy = host.robots[origin] = RobotsCopy(rules, self._clock() + seconds)
            delays = [each.rules.delay or 0.0 for each in host.robots.values() if isinstance(each.rules, Robots)]
            host.pause = pause(self.policy.delay_seconds, max(delays, default=0.0))
            host.free_at = max(host.free_at, self._clock() + host.pause)
        return copy.rules

    async def _get_robots(self, origin: str) -> Robots | Failure:
        address = f"{origin}/robots.txt"
        for _ in range(MAX_ROBOTS_REDIRECTS + 1):
            # Do not wait for the lock of another host: two that redirect to each other would wait forever.
            accept = {"accept": "text/plain, */*;q=0.5"}
            answer = await self._turn(self._host(address), address, accept, most=MAX_ROBOTS_BYTES + 1)
            if isinstance(answer, Failure):
                if answer.reason in ("private-address", "dns", "scheme", "port", "deferred"):  # as the page itself would fail
                    return answer
                detail = f"its robots.txt is unreachable ({answer.detail})"
                return dataclasses.replace(answer, reason="robots-unreachable", detail=detail)
            if answer.status in REDIRECTS and (target := resolve(answer.headers.get("location", ""), address)):
                address = target
                continue
            if answer.status == 429 or answer.status >= 500:
                detail = f"{address} answered {answer.status}: no permission for now"
                return Failure(address, "robots-unreachable", detail, answer.status, self._requested_seconds(answer))
            text = read_robots(answer.body) if answer.status == 200 else ""
            return Robots.parse(text, self.policy.user_agent)
        return Robots.parse("", self.policy.user_agent)  # too many redirects count as no robots.txt


def _deferred(state: HostState, address: str, left: float) -> Failure:
    if state.failures > 1:
        since = f"{state.failing_since:%Y-%m-%d %H:%M} UTC" if state.failing_since else "a while"
        why = f"its host has failed {state.failures} times since {since} (last: {state.error})"
    else:
        why = "the server asked for a pause (Retry-After)"
    return Failure(address, "deferred", f"{address}: left for later, for {left:.0f} s, as {why}", retry_after_seconds=left)


def _log_request(answer: Response | Failure, url: str, seconds: float) -> None:
    """Log one request with its status and time, at level INFO. `-v` shows these lines."""
    if not _LOG.isEnabledFor(logging.INFO):
        return
    outcome = answer.status if isinstance(answer, Response) else answer.reason
    size = len(answer.body) if isinstance(answer, Response) else 0
    fields = {"url": mask_secrets(url), "status": outcome, "ms": round(seconds * 1000), "bytes": size}
    _LOG.info("%s  %d ms  %s", outcome, fields["ms"], fields["url"], extra={"fields": fields})


# -- cookies -----------------------------------------------------------------------------------------------------------
# Hold cookies in memory while a crawl runs: some sites redirect in circles until they get their own cookie back.
#
# The rules are those of the standard library's jar. In addition, only the site of the requested page may set a cookie and gets it
# back, not the sites that a redirect leads through; and each site gets few of them.

MAX_SITES = 1_000  # a crawl of more sites than that forgets the cookies of all and goes on
MAX_COOKIES = 30  # of one site
MAX_COOKIE_CHARACTERS = 4_096  # RFC 6265, 6.1


class Cookies:
    """One crawl's cookies. `header` and `store` do nothing on other sites than that of the requested page."""

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}

    def header(self, url: str, requested: str) -> str:
        """Return the Cookie header for an address that the request for `requested` led to; "" when there is none."""
        jar = self._jars.get(_site(url)) if self._jars else None
        if jar is None or _site(url) != _site(requested):
            return ""
        request = StandardRequest(url)  # noqa: S310  # nothing is opened: the jar wants an address in this form
        jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""

    def store(self, lines: str, url: str, requested: str) -> None:
        """Store the Set-Cookie headers (one a line) of an answer."""
        if _site(url) != _site(requested):
            return
        message = Message()
        for line in lines.split("\n")[:MAX_COOKIES]:
            if len(line) <= MAX_COOKIE_CHARACTERS and line.isprintable() and "=" in line.partition(";")[0]:
                message["Set-Cookie"] = line
        if len(self._jars) >= MAX_SITES:
            self._jars.clear()
        policy = DefaultCookiePolicy(hide_cookie2=True, strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)
        jar = self._jars.setdefault(_site(url), CookieJar(policy))
        request = StandardRequest(url)  # noqa: S310  # as above
        jar.extract_cookies(_Answer(message), request)  # type: ignore[arg-type]  # the jar calls info() only
        if len(jar) > MAX_COOKIES:
            jar.clear()


class _Answer:
    """The part of a response that the standard library's jar reads."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def info(self) -> Message:
        return self._message


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
