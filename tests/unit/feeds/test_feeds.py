from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.crawl.listing import parse_listing
from indexer.dates import parse_date
from indexer.dedup.near_duplicate import unique
from indexer.feeds.autodiscovery import discover
from indexer.feeds.opml import parse_opml
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.feeds.wordpress_api import parse_posts
from indexer.model import Feed, Response, Source
from support.growth import assert_linear

URL = "https://example.org/news/feed.xml"
SITE = "https://example.org"


def rss(items: str, head: str = "") -> bytes:
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Site</title>{head}{items}</channel></rss>".encode()


def parse(body: bytes | str, kind: str | None = None) -> Feed:
    return parse_feed(body.encode() if isinstance(body, str) else body, kind, URL)


def test_rss() -> None:
    feed = parse(
        rss(
            "<item><title>One &amp; <![CDATA[<b>two</b>]]></title><link> /a?utm_source=x </link><guid isPermaLink='false'>7</guid>"
            "<pubDate>Wed, 27 May 2020 11:06:39 +0200</pubDate><category>News</category><category>news</category>"
            "<author>a@example.org (Ann Other)</author><description>Short</description>"
            "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>&lt;p&gt;Long&lt;/p&gt;</content:encoded></item>",
            "<language>de-AT</language>",
        )
    )
    (entry,) = feed.entries
    assert (feed.kind, feed.title, feed.language, feed.problems) == ("rss20", "Site", "de-AT", ())
    assert (entry.title, entry.url, entry.guid) == ("One & two", "https://example.org/a", "7")
    assert entry.published == datetime(2020, 5, 27, 9, 6, 39, tzinfo=UTC)
    assert (entry.categories, entry.authors) == (("News",), ("Ann Other",))
    assert (entry.summary_html, entry.content_html) == ("Short", "<p>Long</p>")


def test_atom() -> None:
    feed = parse(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>Un</title><entry><title type="text">a &lt; b</title>'
        '<id>tag:1</id><link rel="self" href="/self"/><link href="/page"/><updated>2020-05-27T09:00:00Z</updated>'
        '<author><name>Zoé</name></author><category term="t" label="Thème"/><content type="text">1 &lt; 2</content></entry></feed>'
    )
    (entry,) = feed.entries
    assert (feed.kind, entry.title, entry.url) == ("atom10", "a < b", "https://example.org/page")
    assert (entry.authors, entry.categories, entry.content_html) == (("Zoé",), ("Thème",), "1 &lt; 2")
    assert entry.updated == datetime(2020, 5, 27, 9, tzinfo=UTC)


def test_json_feed() -> None:
    item = {
        "id": 1,
        "url": "/x",
        "title": "T",
        "content_text": "a < b",
        "date_published": "2020-05-27T00:00:00Z",
        "tags": ["k", 3],
    }
    feed = parse(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [item, {}, 5]}))
    assert (feed.kind, feed.entries[0].url, feed.entries[0].content_html) == (
        "json11",
        "https://example.org/x",
        "<p>a &lt; b</p>",
    )
    assert feed.entries[0].categories == ("k",)
    assert "2 empty items" in feed.problems[0]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("<!doctype html><html><body>hello</body></html>", "web page"),
        ("<br /> <b>Fatal error</b>", "not a feed"),
        ('{"a": 1}', "not a JSON Feed"),
        ("{broken", "broken JSON"),
        ("[" * 100_000, "not a feed"),
        ('{"a":' * 50_000, "broken JSON"),
    ],
)
def test_what_is_no_feed_says_so(body: str, says: str) -> None:
    feed = parse(body)
    assert (feed.kind, feed.entries) == ("", ())
    assert says in feed.problems[0]


def test_a_broken_feed_gives_what_it_has_and_says_so() -> None:
    whole = rss("".join(f"<item><title>t{i}</title><link>/{i}</link></item>" for i in range(5))).decode()
    feed = parse(whole[: whole.index("t4")])
    assert len(feed.entries) >= 4
    assert any("not well-formed" in problem for problem in feed.problems)


