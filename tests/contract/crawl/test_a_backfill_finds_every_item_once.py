"""`crawl --full` against small sites on loopback: every item exactly once, by few requests, and again after any interruption."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from indexer.config import load_settings, open_archive
from indexer.diagnostics.url_diagnosis import decide, gather_facts, look_up
from support.backfills import FEED, NOW, POLICY, archive_urls, documents, run, site_of, urls, waiting
from support.crashes import Killed
from support.full_archive_sites import (
    ROADS,
    RSS,
    Answer,
    Archived,
    Drupal,
    Site,
    Sitemaps,
    WordPress,
    WordPressApi,
    day,
    lost,
    ok,
    served,
)


@pytest.mark.parametrize("road", ROADS)
def test_every_item_exactly_once(tmp_path: Path, road: str) -> None:
    site, feed = site_of(road)
    with served(site):
        report = run(tmp_path, site, feed)
        assert urls(tmp_path) == sorted(site.urls)
        assert (report.new, report.plan) == (12, f"{'at least' if road == 'sitemaps' else 'about'} 12 items, without pauses")
        asked = Counter(site.asked)
        assert {path: times for path, times in asked.items() if times > 1} == {}, "robots.txt among them"
        dated = {document.date for document in documents(tmp_path)}
        assert dated >= {day(12), day(11), day(10)} or road == "json"


# How many lists are asked for: robots.txt, the feed, and what is said beside.
REQUESTS = {
    "archive": 2 + 3 + 1,  # three older documents; /sitemap.xml
    "json": 2 + 3 + 1,
    "drupal": 2 + 1 + 1 + 4 + 1,  # the site's page; one question for all parameters; pages 1 to 4 (none); /sitemap.xml
    "counted": 2 + 1 + 1 + 1 + 4 + 1,  # the same; page=1 is the first page again
    "joomla": 2 + 1 + 1 + 3 + 4 + 1,  # two page= and paged= that do nothing
    "typo3": 2 + 1 + 4 + 1,  # the site's page says TYPO3: no questions
    "wordpress": 2 + 1 + 1 + 4 + 3,  # the site's page; no API; three addresses of sitemaps
    "wp-json": 2 + 1 + 3 + 3,
    "lists": 2 + 1 + 1 + 3 + 1,
    "sitemaps": 2 + 1 + 1 + 6,  # the site's page; a question; the index and five others
}


@pytest.mark.parametrize("road", ROADS)
def test_no_more_requests_than_said_and_hardly_any_the_next_time(tmp_path: Path, road: str) -> None:
    site, feed = site_of(road)
    run(tmp_path, site, feed)
    assert len(site.lists_asked) == REQUESTS[road], site.lists_asked
    site.asked.clear()
    report = run(tmp_path, site, feed, now=NOW + timedelta(hours=2))
    assert (report.new, report.fetched) == (0, 0)
    again = {"sitemaps": 9, "lists": 5, "wordpress": 6, "wp-json": 6}.get(road, 4)
    assert len(site.lists_asked) <= again, site.lists_asked


def test_a_server_that_ignores_query_strings_is_asked_once(tmp_path: Path) -> None:
    site = Site(count=3)
    run(tmp_path, site)
    assert [path for path in site.asked if "?" in path] == [
        "/feed.xml?page=2&paged=2&start=3&limitstart=3&tx_news_pi1%5BcurrentPage%5D=2&tx_ttnews%5Bpointer%5D=1"
    ]
    site.asked.clear()
    run(tmp_path, site, now=NOW + timedelta(hours=2))
    assert [path for path in site.asked if "?" in path] == []


def test_each_road_says_what_it_found(tmp_path: Path) -> None:
    class Both(WordPress):
        def other(self, path: str, query: dict[str, str]) -> Answer:
            if path == "/sitemap.xml":
                return ok("application/xml", self.urlset([*self.items, 13]))
            return super().other(path, query)

        @property
        def items(self) -> list[int]:
            return list(range(12, 0, -1))

    site = Both(count=13)
    report = run(tmp_path, site, "/feed/")
    assert report.backfilled == {"pages": 9, "sitemaps": 1}
    assert "older items: 9 by older pages of the feed (WordPress), 1 by sitemaps" in report.notes


def test_a_dry_run_shows_the_plan_and_stores_nothing(tmp_path: Path) -> None:
    site = WordPressApi(count=30)
    report = run(tmp_path, site, "/feed/", dry_run=True)
    assert (report.plan, report.fetched, urls(tmp_path)) == ("about 30 items, without pauses", 30, [])
    assert not any(path.startswith("/news/item-") for path in site.asked)
    assert run(tmp_path, site, "/feed/").new == 30


def test_a_dry_run_plans_no_page_again_that_only_a_sitemap_lists_by_now(tmp_path: Path) -> None:
    site = Sitemaps()
    run(tmp_path, site)
    site.count += 2
    run(tmp_path, site)
    report = run(tmp_path, site, dry_run=True)
    assert (report.planned, run(tmp_path, site).fetched) == ([], 0)


def test_a_page_that_was_not_fetched_waits(tmp_path: Path) -> None:
    run(tmp_path, Archived(), limit=4)
    archive = open_archive(load_settings(tmp_path))
    try:
        left = [url for url in archive_urls(archive) if url not in urls(tmp_path)]
        assert left
        assert {decide(gather_facts(archive, look_up(archive, url), indexed=False)).code for url in left} == {"waiting"}
    finally:
        archive.close()


def test_a_feed_that_is_complete_has_no_past(tmp_path: Path) -> None:
    class Complete(Site):
        def other(self, path: str, query: dict[str, str]) -> Answer:
            head = '<h:complete xmlns:h="http://purl.org/syndication/history/1.0"/>'
            return ok(RSS, self.rss(self.page_of(1), head)) if path == "/feed.xml" else lost()

    site = Complete()
    report = run(tmp_path, site)
    assert (report.new, site.lists_asked) == (3, ["/robots.txt", "/feed.xml"])
    assert any("lists all items" in note for note in report.notes)


@pytest.mark.parametrize(
    ("road", "rule"), [("drupal", "/feed.xml?"), ("wp-json", "/wp-json/"), ("archive", "/archive-"), ("lists", "/news/page/")]
)
def test_robots_txt_closes_a_road(tmp_path: Path, road: str, rule: str) -> None:
    site, feed = site_of(road)
    site.robots = f"User-agent: *\nDisallow: {rule}\n"
    report = run(tmp_path, site, feed)
    assert not [path for path in site.asked if path.startswith(rule)]
    assert any("disallowed by robots.txt" in note for note in report.notes)
    assert not report.failures
    assert len(urls(tmp_path)) == (12 if road == "wp-json" else 3)  # WordPress has another road


def test_a_broken_sitemap_costs_its_own_items_only_and_is_read_when_it_is_mended(tmp_path: Path) -> None:
    site = Sitemaps()
    report = run(tmp_path, site)
    assert [failure.url for failure in report.failures] == [f"{site.base}/maps/broken.xml"]
    assert any("goes on from here" in note for note in report.notes)
    site.count, site.error = 13, 0  # and it lists one that is known
    assert len(urls(tmp_path)) == 12
    again = run(tmp_path, site, now=NOW + timedelta(hours=2))
    assert (again.failures, any("goes on" in note for note in again.notes)) == ([], False)


@pytest.mark.parametrize("road", ROADS)
def test_a_limit_cuts_the_walk_short_and_the_next_run_goes_on(tmp_path: Path, road: str) -> None:
    site, feed = site_of(road)
    fetched = []
    for hour in range(9):
        site.asked.clear()
        run(tmp_path, site, feed, limit=2, now=NOW + timedelta(hours=hour))
        fetched.append(sum(path.startswith("/news/item-") for path in site.asked))
    assert urls(tmp_path) == sorted(site.urls)
    assert fetched == [2, 2, 2, 2, 2, 2, 0, 0, 0]


@pytest.mark.parametrize("road", ROADS)
def test_lists_cost_of_the_sources_budget_and_the_next_run_goes_on(tmp_path: Path, road: str) -> None:
    site, feed = site_of(road)
    policy = dataclasses.replace(POLICY, max_source_pages=13)
    for hour in range(6):
        site.asked.clear()
        report = run(tmp_path, site, feed, policy=policy, now=NOW + timedelta(hours=hour))
        assert len(site.asked) <= 1 + 13, "robots.txt, which is the host's, and what the source may have"
        assert not [failure for failure in report.failures if failure.reason == "budget"], "no page failed"
        assert hour or any("max_source_pages" in note for note in report.notes)
    assert urls(tmp_path) == sorted(site.urls)


def test_what_the_budget_leaves_is_not_lost_when_the_feed_has_moved_on(tmp_path: Path) -> None:
    site = Site(count=12, size=6)
    policy = dataclasses.replace(POLICY, max_source_pages=3)
    assert run(tmp_path, site, policy=policy, full=False).fetched == 2
    site.count = 14
    items = [site.url(number) for number in range(7, 15)]
    for hour in range(1, 5):
        run(tmp_path, site, policy=policy, full=False, now=NOW + timedelta(hours=hour))
        site.size = 1
    assert urls(tmp_path) == sorted(items)


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("road", ROADS)
def test_interrupted_after_any_request_and_run_again_the_same_items(tmp_path: Path, road: str, step: int) -> None:
    whole, feed = ROADS[road](count=8, size=2), FEED.get(road, "/feed.xml")
    run(tmp_path / "whole", whole, feed)
    for most in range(1, len(whole.asked), step):
        site, data = ROADS[road](count=8, size=2), tmp_path / str(most)
        with pytest.raises(Killed):
            run(data, site, feed, most=most)
        run(data, site, feed, now=NOW + timedelta(hours=1))
        assert urls(data) == sorted(site.urls), most


def test_interrupted_again_and_again_each_run_goes_on(tmp_path: Path) -> None:
    """Ten requests a run are too few for the walk; no run begins at the beginning."""
    site = WordPress(count=60)
    for hour, reached in enumerate(([*range(2, 8)], [2, *range(8, 14)], [2, *range(14, 20)], [2, 20, 21])):
        site.asked.clear()
        with pytest.raises(Killed):
            run(tmp_path, site, "/feed/", most=10, now=NOW + timedelta(hours=hour))
        assert [int(path.partition("paged=")[2]) for path in site.asked if "paged=" in path] == reached
    assert waiting(tmp_path) == 60
    run(tmp_path, site, "/feed/", now=NOW + timedelta(days=1))
    assert urls(tmp_path) == sorted(site.urls)


def test_what_came_since_is_found_although_the_walk_goes_on_further_back(tmp_path: Path) -> None:
    site = WordPress(count=30)
    with pytest.raises(Killed):
        run(tmp_path, site, "/feed/", most=8)  # robots, feed, page, no API, pages 2 to 5
    site.count += 9  # three pages of new items: what was on page 2 is on page 5
    run(tmp_path, site, "/feed/", now=NOW + timedelta(hours=1))
    assert urls(tmp_path) == sorted(site.urls)


def test_an_archive_that_is_lost_leaves_the_other_roads(tmp_path: Path) -> None:
    class Lost(Drupal):
        def other(self, path: str, query: dict[str, str]) -> Answer:
            status, kind, body, more = super().other(path, query)
            link = f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="{self.base}/gone.xml"/>'
            return status, kind, str(body).replace("</channel>", f"{link}</channel>"), more

    site = Lost()
    report = run(tmp_path, site)
    assert urls(tmp_path) == sorted(site.urls)
    assert [(failure.url, failure.status) for failure in report.failures] == [(f"{site.base}/gone.xml", 404)]
