"""Which older pages of a feed a backfill requests, and what it notes for the next run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import pytest

from indexer.crawl.backfill import from_wordpress
from indexer.crawl.backfill.backfill import _lists
from indexer.crawl.backfill.from_feed_pages import MAX_BARREN_PAGES, walk_archive, walk_pages
from indexer.crawl.backfill.from_sitemaps import walk_sitemaps
from indexer.crawl.backfill.from_wordpress import walk_wordpress
from indexer.crawl.backfill.walk import BackfillRequest, BackfillWalk, Cursor
from indexer.extract.extractor import page_key
from indexer.feeds.list_page import parse_list_page
from indexer.feeds.paging_parameters import DRUPAL, WORDPRESS, Style
from indexer.feeds.parse import parse_feed
from indexer.feeds.url_scope import learn_scope
from indexer.feeds.wordpress_api import posts_address
from indexer.fetch.fetcher import Fetcher
from indexer.model import Entry, Feed, FetchPolicy, Source
from support.web import FEED, SITE, Answer, Scripted, Web

SOURCE = Source(FEED, "Tales")
_R = TypeVar("_R")


def rss(names: str, following: str = "") -> str:
    """Return a feed with an item for each name, and the address of its next page."""
    link = f'<atom:link rel="next" href="{following}"/>' if following else ""
    items = "".join(f"<item><title>The {name}</title><link>{SITE}/{name}</link></item>" for name in names.split())
    return (
        f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Tales</title>{link}{items}</channel></rss>'
    )


def parsed(text: str) -> Feed:
    return parse_feed(text.encode(), "application/rss+xml", FEED)


class Past:
    """A backfill of one feed from a scripted web."""

    def __init__(self, feed: str, pages: dict[str, Scripted], stored: Collection[str] = (), cursor: Cursor | None = None) -> None:
        self.feed, self.web = parsed(feed), Web(pages)
        self._stored, self._cursor = {page_key(Entry(url=f"{SITE}/{name}"), SOURCE) for name in stored}, cursor or {}

    def run(self, method: Callable[[BackfillWalk, Feed], object]) -> BackfillWalk:
        async def inner() -> BackfillWalk:
            async with Fetcher(FetchPolicy(delay_seconds=0), self.web, self.web.clock, self.web.sleep) as fetcher:
                request = BackfillRequest(SOURCE, self.feed, fetcher, page_key, self._stored.__contains__)
                walk = BackfillWalk(request, self._cursor)
                self.result = await method(walk, self.feed)  # type: ignore[misc]  # both methods are coroutines
                return walk

        return asyncio.run(inner())

    @property
    def requested(self) -> list[str]:
        return [path for path in self.web.paths if path != "/robots.txt"]


def names(walk: BackfillWalk) -> str:
    return " ".join(entry.url.rpartition("/")[2] for entry in walk.entries.values() if entry.url)


def noted(walk: BackfillWalk, method: str) -> Cursor:
    state: Cursor = walk.cursor["roads"][method]
    return state


# -- pages that the feed names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pages", "requested", "found"),
    [
        ({"/2": rss("cow", "/3"), "/3": rss("dog")}, ["/2", "/3"], "cow dog"),
        ({"/2": rss("cow", "/2")}, ["/2"], "cow"),  # it names itself
        ({"/2": rss("cow", "/3"), "/3": rss("dog", "/2")}, ["/2", "/3"], "cow dog"),
        ({"/2": rss("cow", "/rss.xml")}, ["/2"], "cow"),  # back to the feed
        ({"/2": 404}, ["/2"], ""),
        ({"/2": "<html>no feed"}, ["/2"], ""),
        ({"/2": rss("cow", "/3"), "/3": 500, "/4": rss("dog")}, ["/2", "/3"], "cow"),
    ],
)
def test_the_pages_that_a_feed_names_are_each_requested_once(
    pages: dict[str, Scripted], requested: list[str], found: str
) -> None:
    past = Past(rss("ant bee", "/2"), pages)
    walk = past.run(walk_archive)
    assert past.requested == requested
    assert names(walk) == found


def test_pages_that_list_nothing_new_end_the_walk() -> None:
    pages: dict[str, Scripted] = {f"/{number}": rss("ant", f"/{number + 1}") for number in range(2, 20)}
    past = Past(rss("ant bee", "/2"), pages | {"/2": rss("cow", "/3"), "/3": rss("cow", "/4"), "/4": rss("dog", "/5")})
    assert names(past.run(walk_archive)) == "cow dog ant"
    assert past.requested == [f"/{number}" for number in range(2, 6 + MAX_BARREN_PAGES)]


def test_a_page_that_cannot_be_fetched_now_is_the_first_of_the_next_run() -> None:
    past = Past(rss("ant", "/2"), {"/2": rss("bee", "/3"), "/3": 503})
    walk = past.run(walk_archive)
    assert noted(walk, "archive") == {"next": f"{SITE}/3"}
    assert [failure.status for failure in walk.failures] == [503]
    again = Past(rss("ant", "/2"), {"/2": rss("bee", "/3"), "/3": rss("cow")}, ("ant", "bee"), walk.cursor)
    assert names(again.run(walk_archive)) == "bee cow"
    assert noted(again.run(walk_archive), "archive")["whole"] is True


def test_the_next_run_goes_on_where_the_last_one_ended() -> None:
    """The pages between are stored, so they are not requested."""
    pages: dict[str, Scripted] = {"/2": rss("bee", "/3"), "/3": rss("cow", "/4"), "/4": rss("dog", "/5"), "/5": rss("eel")}
    past = Past(rss("ant", "/2"), pages, ("ant", "bee", "cow"), {"roads": {"archive": {"next": f"{SITE}/4"}}})
    past.run(walk_archive)
    assert past.requested == ["/2", "/4", "/5"]


def test_after_a_complete_run_only_what_came_since_is_read() -> None:
    pages: dict[str, Scripted] = {"/2": rss("bee", "/3"), "/3": rss("cow", "/4"), "/4": rss("dog")}
    past = Past(rss("ant", "/2"), pages, ("cow", "dog"), {"roads": {"archive": {"whole": True}}})
    past.run(walk_archive)
    assert past.requested == ["/2", "/3"]


# -- pages by the parameters of its program -----------------------------------------------------------------------------

FIRST = "ant bee"


def by_parameters(
    pages: dict[str, Scripted], hint: Style | None = None, cursor: Cursor | None = None
) -> tuple[Past, BackfillWalk]:
    past = Past(rss(FIRST), pages, cursor=cursor)
    return past, past.run(lambda walk, feed: walk_pages(walk, feed, hint))


ALL = "/rss.xml?page=2&paged=2&start=2&limitstart=2&tx_news_pi1%5BcurrentPage%5D=2&tx_ttnews%5Bpointer%5D=1"


@pytest.mark.parametrize(
    ("pages", "requested", "found"),
    [
        ({ALL: rss(FIRST)}, [ALL], ""),  # it ignores parameters
        ({ALL: rss("ant")}, [ALL], ""),  # and shows fewer items
        (
            {ALL: rss("cow"), "/rss.xml?page=1": rss("cow"), "/rss.xml?page=2": rss("dog"), "/rss.xml?page=3": rss("")},
            [ALL, "/rss.xml?page=1", "/rss.xml?page=2", "/rss.xml?page=3"],
            "cow dog",
        ),
        (  # a server that refuses all together, and then one of them
            {ALL: 403, "/rss.xml?page=1": 404, "/rss.xml?page=2": rss(FIRST), "/rss.xml?paged=2": rss("cow"), "/rss.xml?paged=3": 404},
            [ALL, "/rss.xml?page=1", "/rss.xml?page=2", "/rss.xml?paged=2", "/rss.xml?paged=3"],
            "cow",
        ),
        ({ALL: 403}, [ALL, "/rss.xml?page=1", "/rss.xml?page=2", "/rss.xml?paged=2"], ""),
        ({ALL: 503}, [ALL], ""),  # in trouble: another time
    ],
)  # fmt: skip
def test_the_parameter_that_matters_is_found(pages: dict[str, Scripted], requested: list[str], found: str) -> None:
    past, walk = by_parameters(pages)
    assert past.requested == requested
    assert names(walk) == found
    assert past.result is bool(found)


def test_what_ignores_parameters_is_not_tried_again() -> None:
    past, walk = by_parameters({ALL: rss(FIRST)})
    assert noted(walk, "pages") == {"ignored": "", "whole": True}
    again, _ = by_parameters({}, cursor=walk.cursor)
    assert again.requested == []
    other, _ = by_parameters({}, DRUPAL, walk.cursor)  # unless the feed names a program now
    assert other.requested == ["/rss.xml?page=1"]
    assert past.result is False


def test_the_style_of_the_program_is_the_only_one_that_is_tried() -> None:
    past, walk = by_parameters({"/rss.xml?paged=2": rss("cow"), "/rss.xml?paged=3": rss("cow")}, WORDPRESS)
    assert past.requested == ["/rss.xml?paged=2", "/rss.xml?paged=3"], "the same items again end it"
    assert names(walk) == "cow"
    assert noted(walk, "pages") == {"style": "WordPress", "whole": True}


def test_a_page_that_fails_is_where_the_next_run_goes_on() -> None:
    pages: dict[str, Scripted] = {"/rss.xml?paged=2": rss("cow"), "/rss.xml?paged=3": 503}
    past, walk = by_parameters(pages, WORDPRESS)
    assert past.result is True
    assert noted(walk, "pages") == {"style": "WordPress", "page": 3}
    assert by_parameters({}, cursor=walk.cursor)[0].requested == ["/rss.xml?paged=2"]


def test_an_empty_feed_has_no_older_pages() -> None:
    past = Past(rss(""), {})
    assert past.run(lambda walk, feed: walk_pages(walk, feed, WORDPRESS)).requests == 0
    assert past.result is False


# -- WordPress's list of posts ------------------------------------------------------------------------------------------

API = f"{SITE}/wp-json/"


def posts(named: str, pages: int | None = None, total: int | None = None) -> Answer:
    body = json.dumps([{"link": f"{SITE}/{name}", "title": {"rendered": name}} for name in named.split()])
    counts = {"x-wp-totalpages": pages, "x-wp-total": total}
    return Answer(body, headers={name: str(count) for name, count in counts.items() if count is not None})


def by_posts(
    answers: Sequence[Scripted], *, first: str = FIRST, stored: Collection[str] = (), cursor: Cursor | None = None
) -> tuple[Past, BackfillWalk]:
    """Walk posts: each answer is a page of the list."""
    pages = {posts_address(API, number).removeprefix(SITE): answer for number, answer in enumerate(answers, 1)}
    past = Past(rss(first), pages, stored, cursor)
    return past, past.run(lambda walk, feed: walk_wordpress(walk, feed, API))


@pytest.mark.parametrize(
    ("answers", "requests", "found", "covers_feed"),
    [
        ([posts("ant bee cow", 1)], 1, "ant bee cow", True),
        ([posts("ant bee", 3), posts("cow", 3), posts("dog", 3), posts("eel", 3)], 3, "ant bee cow dog", True),
        ([posts("ant bee")], 1, "ant bee", True),  # without a number of pages, a page that is not full is the last
        ([posts("ant bee", 9), 404], 2, "ant bee", True),  # beyond the end
        ([posts("ant bee", 9), posts("", 9)], 2, "ant bee", True),
        ([posts("ant bee", 2), 503], 2, "ant bee", False),
        ([posts("dog eel", 9)], 1, "", False),  # the posts of something else
        ([404], 1, "", False),
        ([Answer("<html>no list")], 1, "", False),
    ],
)
def test_the_posts_of_wordpress_are_read_to_their_end(
    answers: list[Scripted], requests: int, found: str, covers_feed: bool
) -> None:
    past, walk = by_posts(answers)
    assert len(past.requested) == requests
    assert names(walk) == found
    assert past.result is covers_feed


def test_a_full_page_of_posts_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_wordpress, "POSTS_PER_PAGE", 2)
    past, walk = by_posts([posts("ant bee"), posts("cow dog"), posts("eel")])
    assert (len(past.requested), names(walk)) == (3, "ant bee cow dog eel")


def test_a_feed_with_items_that_no_post_has_is_not_covered() -> None:
    past, walk = by_posts([posts("ant bee cow dog", 1)], first="ant bee cow dog extra")
    assert past.result is False, "four of five suffice to read the posts"
    assert names(walk) == "ant bee cow dog"


def test_a_site_without_such_a_list_is_not_asked_again() -> None:
    _, walk = by_posts([404])
    assert noted(walk, "wordpress") == {"refused": API, "whole": True}
    again, _ = by_posts([posts("ant bee")], cursor=walk.cursor)
    assert again.requested == []


def test_posts_that_are_not_the_feeds_are_reported() -> None:
    assert by_posts([posts("dog eel", 9)])[1].notes == [
        "WordPress's list of posts is not used: its posts are not those of this feed"
    ]
    assert by_posts([Answer("no list")])[1].notes == []


def test_the_next_run_goes_on_at_the_page_that_failed() -> None:
    _, walk = by_posts([posts("ant bee", 3), posts("cow", 3), 503])
    assert noted(walk, "wordpress") == {"api": API, "page": 3}
    again, _ = by_posts([posts("ant bee", 3), posts("cow", 3), posts("dog", 3)], stored=("ant", "bee", "cow"), cursor=walk.cursor)
    assert [path.partition("&page=")[2].partition("&")[0] for path in again.requested] == ["1", "3"]


def test_after_a_complete_run_the_first_page_of_stored_posts_is_the_last() -> None:
    _, walk = by_posts([posts("ant bee", 2), posts("cow", 2)])
    assert noted(walk, "wordpress") == {"api": API, "whole": True}
    again, _ = by_posts([posts("ant bee", 2), posts("cow", 2)], stored=("ant", "bee"), cursor=walk.cursor)
    assert len(again.requested) == 1


# -- pages that list items ----------------------------------------------------------------------------------------------

STORIES = tuple(f"{SITE}/stories/the-tale-of-ant-{number}/" for number in range(6))


def list_of(links: Collection[str], following: str = "") -> str:
    """Return a web page with links, and with one to the next page."""
    head = f'<link rel="next" href="{following}">' if following else ""
    return f"<html><head>{head}</head><body>{''.join(f'<h2><a href={link}>A tale of the ant</a></h2>' for link in links)}</body></html>"


@pytest.mark.parametrize(
    ("home", "pages", "requested"),
    [
        (list_of(STORIES), {"/stories/": list_of(STORIES)}, []),  # the page of the site has them: their folder need not
        (list_of(()), {"/stories/": list_of(STORIES)}, ["/stories/"]),
        (list_of(()), {"/stories/": list_of(())}, ["/stories/"]),
        (list_of(()), {"/stories/": 404}, ["/stories/"]),
    ],
)
def test_the_folder_of_the_items_is_requested_if_the_page_does_not_list_them(
    home: str, pages: dict[str, Scripted], requested: list[str]
) -> None:
    items = "".join(f"<item><title>A tale of the ant</title><link>{link}</link></item>" for link in STORIES)
    past = Past(f'<rss version="2.0"><channel><title>Tales</title>{items}</channel></rss>', pages)
    scope = learn_scope(STORIES)
    assert scope is not None
    page = parse_list_page(home.encode(), "text/html", f"{SITE}/")
    walk = past.run(lambda walk, feed: _lists(walk, feed, page, scope))
    assert [path for path in past.requested if path == "/stories/"] == requested
    assert walk.cursor["roads"]["lists"]["whole"] is True


# -- sitemaps of the site -----------------------------------------------------------------------------------------------


def urlset(*named: str) -> str:
    return f"<urlset>{''.join(f'<url><loc>{SITE}/{name}</loc></url>' for name in named)}</urlset>"


def index_of(*named: str, lastmod: str = "") -> str:
    when = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<sitemapindex>{''.join(f'<sitemap><loc>{SITE}/{name}</loc>{when}</sitemap>' for name in named)}</sitemapindex>"


def by_sitemaps(
    pages: dict[str, Scripted], *, wordpress: bool = False, cursor: Cursor | None = None
) -> tuple[list[str], BackfillWalk]:
    """Walk the sitemaps; return the requests for them, and the walk. Addresses with an x are not the source's."""
    past = Past(rss("ant"), pages, cursor=cursor)

    async def method(walk: BackfillWalk, feed: Feed) -> None:
        await walk_sitemaps(walk, SITE, lambda url: "x" not in url.rpartition("/")[2], wordpress=wordpress)

    walk = past.run(method)
    return past.requested, walk