def test_entities_are_neither_expanded_nor_fetched() -> None:
    for declared in ('"x">', 'SYSTEM "file:///etc/passwd">'):
        feed = parse(
            f"<!DOCTYPE r [<!ENTITY a {declared}]><rss version='2.0'><channel><item><title>q&a;</title></item></channel></rss>"
        )
        assert "root:" not in str(feed)
        assert len(feed.entries) == 1


def test_floods_are_bounded() -> None:
    feed = parse(rss("<item><title>t</title></item>" * 60_000))
    assert len(feed.entries) == 10_000
    assert "60000 items" in feed.problems[0]
    tags = "".join(f"<category>c{i}</category>" for i in range(50_000))
    feed = parse(rss(f"<item><title>a &#xD800; b</title>{tags}</item><item><title>next</title></item>"))
    assert [entry.title for entry in feed.entries][1] == "next"
    assert len(feed.entries[0].categories) == 100
    feed = parse(rss("<item " + " ".join(f"a{i}='1'" for i in range(20_000)) + "><title>many</title></item>"))
    assert feed.entries[0].title == "many"


@pytest.mark.parametrize(
    "flood",
    [
        lambda n: "<item><title>t</title></item>" * n,
        lambda n: f"<item><title>a &#xD800; b</title>{'<category>c</category>' * n}</item>",
        lambda n: f"<item {' '.join(f'a{i}=1' for i in range(n))}><title>many</title></item>",
        lambda n: "<item><title>t</title>" + "<div>" * n,
        lambda n: "<a/>" * n,
        lambda n: "< " * n,
        lambda n: "<category>" * n,
    ],
)
def test_floods_take_linear_time(flood: Callable[[int], str]) -> None:
    assert_linear(lambda n: rss(flood(n)), parse, 2_000)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "", "mailto:a@b.example", "http://", "data:,x"])
def test_a_link_that_leads_nowhere_is_none(link: str) -> None:
    assert parse(rss(f"<item><title>t</title><link>{link}</link></item>")).entries[0].url is None


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400) | st.text(alphabet="<>/&;![]rsitemlnk \"'=x", max_size=200).map(lambda s: rss(s)))
def test_never_raises(body: bytes) -> None:
    parse(body)
    parse_sitemap(body, None, URL)
    parse_opml(body, URL)
    discover(body.decode("utf-8", "replace"), URL)


@pytest.mark.parametrize(
    ("guid", "address"),
    [
        ("4711", None),
        ("https://example.org/a", "https://example.org/a"),
        ("/a", "https://example.org/a"),
        ("<![CDATA[ x 1 ]]>", None),
    ],
)
def test_a_guid_that_is_no_address_gives_none(guid: str, address: str | None) -> None:
    (entry,) = parse(rss(f"<item><title>T</title><guid> {guid} </guid></item>")).entries
    assert entry.url == address
    assert entry.guid


def test_an_item_is_in_the_language_of_its_feed() -> None:
    head = "<language>de-AT</language>"
    feed = parse(rss("<item><title>Kurz</title></item><item xml:lang='fr'><title xml:lang='fr'>Court</title></item>", head))
    assert [entry.language for entry in feed.entries] == ["de-AT", "fr"]
    text = '{"version": "https://jsonfeed.org/version/1.1", "language": "nl", "items": [{"id": 1, "title": "Kort"}]}'
    assert parse(text).entries[0].language == "nl"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Tue, 05 Mar 2024 00:00:00 +0100", "2024-03-05T00:00:00+01:00"),
        ("2024-03-05T00:00:00+01:00", "2024-03-05T00:00:00+01:00"),
        ("2024-03-05T00:00:01+01:00", "2024-03-05T00:00:01+01:00"),
        ("Tue, 05 Mar 2024 24:00:00 GMT", "2024-03-06T00:00:00+00:00"),
    ],
)
def test_an_item_has_the_day_of_the_offset_that_its_feed_states(text: str, moment: str) -> None:
    (entry,) = parse(rss(f"<item><title>T</title><pubDate>{text}</pubDate></item>")).entries
    assert entry.published is not None
    assert entry.published.isoformat() == moment


