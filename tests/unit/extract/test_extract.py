from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from indexer.extract.article import extract_article
from indexer.extract.extractor import feed_text, is_home_page_instead, make_document
from indexer.model import Article, Entry, Source
from indexer.urls import document_id
from support.growth import assert_linear

URL = "https://example.org/news/ferry/"
TEXT = "The night ferry crosses the estuary again after nine winters, and the harbour master waits at the quay with a lamp."
PARAGRAPHS = f"<p>{TEXT}</p><p>{TEXT.replace('night', 'day')}</p><p>Nobody knows who paid for the brass bell in the bow.</p>"
PAGE = f"""<!doctype html><html lang="de-AT"><head><title>Ferry returns | The Gazette</title>
<link rel="canonical" href="/news/ferry/?ref=1"><meta property="og:image" content="/i.jpg"><meta name="author" content="By Ann Other">
<meta property="article:published_time" content="2020-05-27T11:00:00+02:00"><meta name="description" content="A &amp; B">
<script type="application/ld+json">{{"@type": "NewsArticle", "dateModified": "2020-05-28", "author": {{"name": "Zed"}}}}</script></head>
<body><nav><a href="/">Menuword</a></nav><div class="cookie-notice">Cookieword</div>
<main><article><h1>Ferry returns</h1>{PARAGRAPHS}<p style="display:none">hiddenword</p></article></main>
<aside>Sideword</aside><footer>Footword</footer></body></html>"""


def test_the_main_text_and_nothing_around_it() -> None:
    article = extract_article(PAGE, URL)
    assert article is not None
    assert article.rule == "article"
    assert "brass bell" in article.text
    assert article.text.startswith("The night ferry")
    for word in ("Menuword", "Cookieword", "Sideword", "Footword", "hiddenword", "Ferry returns"):
        assert word not in article.text


def test_metadata() -> None:
    article = extract_article(PAGE, URL)
    assert article is not None
    assert (article.title, article.summary, article.language) == ("Ferry returns", "A & B", "de-AT")
    assert article.published == datetime(2020, 5, 27, 9, tzinfo=UTC)
    assert article.modified == datetime(2020, 5, 28, tzinfo=UTC)
    assert (article.authors, article.image) == (("Zed",), "https://example.org/i.jpg")
    assert article.canonical == "https://example.org/news/ferry/?ref=1"
    assert not article.noindex


LONG = "The Gazette of the Orrin Estuary and its Islands"


@pytest.mark.parametrize(
    ("head", "body", "source", "title"),
    [
        (f"<title>Ferry back | {LONG}</title>", f'<a href="/">{LONG}</a>', "", "Ferry back"),
        (f"<title>Ferry back | {LONG}</title>", f'<a href="/"><img alt="{LONG}" src="/logo.png"></a>', "", "Ferry back"),
        (f"<title>Ferry back - {LONG}</title><meta property=og:site_name content='{LONG.upper()}'>", "", "", "Ferry back"),
        (f"<title>Ferry back | News – {LONG}</title>", "", LONG, "Ferry back"),
        (f"<title>{LONG} | Ferry back</title>", "", LONG, "Ferry back"),
        ("<title>Ferry: back | Orrin - Isles</title><meta name=application-name content='Orrin - Isles'>", "", "", "Ferry: back"),
        (f"<title>Ferry back | {LONG}</title>", f"<h1>{LONG}</h1>", LONG, "Ferry back"),
        ("<title>Ferry back – example.org</title>", "", "", "Ferry back"),
        (f"<title>Ferry back - {LONG}</title>", "", "", f"Ferry back - {LONG}"),
        ("<title>Ferry - back at last</title>", '<a href="/">Home</a>', "Gazette", "Ferry - back at last"),
        (f"<title>{LONG}</title>", f'<a href="/">{LONG}</a>', "", LONG),
        ("<title>News | Gazette</title>", '<a href="/">News</a>', "Gazette", "News"),
    ],
)
def test_the_name_of_the_site_is_no_part_of_a_title(head: str, body: str, source: str, title: str) -> None:
    page = f"<html><head>{head}</head><body><header>{body}</header><main>{PARAGRAPHS}</main></body></html>"
    article = extract_article(page, URL, source=Source("https://example.org/rss", source))
    assert article is not None
    assert article.title == title


@pytest.mark.parametrize(
    ("head", "header", "noindex"),
    [
        ("<meta name=robots content='NOINDEX, follow'>", "", True),
        ("<meta name=robots content='none'>", "", True),
        ("", "noindex", True),
        ("<meta name=robots content='nofollow, max-snippet:-1'>", "", False),
    ],
)
def test_the_wish_not_to_be_indexed(head: str, header: str, noindex: bool) -> None:
    article = extract_article(PAGE.replace("<head>", "<head>" + head), URL, x_robots_tag=header)
    assert article is not None
    assert article.noindex == noindex


