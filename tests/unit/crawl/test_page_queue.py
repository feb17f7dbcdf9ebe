"""Which pages a crawl of a source fetches."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from indexer.archive.store import PageRecord
from indexer.archive.visits import Visit
from indexer.crawl.crawler import CrawlOptions
from indexer.crawl.extraction_processes.worker import PageExtraction
from indexer.crawl.page_queue import PrefetchWindow, SourceRun
from indexer.crawl.response_policy import FetchAttempt
from indexer.model import Entry, Source
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


def test_what_is_still_being_extracted_ends_with_the_crawl() -> None:
    held: list[int] = []
    services = SimpleNamespace(pool=SimpleNamespace(hold=held.append))
    record = PageRecord("p", f"{SITE}/p", 1, Entry(f"{SITE}/p"), "digest")
    attempt = FetchAttempt(record, None, Visit("p", 1))

    async def scenario() -> tuple[asyncio.Task[PageExtraction], PrefetchWindow]:
        async def refresh(page: PageRecord) -> None: ...

        async def extract() -> PageExtraction:
            await asyncio.sleep(60)
            raise AssertionError

        window = PrefetchWindow(cast("SourceRun", SimpleNamespace(services=services)), lambda *_: None, refresh)
        task = asyncio.create_task(extract())
        with pytest.raises(ValueError, match="x"), window:
            window._window.extend([(attempt, None), (attempt, task)])
            window._hold(7)
            raise ValueError("x")
        await asyncio.wait({task})
        return task, window

    task, window = asyncio.run(scenario())
    assert task.cancelled()
    assert list(window._window) == []
    assert sum(held) == 0
