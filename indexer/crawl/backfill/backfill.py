"""Find what a source listed before, by every method that its site offers; an interrupted backfill goes on where it ended.

    the feed declares itself complete -> nothing else
    it names older documents (RFC 5005, JSON Feed) -> walk_archive
    otherwise the site's page -> WordPress's list of posts -> older pages of the feed by parameters, unless the posts have them
    the site's sitemaps
    the site's list pages, unless the feed's own older pages were found

| method | requests that may find nothing |
|---|---|
| the site's page | 1 |
| WordPress | 1, where the feed or the page names WordPress as its program |
| parameters | 1 where the server ignores them, at most 6 where it reacts in some other way; none in the next run |
| sitemaps | 1; 2 more for WordPress |
| list pages | 1 (the items' folder), where nothing was found yet |
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.crawl.backfill.from_feed_pages import walk_archive, walk_pages
from indexer.crawl.backfill.from_list_pages import get_page, lists, walk_lists
from indexer.crawl.backfill.from_sitemaps import walk_sitemaps
from indexer.crawl.backfill.from_wordpress import walk_wordpress
from indexer.crawl.backfill.walk import BackfillMethod, BackfillRequest, BackfillWalk, Cursor, LimitReached
from indexer.crawl.plan import backfill_plan
from indexer.feeds.list_page import ListPage
from indexer.feeds.paging_parameters import WORDPRESS, part_of, style_of
from indexer.feeds.url_scope import UrlScope, bare_host, learn_scope
from indexer.feeds.wordpress_api import api_of
from indexer.fetch.politeness import pause
from indexer.model import Entry, Failure, Feed
from indexer.urls import origin, resolve

CURSOR_VERSION = 1
MIN_FEED_URLS = 5  # a feed with fewer URLs says too little about where its items are; the archive is used instead
_NAMES: dict[BackfillMethod, str] = {
    "archive": "the feed's archive",
    "wordpress": "WordPress's list of posts",
    "pages": "older pages of the feed",
    "sitemaps": "sitemaps",
    "lists": "the site's list pages",
}


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """What was found, and where to go on."""

    entries: dict[str, Entry]  # the feed's own and older ones, newest first where known; none that were stored
    notes: list[str]
    failures: list[Failure]
    plan: str  # what is to be fetched, and how long that takes; "" when there is nothing
    is_complete: bool  # all methods have come to their ends
    cursor: Cursor  # for the next run
    counts: dict[str, int]  # method -> items that no method before it listed
    new: int  # items that the archive does not hold
    requests: int  # for lists


async def backfill(
    request: BackfillRequest, cursor: Mapping[str, Any] | None, *, stored_urls: Iterable[str] = (), waiting: int = 0
) -> BackfillResult:
    """Return all items that a source has ever listed, as far as its site still offers them.

    `cursor` is that of the last run. `stored_urls` are addresses of stored items, for a feed that lists few. `waiting`: pages
    that earlier runs have listed and that are not fetched yet; they are part of the plan.
    """
    walk = BackfillWalk(request, _cursor_for(request.feed, cursor))
    try:
        await _walk(walk, stored_urls)
        is_complete = not walk.is_open
    except LimitReached:
        is_complete = False
    walk.notes[:0] = _summary(walk)
    if not is_complete:
        walk.notes.append("there may be more; the next crawl --full goes on from here")
    seconds = pause(request.fetcher.policy.delay_seconds, walk.robots.delay if walk.robots else None)
    pages = walk.new + waiting
    plan = backfill_plan(pages, seconds, more=not is_complete) if pages else ""
    return BackfillResult(
        walk.entries, walk.notes, walk.failures, plan, is_complete, walk.cursor, walk.counts, walk.new, walk.requests
    )


def _cursor_for(feed: Feed, cursor: Mapping[str, Any] | None) -> Cursor:
    """Return the cursor to go on from. What was probed of another program is forgotten."""
    before = copy.deepcopy(dict(cursor)) if cursor and cursor.get("version") == CURSOR_VERSION else {}
    program = re.sub(r"[\d.]+", "", feed.generator)  # whatever its version
    if before.get("program") != program:
        methods = before.get("roads", {})
        before = {"roads": {"sitemaps": methods["sitemaps"]} if "sitemaps" in methods else {}}
    return {**before, "version": CURSOR_VERSION, "program": program}


async def _walk(walk: BackfillWalk, stored_urls: Iterable[str]) -> None:
    """Try the methods in their order."""
    feed = walk.request.feed
    walk.add(None, feed.entries)
    if feed.complete:
        walk.notes.append("the feed declares that it lists all items (RFC 5005)")
        return
    listed = [entry.url for entry in feed.entries if entry.url]
    if len(listed) < MIN_FEED_URLS:
        listed += [url for url in stored_urls if url]
    where = learn_scope(listed)
    site = next((url for url in listed if where and bare_host(url) == where.host), walk.request.source.url)
    page: ListPage | None = None
    wordpress = is_found = False
    if feed.next_url:
        await walk_archive(walk, feed)
        is_found = bool(walk.counts.get("archive"))
    if not is_found:
        page = await _site_page(walk, feed, site)
        wordpress, is_found = await _by_program(walk, feed, page)
    await _sitemaps(walk, where, site, wordpress=wordpress)
    if page is not None and where is not None and not is_found:
        await _lists(walk, feed, page, where)
    elif is_found or not walk.is_open:
        walk.finish("lists", none=True)


async def _site_page(walk: BackfillWalk, feed: Feed, site: str) -> ListPage | None:
    """Fetch the web page of the feed. It names the program that wrote it, and may list the items."""
    if walk.state("lists").get("none"):  # the last run did not need it either
        return None
    page = await get_page(walk, home_address(feed, walk.request.source.url, site))
    if isinstance(page, Failure):
        walk.is_final(page, "the site's page")
        return None
    return page


def home_address(feed: Feed, source_url: str, site: str) -> str:
    """Return the address of the web page that belongs to a feed: the one it names, otherwise the start page of `site`.

    A page on another host is not believed, and neither is the feed's own address.
    """
    home = feed.home_url
    if home is None or bare_host(home) != bare_host(site) or home in (source_url, feed.url):
        return f"{origin(site)}/"
    return home


async def _by_program(walk: BackfillWalk, feed: Feed, page: ListPage | None) -> tuple[bool, bool]:
    """Use what the program that wrote the feed offers; return whether it is WordPress, and whether all older items were found."""
    stored_api = walk.state("wordpress").get("api")
    api = (page.wordpress_api if page else None) or (str(stored_api) if stored_api else api_of(feed, walk.request.source.url))
    hint = style_of(feed, page.generator if page else "")
    hint = WORDPRESS if hint is None and page is not None and page.wordpress_api else hint
    if api and part_of(walk.request.source.url) is None and await walk_wordpress(walk, feed, api):
        return True, True
    has_pages = await walk_pages(walk, feed, hint)
    return hint is WORDPRESS, has_pages and walk.state("pages").get("whole", False)


async def _sitemaps(walk: BackfillWalk, where: UrlScope | None, site: str, *, wordpress: bool) -> None:
    """Use the site's sitemaps, if the source's own pages can be told from the others."""
    part = part_of(walk.request.source.url)
    if where is None:
        walk.notes.append(
            "the feed links no page, or pages of many sites, so its own pages cannot be told from others in the site's sitemaps;"
            " none are used (a sitemap can be a source: indexer add URL)"
        )
    elif part is not None and not any(part in folder for folder in where.below):
        walk.notes.append(f"the feed covers {part!r} only, and sitemaps do not tell which pages it includes; none are used")
    else:
        await walk_sitemaps(walk, site, where.includes, wordpress=wordpress)


async def _lists(walk: BackfillWalk, feed: Feed, page: ListPage, where: UrlScope) -> None:
    """Follow the list pages from the site's page, or otherwise from the folder of the items."""
    candidates: list[ListPage] = [page]
    has_items = any(walk.counts.values())  # then a list that no page links is not worth a request
    folder = resolve(where.folder, page.url) if where.folder and not has_items else None
    for _ in range(2):
        first = candidates[-1]
        if can_be_followed(first, feed, where):
            await walk_lists(walk, feed, first, where)
            return
        if folder is None or folder == first.url:
            break
        answer = await get_page(walk, folder)
        if isinstance(answer, Failure):
            if not walk.is_final(answer, "the items' folder"):
                return
            break
        candidates.append(answer)
        folder = None
    walk.finish("lists", none=True)


def can_be_followed(page: ListPage, feed: Feed, where: UrlScope) -> bool:
    """Return whether a page lists the feed's items and leads to older ones: by its next page, or by the folder of the items."""
    return lists(page, feed) and bool(page.next_url or where.folder)


def _summary(walk: BackfillWalk) -> list[str]:
    """Return how many items each method found."""
    style = walk.state("pages").get("style")
    names = {**_NAMES, "pages": f"{_NAMES['pages']} ({style})" if style else _NAMES["pages"]}
    parts = [f"{count:,} by {names[method]}" for method in _NAMES if (count := walk.counts.get(method, 0))]
    return [f"older items: {', '.join(parts)}" if parts else "older items: none were found"]
