"""Fetch what the checks need: at most a dozen requests, one after the other, as politely as a crawl.

the address -> (for a web page: the feed it links) -> three sample pages -> the feed again, conditionally -> a sitemap
            -> the feed's second page
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence, Set
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from indexer import html
from indexer.doctor.facts import Exchange, Facts, Hop, RawFeed, RobotsFile, Sample, SitemapFacts
from indexer.doctor.raw_feed import read_raw
from indexer.doctor.sample import read_sample
from indexer.feeds.autodiscovery import discover
from indexer.feeds.opml import parse_opml
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import SAME_LASTMOD, parse_sitemap
from indexer.fetch.fetcher import ACCEPT_FEED, REDIRECTS, Fetcher
from indexer.fetch.robots import MAX_ROBOTS_BYTES, Robots
from indexer.model import Entry, Failure, Feed, FetchPolicy, Response, Source
from indexer.urls import identity, resolve

if TYPE_CHECKING:
    from indexer.fetch.transport import Request, Transport

MAX_REQUESTS: Final = 12
MAX_SAMPLE_PAGES: Final = 3
MAX_HOPS: Final = 100  # recorded since the last call of `hops`: a crawl with a recorder never calls it

FetcherMaker = Callable[["Transport"], Fetcher]


class Recorder:
    """A transport that records each hop and every robots.txt, and refuses requests beyond the limit."""

    def __init__(self, inner: Transport, most: int = MAX_REQUESTS) -> None:
        self._inner, self._most = inner, most
        self.requests = 0
        self.robots: dict[str, RobotsFile] = {}  # by origin
        self._leads_to: dict[str, str] = {}  # targets of robots.txt redirects, with their origins
        self._hops: list[Hop] = []

    async def send(self, request: Request) -> Response | Failure:
        if self.requests >= self._most:
            detail = f"{request.url}: not fetched: the limit of {self._most} requests for one examination is reached"
            return Failure(request.url, "deferred", detail)
        self.requests += 1
        answer = await self._inner.send(request)
        self._record(request.url, answer)
        return answer

    async def close(self) -> None:
        await self._inner.close()

    def hops(self) -> tuple[Hop, ...]:
        """Return the hops since the last call, without those to a robots.txt."""
        hops, self._hops = self._hops, []
        return tuple(hops)

    def _record(self, url: str, answer: Response | Failure) -> None:
        status = answer.status if isinstance(answer, Response) else None
        target = _target(answer, url)
        parts = urlsplit(url)
        origin = self._leads_to.get(url) or (f"{parts.scheme}://{parts.netloc}" if parts.path == "/robots.txt" else None)
        if origin is None:
            self._hops = [*self._hops[-MAX_HOPS:], Hop(url, status, target)]
            return
        if target:
            self._leads_to[target] = origin
        text = answer.body[:MAX_ROBOTS_BYTES].decode("utf-8", "replace") if isinstance(answer, Response) and status == 200 else ""
        self.robots[origin] = RobotsFile(f"{origin}/robots.txt", status, text)


def _target(answer: Response | Failure, url: str) -> str | None:
    if isinstance(answer, Failure) or answer.status not in REDIRECTS or "location" not in answer.headers:
        return None
    return resolve(answer.headers["location"], url) or answer.headers["location"][:200]


async def gather(
    source: Source,
    policy: FetchPolicy,
    now: datetime,
    *,
    is_source: bool = False,
    transport: Transport | None = None,
    make_fetcher: FetcherMaker | None = None,
    on_request: Callable[[int, str], None] = lambda number, url: None,
) -> Facts:
    """Fetch the facts about a source. Never raises for what the web does.

    `on_request` is called with the number of requests so far and each URL before it is fetched.
    """
    if transport is None:
        from indexer.fetch.transport import HttpTransport

        transport = HttpTransport(policy)
    recorder = Recorder(transport)
    async with make_fetcher(recorder) if make_fetcher else Fetcher(policy, recorder) as fetcher:
        return await _Examination(source, policy, now, is_source, fetcher, recorder, on_request).run()


class _Examination:
    def __init__(
        self,
        source: Source,
        policy: FetchPolicy,
        now: datetime,
        is_source: bool,
        fetcher: Fetcher,
        recorder: Recorder,
        on_request: Callable[[int, str], None],
    ) -> None:
        self.source, self.policy, self.now, self.is_source = source, policy, now, is_source
        self.fetcher, self.recorder, self.on_request = fetcher, recorder, on_request

    async def run(self) -> Facts:
        listing = await self._fetch(self.source.url, accept=ACCEPT_FEED)
        feed = _read(listing)
        if listing.response is not None and (listed := parse_opml(listing.response.body, listing.response.url)):
            return dataclasses.replace(
                self._facts(listing, Feed(listing.url, "")), lists_feeds=tuple(each.url for each in listed)
            )
        named_by: str | None = None
        others: Sequence[str] = ()
        if not feed.kind and listing.response is not None:
            named = discover(_decoded(listing.response), listing.response.url)
            if named:
                named_by, others = listing.url, named[1:]
                listing = await self._fetch(named[0], accept=ACCEPT_FEED)
                feed = _read(listing)
        if listing.response is None or not feed.kind:
            return dataclasses.replace(self._facts(listing, feed), named_by=named_by, also_named=tuple(others))
        raw = read_raw(listing.response.body, listing.response.headers.get("content-type"))
        parts = len(feed.entries) if feed.kind == "sitemapindex" else 0
        entries = (await self._part(feed)).entries if parts else feed.entries
        samples = [await self._sample(entry) for entry in choose_samples(entries)]
        again = await self._fetch_again(listing)
        past: Exchange | None = None
        sitemap_url: str | None = None
        sitemap: SitemapFacts | None
        new = 0
        if feed.kind.startswith("sitemap"):
            sitemap = _sitemap(feed, entries, parts, {identity(sample.url) for sample in samples})
        else:
            sitemap, sitemap_url = await self._sitemap(listing, samples)
            past, new = await self._past(feed, raw)
        return dataclasses.replace(
            self._facts(listing, feed),
            raw=raw,
            named_by=named_by,
            also_named=tuple(others),
            again=again,
            sitemap=sitemap,
            sitemap_asked=sitemap_url,
            past=past,
            past_new=new,
            samples=tuple(samples),
        )

    def _facts(self, listing: Exchange, feed: Feed) -> Facts:
        """Return the facts that every examination has."""
        return Facts(
            self.source,
            self.policy,
            self.now,
            listing,
            feed,
            robots=dict(self.recorder.robots),
            requests=self.recorder.requests,
            is_source=self.is_source,
        )

    async def _fetch(
        self,
        url: str,
        *,
        accept: str = "text/html, application/xhtml+xml, */*;q=0.5",
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Exchange:
        self.on_request(self.recorder.requests, url)
        answer = await self.fetcher.get(url, accept=accept, etag=etag, last_modified=last_modified)
        return Exchange(url, answer, self.recorder.hops())

    async def _part(self, index: Feed) -> Feed:
        """Return the newest sitemap of an index."""
        newest = max(index.entries, key=lambda each: (each.updated is not None, each.updated or self.now), default=None)
        if newest is None or newest.url is None:
            return Feed(index.url, "")
        return _read(await self._fetch(newest.url, accept=ACCEPT_FEED))

    async def _sample(self, entry: Entry) -> Sample:
        return read_sample(entry, await self._fetch(entry.url or ""), self.source, self.policy.user_agent)

    async def _fetch_again(self, listing: Exchange) -> Exchange | None:
        headers = listing.response.headers if listing.response else {}
        etag, modified = headers.get("etag"), headers.get("last-modified")
        if not etag and not modified:
            return None
        return await self._fetch(listing.url, accept=ACCEPT_FEED, etag=etag, last_modified=modified)

    async def _sitemap(self, listing: Exchange, samples: Sequence[Sample]) -> tuple[SitemapFacts | None, str | None]:
        """Return the first sitemap in the site's robots.txt, otherwise the one at the usual address, and that address."""
        site = samples[0].url if samples else listing.url
        parts = urlsplit(site)
        robots = self.recorder.robots.get(f"{parts.scheme}://{parts.netloc}")
        named = Robots.parse(robots.text if robots else "", self.policy.user_agent).sitemaps(site)
        address = next(iter(named), resolve("/sitemap.xml", site))
        if address is None:
            return None, None
        listing_of_site = _read(await self._fetch(address, accept=ACCEPT_FEED))
        if not listing_of_site.kind.startswith("sitemap"):
            return None, address
        entries, pieces = listing_of_site.entries, 0
        if listing_of_site.kind == "sitemapindex":
            part = await self._part(listing_of_site)
            pieces, entries = len(listing_of_site.entries), part.entries
            listing_of_site = dataclasses.replace(listing_of_site, problems=part.problems)
        return _sitemap(listing_of_site, entries, pieces, {identity(sample.url) for sample in samples}), address

    async def _past(self, feed: Feed, raw: RawFeed) -> tuple[Exchange | None, int]:
        url = feed.next_url
        if url is None and "wordpress" in raw.generator.casefold():
            url = feed.url + ("&" if "?" in feed.url else "?") + "paged=2"
        if url is None:
            return None, 0
        exchange = await self._fetch(url, accept=ACCEPT_FEED)
        listed_ids = {identity(entry.url) for entry in feed.entries if entry.url}
        return exchange, len({identity(entry.url) for entry in _read(exchange).entries if entry.url} - listed_ids)


