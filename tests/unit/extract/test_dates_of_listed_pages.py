"""What a sitemap says about a page's dates is less than what the page says."""

from __future__ import annotations

from indexer.dates import parse_date
from indexer.extract.extractor import make_document
from indexer.model import Article, Entry, Source

URL = "https://example.org/a"
WRITTEN, CHANGED, MAPPED = (parse_date(day) for day in ("2020-01-01", "2020-02-01", "2026-01-01"))
SOURCE = Source("https://example.org/sitemap.xml", "Map")


def test_a_lastmod_is_the_date_only_of_a_page_that_says_none() -> None:
    line = Entry(URL, updated=MAPPED)
    pages = (Article("text", "x", published=WRITTEN), Article("text", "x", modified=CHANGED), Article("text", "x"))
    made = [make_document(line, page, source=SOURCE, url=URL) for page in pages]
    assert [document and document.date for document in made] == [WRITTEN, CHANGED, MAPPED]


def test_what_a_feed_says_goes_before_what_the_page_says() -> None:
    item = Entry(URL, title="t", updated=MAPPED)
    document = make_document(item, Article("text", "x", published=WRITTEN, modified=CHANGED), source=SOURCE, url=URL)
    assert document
    assert (document.date, document.modified) == (WRITTEN, MAPPED)
