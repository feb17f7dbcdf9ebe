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
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from html import unescape
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from indexer import html
from indexer.fetch.cookies import Cookies
from indexer.fetch.politeness import (
    MAX_WAIT_SECONDS,
    Budget,
    Host,
    HostState,
    HostTurns,
    RobotsCopy,
    after_answer,
    deferred,
    host_key,
    pause,
    retry_after,
)
from indexer.fetch.robots import MAX_ROBOTS_BYTES, Robots, read_robots
from indexer.masking import mask_secrets
from indexer.model import Failure, FetchPolicy, Response
from indexer.urls import identity, resolve

if TYPE_CHECKING:
    from indexer.fetch.transport import Request, Transport

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
        turns: HostTurns | None = None,
    ) -> None:
        """`turns`: those that other crawlers of the same hosts wait for, too."""
        from indexer.fetch.transport import HttpTransport, Request  # commands that fetch nothing start faster

        self.policy = policy
        self._transport, self._request = transport or HttpTransport(policy), Request
        self._clock, self._sleep, self._chance, self._turns = clock, sleep, chance, turns
        self._begun, self._begun_at = now or datetime.now(UTC), clock()
        self._states = {state.host: state for state in states}
        self._hosts: dict[str, Host] = {}
        self._slots = asyncio.Semaphore(max(1, policy.concurrency))
        self._cookies: Cookies | None = None  # until a site sets one

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        await self._transport.close()

    def host_states(self) -> tuple[HostState, ...]:
        """Return the states of all hosts, those of earlier runs included: for the next run, and for people to see."""
        states = {key: host.state for key, host in self._hosts.items()}
        return tuple(state for _, state in sorted({**self._states, **states}.items()))

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
            cookie = self._cookies.header(address, first) if self._cookies else ""
            if (address, cookie) in seen:
                itself = "to itself" if len(seen) == 1 else "in a circle"
                return Failure(url, "redirects", f"{url}: redirects {itself}")
            seen.add((address, cookie))
            answer = await self._hop(address, {**headers, "cookie": cookie} if cookie else headers, robots, budget)
            if isinstance(answer, Failure):
                return dataclasses.replace(answer, url=url)
            if cookies := answer.headers.get("set-cookie"):
                self._cookies = self._cookies or Cookies()
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
            if "set-cookie" in headers:  # the archive stores no cookies
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
                if seconds is not None and seconds <= MAX_WAIT_SECONDS:
                    host.free_at = max(host.free_at, self._clock() + seconds)
                    await self._end_turn(host, host.free_at - self._clock())
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
        """Send a request when the host's pause is over. The caller holds the host's lock. `most`: bytes to read of the answer."""
        now = self._now()
        if seconds := host.state.waits(now):
            return deferred(host.state, address, seconds)
        if host.free_at > self._clock():
            await self._sleep(host.free_at - self._clock())
        request = self._request(address, headers, most, most is not None)
        if budget is not None and budget.bytes_left < self.policy.max_page_bytes:
            request = self._request(address, headers, budget.bytes_left)
        answer = await self._send(host, request, address)
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
            retry_after=requested if requested > MAX_WAIT_SECONDS else 0.0,
            robots=most is not None,
        )
        host.free_at = self._clock() + host.pause + host.state.slowed_seconds
        await self._end_turn(host, host.pause + host.state.slowed_seconds)
        return answer

    async def _send(self, host: Host, request: Request, address: str) -> Response | Failure:
        """Send a request when a slot is free, and no other crawler has the host's turn."""
        while True:
            async with self._slots:
                wait = await self._turns.take(host.state.host) if self._turns is not None else 0.0
                if wait <= 0:
                    started = self._clock()
                    answer = await self._transport.send(request)
                    _log_request(answer, address, self._clock() - started)
                    return answer
            await self._sleep(wait)

    async def _end_turn(self, host: Host, seconds: float) -> None:
        """Release the turn at a host: other crawlers may request it after some seconds."""
        if self._turns is not None:
            await self._turns.end(host.state.host, seconds, is_known=bool(host.robots))

    def _now(self) -> datetime:
        return self._begun + timedelta(seconds=self._clock() - self._begun_at)

    def _requested_seconds(self, answer: Response) -> float | None:
        value = answer.headers.get("retry-after")
        return retry_after(value, self._now()) if value else None

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


def _log_request(answer: Response | Failure, url: str, seconds: float) -> None:
    """Log one request with its status and time, at level INFO. `-v` shows these lines."""
    if not _LOG.isEnabledFor(logging.INFO):
        return
    outcome = answer.status if isinstance(answer, Response) else answer.reason
    size = len(answer.body) if isinstance(answer, Response) else 0
    fields = {"url": mask_secrets(url), "status": outcome, "ms": round(seconds * 1000), "bytes": size}
    _LOG.info("%s  %d ms  %s", outcome, fields["ms"], fields["url"], extra={"fields": fields})


