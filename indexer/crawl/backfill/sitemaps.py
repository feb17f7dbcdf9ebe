"""The site's sitemaps: those that robots.txt names, else the usual ones, with all that they list in turn."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from indexer.crawl.backfill.walk import Walk
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.fetch.robots import Robots
from indexer.model import Entry, Failure, Feed, Response
from indexer.urls import identity, origin, resolve

MAX_SITEMAPS = 1_000  # in one run
MAX_DEPTH = 3  # sitemaps below sitemaps; the protocol allows 1
_USUAL = ("/sitemap.xml",)
_OF_WORDPRESS = ("/wp-sitemap.xml", "/sitemap_index.xml")  # its own, and that of its most used extension
# WordPress and its extensions split sitemaps by kind and say so in their names; only these are certain to hold no items.
_NO_ITEMS = re.compile(
    r"/(?:(?:category|post_tag|tag|author|post_format|product_cat|product_tag|attachment)-sitemap\d*|wp-sitemap-(?:taxonomies|users)-.*)"
    r"\.xml(?:\.gz)?$",
    re.I,
)
_STANDING_PAGES = re.compile(r"/(?:page-sitemap\d*|wp-sitemap-posts-page-\d+)\.xml(?:\.gz)?$", re.I)
_POSTS = re.compile(r"/(?:post-sitemap\d*|wp-sitemap-posts-post-\d+)\.xml(?:\.gz)?$", re.I)
_WITHOUT_LASTMOD = "?"  # read in a walk that is not at its end; in the next walk it is read again

SitemapQueue = deque[tuple[str, datetime | None, int]]  # address, lastmod by the index, depth


async def walk_sitemaps(walk: Walk, site: str, holds: Callable[[str], bool], *, wordpress: bool) -> None:
    """Of what a site's sitemaps list, that which is the source's."""
    robots = await walk.request.fetcher.robots(
        site
    )  # without them nothing of the site can be had, which the next request finds out
    walk.robots = robots if isinstance(robots, Robots) else None
    named = walk.robots.sitemaps(site) if walk.robots else ()
    if named:
        await _read_all(walk, deque((each, None, 0) for each in named), holds)
        return
    for path in (*_USUAL, *(_OF_WORDPRESS if wordpress else ())):
        answer = await walk.get(origin(site) + path)
        if isinstance(answer, Response) and parse_any_sitemap(answer) is not None:
            await _read_all(walk, deque([(origin(site) + path, None, 0)]), holds, answer)
            return
        if isinstance(answer, Failure) and not walk.is_final(answer, "the site's sitemap"):
            return
    walk.finish("sitemaps", read={})


async def _read_all(walk: Walk, waiting: SitemapQueue, holds: Callable[[str], bool], first: Response | None = None) -> None:
    """Each sitemap, but for those that are as they were; the next run goes on where this one ends."""
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
            if answer.reason != "robots" and answer not in walk.failures:  # somebody named it
                walk.failures.append(answer)
            continue
        listed = parse_any_sitemap(answer)
        if listed is None:
            walk.notes.append(f"{url} is named as a sitemap, but is none")
        elif listed.kind == "sitemapindex":
            if depth < MAX_DEPTH:
                waiting.extendleft(reversed(children(listed, depth + 1)))
        else:
            if depth > 0:
                read[url] = _written(changed)
            walk.add("sitemaps", _items(listed, holds), {"read": dict(read)})
    if waiting:
        walk.is_open = True
        return
    again = {url: when for url, when in read.items() if when != _WITHOUT_LASTMOD}
    if broken:
        walk.add("sitemaps", (), {"read": again})
    else:
        walk.finish("sitemaps", read=again)


def _items(listed: Feed, holds: Callable[[str], bool]) -> list[Entry]:
    return [entry for entry in listed.entries if entry.url and holds(entry.url)]


def children(index: Feed, depth: int) -> SitemapQueue:
    """What an index lists, without what is certain to hold no items."""
    urls = [entry.url or "" for entry in index.entries]
    has_posts = any(_POSTS.search(urlsplit(url).path) for url in urls)
    return deque(
        (url, entry.updated, depth)
        for url, entry in zip(urls, index.entries, strict=True)
        if resolve(url)
        and not _NO_ITEMS.search(urlsplit(url).path)
        and not (has_posts and _STANDING_PAGES.search(urlsplit(url).path))
    )


def parse_any_sitemap(answer: Response) -> Feed | None:
    """A sitemap; the protocol allows feeds, too."""
    kind = answer.headers.get("content-type")
    found = parse_sitemap(answer.body, kind, answer.url)
    if found is not None:
        return found
    feed = parse_feed(answer.body, kind, answer.url)
    return feed if feed.kind else None


def _written(moment: datetime | None) -> str:
    return moment.isoformat() if moment else _WITHOUT_LASTMOD
