"""Which page belongs to a feed, and which list of its items is worth following."""

from __future__ import annotations

import dataclasses

import pytest

from indexer.crawl.backfill.backfill import can_be_followed, home_address
from indexer.crawl.backfill.from_list_pages import lists
from indexer.feeds.list_page import ListPage
from indexer.feeds.url_scope import learn_scope
from indexer.model import Entry, Feed

SOURCE = "https://www.news.example/rss.xml"
ITEMS = tuple(f"https://www.news.example/stories/the-tale-of-ant-{number}/" for number in range(6))
FEED = Feed(SOURCE, "rss20", entries=tuple(Entry(url=url, title=url) for url in ITEMS))


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (None, "https://www.news.example/"),
        ("https://www.news.example/en/", "https://www.news.example/en/"),
        ("https://news.example/en/", "https://news.example/en/"),  # the same host without www
        ("https://elsewhere.example/", "https://www.news.example/"),
        (SOURCE, "https://www.news.example/"),
        ("https://www.news.example/rss2.xml", "https://www.news.example/"),
    ],
)
def test_a_feeds_page_is_on_its_own_host_and_is_not_the_feed(named: str | None, expected: str) -> None:
    feed = dataclasses.replace(FEED, url="https://www.news.example/rss2.xml", home_url=named)
    assert home_address(feed, SOURCE, ITEMS[0]) == expected


@pytest.mark.parametrize(
    ("links", "next_url", "folder", "expected"),
    [
        (ITEMS, None, True, True),
        (ITEMS, "https://www.news.example/stories/?page=2", False, True),
        (ITEMS, "https://www.news.example/stories/?page=2", True, True),
        (ITEMS, None, False, False),
        ((), "https://www.news.example/stories/?page=2", True, False),
    ],
)
def test_a_list_is_followed_by_its_next_page_or_the_items_folder(
    links: tuple[str, ...], next_url: str | None, folder: bool, expected: bool
) -> None:
    where = learn_scope(ITEMS)
    assert where is not None
    assert where.folder
    if not folder:
        where = dataclasses.replace(where, below=frozenset())
        assert not where.folder
    assert can_be_followed(ListPage("https://www.news.example/stories/", links, next_url), FEED, where) is expected


@pytest.mark.parametrize(
    ("linked", "next_url", "expected"), [(6, None, True), (3, None, True), (2, None, False), (2, "x", False)]
)
def test_a_list_links_half_of_the_feeds_items(linked: int, next_url: str | None, expected: bool) -> None:
    assert lists(ListPage("https://www.news.example/", ITEMS[-linked:], next_url), FEED) is expected


@pytest.mark.parametrize(("linked", "next_url", "expected"), [(5, "x", True), (5, None, False), (4, "x", False)])
def test_a_list_with_a_next_page_links_the_newest_five_items(linked: int, next_url: str | None, expected: bool) -> None:
    urls = [f"https://www.news.example/stories/{number}/" for number in range(50)]
    feed = dataclasses.replace(FEED, entries=tuple(Entry(url=url) for url in urls))
    assert lists(ListPage("https://www.news.example/", tuple(urls[:linked]), next_url), feed) is expected
