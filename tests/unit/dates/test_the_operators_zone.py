"""`[web] timezone`: the zone of dates that state no offset, from the settings to the document."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.config import load_settings, open_archive
from indexer.crawl.listing import parse_listing
from indexer.engines.fields import facet_values, sortable_date
from indexer.errors import SettingsError
from indexer.extract.extractor import extract_document
from indexer.model import Entry, Response, Source
from indexer.search.result_json import iso

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
