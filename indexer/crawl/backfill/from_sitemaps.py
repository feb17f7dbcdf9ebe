"""Read the site's sitemaps: those in robots.txt, otherwise the usual ones, and all that they list in turn."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from indexer.crawl.backfill.walk import BackfillWalk
from indexer.dates import zone_of
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.fetch.robots import Robots
from indexer.model import Entry, Failure, Feed, Response, Source
from indexer.urls import identity, origin, resolve

MAX_SITEMAPS = 1_000  # in one run
MAX_DEPTH = 3  # of indexes below indexes; the protocol allows 1
_USUAL_PATHS = ("/sitemap.xml",)
_WORDPRESS_PATHS = ("/wp-sitemap.xml", "/sitemap_index.xml")  # its own, and that of its most used extension
# WordPress and its extensions name sitemaps by kind. Only these are certain to hold no items.
_NO_ITEMS = re.compile(
    r"/(?:(?:category|post_tag|tag|author|post_format|product_cat|product_tag|attachment)-sitemap\d*|wp-sitemap-(?:taxonomies|users)-.*)"
    r"\.xml(?:\.gz)?$",
    re.I,
)
_STANDING_PAGES = re.compile(r"/(?:page-sitemap\d*|wp-sitemap-posts-page-\d+)\.xml(?:\.gz)?$", re.I)
_POSTS = re.compile(r"/(?:post-sitemap\d*|wp-sitemap-posts-post-\d+)\.xml(?:\.gz)?$", re.I)
_WITHOUT_LASTMOD = "?"  # read by a backfill that is not complete; the next one reads it again

SitemapQueue = deque[tuple[str, datetime | None, int]]  # address, lastmod by the index, depth


async def walk_sitemaps(walk: BackfillWalk, site: str, includes: Callable[[str], bool], *, wordpress: bool) -> None:
    """Collect the source's pages from what the site's sitemaps list."""
    robots = await walk.request.fetcher.robots(site)  # if it is unreachable, so is the site, as the next request finds out
    walk.robots = robots if isinstance(robots, Robots) else None
    named = walk.robots.sitemaps(site) if walk.robots else ()
    if named:
        await _read_all(walk, deque((each, None, 0) for each in named), includes)
        return
    for path in (*_USUAL_PATHS, *(_WORDPRESS_PATHS if wordpress else ())):
        answer = await walk.get(origin(site) + path)
        if isinstance(answer, Response) and parse_any_sitemap(answer, walk.request.source) is not None:
            await _read_all(walk, deque([(origin(site) + path, None, 0)]), includes, answer)
            return
        if isinstance(answer, Failure) and not walk.is_final(answer, "the site's sitemap"):
            return
    walk.finish("sitemaps", read={})


async def _read_all(
    walk: BackfillWalk, waiting: SitemapQueue, includes: Callable[[str], bool], first: Response | None = None
) -> None:
    """Read each sitemap that may have changed; the next run goes on where this one ends."""
    state = walk.state("sitemaps")
    read: dict[str, str] = dict(state.get("read") or {})
    visited: set[str] = set()
    broken = False
    while waiting and len(visited) < MAX_SITEMAPS:
        url, changed, depth = waiting.popleft()
        if identity(url) in visited or (url in read and read[url] in (_written(changed), _WITHOUT_LASTMOD)):
            continue
        visited.add(identity(url))
        answer, first = first or await walk.get(url), None
        if isinstance(answer, Failure):
            broken = not walk.is_final(answer, f"the sitemap {url}") or broken
            if answer.reason != "robots" and answer not in walk.failures:  # robots.txt or an index names it
                walk.failures.append(answer)
            continue
        listed = parse_any_sitemap(answer, walk.request.source)
        if listed is None:
            walk.notes.append(f"{url} is listed as a sitemap, but is not one")
        elif listed.kind == "sitemapindex":
            if depth < MAX_DEPTH:
                waiting.extendleft(reversed(children(listed, depth + 1)))
        else:
            if depth > 0:
                read[url] = _written(changed)
            walk.add("sitemaps", _items(listed, includes), {"read": dict(read)})
    if waiting:
        walk.is_open = True
        return
    again = {url: when for url, when in read.items() if when != _WITHOUT_LASTMOD}
    if broken:
        walk.add("sitemaps", (), {"read": again})
    else:
        walk.finish("sitemaps", read=again)


def _items(listed: Feed, includes: Callable[[str], bool]) -> list[Entry]:
    return [entry for entry in listed.entries if entry.url and includes(entry.url)]


def children(index: Feed, depth: int) -> SitemapQueue:
    """Return the sitemaps of an index, without those that are certain to hold no items."""
    urls = [entry.url or "" for entry in index.entries]
    has_posts = any(_POSTS.search(urlsplit(url).path) for url in urls)
    return deque(
        (url, entry.updated, depth)
        for url, entry in zip(urls, index.entries, strict=True)
        if resolve(url)
        and not _NO_ITEMS.search(urlsplit(url).path)
        and not (has_posts and _STANDING_PAGES.search(urlsplit(url).path))
    )


def parse_any_sitemap(answer: Response, source: Source) -> Feed | None:
    """Return the sitemap, or a feed, which the protocol allows, too; None when it is neither."""
    kind, zone = answer.headers.get("content-type"), zone_of(source.timezone)
    sitemap = parse_sitemap(answer.body, kind, answer.url, zone)
    if sitemap is not None:
        return sitemap
    feed = parse_feed(answer.body, kind, answer.url, zone)
    return feed if feed.kind else None


def _written(moment: datetime | None) -> str:
    return moment.isoformat() if moment else _WITHOUT_LASTMOD