def test_discovery_of_wordpress_leaves_the_comments_alone() -> None:
    kind = '<link rel="alternate" type="application/rss+xml"'
    posts, comments = (
        f'{kind} title="Daily » Feed" href="/feed/">',
        f'{kind} title="Daily » Comments Feed" href="/comments/feed/">',
    )
    of_one_post = f'{kind} title="Daily » Brücke Kommentar-Feed" href="/bridge/feed/">'
    assert discover(posts + comments + of_one_post, URL) == ("https://example.org/feed/",)
    assert discover(comments, URL) == ("https://example.org/comments/feed/",)


def test_discovery() -> None:
    page = """<base href="/sub/"><link rel="alternate" type="application/rss+xml" href="rss.xml">
        <link rel="ALTERNATE" type="application/atom+xml; charset=utf-8" href="/atom.xml"><link rel="stylesheet" href="x.css">
        <link rel="alternate" type="text/html" hreflang="de" href="/de/"><a href="/feed/">Feed</a>"""
    assert discover(page, "https://example.org/") == ("https://example.org/sub/rss.xml", "https://example.org/atom.xml")
    assert discover('<a href="/feed/">RSS</a><a href="https://other.example/feed/">x</a>', URL) == ("https://example.org/feed/",)
    assert discover("<p>nothing", URL) == ()


def test_opml() -> None:
    body = b"""<opml version="2.0"><body><outline text="Folder"><outline text="A" xmlUrl="https://a.example/rss"/></outline>
        <outline title="B" xmlUrl="/b.xml"/><outline xmlUrl="https://a.example/rss"/><outline text="no feed"/></body></opml>"""
    sources = parse_opml(body, "https://example.org/list.opml")
    assert sources is not None
    assert [(s.name, s.url) for s in sources] == [("A", "https://a.example/rss"), ("B", "https://example.org/b.xml")]
    assert parse_opml(rss(""), URL) is None


def test_sitemaps() -> None:
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    body = f"{head}<url><loc> https://example.org/a </loc><lastmod>2020-05-27</lastmod></url><url><loc>x:y</loc></url></urlset>".encode()
    for form in (body, gzip.compress(body)):
        feed = parse_sitemap(form, None, "https://example.org/sitemap.xml")
        assert feed is not None
        assert [(e.url, e.updated) for e in feed.entries] == [("https://example.org/a", datetime(2020, 5, 27, tzinfo=UTC))]
        assert "1 lines" in feed.problems[0]
    index = parse_sitemap(b"<sitemapindex><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>", None, URL)
    assert index is not None
    assert (index.kind, index.entries[0].url) == ("sitemapindex", "https://example.org/s1.xml")
    assert parse_sitemap(rss(""), None, URL) is None


@pytest.mark.parametrize(
    ("item", "address"),
    [
        ("<guid isPermaLink='TRUE'>https://example.org/a</guid>", "https://example.org/a"),
        ("<guid ispermalink=false>https://example.org/a</guid>", None),
        ("<link>www.example.org/a</link>", "http://www.example.org/a"),
        ("<link>www-a-story.html</link>", "https://example.org/news/www-a-story.html"),
        ("<link>https://feeds.example/~r/x/1</link><f:origLink xmlns:f='http://rssnamespace.org/feedburner/ext/1.0'>"
         "https://example.org/a</f:origLink>", "https://example.org/a"),
        ("<link>https://example.org/a?x=1&y=2</link>", "https://example.org/a?x=1&y=2"),
        ("<link>0</link><guid>0</guid>", None),
        ("<link>[link]</link>", None),
    ],
)  # fmt: skip
def test_the_address_that_an_item_means(item: str, address: str | None) -> None:
    (entry,) = parse(rss(f"<item><title>T</title>{item}</item>")).entries
    assert entry.url == address


def test_an_address_as_the_id_of_a_json_item_is_its_address() -> None:
    text = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "https://example.org/a", "title": "T"}]}'
    assert parse(text).entries[0].url == "https://example.org/a"


