"""Find the sources behind an address or a file.

OPML file or address -> its feeds;   feed -> itself;   sitemap -> itself;   web page -> the feeds that it links
"""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from indexer import html
from indexer.errors import SettingsError
from indexer.feeds.autodiscovery import discover
from indexer.feeds.opml import parse_opml
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.fetch.fetcher import Fetcher, get_page
from indexer.fetch.robots import Robots
from indexer.model import Failure, Feed, Response, Source
from indexer.phrases import number
from indexer.urls import host, identity, is_home, origin, resolve

USUAL_PATHS = ("/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")  # of feeds that no page links
FILE_SUFFIXES = (".opml", ".xml", ".rss", ".atom", ".json", ".html", ".txt")  # none of them is a top-level domain
MIN_SHARED_ITEMS = 0.8  # share of items from which two feeds of a page are the same feed in two formats
ACCEPT_ANY = "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.8, */*;q=0.5"
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?://)|feed:(?://)?", re.I)


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """What was found at one address: the sources, what it is in words, and the problem if there are no sources."""

    typed: str
    sources: tuple[Source, ...] = ()
    what: str = ""
    problem: str = ""

    @property
    def named(self) -> str:
        """Return the address as failures name it."""
        return _FEED_SCHEME.sub("", self.typed)


@dataclass(frozen=True, slots=True)
class _TypedAddress:
    """An address to request, and how it is shown: without a name and password."""

    url: str
    typed: str
    shown: str
    has_scheme: bool
    has_secret: bool


async def find_sources(typed: str, defaults: Source, fetcher: Fetcher) -> DiscoveryResult:
    """Return the sources behind what the operator typed.

    `defaults` holds the operator's settings (name, language, category). Raises SettingsError for a text that is neither an
    address nor a file.
    """
    if (sources := _opml_file(typed)) is not None:
        return DiscoveryResult(typed, _with_defaults(sources, defaults), f"an OPML file with {number(len(sources), 'feed')}")
    request = _request(typed)
    answer = await get_page(fetcher, request.url, accept=ACCEPT_ANY)
    if isinstance(answer, Failure) and not request.has_scheme and answer.reason in ("connect", "tls", "robots-unreachable"):
        request = dataclasses.replace(request, url=f"http://{request.typed}")
        answer = await get_page(fetcher, request.url, accept=ACCEPT_ANY)
    if isinstance(answer, Failure):
        left_out = "; the name and password in the address were left out" if request.has_secret else ""
        return DiscoveryResult(request.shown, problem=f"{answer.detail}{left_out}{_remedy(answer)}")
    address = answer.permanent_url or request.url
    if defaults.kind == "site":
        source = dataclasses.replace(defaults, url=address, name=defaults.name or host(address))
        return DiscoveryResult(request.shown, (source,), "a site, whose links are followed")
    if (result := _listing(request.shown, answer, address, defaults)) is not None:
        return result
    return await _feeds_of_page(request.shown, answer, address, defaults, fetcher)


def _opml_file(typed: str) -> tuple[Source, ...] | None:
    """Return the sources of a local OPML file; None when what was typed is not a file."""
    path = Path(typed)
    if "://" not in typed and path.is_file():
        sources = parse_opml(path.read_bytes(), path.resolve().as_uri())
        if sources is None:
            raise SettingsError(f"{typed} is not an OPML file", remedy="give a feed's address, a web page or an OPML file")
        return tuple(sources)
    is_file_name = "/" not in typed and path.suffix.lower() in FILE_SUFFIXES
    if is_file_name or typed.startswith(("/", "./", "../", "~")):
        raise SettingsError(f"there is no file {typed}", remedy="give a feed's address, a web page or an OPML file")
    return None


def _request(typed: str) -> _TypedAddress:
    named = _FEED_SCHEME.sub("", typed)
    has_scheme = "://" in named
    url = resolve(named if has_scheme else f"https://{named}")
    if url is None or named.lower().startswith("mailto:"):
        raise SettingsError(f"{typed!r} is not a web address", remedy="as in https://www.example.org/rss.xml")
    has_secret = "@" in urlsplit(named if has_scheme else url).netloc  # a password is not shown, stored or sent
    return _TypedAddress(url, named, url if has_secret else typed, has_scheme, has_secret)


def _listing(shown: str, answer: Response, address: str, defaults: Source) -> DiscoveryResult | None:
    """Return the result for an OPML list, a sitemap or a feed; None for everything else."""
    kind = answer.headers.get("content-type")
    if (listed := parse_opml(answer.body, answer.url)) is not None:
        return DiscoveryResult(shown, _with_defaults(listed, defaults), f"an OPML file with {number(len(listed), 'feed')}")
    if (sitemap := parse_sitemap(answer.body, kind, answer.url)) is not None:
        source = dataclasses.replace(defaults, url=address, kind="sitemap", name=defaults.name or host(address))
        if sitemap.kind == "sitemapindex":
            return DiscoveryResult(shown, (source,), f"an index of {number(len(sitemap.entries), 'sitemap')}")
        return DiscoveryResult(shown, (source,), f"a sitemap with {number(len(sitemap.entries), 'address', 'addresses')}")
    feed = parse_feed(answer.body, kind, answer.url)
    if feed.kind:
        source = dataclasses.replace(defaults, url=address, name=defaults.name or feed.title or host(address))
        return DiscoveryResult(shown, (source,), f"a feed ({feed.kind}) with {number(len(feed.entries), 'item')}")
    return None