def choose_samples(entries: Sequence[Entry]) -> list[Entry]:
    """Return the newest entry with an address, one from the middle and the last: a site's templates change over the years."""
    different = list({identity(entry.url): entry for entry in reversed(entries) if entry.url}.values())[::-1]
    if len(different) <= MAX_SAMPLE_PAGES:
        return different
    return [different[0], different[len(different) // 2], different[-1]]


def _read(exchange: Exchange) -> Feed:
    """Return the feed or sitemap of a response; its kind is "" if it is neither."""
    answer = exchange.response
    if answer is None:
        return Feed(exchange.url, "")
    kind = answer.headers.get("content-type")
    return parse_sitemap(answer.body, kind, answer.url) or parse_feed(answer.body, kind, answer.url)


def _decoded(answer: Response) -> str:
    return html.decode(answer.body, answer.headers.get("content-type"))


def _sitemap(feed: Feed, entries: Sequence[Entry], parts: int, page_keys: Set[str]) -> SitemapFacts:
    dates = [entry.updated for entry in entries if entry.updated]
    about = {key: e.updated for e in entries if e.url and e.updated and (key := identity(e.url)) in page_keys}
    return SitemapFacts(feed.url, len(entries), len(dates), SAME_LASTMOD in feed.problems, parts, about)
