"""How much of a feed is read, and by which signs programs, parts and feeds are recognised."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest

from indexer.feeds import autodiscovery, entries, opml, parse, sitemap, wordpress_api
from indexer.feeds.autodiscovery import discover
from indexer.feeds.entries import clean_names, gunzip, in_language
from indexer.feeds.opml import parse_opml
from indexer.feeds.paging_parameters import COUNTED, EVERY, STYLES, WORDPRESS, address, part_of, probes
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.feeds.url_scope import bare_host, is_file, is_list, is_list_query, is_wanted, learn_scope
from indexer.feeds.wordpress_api import POSTS_PER_PAGE, api_of, match_feed, parse_posts
from indexer.feeds.xml_repair import repair_references
from indexer.model import Entry, Feed

SITE = "https://example.org"
MEDIA = "xmlns:media='http://search.yahoo.com/mrss/'"


def rss(inner: str, head: str = "") -> Feed:
    text = f"<rss version='2.0' {MEDIA}><channel>{head}{inner}</channel></rss>"
    return parse_feed(text.encode(), None, f"{SITE}/feed")


def only(inner: str) -> Entry:
    (entry,) = rss(f"<item>{inner}</item>").entries
    return entry


# -- entries ----------------------------------------------------------------------------------------------------------


def test_a_title_is_read_to_its_limit() -> None:
    words = "word " * 99 + "abcde end"
    assert only(f"<title>{words}</title>").title == "word " * 98 + "word …"
    assert only(f"<title>{'x' * 500}</title>").title == "x" * 500
    assert only(f"<title>{'x' * 501}</title>").title == "x" * 500 + " …"
    assert only(f"<title>{'&lt;i&gt;' * 1_666}ab</title>").title == "ab"  # 5,000 characters of markup are read
    assert only(f"<title>{'&lt;i&gt;' * 1_666}abcdef</title><link>/a</link>").title == "ab"


def test_texts_guids_and_languages_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MAX_TEXT_CHARACTERS", 10)
    entry = only(f"<guid isPermaLink='false'>{'g' * 2_001}</guid><description>{'d' * 11}</description>")
    assert (entry.guid, entry.summary_html) == ("g" * 2_000, "d" * 10)
    feed = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "T", "language": "e" * 36}]}
    assert parse_feed(json.dumps(feed).encode(), None, SITE).entries[0].language == "e" * 35


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["Ann", "ann", "Bob"], ("Ann", "Bob")),
        (["a", "b", "c", "d"], ("a", "b", "c")),
        (["", " , ", "Ann,"], ("Ann",)),
        (["https://ann.example/ Ann"], ("Ann",)),
        (["x" * 300], ("x" * 200,)),
        (["<b>" + "x" * 900], ("x" * 200,)),
    ],
)
def test_names(values: list[str], names: tuple[str, ...]) -> None:
    assert clean_names(values, 3) == names


def test_a_file_is_decompressed_twice_at_most() -> None:
    text = b"<rss>"
    once, twice, thrice = (
        gzip.compress(text),
        gzip.compress(gzip.compress(text)),
        gzip.compress(gzip.compress(gzip.compress(text))),
    )
    assert gunzip(text) == gunzip(once) == gunzip(twice) == text
    assert gunzip(thrice) == once
    assert gunzip(b"\x1f\x8bbroken") == b"\x1f\x8bbroken"


def test_the_language_of_a_feed_is_that_of_items_without_one() -> None:
    own, other = Entry("a", language="de"), Entry("b")
    assert [entry.language for entry in in_language([own, None, other], "fr")] == ["de", "fr"]
    assert in_language([own, other], None) == (own, other)


def test_a_guid_that_names_two_items_names_none() -> None:
    shared = "<guid isPermaLink='false'>7</guid>"
    different = rss(f"<item><title>A</title>{shared}</item><item><title>B</title>{shared}</item>").entries
    assert [entry.guid for entry in different] == [None, None]
    twice = rss(f"<item><title>A</title>{shared}</item>" * 2).entries
    assert [entry.guid for entry in twice] == ["7", "7"]


def test_the_title_of_the_feed_is_the_title_of_no_items() -> None:
    item = "<item><title>gazette</title><description>text {}</description></item>"
    head = "<title>Gazette</title>"
    assert [entry.title for entry in rss(item.format(1) + item.format(2), head).entries] == ["", ""]
    assert [entry.title for entry in rss(item.format(1) + "<item><title>B</title></item>", head).entries] == ["", "B"]
    bare = "<item><title>Gazette</title></item>"
    assert [entry.title for entry in rss(bare * 2, head).entries] == ["Gazette", "Gazette"]  # it is all that there is


# -- RSS and Atom -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "image", "attached"),
    [
        ("<media:thumbnail url='/a'/>", None, None),
        ("<media:thumbnail url='/a.jpg'/>", "/a.jpg", None),
        ("<media:content url='/a' type='image/png'/>", "/a", "/a"),
        ("<media:content url='/a' medium='image'/>", "/a", "/a"),
        ("<enclosure url='/a.JPEG' type='x/y'/>", "/a.JPEG", "/a.JPEG"),
        ("<enclosure url='/a.webp?w=3'/>", "/a.webp?w=3", "/a.webp?w=3"),
        ("<enclosure url='/a.mp3' type='audio/mpeg'/>", None, "/a.mp3"),
        ("<enclosure url='/a.png' type='image/png'/><enclosure url='/b.mp3' type='audio/mpeg'/>", "/a.png", "/b.mp3"),
        ("", None, None),
    ],
)
def test_images_and_attached_files(files: str, image: str | None, attached: str | None) -> None:
    entry = only(f"<title>T</title>{files}")
    assert (entry.image, entry.shared_url) == (image and SITE + image, attached and SITE + attached)


def test_several_authors_or_one() -> None:
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>T</title><id>1</id>{}</entry></feed>"
    for inner, authors in (
        ("<author><name>Ann</name></author><author><name>Bob</name></author>", ("Ann", "Bob")),
        ("<author><name>Ann</name></author>", ("Ann",)),
        ("<author><email>a@b.example</email></author>", ()),
        ("", ()),
    ):
        assert parse_feed(atom.format(inner).encode(), None, SITE).entries[0].authors == authors


def test_items_and_bytes_beyond_the_limits_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "MAX_ENTRIES", 2)
    items = [f"<item><title>{number}</title></item>" for number in range(3)]
    assert rss("".join(items[:2])).problems == ()
    cut = rss("".join(items))
    assert [entry.title for entry in cut.entries] == ["0", "1"]
    assert cut.problems == ("the feed has 3 items; the first 2 are read",)
    monkeypatch.setattr(parse, "MAX_FEED_BYTES", 3_000_000)
    long = rss(items[0] + "<!--" + "x" * 3_000_000 + "-->")
    assert [entry.title for entry in long.entries] == ["0"]
    assert long.problems[0] == "only the first 3 MB of the feed are read"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        ("<html><p>x", "this is a web page, not a feed"),
        ("<!DOCTYPE html><rss>", "this is a web page, not a feed"),
        ("plain words", "this is not a feed: it begins with 'plain words'"),
        ("x" * 200_001 + "<rss>", f"this is not a feed: it begins with '{'x' * 60}'"),
    ],
)
def test_why_an_answer_is_no_feed(text: str, problem: str) -> None:
    feed = parse_feed(text.encode(), None, SITE)
    assert (feed.kind, feed.entries, feed.problems) == ("", (), (problem,))


def test_a_feed_that_mentions_html_later_is_a_feed() -> None:
    assert rss("<item><title>T</title><description>&lt;html> <![CDATA[<html>]]></description></item>").kind == "rss20"


@pytest.mark.parametrize(
    ("head", "older", "home"),
    [
        ("<link>/news/</link>", None, "/news/"),
        ("<link>N/A</link>", None, None),
        ("<a:link rel='next' href='/2'/>", "/2", None),
        ("<a:link rel='next' href='/2'/><a:link rel='prev-archive' href='/old'/>", "/old", None),
        ("<a:link rel='next' href='/2'/><a:link rel='next' href='/3'/>", "/2", None),
        ("<a:link rel='alternate' href='/home/'/>", None, "/home/"),
    ],
)
def test_addresses_in_a_channel(head: str, older: str | None, home: str | None) -> None:
    text = (
        f"<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel>{head}<item><title>T</title></item></channel></rss>"
    )
    feed = parse_feed(text.encode(), None, f"{SITE}/feed")
    assert (feed.next_url, feed.home_url) == (older and SITE + older, home and SITE + home)


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("a & b", "a &amp; b"), ("a < b", "a &lt; b"), ("a > b", "a > b"), ("&#0;&#9;&#x20;&#xD800;&#xFFFE;", "&#9;&#x20;"),
        ("&#xD7FF;&#xE000;&#xFFFD;&#x10FFFF;&#x110000;", "&#xD7FF;&#xE000;&#xFFFD;&#x10FFFF;"), ("&#8;&#10;&#13;&#31;", "&#10;&#13;"),
        ("&nosuch;&lt;&eacute;", "&amp;nosuch;&lt;é"), ("&AMP;&LT;", "&amp;&lt;"),
    ],
)  # fmt: skip
def test_references(text: str, repaired: str) -> None:
    assert repair_references(text) == repaired


# -- sitemaps, OPML and discovery -------------------------------------------------------------------------------------


def test_addresses_of_sitemaps_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "MAX_ADDRESSES", 2)
    rows = "".join(f"<url><loc>/{number}</loc></url>" for number in range(3))
    for body in (f"<urlset>{rows}</urlset>", "".join(f"{SITE}/{number}\n" for number in range(3))):
        feed = parse_sitemap(body.encode(), None, SITE)
        assert feed is not None
        assert [entry.url for entry in feed.entries] == [f"{SITE}/0", f"{SITE}/1"]


@pytest.mark.parametrize(
    ("body", "kind", "problems"),
    [
        ("<urlset><url><loc>/a</loc></url></urlset>", "sitemap", ()),
        ("<sitemapindex><sitemap><loc>/a</loc></sitemap></sitemapindex>", "sitemapindex", ()),
        ("<urlset><url><loc>/a</loc></url><page/><url/></urlset>", "sitemap", ("2 lines of the sitemap have no usable address",)),
        (f"<urlset>{''.join(f'<url><loc>/{n}</loc><lastmod>2026-01-01</lastmod></url>' for n in range(5))}</urlset>", "sitemap", (sitemap.SAME_LASTMOD,)),
        (f"<sitemapindex>{''.join(f'<sitemap><loc>/{n}</loc><lastmod>2026-01-01</lastmod></sitemap>' for n in range(5))}</sitemapindex>", "sitemapindex", ()),
    ],
)  # fmt: skip
def test_kinds_and_problems_of_sitemaps(body: str, kind: str, problems: tuple[str, ...]) -> None:
    feed = parse_sitemap(body.encode(), None, SITE)
    assert feed is not None
    assert (feed.kind, feed.problems) == (kind, problems)


@pytest.mark.parametrize("body", [b"", b"<rss/>", b"x" * 4_000 + b"<urlset>", b"http is a word"])
def test_what_is_no_sitemap(body: bytes) -> None:
    assert parse_sitemap(body, None, SITE) is None


def test_subscription_lists_are_bounded_and_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(inner: str, before: str = "") -> list[tuple[str, str, str | None]] | None:
        sources = parse_opml(f"{before}<opml><body>{inner}</body></opml>".encode(), "list.opml")
        return None if sources is None else [(source.url, source.name, source.language) for source in sources]

    monkeypatch.setattr(opml, "MAX_FEEDS", 3)
    outlines = "".join(f"<outline xmlUrl='{SITE}/{number}' text='N{number}' language='de'/>" for number in range(4))
    assert parsed(outlines) == [(f"{SITE}/{number}", f"N{number}", "de") for number in range(3)]
    nested = (
        f"<outline><outline xmlUrl='{SITE}/a' title='A' text='x'/></outline><outline xmlUrl='{SITE}/b'/><outline xmlUrl='/c'/>"
    )
    assert parsed(nested) == [(f"{SITE}/a", "A", None), (f"{SITE}/b", "", None)]
    assert parsed("") == []
    assert parsed(f"<outline xmlUrl='{SITE}/a' title='{'n' * 201}' language='abcdefghijk'/>") == [
        (f"{SITE}/a", "n" * 200, "abcdefghij")
    ]
    assert parsed("", f"<!--{'x' * 4_000}-->") is None  # the word must be near the beginning
    assert parsed("", f"<!--{'x' * 3_900}-->") == []
    assert parse_opml(b"<a>opml</a>", "") is None
    assert parse_opml(b"opml, but no XML", "") is None


@pytest.mark.parametrize(
    ("page", "feeds"),
    [
        ("<link rel=alternate type=application/rss+xml href=/a>", ["/a"]),
        ("<link rel=feed href=/a>", ["/a"]),
        ("<link rel=alternate type=text/xml href=/rss>", ["/rss"]),
        ("<link rel=alternate type=text/xml title='Our feed' href=/a>", ["/a"]),
        ("<link rel=alternate type=text/xml href=/a>", []),
        ("<link rel=alternate type=application/json href=/wp-json/feed>", []),
        ("<link rel=stylesheet type=application/rss+xml href=/a>", []),
        ("<link rel=alternate href=/rss>", []),
        ("<base href=/b/><link rel=feed href=a>", ["/b/a"]),
        ("<base href='javascript:1'><link rel=feed href=/a>", ["/a"]),
        ("<link rel=feed href=/comments/feed/><link rel=feed href=/a>", ["/a"]),
        ("<link rel=feed href=/comments/feed/>", ["/comments/feed/"]),
        ("<link rel=feed href=/a><a href=/feed/>x</a>", ["/a"]),
        ("<a href=/feed/>x</a><a href=/news.rss>x</a><a href=/text>x</a><a href='https://other.example/feed'>x</a>", ["/feed/", "/news.rss"]),
        ("<a href=/x>1</a>" * 3_000 + "<a href=/feed/>x</a>", []),
        ("<link rel=icon href=/x>" * 500 + "<link rel=feed href=/a>", []),
    ],
)  # fmt: skip
def test_feeds_that_a_page_names(page: str, feeds: list[str]) -> None:
    assert discover(page, f"{SITE}/") == tuple(SITE + feed for feed in feeds)


def test_a_page_names_few_feeds() -> None:
    page = "".join(f"<link rel=feed href=/{number}>" for number in range(autodiscovery.MAX_FEEDS + 1))
    assert len(discover(page, SITE)) == autodiscovery.MAX_FEEDS == 10


# -- older pages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("/category/Ports/feed/", "ports"), ("/a/tag/sea/feed", "sea"), ("/category", None), ("/feed/?cat=7", "7"),
        ("/feed/?S=Tide", "tide"), ("/feed/?x=1", None), ("/feed/", None), ("/news/feed/", None),
    ],
)  # fmt: skip
def test_the_part_of_a_site_that_a_feed_covers(url: str, part: str | None) -> None:
    assert part_of(SITE + url) == part


def test_which_styles_are_tried() -> None:
    assert probes(WORDPRESS) == (WORDPRESS,)
    assert probes(None) == (EVERY, *STYLES.values())


@pytest.mark.parametrize(
    ("url", "page", "size", "expected"),
    [
        ("/f", 2, 10, "/f?page=2"), ("/f?page=9&a=1&page=8", 3, 10, "/f?a=1&page=3"), ("/f?pages=1", 2, 10, "/f?pages=1&page=2"),
        ("/f?&a", 2, 10, "/f?a&page=2"), ("/f?page", 2, 10, "/f?page=2"),
    ],
)  # fmt: skip
def test_the_address_of_an_older_page(url: str, page: int, size: int, expected: str) -> None:
    assert address(SITE + url, COUNTED, page, size) == SITE + expected


def test_a_page_without_items_counts_as_one() -> None:
    assert address(f"{SITE}/f", STYLES["Joomla"], 3, 0) == f"{SITE}/f?start=2&limitstart=2"
    assert address(f"{SITE}/f", STYLES["Joomla"], 1, 5) == f"{SITE}/f?start=0&limitstart=0"


@pytest.mark.parametrize(
    ("generator", "guid", "home", "url", "api"),
    [
        ("WordPress.com", None, None, "/blog/feed/", "/blog/wp-json/"),
        ("", f"{SITE}/?p=7", "/", "/other.xml", "/wp-json/"),
        ("", f"{SITE}/?p=x", "/", "/other.xml", None),
        ("", None, None, "/wp-rss2.php", "/wp-json/"),
        ("Hugo", None, "/", "/feed/", None),
        ("WordPress", None, "/?home=1", "/other.xml", None),
        ("WordPress", None, "/blog", "/other.xml", "/blog/wp-json/"),
        ("WordPress", None, None, "/other.xml", None),
    ],
)
def test_where_the_posts_of_wordpress_are(generator: str, guid: str | None, home: str | None, url: str, api: str | None) -> None:
    feed = Feed("", "rss20", entries=(Entry("a", guid=guid),), generator=generator, home_url=home and SITE + home)
    assert api_of(feed, SITE + url) == (api and SITE + api)


def test_posts_of_an_answer() -> None:
    items = [{"link": f"/{number}", "title": {"rendered": f"T{number}"}} for number in range(POSTS_PER_PAGE + 1)]
    posts = parse_posts(json.dumps(items).encode(), {"x-wp-total": " 7 ", "x-wp-totalpages": "-1"}, SITE)
    assert posts is not None
    assert (len(posts.entries), posts.total, posts.pages) == (POSTS_PER_PAGE, 7, None)
    assert parse_posts(b'[{"link": "/a"}, {"title": 1}]', {}, SITE) is None


@pytest.mark.parametrize(
    ("local", "utc", "hours"),
    [
        ("2020-05-27T11:00:00", "2020-05-27T09:00:00", 2), ("2020-05-27T04:00:00", "2020-05-27T09:00:00", -5),
        ("2020-05-29T09:00:00", "2020-05-27T09:00:00", 0), ("", "2020-05-27T09:00:00", 0),
    ],
)  # fmt: skip
def test_the_offset_of_a_post(local: str, utc: str, hours: int) -> None:
    item = {"link": "/a", "title": {"rendered": "T"}, "date": local, "date_gmt": utc}
    posts = parse_posts(json.dumps([item]).encode(), {}, SITE)
    assert posts is not None
    moment = posts.entries[0].published
    assert moment is not None
    assert (moment.utcoffset(), moment.isoformat()[:10]) == (timedelta(hours=hours), "2020-05-27")


@pytest.mark.parametrize(
    ("posts", "listed", "matches"),
    [("abcde", "abcde", True), ("abcde", "abcdx", True), ("abcde", "abcxy", False), ("ab", "abcde", True), ("", "a", False),
     ("abcde", "", False), ("xabcd", "abcd", False)],
)  # fmt: skip
def test_whether_a_feed_covers_all_posts(posts: str, listed: str, matches: bool) -> None:
    assert match_feed(tuple(posts), tuple(listed)) is matches


# -- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "is_one"),
    [("/tag/x", True), ("/a/page-2", True), ("/page-2/a", False), ("/2020", True), ("/2020/05", True), ("/2020-05-01", True),
     ("/2020/a", False), ("/", False), ("/p7", True), ("/P7/", True), ("/news", False)],
)  # fmt: skip
def test_paths_of_lists(path: str, is_one: bool) -> None:
    assert is_list(path) is is_one


def test_signs_that_items_have_are_no_signs_of_lists() -> None:
    assert not is_list("/tag/x", frozenset({"tag"}))
    assert is_list("/tag/p2", frozenset({"tag"}))


@pytest.mark.parametrize(
    ("query", "is_one"), [("page=2", True), ("PAGE", True), ("id=2", False), ("id=2&sort=a", True), ("", False)]
)
def test_queries_of_lists(query: str, is_one: bool) -> None:
    assert is_list_query(query) is is_one


@pytest.mark.parametrize(
    ("path", "file", "wanted"), [("/a.pdf", True, True), ("/a.PDF", True, True), ("/a.jpg", True, False), ("/a.html", False, True), ("/pdf", False, True)]
)  # fmt: skip
def test_files(path: str, file: bool, wanted: bool) -> None:
    assert (is_file(SITE + path), is_wanted(SITE + path, file_kinds={"pdf"})) == (file, wanted)


def test_www_is_no_other_host() -> None:
    assert bare_host("https://www.example.org/a") == bare_host(SITE) == "example.org"


@pytest.mark.parametrize(
    ("urls", "host"),
    [(["a", "a", "b"], "a"), (["a", "b"], None), (["a", "a", "b", "b"], None), (["a"], "a"), ([], None)],
)
def test_most_items_are_on_one_host(urls: list[str], host: str | None) -> None:
    scope = learn_scope(f"https://{name}.example/news/{number}-x" for number, name in enumerate(urls))
    assert (scope.host if scope else None) == (host and f"{host}.example")


@pytest.mark.parametrize(
    ("paths", "below", "beside", "depth", "prefix"),
    [
        (["/a/x", "/a/y", "/b/x"], ["a", "b"], [], 0, ""),
        (["/a/x"] * 9 + ["/b/x"], ["a"], [], 0, ""),
        (["/a/x"] * 9 + ["/b/x", "/b/y"], ["a", "b"], [], 0, ""),
        (["/a/x"] * 9 + ["/presse/x"], ["a", "presse"], [], 0, ""),
        (["/m/a/x", "/m/b/x"], ["m/a", "m/b"], [], 0, ""),
        (["/m/a/x", "/m/b/x", "/m/c/x"], ["m"], [], 0, ""),
        (["/en/a-x", "/en/b-x"], [], ["en"], 0, ""),
        (["/2020/01/x", "/2020/02/x"], ["#"], [], 0, ""),
        (["/blog/2020/01/x", "/blog/2021/02/x"], ["blog"], [], 0, ""),
        (["/a/x", "/b/x", "/c/x", "/d/x"], [], [], 1, ""),
        (["/a/x", "/b/x", "/c/x"], ["a", "b", "c"], [], 0, ""),
        (["/en/a/x", "/en/b/x", "/en/c/x", "/en/d/x"], [], [], 1, "en"),
        (["/a/1/x", "/b/2/x", "/c/3/x", "/d/s/x"], [], [], 2, ""),
        (["/a/x"] * 4 + ["/b/x", "/c/x", "/d/x"], ["a"], [], 0, ""),
    ],
)  # fmt: skip
def test_folders_of_items(paths: list[str], below: list[str], beside: list[str], depth: int, prefix: str) -> None:
    scope = learn_scope(SITE + path for path in paths)
    assert scope is not None
    assert sorted("/".join(each) for each in scope.below) == below
    assert sorted("/".join(each) for each in scope.beside) == beside
    assert (scope.section_depth, "/".join(scope.prefix)) == (depth, prefix)


def test_posts_are_asked_for_by_the_hundred() -> None:
    assert (wordpress_api.POSTS_PER_PAGE, wordpress_api.MIN_SHARED_ITEMS) == (100, 0.8)
