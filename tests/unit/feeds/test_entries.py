"""What an item is called and where it is, if its feed states neither or states nonsense."""

from __future__ import annotations

import json

import pytest

from indexer.feeds.entries import clean_names
from indexer.feeds.parse import parse_feed
from indexer.model import Entry

HOME = "https://example.org/"


def only(inner: str, kind: str = "") -> Entry:
    text = f"<rss version='2.0' {kind}><channel><title>Gazette</title><link>{HOME}</link><item>{inner}</item></channel></rss>"
    (entry,) = parse_feed(text.encode(), None, f"{HOME}feed").entries
    return entry


@pytest.mark.parametrize(
    "title", ["", "Untitled", "(no title)", "[No Title]", "Ohne Titel", "Sin título", "Без названия", "無題", "-", "..."]
)
def test_a_title_that_stands_for_none_is_none(title: str) -> None:
    item = f"<title>{title}</title><link>/a</link>"
    assert only(f"{item}<description>The mill turned.</description>").title == ""
    assert only(item).title == title.strip(), "without a text it is all that there is"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("a&b=c&copy=2", "a&b=c&copy=2"),
        ("R&D &amp; Q&A", "R&D & Q&A"),
        ("&copy; 2024 &AMP more", "© 2024 &AMP more"),
        ("Fish &notes", "Fish &notes"),
        ("Untitled goose game", "Untitled goose game"),
        ("5 &lt; 6 &#8217;s", "5 < 6 ’s"),
    ],
)
def test_ampersands_stay_unless_they_begin_a_whole_reference(title: str, text: str) -> None:
    for end in ("", "<category>never closed"):  # which makes the feed malformed
        assert only(f"<title>{title}</title><link>/a</link>{end}").title == text


@pytest.mark.parametrize(
    "file",
    [
        "<enclosure url='https://cdn.example/e.mp3' type='audio/mpeg' length='1'/>",
        "<media:content url='https://cdn.example/e.mp3' type='audio/mpeg'/>",
        "<media:content url='https://cdn.example/e.mp3' medium='audio'/>",
        "<media:thumbnail url='https://cdn.example/a.jpg'/><media:content url='https://cdn.example/a.jpg' type='image/jpeg'/>"
        "<media:content url='https://cdn.example/e.mp3' type='audio/mpeg'/>",
    ],
)
def test_a_file_is_the_address_of_an_item_without_a_link(file: str) -> None:
    entry = only(f"<title>Episode</title>{file}", "xmlns:media='http://search.yahoo.com/mrss/'")
    assert (entry.url, entry.shared_url) == (None, "https://cdn.example/e.mp3")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (f"<span title='{'x' * 300}'>Ann Lee</span>", "Ann Lee"),
        ("Ann &amp; Ben", "Ann & Ben"),
        ("ann@example.org (Ann Lee)", "Ann Lee"),
    ],
)
def test_a_name_is_clean(value: str, name: str) -> None:
    assert clean_names([value, value.upper() if "<" not in value and "&" not in value else value]) == (name,)


def test_the_only_name_of_an_item_is_its_author() -> None:
    assert only("<title>T</title><link>/a</link><author>ann@example.org (Ann Lee)</author>").authors == ("Ann Lee",)
    assert only("<title>T</title><link>/a</link>").authors == ()


@pytest.mark.parametrize(
    ("item", "image"),
    [
        ({"image": "/a.jpg"}, f"{HOME}a.jpg"),
        ({"banner_image": "/b.jpg"}, f"{HOME}b.jpg"),
        ({"image": "/a.jpg", "banner_image": "/b.jpg"}, f"{HOME}a.jpg"),
        ({}, None),
    ],
)
def test_the_image_of_a_json_item_is_its_own_or_its_banner(item: dict[str, str], image: str | None) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "T", "url": "/a", **item}]}
    (entry,) = parse_feed(json.dumps(feed).encode(), None, f"{HOME}feed.json").entries
    assert entry.image == image