@pytest.mark.parametrize("canonical", ["https://other.example/x", "/", "javascript:x"])
def test_a_canonical_address_that_must_be_a_mistake(canonical: str) -> None:
    article = extract_article(PAGE.replace("/news/ferry/?ref=1", canonical), URL)
    assert article is not None
    assert article.canonical is None


def test_selectors_of_the_source_come_first() -> None:
    source = Source(URL, include="footer", exclude=".x")
    article = extract_article(PAGE.replace("Footword", "Footword <b class=x>gone</b>"), URL, source=source)
    assert article is not None
    assert (article.text, article.rule) == ("Footword", "selector")
    missed = extract_article(PAGE, URL, source=Source(URL, include=".nothing"))
    assert missed is not None
    assert missed.rule == "article+selector-missed"
    broken = extract_article(PAGE, URL, source=Source(URL, include="p[[["))
    assert broken is not None
    assert "brass bell" in broken.text


def test_markers_of_typo3() -> None:
    body = f"<p>outside</p><!--TYPO3SEARCH_begin--><h1>Ferry</h1>{PARAGRAPHS}<nav>menu</nav><!--TYPO3SEARCH_end--><p>behind</p>"
    article = extract_article(f"<title>Ferry</title><body>{body}", URL)
    assert article is not None
    assert article.rule == "marker"
    for word in ("outside", "behind", "menu"):
        assert word not in article.text


def test_a_page_without_an_article_gives_what_it_has() -> None:
    article = extract_article("<title>T</title><body><nav>menu</nav><p>Few words.</p></body>", URL)
    assert article is not None
    assert "Few words." in article.text
    assert "menu" not in article.text
    assert extract_article("", URL) is None


SURROUNDINGS = """<div role=dialog>Cookieword</div><div id="header"><div class="mainmenu"><ul><li>Menuword</li></ul></div></div>
<div class="breadcrumb">Crumbword</div>%s<div class="sidebar"><p>Sideword of quite some length, so that it is no trifle</p></div>
<div id="footer">Footword</div>"""
AROUND = ("Cookieword", "Menuword", "Crumbword", "Sideword", "Footword", "Relatedword", "Backword", "Shareword", "Commentword")


def test_a_short_page_with_markers_is_taken_at_its_word() -> None:
    marked = "<!--TYPO3SEARCH_begin--><h1>Crossing</h1><p>The crossing is open.</p><!--TYPO3SEARCH_end-->"
    article = extract_article(f"<title>Crossing</title><body>{SURROUNDINGS % marked}", URL)
    assert article is not None
    assert (article.text, article.rule) == ("The crossing is open.", "marker")
    empty = extract_article(
        f"<title>T</title><body>{SURROUNDINGS % '<!--TYPO3SEARCH_begin--> <!--TYPO3SEARCH_end-->'}<p>{TEXT}", URL
    )
    assert empty is not None
    assert empty.rule != "marker"
    assert TEXT in empty.text


def test_what_stands_between_markers_beside_the_article() -> None:
    inner = f"""<!--TYPO3SEARCH_begin--><div class="news-single">{PARAGRAPHS}<div class="news-related-wrap">Relatedword</div>
    <div class="news-backlink-wrap">Backword</div></div><!--TYPO3SEARCH_end-->"""
    article = extract_article(f"<body>{SURROUNDINGS % inner}", URL)
    assert article is not None
    assert "brass bell" in article.text
    assert not [word for word in AROUND if word in article.text]


@pytest.mark.parametrize("line", ["27.05.20", "05. 03. 2024", "5/3/2024", "5. März 2024", "Wednesday, May 27, 2020"])
def test_a_date_above_the_text_is_no_text(line: str) -> None:
    marked = (
        f"<!--TYPO3SEARCH_begin--><h1>Crossing</h1><p>{line}</p><p>The crossing is open since 1.1.2020.</p><!--TYPO3SEARCH_end-->"
    )
    article = extract_article(f"<title>Crossing</title><body>{marked}", URL)
    assert article is not None
    assert article.text == "The crossing is open since 1.1.2020."


@pytest.mark.parametrize(
    "wrap", ["<main><article>%s</article></main>", "<div id=content><article>%s</article></div>", "<div>%s</div>"]
)
def test_a_short_page_without_markers_brings_no_menu(wrap: str) -> None:
    inner = """<h1>Lost ferret found</h1><div class="entry-meta">Posted by admin</div><p>The ferret is back. Thanks!</p>
    <div class="sharedaddy"><p>Shareword</p></div><div class="jp-relatedposts">Relatedword</div><div class="comments-area">Commentword</div>"""
    article = extract_article(f"<title>Lost ferret found</title><body>{SURROUNDINGS % (wrap % inner)}", URL)
    assert article is not None
    assert article.text == "The ferret is back. Thanks!"


