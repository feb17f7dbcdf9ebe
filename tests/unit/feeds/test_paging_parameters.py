"""The pure parts of `crawl --full`: addresses of older pages, WordPress's posts, pages that list, sitemaps, what is put together."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.dates import parse_date
from indexer.feeds.entries import complete_entry
from indexer.feeds.list_page import parse_list_page
from indexer.feeds.paging_parameters import DRUPAL, EVERY, JOOMLA, STYLES, TYPO3, WORDPRESS, address, style_of
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.feeds.wordpress_api import api_of, match_feed, parse_posts, posts_address
from indexer.model import Entry, Feed

SITE = "https://example.org"


def feed_of(head: str, form: str = "rss") -> Feed:
    if form == "atom":
        body = f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0">{head}<entry><title>t</title></entry></feed>'
    else:
        body = f'<rss version="2.0" xmlns:x="http://purl.org/syndication/history/1.0"><channel>{head}<item><title>t</title></item></channel></rss>'
    return parse_feed(body.encode(), None, f"{SITE}/feed.xml")


def test_the_name_of_the_program_is_bounded() -> None:
    assert feed_of(f"<generator>{'x' * 900}</generator>").generator == "x" * 400


def test_what_a_feed_says_of_itself() -> None:
    feed = feed_of("<link>/news/</link><generator>https://wordpress.org/?v=6.8</generator><x:complete/>")
    assert (feed.home_url, feed.generator, feed.complete) == (f"{SITE}/news/", "https://wordpress.org/?v=6.8", True)
    feed = feed_of(
        '<link rel="next" href="?p=2"/><link href="/blog"/><generator uri="https://drupal.org" version="9">Drupal</generator>',
        "atom",
    )
    assert (feed.next_url, feed.home_url, feed.generator) == (f"{SITE}/feed.xml?p=2", f"{SITE}/blog", "Drupal https://drupal.org")
    assert not feed.complete
    assert not feed_of("<description>about complete things</description>").complete
    assert not parse_feed(b"<rss><channel><item><x:complete/><title>t</title></item></channel></rss>", None, SITE).complete


@pytest.mark.parametrize(
    ("style", "page", "query"),
    [
        (WORDPRESS, 2, "paged=2"),
        (DRUPAL, 2, "page=1"),
        (JOOMLA, 3, "start=20&limitstart=20"),
        (TYPO3, 2, "tx_news_pi1%5BcurrentPage%5D=2&tx_ttnews%5Bpointer%5D=1"),
    ],
)
def test_addresses_of_pages(style: object, page: int, query: str) -> None:
    assert address(f"{SITE}/f", style, page, 10) == f"{SITE}/f?{query}"
    turned = address(f"{SITE}/f?format=feed&{query}", style, page + 1, 10)
    assert turned.startswith(f"{SITE}/f?format=feed&")
    assert turned.count("=") == 1 + query.count("=")


def test_all_styles_are_asked_at_once() -> None:
    every = address(f"{SITE}/f", EVERY, 2, 10)
    assert {name for style in STYLES.values() for name, _ in style.parameters(2, 10)} == {
        name for name, _ in EVERY.parameters(2, 10)
    }
    assert every.count("page=") == 1


@pytest.mark.parametrize(
    ("generator", "style"),
    [("https://wordpress.org/?v=6", "WordPress"), ("Drupal 10 (https://drupal.org)", "Drupal"), ("TYPO3 - get.content.right", "TYPO3"),
     ("Joomla! - Open Source", "Joomla"), ("Hugo", None), ("", None)],
)  # fmt: skip
def test_programs(generator: str, style: str | None) -> None:
    found = style_of(Feed("", "rss20", generator=generator))
    assert (found.name if found else None) == style
    assert style_of(Feed("", "rss20"), generator) == found


def test_where_wordpress_lists_its_posts() -> None:
    wordpress = Feed("", "rss20", generator="https://wordpress.org/?v=6.8", home_url=f"{SITE}/blog/")
    assert api_of(wordpress, f"{SITE}/blog/feed/") == f"{SITE}/blog/wp-json/"
    assert api_of(wordpress, f"{SITE}/?feed=rss2") == f"{SITE}/blog/wp-json/"
    assert api_of(Feed("", "rss20"), f"{SITE}/feed/") == f"{SITE}/wp-json/"
    assert api_of(Feed("", "rss20", generator="Hugo"), f"{SITE}/feed/") is None
    assert api_of(Feed("", "rss20"), f"{SITE}/rss.xml") is None
    assert posts_address(f"{SITE}/wp-json/", 2).startswith(f"{SITE}/wp-json/wp/v2/posts?per_page=100&page=2&_fields=")
    assert posts_address(f"{SITE}/?rest_route=/", 1).startswith(f"{SITE}/?rest_route=/wp/v2/posts&per_page=100")


def test_posts() -> None:
    whole = {
        "link": f"{SITE}/a/", "guid": {"rendered": f"{SITE}/?p=7"}, "title": {"rendered": "Fish &amp; <em>chips</em>"},
        "excerpt": {"rendered": "<p>Short</p>"}, "content": {"rendered": "<p>Long</p>"}, "date_gmt": "2020-05-27T09:06:39",
        "modified_gmt": "2020-05-28T09:06:39",
    }  # fmt: skip
    locked = {"link": f"{SITE}/b/", "title": {"rendered": "Locked"}, "content": {"rendered": "secret", "protected": True}}
    away = {"link": "https://other.example/", "title": {"rendered": "Away"}}
    posts = parse_posts(json.dumps([whole, locked, away]).encode(), {"x-wp-total": "240", "x-wp-totalpages": "3"}, SITE)
    assert posts is not None
    assert (posts.total, posts.pages, [entry.title for entry in posts.entries]) == (240, 3, ["Fish & chips", "Locked"])
    assert posts.entries[0].published == datetime(2020, 5, 27, 9, 6, 39, tzinfo=UTC)
    assert (posts.entries[0].content_html, posts.entries[1].content_html) == ("<p>Long</p>", "")
    for other in (b'{"code": "rest_disabled"}', b"<html>", b"", b'["a"]', b"[" * 100_000):
        assert parse_posts(other, {}, SITE) is None
    empty = parse_posts(b"[]", {"x-wp-total": "many"}, SITE)
    assert (empty and empty.entries, empty and empty.total) == ((), None)


def test_posts_that_are_not_the_feeds_are_told() -> None:
    posts = tuple("abcdefghijklmnop")
    assert match_feed(posts, tuple("abcdefghij"))
    assert match_feed(posts, tuple("bcdefghijk"))  # the feed came from a cache
    assert not match_feed(posts, tuple("aeimnop"))  # the feed of a category
    assert not match_feed((), tuple("abc"))
    assert not match_feed(posts, ())


def listed(body: str, url: str = f"{SITE}/news/") -> tuple[str | None, tuple[str, ...]]:
    page = parse_list_page(body.encode(), "text/html; charset=utf-8", url)
    return page.next_url, page.links


def test_where_a_list_goes_on() -> None:
    assert listed('<link rel="next" href="?page=2">')[0] == f"{SITE}/news/?page=2"
    assert listed('<a rel="nofollow next" href="/news/page/2/">')[0] == f"{SITE}/news/page/2/"
    assert listed('<div class="nav-previous"><a href="/page/2/">Older posts</a></div>')[0] == f"{SITE}/page/2/"
    assert listed('<ul class="pager"><li class="pager__item pager__item--next"><a href="?page=1">')[0] == f"{SITE}/news/?page=1"
    assert listed('<a rel="next" href="https://other.example/2">')[0] is None
    assert listed('<a rel="next" href="#">')[0] is None
    assert listed("<a href='/a'>next</a>")[0] is None
    assert listed('<base href="/x/"><a href="a">A</a><a href="/a">B</a><a href="a#b">C</a><a href="mailto:a@b">')[1] == (
        f"{SITE}/x/a",
        f"{SITE}/a",
    )


@given(st.binary(max_size=300))
def test_nothing_makes_them_raise(body: bytes) -> None:
    parse_posts(body, {}, SITE)
    parse_list_page(body, None, SITE)
    parse_sitemap(b"http" + body, None, SITE)


def test_extensions_of_sitemaps() -> None:
    body = f"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"
      xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml"
      xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">
      <url><image:image><image:loc>{SITE}/a.jpg</image:loc><image:title>Picture</image:title></image:image>
        <video:video><video:title>Film</video:title><video:publication_date>2001-01-01</video:publication_date></video:video>
        <xhtml:link rel="alternate" hreflang="de" href="{SITE}/de/a"/><loc>{SITE}/a</loc><lastmod>2020-05-28</lastmod>
        <n:news><n:publication><n:name>The Paper</n:name><n:language>EN</n:language></n:publication>
          <n:publication_date>2020-05-27T09:00:00Z</n:publication_date><n:title>The pier</n:title></n:news></url>
      <url><loc>{SITE}/b</loc></url></urlset>"""
    feed = parse_sitemap(body.encode(), None, SITE)
    assert feed is not None
    assert feed.entries[1] == Entry(f"{SITE}/b")
    first = feed.entries[0]
    assert (first.url, first.title, first.language) == (f"{SITE}/a", "The pier", "en")
    assert (first.published, first.updated) == (parse_date("2020-05-27T09:00:00Z"), parse_date("2020-05-28"))