def test_an_item_that_links_the_home_page_is_told_by_the_feed() -> None:
    items = "<item><title>One</title><link>https://www.example.org</link></item><item><title>Two</title><link>/two</link></item>"
    one, two = parse(rss(items)).entries
    assert (one.url, one.shared_url, two.url) == (None, "https://www.example.org/", "https://example.org/two")
    blog = "<link>https://example.org/blog/</link>"
    one, two = parse(rss(items.replace("https://www.example.org", "/blog/"), blog)).entries
    assert (one.url, one.shared_url) == (None, "https://example.org/blog/")
    elsewhere = parse(rss(items.replace("www.example.org", "other.example"))).entries
    assert elsewhere[0].url == "https://other.example/"


SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (f"{SITEMAP}<url><loc>/a?x=1&y=2&copy=3&amp;z=4</loc></url></urlset>", ["/a?x=1&y=2&copy=3&z=4"]),
        (f"{SITEMAP}<url><loc><![CDATA[/a?x=1&y=2]]></loc></url></urlset>", ["/a?x=1&y=2"]),
        (f"<br/><b>Warning</b>: in x.php\n<?xml version='1.0'?>{SITEMAP}<url><loc>/a</loc></url></urlset>", ["/a"]),
        (f"{SITEMAP}<url><loc>/a</loc></url><url><loc>/b-and-a-ha", ["/a"]),
        (f"{SITEMAP}<url><loc>/a</loc><lastmod>2020-0", ["/a"]),
        ("<urlset><urlset><url><loc>/a</loc></url></urlset></urlset>", ["/a"]),
        ("\ufeffhttps://example.org/a\r\n\r\n# a remark\n  https://example.org/b", ["/a", "/b"]),
    ],
)  # fmt: skip
def test_what_stands_in_broken_sitemaps(text: str, addresses: list[str]) -> None:
    feed = parse_sitemap(text.encode(), "text/html", "https://example.org/sitemap.xml")
    assert feed is not None
    assert [entry.url for entry in feed.entries] == [f"https://example.org{path}" for path in addresses]


MORNING = datetime(2024, 10, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("02.10.2024 08:00", MORNING), ("2. 10. 2024, 8:00 Uhr", MORNING), ("2024/10/02 08:00:00", MORNING), ("1727856000", MORNING),
        ("1727856000000", MORNING), ("Wed Oct  2 08:00:00 2024", MORNING), ("Wed Oct 02 10:00:00 CEST 2024", MORNING),
        ("Wed Oct 02 2024 10:00:00 GMT+0200 (Central European Summer Time)", MORNING),
        ("Wed, 02 Oct 2024 10:00:00 +0200 (CEST)", MORNING), ("Wed, 02 Oct 2024 10:00:00 GMT+02:00", MORNING),
        ("October 2, 2024 8:00 AM", MORNING), ("October 1, 2024 8:00 pm", MORNING - timedelta(hours=12)),
        ("ср, 02 окт 2024 11:00:00 +0300", MORNING), ("2024年10月2日 08:00", MORNING), ("2024년 10월 2일 08:00", MORNING),
        ("2 października 2024 8:00", MORNING), ("10/02/2024", None), ("2024100208", None), ("32.12.2024", None), ("1.2.3", None),
    ],
)  # fmt: skip
def test_dates_as_people_and_programs_write_them(text: str, moment: datetime | None) -> None:
    assert parse_date(text) == moment


def test_a_day_to_come_is_not_when_an_item_was_published() -> None:
    items = "".join(
        f"<item><title>{day}</title><pubDate>{day}</pubDate></item>" for day in ("2024-10-02", "2024-10-04", "2099-01-01")
    )
    feed = parse_listing(Response(URL, URL, 200, {}, rss(items)), Source(URL), MORNING)
    assert [entry.published for entry in feed.entries] == [datetime(2024, 10, 2, tzinfo=UTC), None, None]
    assert feed.problems == ("2 items are dated in the future; the date is ignored",)


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("C++ &amp; &lt;vector&gt; explained", "C++ & <vector> explained"), ("List&lt;T&gt; in Java", "List<T> in Java"),
        ("1 &lt; 2", "1 < 2"), ("A &lt;b class='x'&gt;bold&lt;/b&gt; move&lt;br/&gt;on", "A bold move on"),
        ("&lt;!-- note --&gt;Quiet", "Quiet"), ("x" * 600, "x" * 500 + " …"), ("word " * 200, "word " * 99 + "word …"),
    ],
)  # fmt: skip
def test_titles_are_read_as_meant_and_cut_but_never_to_nothing(title: str, read: str) -> None:
    assert parse(rss(f"<item><title>{title}</title></item>")).entries[0].title == read


