"""What a source listed before: by every road that exists, each of them walked once and gone on with after an interruption.

    the feed says that it is complete -> nothing else
    it names older documents (RFC 5005, JSON Feed) -> walk_archive
    else the site's page -> WordPress's list of posts -> older pages of the feed by parameters, unless the posts hold them
    the site's sitemaps
    the site's list pages, unless the feed's own past was found

| road | requests that may find nothing |
|---|---|
| the site's page | 1 |
| WordPress | 1, where the feed or the page says that it is WordPress |
| parameters | 1 where the server ignores them, at most 6 where it reacts in some other way; none in the next run |
| sitemaps | 1; 2 more for WordPress |
| list pages | 1 (the items' folder), where nothing was found yet |
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.crawl.backfill.feed_pages import walk_archive, walk_pages
from indexer.crawl.backfill.list_pages import get_page, lists, walk_lists
from indexer.crawl.backfill.sitemaps import walk_sitemaps
from indexer.crawl.backfill.walk import Enough, Keep, Key, Memo, Road, Walk
from indexer.crawl.backfill.wordpress import walk_wordpress
from indexer.crawl.plan import backfill_plan
from indexer.feeds.list_page import ListPage
from indexer.feeds.pagination import WORDPRESS, part_of, style_of
from indexer.feeds.url_scope import UrlScope, bare_host, territory
from indexer.feeds.wordpress import api_of
from indexer.fetch.budget import Budget
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.politeness import pause
from indexer.model import Entry, Failure, Feed, Source
from indexer.urls import origin, resolve

MEMO_VERSION = 1
FEW = 5  # items of a feed, below which what the archive holds says better where its items are
_NAMES: dict[Road, str] = {
    "archive": "the feed's archive",
    "wordpress": "WordPress's list of posts",
    "pages": "older pages of the feed",
    "sitemaps": "sitemaps",
    "lists": "the site's list pages",
}


@dataclass(slots=True)
class BackfillResult:
    """What was found, and where to go on."""

    entries: dict[str, Entry]  # the feed's own and older ones, newest first where known; none that `keep` has taken
    notes: list[str]
    failures: list[Failure]
    plan: str  # what is to be fetched, and how long that takes; "" when there is nothing
    done: bool  # all roads were walked to their ends
    memo: Memo  # for the next run
    found: dict[str, int]  # road -> items that no road before it listed
    new: int  # items that the archive does not hold
    requests: int  # for lists


async def past(
    feed: Feed,
    source: Source,
    fetcher: Fetcher,
    *,
    known: Callable[[str], bool],
    memo: Mapping[str, Any] | None,
    limit: int | None,
    key: Key,
    watch: Callable[[str], None] = lambda said: None,
    keep: Keep | None = None,
    held: Iterable[str] = (),
    waiting: int = 0,
    budget: Budget | None = None,
) -> BackfillResult:
    """All items that a source has ever listed, as far as its site still tells.

    `known`: whether the archive holds the page of a key. `memo`: what the last run gave. `limit`: new items, after which to
    stop. `keep` stores new entries together with the memo, each time there are some: then nothing is lost when this is
    interrupted. `held`: addresses of items that the archive holds, for a feed that lists few. `waiting`: pages that earlier
    runs listed and nobody has asked for; they are part of the plan. `budget`: the source's in this crawl.
    """
    before = copy.deepcopy(dict(memo)) if memo and memo.get("version") == MEMO_VERSION else {}
    program = re.sub(r"[\d.]+", "", feed.generator)  # whatever its version
    if before.get("program") != program:  # what was probed says nothing
        roads = before.get("roads", {})
        before = {"roads": {"sitemaps": roads["sitemaps"]} if "sitemaps" in roads else {}}
    after: Memo = {**before, "version": MEMO_VERSION, "program": program}
    walk = Walk(source, fetcher, key, known, watch, limit, keep, after, budget)
    try:
        await _walk(walk, feed, held)
        done = not walk.is_open
    except Enough:
        done = False
    walk.notes[:0] = _summary(walk)
    if not done:
        walk.notes.append("there may be more; the next crawl --full goes on from here")
    seconds = pause(fetcher.policy.delay_seconds, walk.robots.delay if walk.robots else None)
    said = backfill_plan(walk.new + waiting, seconds, more=not done) if walk.new + waiting else ""
    return BackfillResult(walk.entries, walk.notes, walk.failures, said, done, walk.memo, walk.found, walk.new, walk.requests)


async def _walk(walk: Walk, feed: Feed, held: Iterable[str]) -> None:
    walk.take(None, feed.entries)
    if feed.complete:
        walk.notes.append("the feed says that it lists all there is (RFC 5005)")
        return
    listed = [entry.url for entry in feed.entries if entry.url]
    if len(listed) < FEW:
        listed += [url for url in held if url]
    where = territory(listed)
    site = next((url for url in listed if where and bare_host(url) == where.host), walk.source.url)
    page: ListPage | None = None
    wordpress = found = False
    if feed.next_url:
        await walk_archive(walk, feed)
        found = bool(walk.found.get("archive"))
    if not found:
        page = await _site_page(walk, feed, site)
        wordpress, found = await _by_program(walk, feed, page)
    await _sitemaps(walk, where, site, wordpress=wordpress)
    if page is not None and where is not None and not found:
        await _lists(walk, feed, page, where)
    elif found or not walk.is_open:
        walk.close("lists", none=True)


async def _site_page(walk: Walk, feed: Feed, site: str) -> ListPage | None:
    """The page that the feed is of: it says which program wrote it, and may list the items."""
    if walk.state("lists").get("none"):  # nor did the last run need it
        return None
    home = feed.home_url
    if home is None or bare_host(home) != bare_host(site) or home in (walk.source.url, feed.url):
        home = f"{origin(site)}/"
    page = await get_page(walk, home)
    if isinstance(page, Failure):
        walk.closed(page, "the site's page")
        return None
    return page


async def _by_program(walk: Walk, feed: Feed, page: ListPage | None) -> tuple[bool, bool]:
    """By the means of the program that wrote the feed: whether it is WordPress, and whether an older item was found."""
    known_api = walk.state("wordpress").get("api")
    api = (page.wordpress_api if page else None) or (str(known_api) if known_api else api_of(feed, walk.source.url))
    hint = style_of(feed, page.generator if page else "")
    hint = WORDPRESS if hint is None and page is not None and page.wordpress_api else hint
    if api and part_of(walk.source.url) is None and await walk_wordpress(walk, feed, api):
        return True, True
    paged = await walk_pages(walk, feed, hint)
    return hint is WORDPRESS, paged and walk.state("pages").get("whole", False)


async def _sitemaps(walk: Walk, where: UrlScope | None, site: str, *, wordpress: bool) -> None:
    part = part_of(walk.source.url)
    if where is None:
        walk.notes.append(
            "the feed names no page, or pages of many sites, so nothing says which pages of the site's sitemaps are its own;"
            " none are taken (a sitemap can be a source: indexer add URL)"
        )
    elif part is not None and not any(part in folder for folder in where.below):
        walk.notes.append(f"the feed is that of {part!r} alone, and sitemaps do not say which pages are; none are taken")
    else:
        await walk_sitemaps(walk, site, where.holds, wordpress=wordpress)


async def _lists(walk: Walk, feed: Feed, page: ListPage, where: UrlScope) -> None:
    """From the site's page, else from the folder of the items."""
    candidates: list[ListPage] = [page]
    found = any(walk.found.values())  # then the list that nobody linked is not worth a question
    folder = resolve(where.folder, page.url) if where.folder and not found else None
    for _ in range(2):
        first = candidates[-1]
        if lists(first, feed) and (first.next_url or where.folder):
            await walk_lists(walk, feed, first, where)
            return
        if folder is None or folder == first.url:
            break
        got = await get_page(walk, folder)
        if isinstance(got, Failure):
            if not walk.closed(got, "the items' folder"):
                return
            break
        candidates.append(got)
        folder = None
    walk.close("lists", none=True)


def _summary(walk: Walk) -> list[str]:
    """How many items each road gave."""
    style = walk.state("pages").get("style")
    names = {**_NAMES, "pages": f"{_NAMES['pages']} ({style})" if style else _NAMES["pages"]}
    roads = [f"{count:,} by {names[road]}" for road in _NAMES if (count := walk.found.get(road, 0))]
    return [f"older items: {', '.join(roads)}" if roads else "older items: none were found"]
