"""Follow web pages that list items, from one to the next (rel=next): for sites that offer nothing better."""

from __future__ import annotations

from itertools import takewhile

from indexer.crawl.backfill.walk import MAX_PAGES, BackfillWalk
from indexer.feeds.list_page import ListPage, parse_list_page, turns_pages
from indexer.feeds.url_scope import UrlScope
from indexer.fetch.fetcher import ACCEPT_PAGE
from indexer.model import Entry, Failure, Feed
from indexer.urls import identity

MAX_BARREN_PAGES = 3  # in a row with nothing new
MIN_LINKED_SHARE = 0.5  # of the feed's items that a page must link to be their list
MIN_NEWEST_LINKED = 5  # enough for a page that links a next one: feeds of fifty items have lists of ten


async def get_page(walk: BackfillWalk, url: str) -> ListPage | Failure:
    """Fetch a web page and read it as a list."""
    answer = await walk.get(url, accept=ACCEPT_PAGE)
    if isinstance(answer, Failure):
        return answer
    if "html" not in answer.headers.get("content-type", "text/html"):
        return ListPage(answer.url, (), None)
    return parse_list_page(answer.body, answer.headers.get("content-type"), answer.url)


def lists(page: ListPage, feed: Feed) -> bool:
    """Return whether a page is a list of the feed's items."""
    items, links = list(dict.fromkeys(identity(entry.url) for entry in feed.entries if entry.url)), set(map(identity, page.links))
    newest = len(list(takewhile(links.__contains__, items)))
    shared = len(links.intersection(items)) >= MIN_LINKED_SHARE * len(items)
    return bool(items) and (shared or (bool(page.next_url) and newest >= MIN_NEWEST_LINKED))


async def walk_lists(walk: BackfillWalk, feed: Feed, first: ListPage, where: UrlScope) -> None:
    """Collect the items linked on a list and on the lists after it.

    If the items have no folder of their own, links that are also on the second list belong to the site's menu.
    """
    state = walk.state("lists")
    before, whole = state.get("next"), bool(state.get("whole"))
    items = {identity(entry.url) for entry in feed.entries if entry.url}
    page: ListPage | None = first
    items_left = set(items)
    visited, barren, menu = {identity(first.url)}, 0, set[str]()
    while page is not None and len(visited) <= MAX_PAGES:
        following = _following(page, items, where)
        if following and identity(following) in visited:
            following = None
        ahead: ListPage | None = None
        if page is first and following and where.folder is None:
            answer = await get_page(walk, following)
            if isinstance(answer, ListPage):
                ahead, menu = answer, set(map(identity, answer.links)) & set(map(identity, page.links)) - items
        entries = [
            Entry(link)
            for link in page.links
            if where.includes(link) and identity(link) not in visited | menu and link not in (page.url, following)
        ]
        if walk.all_stored(entries):
            if whole:
                following, ahead = None, None
            elif before and identity(before) not in visited:
                following, ahead, before = before, None, None
        new = walk.add("lists", entries, {"next": before or following})
        listed = items_left.intersection(map(identity, page.links))  # by the feed too; older items follow them
        items_left -= listed
        barren = 0 if new or listed else barren + 1
        if following is None or barren >= MAX_BARREN_PAGES:
            break
        visited.add(identity(following))
        if before and identity(before) == identity(following):
            before = None
        answer = ahead or await get_page(walk, following)
        if isinstance(answer, Failure):
            if not walk.is_final(answer, "the site's list pages"):
                walk.add("lists", (), {"next": before or following})
                return
            break
        page = answer
    walk.finish("lists")


def _following(page: ListPage, items: set[str], where: UrlScope) -> str | None:
    """Return the next list; None if the next page is an item, because then this page is an item, too."""
    url = page.next_url
    if url is None or identity(url) in items or (where.includes(url) and not turns_pages(url)):
        return None
    return url
