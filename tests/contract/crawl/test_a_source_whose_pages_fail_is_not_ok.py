"""A source that can be read is not in order when most of its pages cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.crawl.crawler import CrawlOptions
from support.builders import article, feed_of
from support.crawls import Crawled
from support.web import Web

NAMES = [f"n{n}" for n in range(12)]


@pytest.mark.parametrize(("failing", "state"), [(10, "partial"), (7, "partial"), (6, "ok"), (2, "ok"), (0, "ok")])
def test_its_state_counts_its_pages(tmp_path: Path, failing: int, state: str) -> None:
    pages = {f"/{name}": 500 if n < failing else article(name) for n, name in enumerate(NAMES)}
    crawled = Crawled(tmp_path, Web({"/rss.xml": feed_of(NAMES), **pages}))
    report = crawled.run()
    assert len(report.failures) == failing
    assert [each.state for each in crawled.archive.sources.all()] == [state]
    crawled.web.pages |= {f"/{name}": article(name) for name in NAMES}
    crawled.run(wanted=CrawlOptions(everything=True), days=1)
    assert [each.state for each in crawled.archive.sources.all()] == ["ok"], "once they answer"
    crawled.archive.close()


def test_pages_that_were_removed_do_not_count(tmp_path: Path) -> None:
    pages = {f"/{name}": article(name) for name in NAMES}
    crawled = Crawled(tmp_path, Web({"/rss.xml": feed_of(NAMES), **pages}))
    crawled.run()
    crawled.web.pages |= {f"/{name}": 410 for name in NAMES[:8]}
    for day in (1, 2):
        crawled.run(wanted=CrawlOptions(everything=True, accept_removals=True), days=day)
    assert crawled.archive.sources.all()[0].state in ("partial", "asking")
    for day in (3, 4):
        crawled.run(wanted=CrawlOptions(everything=True, accept_removals=True), days=day)
    assert crawled.archive.sources.all()[0].state == "ok"
    crawled.archive.close()


def index_of(*urls: str) -> str:
    return f"<sitemapindex>{''.join(f'<sitemap><loc>{url}</loc></sitemap>' for url in urls)}</sitemapindex>"


@pytest.mark.parametrize("others", [(), ("/a.xml",)])
def test_an_index_of_sitemaps_that_lists_itself_is_reported_as_that(tmp_path: Path, others: tuple[str, ...]) -> None:
    pages = {"/rss.xml": index_of("/rss.xml", *others), "/a.xml": index_of("/rss.xml", "/a.xml")}
    crawled = Crawled(tmp_path, Web(pages))
    report = crawled.run()
    assert report.notes == [
        "https://www.news.example/rss.xml lists itself; that entry is ignored",
        "the index of sitemaps leads to no pages",
    ]
    assert crawled.web.paths.count("/rss.xml") == 1
    crawled.archive.close()


@pytest.mark.parametrize(("answer", "state"), [(404, "partial"), (500, "partial"), ("<urlset></urlset>", "ok")])
def test_an_index_none_of_whose_sitemaps_can_be_read_is_not_ok(tmp_path: Path, answer: int | str, state: str) -> None:
    crawled = Crawled(tmp_path, Web({"/rss.xml": index_of("https://www.news.example/a.xml"), "/a.xml": answer}))
    crawled.run()
    assert [each.state for each in crawled.archive.sources.all()] == [state]
    crawled.archive.close()


def test_an_empty_sitemap_is_not_called_a_feed(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web({"/rss.xml": "<urlset></urlset>"}))
    assert crawled.run().notes == ["the sitemap lists no pages"]
    crawled.archive.close()
