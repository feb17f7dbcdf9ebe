"""What pages say about themselves, in the many ways that there are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from indexer.extract.article import extract_article
from indexer.extract.extractor import make_document
from indexer.model import Entry, Source

TEXT = "<p>The night ferry crosses the estuary again after nine winters, and the harbour master waits.</p>"


@pytest.mark.parametrize(
    ("head", "authors"),
    [
        ('<script type="application/ld+json">{"@graph": [{"@type": "Person", "@id": "#a", "name": "Ann Other"},'
         ' {"@type": "NewsArticle", "author": {"@id": "#a"}}]}</script>', ("Ann Other",)),
        ('<script type="application/ld+json">[{"@type": ["Article"], "author": [{"name": "Ann"}, "Bo"]}]</script>', ("Ann", "Bo")),
        ('<script type="application/ld+json">{"@type": "WebPage", "mainEntity": {"@type": "Article", "author": "Cy"}}</script>', ("Cy",)),
        ('<script type="application/ld+json">{broken</script><meta name=author content="By Dee">', ("Dee",)),
        ('</head><body><span itemprop=author itemscope><span itemprop=name>Eve</span>, editor</span>', ("Eve",)),
        ('</head><body><p>by <a rel="author nofollow" href=/fay>Fay</a></p>', ("Fay",)),
        ("", ()),
    ],
)  # fmt: skip
def test_authors(head: str, authors: tuple[str, ...]) -> None:
    article = extract_article(f"<html><head>{head}{TEXT}", "https://example.org/a")
    assert article is not None
    assert article.authors == authors


@pytest.mark.parametrize(
    ("head", "url", "day"),
    [
        ("", "https://example.org/2024/05/17/ferry", datetime(2024, 5, 17, tzinfo=UTC)),
        ("", "https://example.org/2024/5/7", datetime(2024, 5, 7, tzinfo=UTC)),
        ("", "https://example.org/2024/13/17/ferry", None),
        ("", "https://example.org/1234/05/17", None),
        ("<time itemprop=datePublished datetime=2023-01-02>", "https://example.org/2024/05/17/ferry", datetime(2023, 1, 2, tzinfo=UTC)),
        ("<div itemprop='datePublished dateline' content=2023-01-02>", "https://example.org/x", datetime(2023, 1, 2, tzinfo=UTC)),
        ('<script type="application/ld+json">{"@graph": [[{"@type": "Article", "datePublished": "2022-03-04"}]]}</script>',
         "https://example.org/x", datetime(2022, 3, 4, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_dates(head: str, url: str, day: datetime | None) -> None:
    article = extract_article(f"<html><head></head><body>{head}</div>{TEXT}", url)
    assert article is not None
    assert article.published == day


def test_a_page_that_says_nothing_of_itself_is_kept() -> None:
    article = extract_article(TEXT, "https://example.org/x")
    assert article is not None
    assert (article.title, article.language, article.published, article.authors) == ("", None, None, ())
    assert "night ferry" in article.text


@pytest.mark.parametrize(
    ("head", "source", "title"),
    [
        ("<title>Ada Quay</title><meta property=og:title content='Ada Quay'>", "Ada Quay", "Saw an otter at the mill this morning, and two children told …"),
        ("<title>The Gazette</title><meta property=og:site_name content='The Gazette'>", "x", "Saw an otter at the mill this morning, and two children told …"),
        ("<title>An otter | The Gazette</title><meta property=og:site_name content='The Gazette'>", "x", "An otter"),
        ("<title>Otters of Ada Quay</title>", "Ada Quay", "Otters of Ada Quay"),
    ],
)  # fmt: skip
def test_a_sites_name_is_not_the_title_of_an_item(head: str, source: str, title: str) -> None:
    text = "Saw an otter at the mill this morning, and two children told the ranger about it."
    page = (
        f"<html lang=en><head>{head}</head><body><header><h1>{source}</h1></header><article><p>{text}</p></article></body></html>"
    )
    url = "https://example.org/n1"
    article = extract_article(page, url, source=Source("https://example.org/feed", source))
    document = make_document(Entry(url), article, source=Source("https://example.org/feed", source), url=url)
    assert document is not None
    assert document.title == title


def test_the_home_page_has_the_sites_name_as_its_title() -> None:
    article = extract_article(
        "<title>The Gazette</title><p>News of Norrvik.</p>", "https://example.org/", source=Source("x", "The Gazette")
    )
    assert article is not None
    assert article.title == "The Gazette"


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Falcon at the mill | Ann Lee</title>", TEXT, "Falcon at the mill"),
        ("<title>Ann Lee</title>", TEXT, "Ann Lee"),
    ],
)
def test_the_sites_name_is_the_title_only_if_the_page_has_no_other(head: str, body: str, title: str) -> None:
    url = "https://example.org/notes/1"
    page = f"<html lang=en><head>{head}</head><body><main><article>{body}</article></main></body></html>"
    article = extract_article(page, url, source=Source("https://example.org/feed", name="Ann Lee"))
    document = make_document(
        Entry(url, title="Ann Lee"), article, source=Source("https://example.org/feed", name="Ann Lee"), url=url
    )
    assert document is not None
    assert document.title == title


def test_the_first_heading_of_a_text_without_a_title_is_its_title() -> None:
    entry = Entry("https://example.org/notes/1", content_html=f"<h2>Falcon at the mill</h2>{TEXT}")
    document = make_document(entry, None, source=Source("https://example.org/feed"), url=entry.url or "")
    assert document is not None
    assert document.title == "Falcon at the mill"
