"""What a crawl takes from a feed, a sitemap or another answer, and what it tells the operator about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from indexer.archive.frontier import NOT_REQUESTED
from indexer.archive.store import PageRecord
from indexer.crawl import listing
from indexer.crawl.backfill.backfill import backfill
from indexer.crawl.backfill.walk import BackfillRequest
from indexer.crawl.crawler import CrawlOptions
from indexer.crawl.listing import MAX_CLOCK_ERROR, listing_digest, parse_listing
from indexer.model import Entry, Response, Source
from indexer.urls import document_id
from support.builders import feed, feed_of, item, page, site
from support.crawls import Crawled
from support.web import FEED, NOW, SITE, Answer, Web

THREE = ["ant", "bee", "cow"]


@pytest.fixture
def crawled(tmp_path: Path) -> Iterator[Crawled]:
    crawled = Crawled(tmp_path, Web(site(THREE)))
    yield crawled
    crawled.archive.close()


def parsed_entries(body: str, kind: str = "auto") -> tuple[str, list[Entry], tuple[str, ...]]:
    answer = Response(FEED, FEED, 200, {"content-type": "application/xml"}, body.encode())
    result = parse_listing(answer, Source(FEED, kind=kind), NOW)
    return result.kind, list(result.entries), result.problems


@pytest.mark.parametrize(
    ("later", "is_dated"),
    [(timedelta(days=-9), True), (timedelta(0), True), (MAX_CLOCK_ERROR, True), (MAX_CLOCK_ERROR + timedelta(minutes=1), False)],
)
def test_a_date_that_is_still_to_come_is_ignored(later: timedelta, is_dated: bool) -> None:
    moment = NOW + later
    _, entries, problems = parsed_entries(feed(item("/ant", "Ant", date=format_datetime(moment)), item("/bee", "Bee")))
    assert entries[0].published == (moment if is_dated else None)
    assert problems == (() if is_dated else ("1 item is dated in the future; the date is ignored",))


def test_items_dated_in_the_future_are_counted() -> None:
    late = format_datetime(NOW + timedelta(days=90))
    _, _, problems = parsed_entries(feed(item("/ant", "Ant", date=late), item("/bee", "Bee", date=late), item("/cow", "Cow")))
    assert problems == ("2 items are dated in the future; the date is ignored",)


SITEMAP = "<urlset><url><loc>https://www.news.example/ant</loc></url></urlset>"


@pytest.mark.parametrize(("kind", "expected"), [("auto", "sitemap"), ("sitemap", "sitemap"), ("feed", "")])
def test_a_source_that_is_a_feed_is_not_read_as_a_sitemap(kind: str, expected: str) -> None:
    assert parsed_entries(SITEMAP, kind)[0] == expected


def test_a_web_page_names_its_feed() -> None:
    body = page("Text.", head='<link rel="alternate" type="application/rss+xml" href="/feed.xml">')
    kind, _, problems = parsed_entries(body)
    assert kind == ""
    assert problems[0] == f"{FEED} is a web page; its feed is {SITE}/feed.xml: indexer add {SITE}/feed.xml"


def test_a_listing_is_the_same_if_its_pages_and_titles_are() -> None:
    one, two = Entry(f"{SITE}/1", title="One"), Entry(f"{SITE}/2", title="Two")
    digest = listing_digest({"1": one, "2": two})
    assert listing_digest({"2": two, "1": one}) == digest
    assert listing_digest({"1": dataclasses.replace(one, updated=datetime(2026, 1, 1, tzinfo=UTC)), "2": two}) == digest
    assert listing_digest({"1": dataclasses.replace(one, title="First"), "2": two}) != digest
    assert listing_digest({"1": one}) != digest


def test_a_feed_that_has_moved_for_good_is_reported(crawled: Crawled) -> None:
    crawled.web.pages |= {"/rss.xml": (301, f"{SITE}/new feed.xml"), "/new%20feed.xml": feed_of(THREE)}
    (note,) = crawled.run().notes
    assert note.startswith(f"the feed has moved for good to {SITE}/new%20feed.xml")
    assert note.endswith(f"indexer add {SITE}/new%20feed.xml, then indexer remove {FEED}")
    crawled.web.pages["/rss.xml"] = (302, f"{SITE}/new%20feed.xml")
    assert not any("moved" in note for note in crawled.run(days=1).notes)


def test_the_pages_of_a_feed_that_has_not_changed_are_fetched_if_everything_is(crawled: Crawled) -> None:
    crawled.run()
    for everything, requests in ((False, 0), (True, 3)):
        crawled.web.asked.clear()
        report = crawled.run(wanted=CrawlOptions(everything=everything), minutes=20)
        assert report.notes == ["the feed has not changed since the last crawl"]
        assert len([path for path in crawled.web.paths if path.removeprefix("/") in THREE]) == requests


def test_a_full_crawl_reads_the_feed_although_it_has_not_changed(crawled: Crawled) -> None:
    crawled.run()
    report = crawled.run(wanted=CrawlOptions(full=True), minutes=20)
    assert "the feed has not changed since the last crawl" not in report.notes


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (feed(), "the feed lists no items"),
        ("<urlset></urlset>", "the sitemap lists no pages"),
        ("<sitemapindex></sitemapindex>", "the index of sitemaps leads to no pages"),
        (feed(item("/ant", "Ant"), item("/ant", "Ant")), "1 item repeats another one of the feed"),
        (feed(*[item("/ant", "Ant")] * 3), "2 items repeat another one of the feed"),
        (
            SITEMAP.replace("<url>", "<url><loc>https://www.news.example/a.pdf</loc></url><url>"),
            "skipped 1 sitemap URLs that are not web pages (images, PDFs, …)",
        ),
    ],
)
def test_what_is_unusual_about_a_listing_is_reported(crawled: Crawled, body: str, note: str) -> None:
    crawled.web.pages["/rss.xml"] = Answer(body, headers={"content-type": "application/xml"})
    assert note in crawled.run().notes


def test_an_answer_that_is_no_listing_is_an_error(crawled: Crawled) -> None:
    crawled.web.pages["/rss.xml"] = "<html><p>Welcome."
    report = crawled.run()
    assert report.error is not None
    assert (report.error.code, report.error.url) == ("not-a-feed", FEED)


@pytest.mark.parametrize(("limit", "most"), [(None, None), (5, 3), (2, 0), (1, 0)])
def test_a_limit_leaves_room_for_the_items_that_wait(
    crawled: Crawled, monkeypatch: pytest.MonkeyPatch, limit: int | None, most: int | None
) -> None:
    crawled.web.pages |= {"/ant": feed(), "/rss.xml": feed_of(["ant"])}
    crawled.run(wanted=CrawlOptions(everything=True))
    for number in range(2):
        url = f"{SITE}/older-{number}"
        crawled.archive.pages.put(_waiting(url))
    requests: list[BackfillRequest] = []

    async def recorded(request: BackfillRequest, *arguments: object, **options: object) -> object:
        requests.append(request)
        return await backfill(request, *arguments, **options)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(listing, "backfill", recorded)
    crawled.run(wanted=CrawlOptions(full=True, limit=limit), minutes=20)
    assert [request.max_new_items for request in requests] == [most]


def _waiting(url: str) -> PageRecord:
    return PageRecord(document_id(url), url, 1, Entry(url), NOT_REQUESTED)