ROBOTS = "User-agent: *\nSitemap: https://www.news.example/named.xml"


@pytest.mark.parametrize(
    ("pages", "wordpress", "requested", "found"),
    [
        ({"/sitemap.xml": urlset("bee", "fox", "cow")}, False, ["/sitemap.xml"], "bee cow"),
        ({"/robots.txt": ROBOTS, "/named.xml": urlset("bee")}, False, ["/named.xml"], "bee"),  # not the usual one
        ({}, False, ["/sitemap.xml"], ""),
        ({"/sitemap_index.xml": urlset("bee")}, True, ["/sitemap.xml", "/wp-sitemap.xml", "/sitemap_index.xml"], "bee"),
        ({"/sitemap.xml": "<html>Not found", "/wp-sitemap.xml": urlset("bee")}, True, ["/sitemap.xml", "/wp-sitemap.xml"], "bee"),
        ({"/sitemap.xml": 503, "/wp-sitemap.xml": urlset("bee")}, True, ["/sitemap.xml"], ""),  # in trouble: another time
        (
            {"/sitemap.xml": index_of("a.xml", "b.xml"), "/a.xml": urlset("bee"), "/b.xml": urlset("cow")},
            False,
            ["/sitemap.xml", "/a.xml", "/b.xml"],
            "bee cow",
        ),
        (  # each once, and one that fails costs its own items
            {"/sitemap.xml": index_of("a.xml", "a.xml", "b.xml"), "/a.xml": 404, "/b.xml": urlset("cow")},
            False,
            ["/sitemap.xml", "/a.xml", "/b.xml"],
            "cow",
        ),
        (  # three levels of indexes are followed
            {
                "/sitemap.xml": index_of("1.xml"), "/1.xml": index_of("2.xml"), "/2.xml": index_of("3.xml"),
                "/3.xml": index_of("4.xml"), "/4.xml": urlset("bee"),
            },
            False,
            ["/sitemap.xml", "/1.xml", "/2.xml", "/3.xml"],
            "",
        ),
        (  # what WordPress lists in sitemaps of tags and authors are no items, nor its standing pages
            {
                "/sitemap.xml": index_of("post-sitemap.xml", "page-sitemap.xml", "author-sitemap.xml"),
                "/post-sitemap.xml": urlset("bee"), "/page-sitemap.xml": urlset("cow"),
            },
            False,
            ["/sitemap.xml", "/post-sitemap.xml"],
            "bee",
        ),
        ({"/sitemap.xml": index_of("page-sitemap.xml"), "/page-sitemap.xml": urlset("cow")}, False, ["/sitemap.xml", "/page-sitemap.xml"], "cow"),
        ({"/sitemap.xml": rss("bee")}, False, ["/sitemap.xml"], "bee"),  # the protocol allows a feed
    ],
)  # fmt: skip
def test_which_sitemaps_are_read(pages: dict[str, Scripted], wordpress: bool, requested: list[str], found: str) -> None:
    asked, walk = by_sitemaps(pages, wordpress=wordpress)
    assert asked == requested
    assert names(walk) == found


