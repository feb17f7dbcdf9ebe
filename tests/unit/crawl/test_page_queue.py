"""Which pages a crawl of a source fetches."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.crawl.crawler import CrawlOptions
from indexer.model import Source
from support.builders import feed, feed_of, item, site
from support.crawls import Crawled, run
from support.web import FEED, SITE, Web

BOTH, OTHER = f"{SITE}/both", f"{SITE}/other.xml"


def test_a_page_that_two_sources_list_is_fetched_for_one_and_unchanged_for_the_other(tmp_path: Path) -> None:
    listed = item(BOTH, "The ferry", "The ferry crosses the estuary again after nine winters.")
    web = Web({"/rss.xml": feed(listed), "/other.xml": feed(listed), "/both": 404})
    reports = run(tmp_path, web, 0, Source(FEED, "One"), Source(OTHER, "Two"))
    assert sorted((report.fetched, report.unchanged) for report in reports) == [(0, 1), (1, 0)]
    assert web.paths.count("/both") == 1


@pytest.mark.parametrize(("everything", "requested"), [(True, 1), (False, 0)])
def test_a_page_that_was_never_fetched_is_requested_again_although_the_feed_has_dropped_it(
    tmp_path: Path, everything: bool, requested: int
) -> None:
    crawled = Crawled(tmp_path, Web({**site(["ant", "bee"]), "/bee": "timeout"}))
    crawled.run()
    crawled.web.pages["/rss.xml"] = feed_of(["ant"])
    crawled.web.asked.clear()
    crawled.run(wanted=CrawlOptions(everything=everything), minutes=5)
    assert crawled.web.paths.count("/bee") == requested
    crawled.archive.close()


def test_what_a_limit_leaves_is_fetched_by_the_next_crawl(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site(["ant", "bee", "cow"])))
    first = crawled.run(wanted=CrawlOptions(everything=True, limit=2))
    assert (first.fetched, sorted(crawled.documents())) == (2, ["ant", "bee"])
    crawled.web.asked.clear()
    crawled.run(wanted=CrawlOptions(), hours=2)
    assert "/cow" in crawled.web.paths
    crawled.archive.close()
