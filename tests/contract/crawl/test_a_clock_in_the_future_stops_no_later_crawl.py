"""A crawl whose clock was years ahead must not postpone the next ones: what it stored counts as due."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from indexer.config import open_engine
from indexer.config.settings import Settings
from indexer.crawl.crawler import CrawlOptions, is_due
from indexer.diagnostics.status import status
from support.builders import NAMES, article, feed_of, site
from support.crawls import Crawled
from support.web import NOW, Web

YEARS = 5 * 365.0
MONTH = 30.0


def test_sources_and_pages_are_due_at_once(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site()))
    crawled.run(days=YEARS)
    (state,) = crawled.archive.sources.all()
    assert state.next_crawl is not None
    assert state.next_crawl > NOW + timedelta(days=YEARS)
    assert is_due(state, NOW)
    crawled.web.asked.clear()
    crawled.web.pages["/" + NAMES[0]] = article(NAMES[0], words="Corrected words.")
    crawled.run(wanted=CrawlOptions())
    fetched = {path for path in crawled.web.paths if path not in ("/robots.txt", "/rss.xml")}
    assert fetched == {f"/{name}" for name in NAMES[:3]}
    assert "Corrected words." in crawled.text(NAMES[0])
    (state,) = crawled.archive.sources.all()
    assert not is_due(state, NOW)
    crawled.web.asked.clear()
    crawled.run(wanted=CrawlOptions(), hours=2)
    assert [path for path in crawled.web.paths if path not in ("/robots.txt", "/rss.xml")] == [], "only once"
    crawled.archive.close()


@pytest.mark.parametrize("days", [YEARS, MONTH])
def test_pages_that_the_feed_no_longer_lists_are_visited_as_well(tmp_path: Path, days: float) -> None:
    crawled = Crawled(tmp_path, Web(site()))
    crawled.run(days=days)
    crawled.web.pages["/rss.xml"] = feed_of(NAMES[3:4])
    crawled.web.pages["/" + NAMES[3]] = article(NAMES[3])
    crawled.web.asked.clear()
    crawled.run(wanted=CrawlOptions())
    assert {f"/{name}" for name in NAMES[:4]} <= set(crawled.web.paths)
    crawled.archive.close()


def test_a_page_that_is_gone_is_removed_although_its_last_answer_is_dated_in_the_future(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site()))
    crawled.run()
    crawled.web.pages["/" + NAMES[0]] = 410
    crawled.run(days=YEARS)
    assert NAMES[0] in crawled.documents()
    crawled.run(wanted=CrawlOptions(), days=1)
    assert NAMES[0] not in crawled.documents()
    crawled.archive.close()


def test_status_warns_until_a_crawl_with_the_right_clock(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site()))
    crawled.run(days=20 * 365)
    engine = open_engine(Settings(tmp_path))

    def warnings() -> list[str]:
        return [row["error"] for row in status(crawled.archive, engine)["errors"] if row["source"] == "Tales"]

    (warning,) = warnings()
    assert "in the future" in warning
    crawled.run(wanted=CrawlOptions())
    assert warnings() == []
    crawled.archive.close()