@pytest.mark.parametrize(
    "page",
    [
        lambda n: "<div>" * n + TEXT,
        lambda n: "<b>" * n + TEXT,
        lambda n: "x" * (20 * n) + f"<p>{TEXT}",
        lambda n: '<script type="application/ld+json">' + "[" * n + f"</script><p>{TEXT}",
        lambda n: f"<!-- {TEXT * (n // 1000)}",
        lambda n: f"<script>x</script>{TEXT * (n // 1000)}<script>",
        lambda n: f"<p>{TEXT}&#xD800;&#0;&#x110000;\x00\x0b" * (n // 1000),
    ],
)
def test_hostile_pages_take_linear_time(page: Callable[[int], str]) -> None:
    def extract(markup: str) -> None:
        article = extract_article(f"<html><body><h1>Harbour</h1>{markup}", URL)
        assert article is not None
        assert "\x00" not in article.text
        assert "x" * 100 not in article.text

    assert_linear(page, extract, 4_000)


SOURCE = Source("https://example.org/rss.xml", name="Example", category="Town")


def test_page_and_feed_are_weighed() -> None:
    article = Article("One two three four.", "trafilatura", title="Page title", language="en")
    entry = Entry(URL, title="Feed title", content_html="<p>One two</p>", categories=("News",), authors=("Ann",))
    document = make_document(entry, article, source=SOURCE, url=URL)
    assert document is not None
    assert (document.title, document.text, document.rule) == ("Feed title", "One two three four.", "trafilatura")
    assert (document.categories, document.authors, document.source) == (("News", "Town"), ("Ann",), "Example")
    fuller = Entry(URL, content_html="<p>" + "word " * 30 + "</p>")
    document = make_document(fuller, article, source=SOURCE, url=URL)
    assert document is not None
    assert (document.rule, document.title) == ("feed", "Page title")


def test_a_lost_page_leaves_the_feed_text() -> None:
    document = make_document(
        Entry(URL, title="T", summary_html="&lt;p&gt;Twice &lt;b&gt;escaped&lt;/b&gt;"), None, source=SOURCE, url=URL
    )
    assert document is not None
    assert (document.text, document.rule) == ("Twice escaped", "feed")


def test_the_home_page_under_the_parameters_of_a_tracker_is_that_page() -> None:
    home = "https://example.org/"
    assert not is_home_page_instead(f"{home}?utm_source=feed", home)
    assert is_home_page_instead(f"{home}?id=5", home)


def test_the_home_page_instead_of_the_article_is_a_lost_page() -> None:
    article = Article("Welcome to our site, with the latest news from the town and the harbour.", "trafilatura", title="Home")
    document = make_document(Entry(URL, title="T", summary_html="Own words"), article, source=SOURCE, url="https://example.org/")
    assert document is not None
    assert (document.url, document.text) == (URL, "Own words")


def test_items_without_address_or_title() -> None:
    document = make_document(Entry(guid="7", summary_html="Some words stand here"), None, source=SOURCE, url="")
    assert document is not None
    assert (document.url, document.title) == ("", "Some words stand here")
    assert document.id == document_id(f"urn:feed-search:{SOURCE.url}:7")
    assert make_document(Entry(URL), None, source=SOURCE, url=URL) is None


def test_dates_are_those_of_the_feed_before_the_page() -> None:
    early, late = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    article = Article("text " * 20, "x", published=late, modified=late)
    document = make_document(Entry(URL, title="t", published=early), article, source=SOURCE, url=URL)
    assert document is not None
    assert (document.date, document.modified) == (early, late)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Body.</p><p>The post <a>Body</a> appeared first on <a>Daily</a>.</p>", "Body."),
        ("<p>Rat […] <a class='more-link'>Weiterlesen <span>Rat</span></a></p><p>Der Beitrag <a>Rat</a> erschien zuerst auf <a>Bote</a>.</p>", "Rat […]"),
        ("<p>Council &hellip; <a href='x'>Continue reading <span>Council</span></a></p>", "Council …"),
        ("<span class='field field--name-title'>T</span><span class='field field--name-uid'>admin</span>"
         "<span class='field field--name-created'>Mon 05/02</span><div class='field field--name-body'><p>Own.</p></div>", "Own."),
        ("Read more books, said the <a href=x>librarian</a>.", "Read more books, said the librarian."),
        ("The post of mayor is vacant.", "The post of mayor is vacant."),
    ],
)  # fmt: skip
def test_what_publishing_programs_add_to_their_feeds(markup: str, text: str) -> None:
    assert feed_text(markup) == text


def test_tags_that_a_text_shows_are_text() -> None:
    assert (
        feed_text("<p>Write &lt;p&gt; for a paragraph, &lt;br&gt; for a line.</p>")
        == "Write <p> for a paragraph, <br> for a line."
    )
    assert feed_text("&amp;lt;p&amp;gt;".replace("&amp;", "&") + "One &amp;eacute;&lt;/p&gt;") == "One é"


def test_feed_text_is_text() -> None:
    assert feed_text("<p>a</p><script>b</script><p>c</p>") == "a\n\nc"
