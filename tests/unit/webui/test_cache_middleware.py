"""What is answered before Flask is asked is what Flask would have answered, and counts like it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from indexer.config import Settings, WebSettings, load_settings, open_archive
from support.served import document, fill
from webui import create_app

PATHS = ("/api/v1/search?q=ferry&facets=1", "/?q=ferry")
TOOK = re.compile(rb'"took_ms":[0-9.e-]+')


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(tmp_path)
    fill(made, *(document(n) for n in range(12)))
    return made


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(
        settings=dataclasses.replace(settings, web=WebSettings(cors_origins=("https://a.example",))), cache_before_flask=True
    )


def without_flask(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    def fail(*_: object) -> None:
        raise AssertionError("Flask was asked")

    monkeypatch.setattr(app.extensions["feed_search.cache"], "_application", fail)
    return app.test_client()


@pytest.mark.parametrize("path", PATHS)
def test_the_answer_is_the_same_with_the_same_headers(app: Flask, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    sent = {"Origin": "https://a.example"}
    first = app.test_client().get(path, headers=sent)
    again = without_flask(app, monkeypatch).get(path, headers=sent)
    assert again.status == first.status
    assert TOOK.sub(b"", again.data) == TOOK.sub(b"", first.data)
    lengths = {"Content-Length": str(len(again.data)), "Server-Timing": again.headers["Server-Timing"]}
    assert {**dict(again.headers), **lengths} == {**dict(first.headers), **lengths}
    assert again.headers["Content-Length"] == lengths["Content-Length"]


def test_it_is_counted_and_noted(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app.test_client().get(PATHS[0])
    with monkeypatch.context() as patched:
        client = without_flask(app, patched)
        for number in range(3):
            client.get(PATHS[0], environ_base={"REMOTE_ADDR": f"192.0.2.{number}"})
    metrics = app.test_client().get("/metrics").text
    assert 'feedsearch_requests_total{endpoint="api.search_json",status="200"} 4' in metrics
    assert "feedsearch_search_seconds_count 4" in metrics

    app.extensions["feed_search"].recorder.flush()
    archive = open_archive(settings)
    assert [(row["query"], row["count"], row["total"]) for row in archive.top_queries(5)] == [("ferry", 4, 12)]
    archive.close()


@pytest.mark.parametrize(("agent", "searches"), [("Googlebot/2.1", 0), ("Mozilla/5.0 (X11; Linux x86_64)", 2)])
def test_searches_of_bots_are_not_among_the_searches(app: Flask, agent: str, searches: int) -> None:
    client = app.test_client()
    for _ in range(2):
        client.get(PATHS[0], headers={"User-Agent": agent})
    assert f"feedsearch_search_seconds_count {searches}\n" in client.get("/metrics").text


def test_it_is_limited_and_each_request_counts_once(settings: Settings) -> None:
    client = create_app(
        settings=dataclasses.replace(settings, web=WebSettings(requests_per_minute=3)), cache_before_flask=True
    ).test_client()
    answers = [client.get(PATHS[0]) for _ in range(6)]
    if len({answer.status_code for answer in answers}) == 2:  # else a new minute has begun between them
        assert [answer.status_code for answer in answers[:3]] == [200] * 3
    assert answers[-1].status_code == 429 or answers[-3].status_code == 429
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 0 < int(refused.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "DELETE"])
def test_other_methods_are_for_flask(app: Flask, method: str) -> None:
    client = app.test_client()
    before = client.open(PATHS[0], method=method)
    client.get(PATHS[0])
    after = client.open(PATHS[0], method=method)
    assert (after.status, after.data) == (before.status, before.data)


def test_whoever_guards_the_application_is_asked_each_time(settings: Settings) -> None:
    app = create_app(settings=settings)
    allowed = True

    @app.before_request
    def guard() -> tuple[str, int] | None:
        return None if allowed else ("Not for you.", 403)

    client = app.test_client()
    assert client.get(PATHS[0]).status_code == 200
    allowed = False
    assert client.get(PATHS[0]).status_code == 403


def test_a_new_state_of_the_index_is_answered_anew(app: Flask, settings: Settings) -> None:
    client = app.test_client()
    assert client.get(PATHS[0]).json["total"] == 12
    fill(settings, document(50))
    assert client.get(PATHS[0]).json["total"] == 13