def test_a_sitemap_that_has_not_changed_is_not_read_again() -> None:
    pages: dict[str, Scripted] = {"/sitemap.xml": index_of("a.xml", lastmod="2026-01-01"), "/a.xml": urlset("bee")}
    _, walk = by_sitemaps(pages)
    assert noted(walk, "sitemaps")["whole"] is True
    assert by_sitemaps(pages, cursor=walk.cursor)[0] == ["/sitemap.xml"]
    pages["/sitemap.xml"] = index_of("a.xml", lastmod="2026-01-02")
    assert by_sitemaps(pages, cursor=walk.cursor)[0] == ["/sitemap.xml", "/a.xml"]


def test_a_sitemap_without_a_date_is_read_by_each_complete_run() -> None:
    pages: dict[str, Scripted] = {"/sitemap.xml": index_of("a.xml"), "/a.xml": urlset("bee")}
    _, walk = by_sitemaps(pages)
    assert noted(walk, "sitemaps") == {"read": {}, "whole": True}
    assert by_sitemaps(pages, cursor=walk.cursor)[0] == ["/sitemap.xml", "/a.xml"]


def test_after_a_failure_the_sitemaps_that_were_read_are_known() -> None:
    pages: dict[str, Scripted] = {
        "/sitemap.xml": index_of("a.xml", "b.xml", lastmod="2026-01-01"), "/a.xml": urlset("bee"), "/b.xml": 503
    }  # fmt: skip
    _, walk = by_sitemaps(pages)
    state = noted(walk, "sitemaps")
    assert "whole" not in state
    assert list(state["read"]) == [f"{SITE}/a.xml"]
    assert [failure.status for failure in walk.failures] == [503]
    assert by_sitemaps(pages, cursor=walk.cursor)[0] == ["/sitemap.xml", "/b.xml"]


def test_what_is_listed_as_a_sitemap_and_is_none_is_reported() -> None:
    _, walk = by_sitemaps({"/sitemap.xml": index_of("a.xml"), "/a.xml": "<html>Welcome."})
    assert walk.notes == [f"{SITE}/a.xml is listed as a sitemap, but is not one"]