async def _feeds_of_page(shown: str, answer: Response, address: str, defaults: Source, fetcher: Fetcher) -> DiscoveryResult:
    """Return the feeds that a web page links; of a home page without links, the one at a usual place."""
    kind = answer.headers.get("content-type")
    urls = discover(html.decode(answer.body, kind), answer.url)
    is_page = html.is_page(answer.body, answer.media_type) and answer.body.strip()
    guesses = bool(not urls and is_page and is_home(answer.url))
    if guesses:
        urls = tuple(urljoin(answer.url, path) for path in USUAL_PATHS)
    if not urls:
        problems = parse_feed(answer.body, kind, answer.url).problems
        reason = problems[0] if problems else "this is neither a feed nor a sitemap"
        hint = await _sitemap_hint(answer.url, fetcher)
        return DiscoveryResult(shown, problem=f"{address}: {reason}, and it names no feed{hint}")
    sources = await _readable_feeds(urls, defaults, fetcher, only_first=guesses)
    if sources:
        what = "that names no feed; one is at a usual place" if guesses else f"that names {number(len(sources), 'feed')}"
        return DiscoveryResult(shown, tuple(sources), f"a web page {what}")
    if guesses:
        hint = await _sitemap_hint(answer.url, fetcher)
        problem = f"{address} is a web page that names no feed, and there is none at the usual places{hint}"
    else:
        problem = f"{address} is a web page; none of the feeds that it names can be read: {', '.join(urls)}"
    return DiscoveryResult(shown, problem=problem)


async def _readable_feeds(urls: Sequence[str], defaults: Source, fetcher: Fetcher, *, only_first: bool) -> list[Source]:
    """Return the feeds among some addresses. Feeds with the same items become one source with alternates."""
    readable: list[tuple[Source, Feed]] = []
    for url in urls:
        answer = await fetcher.get(url, accept=ACCEPT_ANY)
        if isinstance(answer, Failure):
            continue
        feed = parse_feed(answer.body, answer.headers.get("content-type"), answer.url)
        if feed.kind:
            name = defaults.name or feed.title or host(url)
            readable.append((dataclasses.replace(defaults, url=answer.permanent_url or url, name=name), feed))
            if only_first:
                break
    return merge_alternates(readable)


def merge_alternates(feeds: Sequence[tuple[Source, Feed]]) -> list[Source]:
    """Return one source for feeds that list the same items: the feed with the most text, with the others as its alternates."""
    groups: list[list[tuple[Source, Feed]]] = []
    for source, feed in feeds:
        group = next((group for group in groups if _same_items(group[0][1], feed)), None)
        if group is None:
            groups.append([(source, feed)])
        elif source.url not in (other.url for other, _ in group):
            group.append((source, feed))
    sources = []
    for group in groups:
        best = max(group, key=lambda each: _text_characters(each[1]))[0]
        others = tuple(source.url for source, _ in group if source.url != best.url)
        sources.append(dataclasses.replace(best, alternates=others))
    return sources


def _same_items(a: Feed, b: Feed) -> bool:
    """Return whether two feeds list nearly the same pages."""
    pages_a, pages_b = ({identity(entry.url) for entry in feed.entries if entry.url} for feed in (a, b))
    return bool(pages_a and pages_b) and len(pages_a & pages_b) >= MIN_SHARED_ITEMS * max(len(pages_a), len(pages_b))


def _text_characters(feed: Feed) -> int:
    return sum(len(entry.content_html) + len(entry.summary_html) for entry in feed.entries)


def _remedy(failure: Failure) -> str:
    """Return what the operator can do about an address that could not be fetched."""
    match failure.status:
        case 401 | 407:
            return " (it requires a login, and pages behind a login are not crawled)"
        case 403 | 402 | 451:
            return " (access is restricted; ask its administrator to admit the crawler)"
        case 404 | 410:
            return " (there is nothing at this address; give the site's home page to look for its feed)"
        case status if status is not None and (status >= 500 or status == 429):
            return " (try again later)"
    return ""


async def _sitemap_hint(url: str, fetcher: Fetcher) -> str:
    """Return what can be added instead, for a site that has no feed."""
    robots = await fetcher.robots(url)
    named = robots.sitemaps(url) if isinstance(robots, Robots) else ()
    address = next(iter(named), f"{origin(url)}/sitemap.xml")
    answer = await fetcher.get(address, accept=ACCEPT_ANY)
    if isinstance(answer, Response) and parse_sitemap(answer.body, answer.headers.get("content-type"), answer.url) is not None:
        return f"; its sitemap can be a source: indexer add {shlex.quote(address)}"
    return f"; give the address of a feed or a sitemap, or follow its links: indexer add --kind site {shlex.quote(url)}"


def _with_defaults(sources: Sequence[Source], defaults: Source) -> tuple[Source, ...]:
    return tuple(
        dataclasses.replace(
            defaults,
            url=source.url,
            kind=source.kind,
            name=source.name or host(source.url),
            language=defaults.language or source.language,
            category=defaults.category or source.category,
        )
        for source in sources
    )
