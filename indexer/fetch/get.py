"""How we get an address, politely: the one way from the crawler to the web.

    robots.txt of the host (once a run) -> allowed? -> wait for the host's turn -> send -> redirect? -> the same again

One request at a time and a pause for each host; hosts side by side. A host that asks to be left alone is left alone.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from indexer.fetch.politeness import PATIENCE, pause, retry_after
from indexer.fetch.robots import LARGEST, crawl_delay, is_allowed
from indexer.model import Failure, FetchPolicy, Response
from indexer.urls import resolve

if TYPE_CHECKING:
    from indexer.fetch.transport import Transport

REDIRECTS = (301, 302, 303, 307, 308)
ROBOTS_REDIRECTS = 5  # RFC 9309, 2.3.1.2
ANY_TYPE = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5"


@dataclass(slots=True)
class _Host:
    """What is remembered of one origin during a run."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0  # by the clock, from when on the next request may begin
    deferred_until: float = 0.0
    robots: str | Failure | None = None
    pause: float = 0.0


class Fetcher:
    """Gets addresses under a policy. An async context manager; not to be shared between event loops."""

    def __init__(
        self,
        policy: FetchPolicy,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.policy = policy
        if transport is None:
            from indexer.fetch.transport import HttpTransport  # slow to import; commands that fetch nothing start faster

            transport = HttpTransport(policy)
        self._transport, self._clock, self._sleep = transport, clock, sleep
        self._hosts: dict[str, _Host] = {}
        self._slots = asyncio.Semaphore(max(1, policy.concurrency))

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._transport.close()

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = ANY_TYPE,
        robots: bool = True,
    ) -> Response | Failure:
        """The final answer after redirects: a Response for 200 and 304, else a Failure that says why."""
        address = resolve(url)
        if address is None:
            return Failure(url, "scheme", f"{url[:200]}: not a web address that can be fetched")
        headers = {"accept": accept}
        if etag:
            headers["if-none-match"] = etag
        if last_modified:
            headers["if-modified-since"] = last_modified
        seen, permanent, only_permanent = {address}, address, True
        for _ in range(self.policy.max_redirects + 1):
            answer = await self._hop(address, headers, robots)
            if isinstance(answer, Failure):
                return dataclasses.replace(answer, url=url)
            target = answer.headers.get("location") if answer.status in REDIRECTS else None
            if target is None:
                return self._final(answer, url, permanent)
            following = resolve(target, address)
            if following is None:
                return Failure(url, "scheme", f"{address}: redirects to {target[:200]!r}, which cannot be fetched")
            if following in seen and following != address:
                return Failure(url, "redirects", f"{url}: redirects in a circle")
            only_permanent = only_permanent and answer.status in (301, 308)
            permanent = following if only_permanent else permanent
            if following == address:
                return Failure(url, "redirects", f"{url}: redirects to itself")
            seen.add(following)
            address = following
        return Failure(url, "redirects", f"{url}: more than {self.policy.max_redirects} redirects (max_redirects)")

    def _final(self, answer: Response, url: str, permanent: str) -> Response | Failure:
        if answer.status in (200, 203, 304):
            moved = permanent if permanent != resolve(url) else None
            return dataclasses.replace(answer, requested_url=url, permanent_url=moved)
        seconds = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
        wait = f"; it asks to come back in {seconds:g} s" if seconds else ""
        return Failure(url, "status", f"{answer.url}: the server answered {answer.status}{wait}", answer.status, seconds)

    async def _hop(self, address: str, headers: dict[str, str], robots: bool) -> Response | Failure:
        parts = urlsplit(address)
        host = self._hosts.setdefault(f"{parts.scheme}://{parts.netloc}", _Host(pause=pause(self.policy.delay_seconds, None)))
        async with host.lock:
            if robots:
                text = await self._robots(host, f"{parts.scheme}://{parts.netloc}")
                if isinstance(text, Failure):
                    because = f"{address}: not fetched, as {text.detail}"
                    if text.reason != "robots-unreachable":  # nothing of the host can be had, so speak of the page
                        because = text.detail.replace(text.url, address, 1)
                    return dataclasses.replace(text, url=address, detail=because)
                if not is_allowed(text, self.policy.user_agent, address):
                    return Failure(address, "robots", f"{address}: the site's robots.txt does not allow it")
            answer = await self._turn(host, address, headers)
            if isinstance(answer, Response) and answer.status in (429, 503):
                seconds = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
                if seconds is not None and seconds <= PATIENCE:
                    host.free_at = max(host.free_at, self._clock() + seconds)
                    return await self._turn(host, address, headers)
                if seconds is not None or answer.status == 429:
                    host.deferred_until = self._clock() + (seconds or 60.0)
            return answer

    async def _turn(self, host: _Host, address: str, headers: dict[str, str]) -> Response | Failure:
        """Send when the host may be asked again; its lock is held."""
        from indexer.fetch.transport import Request

        now = self._clock()
        if host.deferred_until > now:
            left = host.deferred_until - now
            detail = f"{address}: left for later, as the server asked to be left alone for {left:.0f} s"
            return Failure(address, "deferred", detail, retry_after_seconds=left)
        if host.free_at > now:
            await self._sleep(host.free_at - now)
        async with self._slots:
            answer = await self._transport.send(Request(address, headers))
        host.free_at = self._clock() + host.pause
        return answer

    async def _robots(self, host: _Host, origin: str) -> str | Failure:
        """The host's robots.txt: 4xx is none, so all is allowed; no answer or 5xx is no permission (RFC 9309, 2.3.1)."""
        if host.robots is None:
            host.robots = await self._get_robots(host, origin)
            if isinstance(host.robots, str):
                host.pause = pause(self.policy.delay_seconds, crawl_delay(host.robots, self.policy.user_agent))
        return host.robots

    async def _get_robots(self, host: _Host, origin: str) -> str | Failure:
        address = f"{origin}/robots.txt"
        for _ in range(ROBOTS_REDIRECTS + 1):
            answer = await self._turn(host, address, {"accept": "text/plain, */*;q=0.5"})
            if isinstance(answer, Failure):
                if answer.reason in ("private-address", "dns", "scheme"):  # the page itself fails for the same reason
                    return answer
                detail = f"its robots.txt cannot be had ({answer.detail})"
                return dataclasses.replace(answer, reason="robots-unreachable", detail=detail)
            if answer.status in REDIRECTS and (target := resolve(answer.headers.get("location", ""), address)):
                address = target
                continue
            if answer.status == 429 or answer.status >= 500:
                detail = f"{address} answered {answer.status}: no permission for now"
                seconds = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
                return Failure(address, "robots-unreachable", detail, answer.status, seconds)
            return answer.body[:LARGEST].decode("utf-8", "replace") if answer.status == 200 else ""
        return ""  # too many redirects are as good as none
