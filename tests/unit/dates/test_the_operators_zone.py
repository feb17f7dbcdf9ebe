"""`[web] timezone`: the zone of dates that state no offset, from the settings to the document."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.archive.store import Archive
from indexer.config import load_settings, open_archive
from indexer.crawl.backfill.from_sitemaps import parse_any_sitemap
from indexer.crawl.listing import parse_listing
from indexer.crawl.report import CrawlOptions
from indexer.engines.fields import facet_values, sortable_date
from indexer.errors import SettingsError
from indexer.extract.extractor import extract_document
from indexer.feeds.wordpress_api import parse_posts
from indexer.model import Entry, Response, Source
from indexer.search.result_json import iso
from support.crawls import Crawled
from support.web import FEED as FEED_OF_SITE
from support.web import SITE, Answer, Web

FEED, URL = "https://example.org/feed", "https://example.org/a"


def test_the_zone_of_the_settings_is_that_of_the_sources(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[web]\ntimezone = "Asia/Tokyo"\n')
    archive = open_archive(load_settings(tmp_path, {}))
    archive.sources.add(Source(FEED))
    (state,) = archive.sources.all()
    archive.close()
    assert state.source.timezone == "Asia/Tokyo"


def test_an_unknown_zone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[web]\ntimezone = "Asia/Atlantis"\n')
    with pytest.raises(SettingsError, match="timezone") as error:
        load_settings(tmp_path, {})
    assert "Europe/Vienna" in str(error.value.remedy)


@pytest.mark.parametrize(
    ("text", "day", "shown"),
    [
        ("Mon, 01 Jan 2024 00:30:00 +0200", "2024-01-01", "2024-01-01T00:30:00+02:00"),
        ("2024-01-01 00:30", "2024-01-01", "2024-01-01T00:30:00+09:00"),
        ("2023-12-31T22:30:00Z", "2024-01-01", "2024-01-01T07:30:00+09:00"),
    ],
)
def test_a_document_is_shown_and_filtered_by_the_publishers_day(text: str, day: str, shown: str) -> None:
    source = Source(FEED, "News", timezone="Asia/Tokyo")
    item = f"<item><title>Night</title><link>{URL}</link><pubDate>{text}</pubDate></item>"
    feed = f"<?xml version='1.0'?><rss version='2.0'><channel><title>N</title>{item}</channel></rss>".encode()
    listing = parse_listing(Response(FEED, FEED, 200, {}, feed), source, datetime(2026, 1, 1, tzinfo=UTC))
    page = f"<html><head><meta property='article:published_time' content='{text}'></head><p>The boats left at night.</p></html>"
    for entry in (listing.entries[0], Entry(URL)):
        document = extract_document(entry, URL, source, Response(URL, URL, 200, {}, page.encode())).document
        assert document is not None
        assert sortable_date(document.date)[:10] == day
        assert facet_values(document)["year"] == (day[:4],)
        assert iso(document.date) == shown


def test_the_zone_reaches_sitemaps() -> None:
    news = "<n:news><n:publication_date>2024-01-01T00:30:00</n:publication_date></n:news>"
    sitemap = (
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>"
        f"<url><loc>{URL}</loc><lastmod>2024-01-02T00:30:00Z</lastmod>{news}</url></urlset>"
    ).encode()
    source, answer = Source(FEED, "News", timezone="Asia/Tokyo"), Response(FEED, FEED, 200, {}, sitemap)
    for feed in (parse_listing(answer, source, datetime(2026, 1, 1, tzinfo=UTC)), parse_any_sitemap(answer, source)):
        assert feed is not None
        (entry,) = feed.entries
        assert (iso(entry.published), iso(entry.updated)) == ("2024-01-01T00:30:00+09:00", "2024-01-02T09:30:00+09:00")


def test_the_zone_reaches_older_pages_of_a_feed(tmp_path: Path) -> None:
    def page(number: int, older: str) -> Answer:
        item = f"<entry><id>{number}</id><title>Night {number}</title><link href='/{number}'/>"
        item += f"<updated>2024-01-0{number} 00:30</updated></entry>"
        head = f"<link rel='next' href='{SITE}{older}'/>" if older else ""
        return Answer(f"<feed xmlns='http://www.w3.org/2005/Atom'><title>N</title>{head}{item}</feed>")

    crawled = Crawled(tmp_path, Web({FEED_OF_SITE: page(2, "/older"), f"{SITE}/older": page(1, "")}))
    crawled.archive.close()
    crawled.archive = Archive(tmp_path / "archive.db", "Asia/Tokyo")
    crawled.run(wanted=CrawlOptions(full=True))
    assert {iso(each.date) for each in crawled.documents().values()} == {"2024-01-01T00:30:00+09:00", "2024-01-02T00:30:00+09:00"}
    crawled.archive.close()


@pytest.mark.parametrize(
    ("local", "gmt", "shown"),
    [
        ("2024-01-01T00:30:00", "2023-12-31T22:30:00", "2024-01-01T00:30:00+02:00"),
        ("2023-12-31T17:00:00", "2023-12-31T22:30:00", "2023-12-31T17:00:00-05:30"),
        ("", "2023-12-31T22:30:00", "2023-12-31T22:30:00Z"),
        ("2020-01-01T00:00:00", "2023-12-31T22:30:00", "2023-12-31T22:30:00Z"),
    ],
)
def test_posts_of_wordpress_have_the_offset_of_their_site(local: str, gmt: str, shown: str) -> None:
    posts = parse_posts(json.dumps([{"link": URL, "date": local, "date_gmt": gmt}]).encode(), {}, URL)
    assert posts is not None
    assert iso(posts.entries[0].published) == shown
