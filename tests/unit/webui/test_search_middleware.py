"""A new search that is answered before Flask gets the response that Flask would have given, and counts like it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import create_environ

from indexer.config import Settings, WebSettings, load_settings, open_archive
from indexer.errors import EngineUnavailable, IndexDamaged, SearchBusy
from indexer.snippets import kernel
from support.served import document, fill
from webui import create_app
from webui.environ_keys import IN_EVENT_LOOP, REFUSAL
from webui.server.loop_turns import NeedsThread

SEARCH = "/api/v1/search"
TOOK = re.compile(rb'"took_ms":[0-9.e-]+')


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(tmp_path)
    fill(made, *(document(n) for n in range(12)))
    return dataclasses.replace(made, web=WebSettings(cors_origins=("https://a.example",), thumbnails=True))


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(settings=settings, cache_before_flask=True)


def fail_in_flask(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    def fail(*_: object) -> None:
        raise AssertionError("Flask was entered")

    monkeypatch.setattr(app, "full_dispatch_request", fail)
    return app.test_client()


def compare(app: Flask, settings: Settings, path: str, **sent: Any) -> int:
    """Send a request to an application with the middleware and to one without. Return the status of both."""
    ours = app.test_client().get(path, **sent)
    flasks = create_app(settings=settings).test_client().get(path, **sent)
    assert ours.status == flasks.status
    assert TOOK.sub(b"", ours.data) == TOOK.sub(b"", flasks.data)
    changing = ("Server-Timing", "Content-Length")
    assert sorted(ours.headers.keys()) == sorted(flasks.headers.keys())
    assert {key: value for key, value in ours.headers if key not in changing} == {
        key: value for key, value in flasks.headers if key not in changing
    }
    return ours.status_code


ANSWERED = [
    "?q=ferry&facets=1",
    "?q=ferry+OR+harbour&size=3&page=2&sort=date",
    "?q=%22unclosed&lang=de",
    "?q=f%C3%A4hre%20%E4",
    "?q=ferry&category=harbour&category=x&from=2020&to=2030-05",
    "",
    "?q=fery",
    "?prefix_last=1&q=ferr&unknown=1",
]


@pytest.mark.parametrize("query", ANSWERED)
def test_the_response_is_that_of_flask(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    assert fail_in_flask(app, monkeypatch).get(SEARCH + query).status_code == 200
    monkeypatch.undo()
    app = create_app(settings=settings, cache_before_flask=True)
    assert compare(app, settings, SEARCH + query, headers={"Origin": "https://a.example"}) == 200


@pytest.mark.parametrize("query", ANSWERED)
def test_the_members_are_those_that_python_writes(settings: Settings, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    client = create_app(settings=dataclasses.replace(settings, web=WebSettings())).test_client()
    by_kernel = client.get(SEARCH + query).json
    monkeypatch.setattr(kernel, "hits_json", None)
    client = create_app(settings=dataclasses.replace(settings, web=WebSettings())).test_client()
    by_python = client.get(SEARCH + query).json
    assert by_kernel.pop("took_ms") > 0 < by_python.pop("took_ms")
    assert by_kernel == by_python


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?q=a&size=51", 400),
        ("?q=a&page=", 400),
        ("?q=a&lang=xx", 400),
        ("?q=a&from=yesterday", 400),
        ("?" + "&".join("source=x" for _ in range(21)), 400),
        (f"?q={'a' * 8_200}", 414),
        ("?q=a&explain=1", 200),
    ],
)
def test_mistakes_and_explanations_are_for_flask(app: Flask, settings: Settings, query: str, status: int) -> None:
    answer = app.test_client().get(SEARCH + query)
    assert answer.status_code == status
    if status != 200:
        assert compare(app, settings, SEARCH + query) == status


@pytest.mark.parametrize(
    ("error", "status"),
    [(SearchBusy("busy"), 503), (IndexDamaged("damaged"), 503), (EngineUnavailable("away"), 503), (ValueError("x"), 500)],
)
def test_an_error_of_a_search_is_answered_by_flask_without_another_search(
    app: Flask, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    searches = []

    def search(*_: object) -> None:
        searches.append(1)
        raise error

    monkeypatch.setattr(app.extensions["feed_search"].searcher, "search", search)
    answer = app.test_client().get(f"{SEARCH}?q=ferry")
    assert (answer.status_code, answer.mimetype, len(searches)) == (status, "application/problem+json", 1)
    assert f'endpoint="api.search_json",status="{status}"}} 1' in app.test_client().get("/metrics").text


def test_it_is_counted_recorded_and_cached(app: Flask, settings: Settings) -> None:
    client = app.test_client()
    first = client.get(f"{SEARCH}?q=ferry")
    for number in range(2):
        client.get(f"{SEARCH}?q=ferry", environ_base={"REMOTE_ADDR": f"192.0.2.{number}"})
    assert client.get(f"{SEARCH}?q=ferry", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    metrics = client.get("/metrics").text
    assert 'feedsearch_requests_total{endpoint="api.search_json",status="200"} 3' in metrics
    assert "feedsearch_search_seconds_count 3" in metrics
    app.extensions["feed_search"].recorder.flush()
    archive = open_archive(settings)
    assert [(row["query"], row["total"]) for row in archive.top_queries(5)] == [("ferry", 12)]
    archive.close()


def test_each_search_counts_once_for_the_limit(settings: Settings) -> None:
    limited = dataclasses.replace(settings, web=WebSettings(requests_per_minute=3))
    client = create_app(settings=limited, cache_before_flask=True).test_client()
    statuses = [client.get(f"{SEARCH}?q=ferry+{number}").status_code for number in range(6)]
    if 429 not in statuses[:-1]:  # a new minute has begun between them
        statuses = [client.get(f"{SEARCH}?q=harbour+{number}").status_code for number in range(6)]
    assert statuses.count(200) >= 3
    assert 429 in statuses


def in_event_loop(app: Flask, query: str) -> dict[str, Any]:
    """Return the environ of a request that the event loop runs."""
    return {**create_environ(f"{SEARCH}?{query}", environ_base={"REMOTE_ADDR": "127.0.0.1"}), IN_EVENT_LOOP: True}


def test_the_event_loop_answers_a_brief_search(app: Flask) -> None:
    status: list[str] = []
    environ = in_event_loop(app, "q=ferry")
    body = b"".join(app.wsgi_app(environ, lambda *answer: status.append(answer[0]) or status.append))
    assert status == ["200 OK"]
    assert b'"total":12' in body


@pytest.mark.parametrize("query", ["q=f%3Frry*", "q=ferry&size=0", "q=ferry&explain=1", "q=" + "a" * 201])
def test_the_event_loop_leaves_to_threads_what_may_take_long_or_needs_flask(
    app: Flask, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    fail_in_flask(app, monkeypatch)
    with pytest.raises(NeedsThread):
        app.wsgi_app(in_event_loop(app, query), lambda *_: lambda _: None)


def test_an_error_in_the_event_loop_is_answered_in_a_thread_without_another_search(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = []

    def fail(*_: object) -> None:
        searches.append(1)
        raise IndexDamaged("damaged")

    monkeypatch.setattr(app.extensions["feed_search"].searcher, "search_briefly", fail)
    environ = in_event_loop(app, "q=ferry")
    with pytest.raises(NeedsThread):
        app.wsgi_app(environ, lambda *_: lambda _: None)
    del environ[IN_EVENT_LOOP]
    answer = app.test_client().open(environ_overrides=environ)
    assert (answer.status_code, searches) == (503, [1])


def test_only_searches_of_the_api_are_brief_and_only_after_the_first(app: Flask) -> None:
    is_brief, environ = app.extensions["feed_search.is_brief"], create_environ(f"{SEARCH}?q=ferry")
    assert not is_brief(environ)
    app.extensions["feed_search"].is_warm = True
    assert is_brief(environ)
    for other in (
        create_environ("/?q=ferry"),
        create_environ(f"{SEARCH}?q=ferry", method="HEAD"),
        {**environ, "HTTP_IF_NONE_MATCH": "x"},
        {**environ, REFUSAL: 413},
    ):
        assert not is_brief(other)


def test_an_unadmitted_host_is_refused(settings: Settings) -> None:
    strict = dataclasses.replace(settings, web=WebSettings(base_url="https://a.example"))
    client = create_app(settings=strict, cache_before_flask=True).test_client()
    answer = client.get(f"{SEARCH}?q=ferry", headers={"Host": "evil.example"}, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.status_code == 421


def test_without_an_index_the_answer_says_so(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "empty")
    app = create_app(settings=settings, cache_before_flask=True)
    assert compare(app, settings, f"{SEARCH}?q=ferry") == 503