def test_halves_of_characters_are_not_kept() -> None:
    item = '{"id": "a\\ud800", "title": "b\\ud800", "content_html": "c\\udfff", "summary": "\\ud800", "tags": ["\\ud800"], "language": "\\ud800"}'
    feed = parse(
        '{"version": "https://jsonfeed.org/version/1.1", "title": "\\ud800", "language": "\\ud800", "items": [' + item + "]}"
    )
    assert len(feed.entries) == 1
    repr(feed).encode()
    posts = parse_posts(
        b'[{"link": "https://example.org/a", "title": {"rendered": "a\\ud800"}, "content": {"rendered": "\\udc00"}}]', {}, URL
    )
    assert posts is not None
    repr(posts).encode()


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ('<link rel="http://www.iana.org/assignments/relation/alternate" href="/a"/>', "https://example.org/a"),
        ('<content type="text/html" src="/a"/>', "https://example.org/a"),
        ('<link href=""/>', None),
        ('<link rel="self" href="/a.atom"/><link rel="related" href="https://other.example/"/>', None),
    ],
)
def test_the_page_that_an_atom_entry_means(entry: str, address: str | None) -> None:
    feed = parse(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title>E</title><id>urn:1</id>{entry}</entry></feed>'
    )
    assert [each.url for each in feed.entries] == [address]


def test_a_feed_that_is_a_compressed_file() -> None:
    assert parse(gzip.compress(rss("<item><title>T</title></item>")), "application/x-gzip").entries[0].title == "T"
    assert parse(gzip.compress(gzip.compress(rss("<item><title>T</title></item>")))).entries[0].title == "T"
    assert parse(gzip.compress(rss(""))[:20]).kind == ""


def test_the_address_that_an_item_of_rss_1_is_about() -> None:
    feed = parse(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="https://example.org/"><title>F</title></channel>'
        '<item rdf:about="https://example.org/a"><title>A</title></item>'
        '<item rdf:about="urn:x:1"><title>B</title></item></rdf:RDF>'
    )
    assert [entry.url for entry in feed.entries] == ["https://example.org/a", None]


@pytest.mark.parametrize("author", ["ann@example.museum (Ann Lee)", "Ann Lee &lt;ann@example.online&gt;", "Ann Lee"])
def test_the_name_of_an_author_with_an_address_of_any_domain(author: str) -> None:
    (entry,) = parse(rss(f"<item><title>T</title><author>{author}</author></item>")).entries
    assert entry.authors == ("Ann Lee",)


def test_a_guid_that_several_items_have_identifies_none_of_them() -> None:
    def guids(*names: str) -> list[str | None]:
        items = (f"<item><title>{name}</title><link>/{name}</link><guid isPermaLink='false'>7</guid></item>" for name in names)
        return [entry.guid for entry in parse(rss("".join(items))).entries]

    assert guids("a", "b", "c") == [None, None, None]
    assert guids("a", "a") == ["7", "7"]


def builds(*items: str, title: str = "Builds", link: str = f"{SITE}/") -> bytes:
    return f"<rss version='2.0'><channel><title>{title}</title><link>{link}</link>{''.join(items)}</channel></rss>".encode()


@pytest.mark.parametrize(
    "nothing",
    [
        "N/A",
        "n.a.",
        "#",
        "#top",
        "about:blank",
        "http://",
        "https://",
        "null",
        "-",
        "[object Object]",
        "{{ url }}",
        "k. A.",
        "kein Link",
        "ninguno",
        "нет",
        "なし",
        "false",
        "void(0)",
        "http://null",
        "https://undefined/",
        "http://#",
        "data:,",
    ],
)
def test_a_placeholder_is_neither_a_link_nor_a_guid(nothing: str) -> None:
    items = [
        f"<item><title>Build {n}</title><link>{nothing}</link><guid isPermaLink='{linked}'>{nothing}</guid>"
        f"<description>Build {n} repairs a door.</description></item>"
        for n, linked in ((1, "false"), (2, "true"))
    ]
    feed = parse_feed(builds(*items), None, f"{SITE}/feed")
    assert [(entry.url, entry.guid, entry.shared_url) for entry in feed.entries] == [(None, None, f"{SITE}/")] * 2
    assert list(unique(feed.entries, Source(SITE)).values()) == list(feed.entries), "both are items of their own"


