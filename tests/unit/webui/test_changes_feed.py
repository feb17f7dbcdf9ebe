"""`/changes.json` lets a follower repeat every change, and `/llms.txt` exists only where a setting permits it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.config import Settings, load_settings, open_archive
from indexer.reasons import Reason
from support.served import document, fill
from webui import changes_feed, create_app


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(tmp_path)
    fill(settings, *(document(n) for n in range(7)))
    return settings


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    return create_app(settings=settings).test_client()


def all_items(client: FlaskClient, address: str) -> list[dict]:
    items: list[dict] = []
    while address:
        feed = client.get(address).json
        items += feed["items"]
        address = feed.get("next_url", "")
    return items


def test_a_follower_gets_every_change_once(client: FlaskClient, settings: Settings) -> None:
    items = all_items(client, "/changes.json?limit=2")
    numbers = [item["_feed_search"]["change"] for item in items]
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(items) == 7
    assert items[0]["content_text"] == document(6).text
    last = client.get("/changes.json").json["_feed_search"]["last_change"]
    archive = open_archive(settings)
    archive.documents.remove(document(3).id, Reason("forgotten"))
    archive.close()
    (removed,) = all_items(client, f"/changes.json?since={last}")
    assert removed["id"] == document(3).id
    assert removed["_feed_search"]["removed"]
    assert removed["content_text"] == ""
    assert "url" not in removed


def test_long_texts_are_spread_over_several_responses(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_feed, "MAX_CHARACTERS", 2 * len(document(1).text))
    assert len(client.get("/changes.json").json["items"]) == 2
    assert len(all_items(client, "/changes.json")) == 7
    monkeypatch.setattr(changes_feed, "MAX_CHARACTERS", 1)
    assert len(all_items(client, "/changes.json")) == 7


def test_nothing_new_is_an_empty_feed_and_a_repeated_request_a_304(client: FlaskClient) -> None:
    first = client.get("/changes.json?since=7")
    assert first.json["items"] == []
    assert "next_url" not in first.json
    assert client.get("/changes.json?since=7", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("query", ["since=-1", "since=x", "since=²", "limit=0", "limit=201", "since=99999999999999999999"])
def test_a_wrong_number_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/changes.json?{query}").status_code == 400


def test_llms_txt_needs_the_setting(client: FlaskClient, settings: Settings) -> None:
    assert client.get("/llms.txt").status_code == 404
    web = dataclasses.replace(settings.web, llms_txt=True, title="Two\nlines")
    text = create_app(settings=dataclasses.replace(settings, web=web)).test_client().get("/llms.txt").text
    assert text.startswith("# Two lines\n\n")
    assert "/api/v1/search?q=WORDS" in text