def test_a_lastmod_that_all_pages_share_is_none() -> None:
    def moments(*days: str) -> list[datetime | None]:
        rows = "".join(f"<url><loc>/{number}</loc><lastmod>{day}</lastmod></url>" for number, day in enumerate(days))
        feed = parse_sitemap(f"<urlset>{rows}</urlset>".encode(), None, SITE)
        return [entry.updated for entry in feed.entries] if feed else []

    assert moments(*["2026-01-01"] * 5) == [None] * 5
    assert None not in moments(*["2026-01-01"] * 5, "2026-01-02")
    assert None not in moments(*["2026-01-01"] * 3)


def test_a_sitemap_may_be_a_text() -> None:
    feed = parse_sitemap(b"\xef\xbb\xbfhttps://example.org/a\r\n\r\nhttps://example.org/b\n", "text/plain", SITE)
    assert feed is not None
    assert (feed.kind, [entry.url for entry in feed.entries]) == ("sitemap", [f"{SITE}/a", f"{SITE}/b"])
    assert parse_sitemap(b"http is a protocol\nhttps://example.org/a", "text/plain", SITE) is None
    assert parse_sitemap(b"", "text/plain", SITE) is None


def test_what_a_poorer_listing_does_not_say_stays() -> None:
    day, later = parse_date("2020-05-27"), parse_date("2020-06-01")
    held = Entry(f"{SITE}/a", "7", "Title", "Short", "Long", day, day, ("Ann",), ("News",), "en")
    assert complete_entry(Entry(f"{SITE}/a"), held) == held
    assert complete_entry(Entry(f"{SITE}/a", updated=later), held).updated == later
    assert complete_entry(Entry(f"{SITE}/a", updated=parse_date("2019-01-01")), held) == held
    assert complete_entry(Entry(f"{SITE}/a", title="New"), held).title == "New"
