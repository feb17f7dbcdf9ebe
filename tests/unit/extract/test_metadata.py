"""What pages say about themselves, in the many ways that there are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from indexer.extract.article import extract_article

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
