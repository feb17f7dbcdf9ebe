"""Members of JSON feeds, also those of the wrong type."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from indexer.feeds import jsonfeed
from indexer.feeds.parse import parse_feed
from indexer.model import Feed
from tests.support.growth import assert_linear

URL = "https://example.org/feed.json"


def feed(items: object = (), **members: object) -> Feed:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Gazette",
        "items": items or [{"id": "1", "title": "One"}],
    }
    return parse_feed(json.dumps(document | members).encode(), "application/feed+json", URL)


@pytest.mark.parametrize(
    ("version", "kind"),
    [("https://jsonfeed.org/version/1", "json10"), ("https://jsonfeed.org/version/1/", "json10"), ("https://jsonfeed.org/version/1.1", "json11")],
)  # fmt: skip
def test_version(version: str, kind: str) -> None:
    assert feed(version=version).kind == kind


def test_addresses_of_the_feed() -> None:
    full = feed(next_url="?page=2", home_page_url="/", title=" The  Gazette ")
    assert (full.next_url, full.home_url, full.title) == (f"{URL}?page=2", "https://example.org/", "The Gazette")
    bare = feed(next_url=7, home_page_url=None, title=["x"])
    assert (bare.next_url, bare.home_url, bare.title) == (None, None, "")


@pytest.mark.parametrize(
    ("item", "address"),
    [
        ({"url": "/a", "external_url": "https://other.example/b"}, "https://example.org/a"),
        ({"url": "N/A", "external_url": "https://other.example/b"}, "https://other.example/b"),
        ({"id": "https://example.org/c"}, "https://example.org/c"),
        ({"id": "http://example.org/c"}, "http://example.org/c"),
        ({"id": "https://example.org/c", "url": "/a"}, "https://example.org/a"),
        ({"id": "tag:c"}, None),
        ({"id": 4711}, None),
    ],
)
def test_the_address_of_an_item(item: dict[str, object], address: str | None) -> None:
    (entry,) = feed([{"title": "T"} | item]).entries
    assert entry.url == address


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"content_text": "5 < 6 & <b>"}, {"content_html": "<p>5 &lt; 6 &amp; &lt;b></p>"}),
        ({"content_text": "one\n\n\n\ntwo"}, {"content_html": "<p>one</p><p>two</p>"}),
        ({"content_html": "<p>x</p>", "content_text": "y"}, {"content_html": "<p>x</p>"}),
        ({"authors": [{"name": "Ann"}, {"name": "Bob"}]}, {"authors": ("Ann", "Bob")}),
        ({"author": {"name": "Ann"}}, {"authors": ("Ann",)}),
        ({"authors": "Ann", "author": {"name": "Bob"}}, {"authors": ("Ann",)}),
        ({"author": "Bob"}, {"authors": ("Bob",)}),
        ({"authors": {"name": "Ann"}}, {"authors": ("Ann",)}),
        ({"authors": [7, None, {"name": 8}]}, {"authors": ()}),
        ({"tags": ["sea", "sea", "port"]}, {"categories": ("sea", "port")}),
        ({"tags": "sea"}, {"categories": ("sea",)}),
        ({"tags": {"sea": 1}}, {"categories": ()}),
        ({"date_published": 1614882000}, {"published": datetime(2021, 3, 4, 18, 20, tzinfo=UTC)}),
        ({"image": "/i.png", "banner_image": "/b.png"}, {"image": "https://example.org/i.png"}),
        ({"banner_image": "/b.png"}, {"image": "https://example.org/b.png"}),
        ({"image": 3}, {"image": None}),
        ({"language": "de"}, {"language": "de"}),
        ({"summary": "5 < 6"}, {"summary_html": "5 &lt; 6"}),
        ({"attachments": [{"url": "#"}, 7, {"url": "/a.mp3"}]}, {"url": None, "shared_url": "https://example.org/a.mp3"}),
        ({"url": "/a", "attachments": [{"url": "/a.mp3"}]}, {"url": "https://example.org/a", "shared_url": None}),
        ({"attachments": {"url": "/a.mp3"}}, {"shared_url": None}),
    ],
)
def test_members_of_an_item(item: dict[str, object], expected: dict[str, object]) -> None:
    (entry,) = feed([{"id": "1", "title": "T"} | item]).entries
    assert {name: getattr(entry, name) for name in expected} == expected


def test_items_that_are_none_are_counted() -> None:
    listed = feed([{"id": "1", "title": "One"}, "two", {}, {"id": "3"}])
    assert [entry.title for entry in listed.entries] == ["One"]
    assert listed.problems == ("3 empty items were skipped",)
    assert feed().problems == ()


def test_items_beyond_the_limit_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonfeed, "MAX_ENTRIES", 2)
    items = [{"id": str(number), "title": str(number)} for number in range(3)]
    assert [entry.title for entry in feed(items).entries] == ["0", "1"]
    assert feed(items).problems == ("the feed has 3 items; the first 2 are read",)
    assert feed(items[:2]).problems == ()


HEAD = '{"version": "https://jsonfeed.org/version/1.1", "authors": [{"name": "A"}], "items": ['
ITEMS = '{"id": "1", "title": "One, two]}", "tags": ["a", "b"]}, {"id": "2", "title": "Two"}'


@pytest.mark.parametrize(
    ("text", "titles", "problem"),
    [
        (f"{HEAD}{ITEMS},]}}", ["One, two]}", "Two"], "the feed is not well-formed"),
        (f"{HEAD}{ITEMS.replace('2}', '2,}')}]}}", ["One, two]}", "Two"], ""),
        (f'{HEAD}{ITEMS}, {{"id": "3", "title": "Thr', ["One, two]}", "Two"], "the feed is not well-formed"),
        (f"{HEAD}{ITEMS[:-3]}", ["One, two]}"], "the feed is not well-formed"),
        (f"{HEAD}{ITEMS.replace('One, ', 'One,' + chr(10))}]}}", ["One, two]}", "Two"], ""),
    ],
)
def test_items_of_broken_json(text: str, titles: list[str], problem: str) -> None:
    read = parse_feed(text.encode(), None, URL)
    assert [entry.title for entry in read.entries] == titles
    assert "".join(read.problems).startswith(problem)
    assert bool(read.problems) == bool(problem)


def test_broken_json_beyond_the_limit_is_not_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonfeed, "MAX_REPAIRED_CHARACTERS", 10)
    assert parse_feed(f"{HEAD}{ITEMS},]}}".encode(), None, URL).kind == ""


@pytest.mark.parametrize("piece", ['{"a":[', '"', ",", '{"a":1},', "}"])
def test_repairing_json_is_linear(piece: str) -> None:
    assert_linear(lambda size: f"{HEAD}{piece * size}".encode(), lambda body: parse_feed(body, None, URL), 2_000)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "this is JSON, but not a JSON Feed"),
        ('{"version": "1.1", "items": []}', "this is JSON, but not a JSON Feed"),
        ('{"version": "https://jsonfeed.org/version/1", "items": 3,}', "this is JSON, but not a JSON Feed"),
        ('{"a": [1,], "b', "this is not a feed: broken JSON"),
        ("{", "this is not a feed: broken JSON"),
        ('{"a":' * 100_000, "this is not a feed: broken JSON"),
    ],
)
def test_what_is_no_feed(text: str, problem: str) -> None:
    read = parse_feed(text.encode(), None, URL)
    assert read.kind == ""
    assert read.problems[0].startswith(problem)