@pytest.mark.parametrize(
    "link", ["<link/>", "<link></link>", "<link> </link>", "<link><![CDATA[]]></link>", "<link>N/A</link>", "<link>#</link>"]
)
def test_a_permalink_is_the_address_of_an_item_with_an_empty_link(link: str) -> None:
    guids = f"<guid>{SITE}/1</guid>", f"<guid isPermaLink='false'>{SITE}/2</guid>"
    items = (f"<item><title>T</title>{link}{guid}</item>" for guid in guids)
    assert [entry.url for entry in parse_feed(builds(*items), None, f"{SITE}/feed").entries] == [f"{SITE}/1", None]


@pytest.mark.parametrize(
    "link", ["example.org/a", "www.example.org/a", "https://https://example.org/a", "http://http://example.org/a"]
)
def test_a_link_without_a_scheme_or_with_two(link: str) -> None:
    (entry,) = parse_feed(builds(f"<item><title>T</title><link>{link}</link></item>"), None, "https://example.org/feed").entries
    assert entry.url is not None
    assert entry.url.removeprefix("http").removeprefix("s").removeprefix("://").removeprefix("www.") == "example.org/a"


def test_numbers_and_words_are_guids() -> None:
    items = [f"<item><title>{n}</title><guid>{guid}</guid></item>" for n, guid in enumerate(("0", "4711", "nano", "build-na"))]
    assert [entry.guid for entry in parse_feed(builds(*items), None, f"{SITE}/feed").entries] == ["0", "4711", "nano", "build-na"]


def test_an_enclosure_is_the_address_of_an_item_without_a_link() -> None:
    image, audio = (
        f"<enclosure url='/{name}' type='{kind}' length='5'/>"
        for name, kind in (("e1.jpg", "image/jpeg"), ("e1.mp3", "audio/mpeg"))
    )
    feed = parse_feed(
        rss(f"<item><title>Episode 1</title>{image}{audio}<guid isPermaLink='false'>uuid-1</guid></item>"), None, f"{SITE}/feed"
    )
    (entry,) = feed.entries
    assert (entry.url, entry.shared_url, entry.guid) == (None, f"{SITE}/e1.mp3", "uuid-1")
    linked = parse_feed(builds(f"<item><title>Episode 1</title><link>/1</link>{audio}</item>"), None, f"{SITE}/feed")
    assert (linked.entries[0].url, linked.entries[0].shared_url) == (f"{SITE}/1", None)


def test_the_attachment_of_a_json_feed_is_an_address_as_well() -> None:
    item = {"id": "a", "title": "Episode", "url": "N/A", "attachments": [{"url": f"{SITE}/e.mp3", "mime_type": "audio/mpeg"}]}
    text = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Talk", "items": [item]})
    (entry,) = parse_feed(text.encode(), None, f"{SITE}/feed").entries
    assert (entry.url, entry.shared_url) == (None, f"{SITE}/e.mp3")


def test_without_a_home_page_an_item_has_no_address() -> None:
    feed = parse_feed(builds("<item><title>One</title></item>", link=""), None, f"{SITE}/feed")
    assert (feed.entries[0].url, feed.entries[0].shared_url) == (None, None)


def test_the_name_of_the_site_is_the_title_of_no_item() -> None:
    note = "<item><title>{}</title><link>/{}</link><description>{} was seen at the mill.</description></item>"
    notes = [note.format("Ann Lee", n, seen) for n, seen in enumerate(("A falcon", "An otter"))]
    assert [entry.title for entry in parse_feed(builds(*notes, title="Ann Lee"), None, f"{SITE}/feed").entries] == ["", ""]
    only = parse_feed(builds(notes[0], title="Ann Lee"), None, f"{SITE}/feed")
    assert only.entries[0].title == "Ann Lee", "one item may well be called as its feed"


