"""The verb that adds sources: from an address or a file to the sources behind it.

OPML file or address -> its feeds;   feed -> itself;   sitemap -> itself;   web page -> the feeds that it names
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
from indexer.archive.store import Archive
from indexer.errors import NotFound, SettingsError
from indexer.feeds.autodiscovery import discover
from indexer.feeds.opml import parse_opml
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.meta_refresh import get_page
from indexer.fetch.robots import Robots
from indexer.messages import number
from indexer.model import Failure, Response, Source
from indexer.urls import host, identity, is_home, resolve

USUAL = ("/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")  # where feeds are that no page names
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?://)|feed:(?://)?", re.I)
ANY_TYPE = "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.8, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """What stood behind one address: the sources, in words what it was, and why nothing when nothing."""

    asked: str
    sources: tuple[Source, ...] = ()
    what: str = ""
    problem: str = ""

    @property
    def named(self) -> str:
        """The address as failures name it."""
        return _FEED_SCHEME.sub("", self.asked)


async def find_sources(asked: str, wish: Source, fetcher: Fetcher) -> DiscoveryResult:
    """Look at an address or a local OPML file; `wish` holds what the operator said (name, language, category)."""
    path = Path(asked)
    if "://" not in asked and path.is_file():
        listed = parse_opml(path.read_bytes(), path.resolve().as_uri())
        if listed is None:
            raise SettingsError(f"{asked} is not an OPML file", remedy="give a feed's address, a web page or an OPML file")
        return DiscoveryResult(asked, _wished(listed, wish), f"an OPML file with {number(len(listed), 'feed')}")
    if asked.startswith(("/", "./", "../", "~")):
        raise SettingsError(f"there is no file {asked}", remedy="give a feed's address, a web page or an OPML file")
    named = _FEED_SCHEME.sub("", asked)
    url = resolve(named if "://" in named else f"https://{named}")
    if url is None or named.lower().startswith("mailto:"):
        raise SettingsError(f"{asked!r} is not a web address", remedy="as in https://www.example.org/rss.xml")
    secret = "@" in urlsplit(url if "://" not in named else named).netloc
    asked = url if secret else asked  # a password is not shown, nor stored or sent
    answer = await get_page(fetcher, url, accept=ANY_TYPE)
    if isinstance(answer, Failure) and "://" not in named and answer.reason in ("connect", "tls", "robots-unreachable"):
        url = f"http://{named}"
        answer = await get_page(fetcher, url, accept=ANY_TYPE)
    if isinstance(answer, Failure):
        left_out = "; the name and password in the address were left out" if secret else ""
        return DiscoveryResult(asked, problem=f"{answer.detail}{left_out}{_remedy(answer)}")
    kind = answer.headers.get("content-type")
    address = answer.permanent_url or url
    if (listed := parse_opml(answer.body, answer.url)) is not None:
        return DiscoveryResult(asked, _wished(listed, wish), f"an OPML file with {number(len(listed), 'feed')}")
    if (sitemap := parse_sitemap(answer.body, kind, answer.url)) is not None:
        source = dataclasses.replace(wish, url=address, kind="sitemap", name=wish.name or host(address))
        if sitemap.kind == "sitemapindex":
            return DiscoveryResult(asked, (source,), f"an index of {number(len(sitemap.entries), 'sitemap')}")
        return DiscoveryResult(asked, (source,), f"a sitemap with {number(len(sitemap.entries), 'address', 'addresses')}")
    feed = parse_feed(answer.body, kind, answer.url)
    if feed.kind:
        source = dataclasses.replace(wish, url=address, name=wish.name or feed.title or host(address))
        return DiscoveryResult(asked, (source,), f"a feed ({feed.kind}) with {number(len(feed.entries), 'item')}")
    feeds = discover(html.decode(answer.body, kind), answer.url)
    is_page = not feed.kind and html.is_page(answer.body, answer.media_type) and answer.body.strip()
    usual = bool(not feeds and is_page and is_home(answer.url))
    if usual:
        feeds = tuple(urljoin(answer.url, path) for path in USUAL)
    if not feeds:
        reason = feed.problems[0] if feed.problems else "this is neither a feed nor a sitemap"
        return DiscoveryResult(
            asked, problem=f"{address}: {reason}, and it names no feed{await _sitemap_hint(answer.url, fetcher)}"
        )
    sources = []
    for found in feeds:
        title = ""
        if isinstance(got := await fetcher.get(found, accept=ANY_TYPE), Failure):
            continue
        inner = parse_feed(got.body, got.headers.get("content-type"), got.url)
        if inner.kind:
            title = inner.title or host(found)
            sources.append(dataclasses.replace(wish, url=got.permanent_url or found, name=wish.name or title))
        if sources and usual:
            break
    if not sources and usual:
        hint = await _sitemap_hint(answer.url, fetcher)
        return DiscoveryResult(
            asked, problem=f"{address} is a web page that names no feed, and there is none at the usual places{hint}"
        )
    if not sources:
        return DiscoveryResult(
            asked, problem=f"{address} is a web page; none of the feeds that it names can be read: {', '.join(feeds)}"
        )
    what = "that names no feed; one is at a usual place" if usual else f"that names {number(len(sources), 'feed')}"
    return DiscoveryResult(asked, tuple(sources), f"a web page {what}")


def _remedy(failure: Failure) -> str:
    """What the operator may do about an address that cannot be had."""
    match failure.status:
        case 401 | 407:
            return " (it wants a login, and pages behind one are not crawled)"
        case 403 | 402 | 451:
            return " (it is not for everybody; ask its administrator to let the crawler in)"
        case 404 | 410:
            return " (there is nothing at this address; give the site's home page to look for its feed)"
        case status if status is not None and (status >= 500 or status == 429):
            return " (try again later)"
    return ""


async def _sitemap_hint(url: str, fetcher: Fetcher) -> str:
    """What else may be added of a site that has no feed."""
    origin = "/".join(url.split("/", 3)[:3])
    robots = await fetcher.robots(url)
    named = robots.sitemaps(url) if isinstance(robots, Robots) else ()
    for address in (*named[:1], f"{origin}/sitemap.xml")[:1]:
        got = await fetcher.get(address, accept=ANY_TYPE)
        if isinstance(got, Response) and parse_sitemap(got.body, got.headers.get("content-type"), got.url) is not None:
            return f"; its sitemap can be a source: indexer add {shlex.quote(address)}"
    return "; give the address of a feed or a sitemap"


def _wished(sources: Sequence[Source], wish: Source) -> tuple[Source, ...]:
    return tuple(
        dataclasses.replace(
            source,
            name=source.name or host(source.url),
            language=wish.language or source.language,
            category=wish.category or source.category,
        )
        for source in sources
    )


def store_sources(archive: Archive, sources: Sequence[Source]) -> list[tuple[Source, bool]]:
    """Each source with whether it is new; names are made unique, so that people can name a source by its name."""
    stored = []
    with archive.batch():
        for source in sources:
            taken = {state.source.name for state in archive.sources() if state.source.url != source.url}
            name, number = source.name, 2
            while name in taken:
                name, number = f"{source.name} ({number})", number + 1
            spelt = next((s.source.url for s in archive.sources() if identity(s.source.url) == identity(source.url)), source.url)
            source = dataclasses.replace(source, url=spelt)
            known = archive.find_source(source.url)
            if known is not None and known.state != "removed" and known.source.url == source.url:
                stored.append((known.source, False))
                continue
            source = dataclasses.replace(source, name=name)
            stored.append((source, archive.add_source(source)))
    return stored


def configured(archive: Archive, sources: Sequence[Source]) -> None:
    """Take the sources of config.toml into the archive; a known one takes over what the file says of it."""
    known = {state.source.url: state for state in archive.sources()}
    for source in sources:
        url = resolve(source.url) or source.url
        before = known.get(url)
        name = source.name or (before.source.name if before else "") or host(url)
        wanted = dataclasses.replace(source, url=url, name=name, template=before.source.template if before else "")
        if before is None or before.source != wanted:
            archive.add_source(wanted)


async def page_text(asked: str, fetcher: Fetcher) -> tuple[bytes, str | None, str]:
    """A page's bytes, content type and address, for `preview`; raises NotFound that says why it cannot be had."""
    url = resolve(asked)
    if url is None:
        raise SettingsError(f"{asked!r} is not a web address", remedy="for a file give its address with --url")
    answer = await get_page(fetcher, url)
    if isinstance(answer, Failure):
        raise NotFound(answer.detail)
    if not html.is_page(answer.body, answer.media_type):
        kind = answer.headers.get("content-type", "no type")
        raise NotFound(f"{answer.url} is not a web page ({kind}): there is no text to extract")
    return answer.body, answer.headers.get("content-type"), answer.url