# -- pages that redirect their readers --------------------------------------------------------------------------------
# By `<meta http-equiv=refresh>`, by the header of that name, or by a script of one line. A reader in a browser sees a redirect.
# Only pages with hardly a word count: a page with a text may refresh itself, or redirect only readers without scripts.

MAX_PAGE_REFRESHES = 3
MAX_REFRESH_PAGE_BYTES = 20_000  # of a page that redirects
MAX_SCRIPT_PAGE_CHARACTERS = 3_000  # the same if a script redirects
MAX_REFRESH_TEXT_CHARACTERS = 300  # that a reader sees ("You are being redirected …")
MAX_REFRESH_DELAY_SECONDS = 10
MAX_PERMANENT_DELAY_SECONDS = 1  # of delay up to which the page has moved for good

_META = re.compile(r"<meta\b[^<>]{0,500}?\bhttp-equiv\s*=\s*[\"']?\s*refresh\b[^<>]{0,2500}>", re.I)
_CONTENT = re.compile(r"\bcontent\s*=\s*(?:\"([^\"]{0,2200})\"|'([^']{0,2200})'|([^\s>]{1,2200}))", re.I)
_REFRESH = re.compile(r"\s*(\d{1,4})(?:\.\d*)?\s*[;,\s]\s*(?:url\s*=\s*)?[\"']?\s*([^\"']{1,2100}?)\s*[\"']?\s*", re.I)
_SCRIPT = re.compile(
    r"(?<![\w.$])(?:(?:window|document|self|top|parent)\s*\.\s*)?location(?:\s*\.\s*href)?\s*(?:=|\.\s*(?:replace|assign)\s*\()\s*"
    r"([\"'])((?:(?!\1)[^\\\r\n]){1,2000})\1\s*(?:[;})\r\n<]|\"?\s*>|$)"
)
_CONDITION = re.compile(r"\b(?:if|function|switch|setTimeout)\b\s*\(|\?[^\"']*:|=>")


async def get_page(
    fetcher: Fetcher,
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    accept: str = ANY_TYPE,
    budget: Budget | None = None,
) -> Response | Failure:
    """Return what `Fetcher.get` returns. A page that does nothing but redirect is followed like a redirect."""
    answer = await fetcher.get(url, etag=etag, last_modified=last_modified, accept=accept, budget=budget)
    seen = {identity(url)}
    for _ in range(MAX_PAGE_REFRESHES):
        refresh = refresh_of(answer) if isinstance(answer, Response) else None
        if refresh is None or not isinstance(answer, Response):
            break
        target, seconds = refresh
        seen.add(identity(answer.url))
        if identity(target) in seen:
            break
        seen.add(identity(target))
        following = await fetcher.get(target, accept=accept, budget=budget)
        if isinstance(following, Failure):
            return dataclasses.replace(following, url=url, detail=f"{url}: it only sends on to another page; {following.detail}")
        permanent = answer.permanent_url
        if seconds <= MAX_PERMANENT_DELAY_SECONDS and identity(answer.url) == identity(permanent or url):
            permanent = following.permanent_url or target
        # The validators belong to the target. The page that redirects may stay the same while the target changes.
        headers = {name: value for name, value in following.headers.items() if name not in ("etag", "last-modified")}
        answer = dataclasses.replace(following, requested_url=url, permanent_url=permanent, headers=headers)
    return answer


def refresh_of(answer: Response) -> tuple[str, int] | None:
    """Return where a page redirects its readers, and after how many seconds; None if it does not."""
    if answer.status != 200 or len(answer.body) > MAX_REFRESH_PAGE_BYTES or not html.is_page(answer.body, answer.media_type):
        return None
    header = answer.headers.get("refresh", "")
    if not header and b"refresh" not in answer.body.lower() and b"location" not in answer.body:
        return None
    text = re.sub(r"<!--.*?(?:-->|\Z)", "", html.decode(answer.body, answer.headers.get("content-type")), flags=re.S)
    contents = [header, *(_content(meta[0]) for meta in _META.finditer(text))]
    refresh = next((match for each in contents if (match := _REFRESH.fullmatch(each))), None)
    if refresh is None and (len(text) > MAX_SCRIPT_PAGE_CHARACTERS or _CONDITION.search(text)):
        return None
    scripted = None if refresh else _SCRIPT.search(text)
    target = resolve(unescape(refresh[2]) if refresh else scripted[2] if scripted else "", answer.url)
    seconds = int(refresh[1]) if refresh else 0
    if target is None or seconds > MAX_REFRESH_DELAY_SECONDS or len(html.to_text(text)) > MAX_REFRESH_TEXT_CHARACTERS:
        return None
    return target, seconds


def _content(meta: str) -> str:
    content = _CONTENT.search(meta)
    return next((value for value in content.groups() if value is not None), "") if content else ""