@pytest.mark.parametrize("end", ["</channel></rss>", "<broken></channel></rss>", "<x:y/></channel></rss>", "<item>"])
def test_each_item_is_parsed_once(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """feedparser reads what is not well-formed up to the error, and then again as a whole."""
    from feedparser.namespaces._base import Namespace

    started, real = [], Namespace._start_item
    monkeypatch.setattr(Namespace, "_start_item", lambda self, attributes: started.append(1) or real(self, attributes))
    items = "".join(f"<item><title>{n}</title><link>/{n}</link></item>" for n in range(50))
    feed = parse_feed(f"<rss version='2.0'><channel><title>T</title>{items}{end}".encode(), None, f"{SITE}/feed")
    assert len(started) == 50 + end.count("<item>")
    assert [entry.title for entry in feed.entries[:50]] == [str(n) for n in range(50)]
    assert any("not well-formed" in problem for problem in feed.problems) is (end != "</channel></rss>")


@pytest.mark.parametrize("namespace", ["http://backend.userland.com/rss2", "http://purl.org/rss/2.0/", "urn:example"])
def test_rss_under_a_prefix(namespace: str) -> None:
    text = (
        f"<r:rss version='2.0' xmlns:r='{namespace}' xmlns:dc='http://purl.org/dc/elements/1.1/'><r:channel><r:title>G</r:title>"
        "<r:item><r:title>One</r:title><r:link>/1</r:link><r:description><![CDATA[<p>r:x</p>]]></r:description>"
        "<dc:creator>Ann</dc:creator></r:item></r:channel></r:rss>"
    )
    feed = parse_feed(text.encode(), None, f"{SITE}/feed")
    (entry,) = feed.entries
    assert (feed.kind, feed.title) == ("rss20", "G")
    assert (entry.title, entry.url, entry.summary_html, entry.authors) == ("One", f"{SITE}/1", "<p>r:x</p>", ("Ann",))


@pytest.mark.parametrize(
    ("start", "between"),
    [
        ("<rss version='2.0'>", "<snf:logo><url>/l.png</url></snf:logo>"),
        ("<rss version='2.0'>", "<thumbs><1536x1536>/l.png</1536x1536></thumbs>"),
        ("<rss version='2.0' xmlns='http://www.w3.org/2005/Atom'>", ""),
        ("\n \n<?xml version='1.0'?><rss version='2.0'>", ""),
        ("<?xml version='1.1' encoding='utf-8'?><!-- a --><!-- b --><rss version='2.0'>", "\x08"),
    ],
)
def test_faults_between_items_cost_none_of_them(start: str, between: str) -> None:
    items = [f"<item><title>{name}</title><link>/{name}</link></item>" for name in "ab"]
    feed = parse(f"{start}<channel><title>F</title>{between.join(items)}</channel></rss>")
    assert [(entry.title, entry.url) for entry in feed.entries] == [(name, f"{SITE}/{name}") for name in "ab"]


def test_an_ampersand_that_begins_no_entity_and_a_title_escaped_twice() -> None:
    items = "".join(f"<item><title>{title}</title></item>" for title in ("Cloak&amp;Dagger", "Don&amp;#x27;t", "A &amp;amp; B"))
    assert [entry.title for entry in parse(rss(items)).entries] == ["Cloak&Dagger", "Don't", "A & B"]


def test_the_base_of_an_entry_is_inside_that_of_its_feed() -> None:
    feed = parse(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.org/blog/"><title>F</title>'
        '<entry xml:base="When/2013/"><title>A</title><link href="Tab"/><id>urn:1</id></entry></feed>'
    )
    assert [entry.url for entry in feed.entries] == ["https://example.org/blog/When/2013/Tab"]


def test_a_compressed_text_of_addresses_is_a_sitemap() -> None:
    feed = parse_sitemap(gzip.compress(b"https://example.org/a\nhttps://example.org/b\n"), None, URL)
    assert feed is not None
    assert [entry.url for entry in feed.entries] == [f"{SITE}/a", f"{SITE}/b"]
