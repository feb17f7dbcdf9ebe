"""A client that has the answer already is told so, and only as long as it is the answer."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient

from indexer.config import Settings, load_settings, open_archive
from support.served import document, fill
from webui import create_app
from webui.cache import response_cache
from webui.cache.response_cache import S3FifoCache

PATHS = ("/api/v1/search?q=ferry&facets=1", "/?q=ferry", "/?q=ferry&page=99")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(tmp_path)
    fill(made, *(document(n) for n in range(12)))
    return made


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    return create_app(settings=settings).test_client()


def again(client: FlaskClient, path: str, tag: str) -> int:
    return client.get(path, headers={"If-None-Match": tag}).status_code


@pytest.mark.parametrize("path", PATHS)
def test_the_same_search_on_the_same_index_is_304_until_the_index_changes(
    client: FlaskClient, settings: Settings, path: str
) -> None:
    first = client.get(path)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    same = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    for name in ("Cache-Control", "Content-Security-Policy"):
        assert same.headers[name] == first.headers[name]
    fill(settings, document(50))
    changed = client.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
    assert again(client, path, changed.headers["ETag"]) == 304


def test_another_address_or_tag_gets_an_answer(client: FlaskClient) -> None:
    tag = client.get(PATHS[0]).headers["ETag"]
    assert again(client, "/api/v1/search?q=harbour", tag) == 200
    assert again(client, PATHS[0], '"x"') == 200
    assert again(client, PATHS[0], "*") == 200
    assert again(client, PATHS[0], tag.replace('-13"', '-1"') if '-13"' in tag else tag[:-2] + 'x"') == 200


def test_a_search_with_a_known_answer_is_counted_like_any_other(client: FlaskClient, settings: Settings) -> None:
    tag = client.get("/?q=ferry").headers["ETag"]
    assert client.get("/?q=ferry", headers={"If-None-Match": tag}, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 304
    client.application.extensions["feed_search"].recorder.flush()
    archive = open_archive(settings)
    (row,) = archive.top_queries(5)
    assert (row["query"], row["count"], row["total"]) == ("ferry", 2, 12)
    archive.close()


def test_an_index_that_was_rebuilt_with_the_same_generation_is_another_one(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = client.get(PATHS[0]).headers["ETag"]
    searcher = client.application.extensions["feed_search"].searcher
    now = searcher.reader()
    other = SimpleNamespace(generation=now.generation, position=now.position + 1, document_count=now.document_count)
    with monkeypatch.context() as patched:
        patched.setattr(searcher, "reader", lambda: other)
        assert client.application.extensions["feed_search"].responses.tag() != tag
    assert again(client, PATHS[0], tag) == 304


def test_without_an_index_nothing_is_the_same(settings: Settings) -> None:
    client = create_app(settings=settings).test_client()
    shutil.rmtree(settings.index_path)
    assert again(client, PATHS[0], '"x"') == 503


def test_what_is_remembered_is_bounded(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_CLIENT_COPIES", 3)
    tags = [client.get(f"/api/v1/search?q=ferry&size={n}").headers["ETag"] for n in range(1, 6)]
    answers = [again(client, f"/api/v1/search?q=ferry&size={n}", tag) for n, tag in zip(range(1, 6), tags, strict=True)]
    assert answers[0] == 200
    assert again(client, "/api/v1/search?q=ferry&size=5", tags[4]) == 304


@pytest.mark.parametrize("path", PATHS)
def test_the_same_answer_is_sent_again_without_searching(
    client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    first = client.get(path)
    here = client.application.extensions["feed_search"]
    with monkeypatch.context() as patched:
        patched.setattr(here.searcher, "search", None)  # it is not asked
        again = client.get(path)
    assert again.status_code == 200
    took = re.compile(rb'"took_ms":[0-9.e-]+')
    assert took.sub(b"", again.data) == took.sub(b"", first.data)
    assert {name: again.headers[name] for name in again.headers.keys()} == {  # noqa: SIM118  # werkzeug's headers are pairs
        **{name: first.headers[name] for name in first.headers.keys()},  # noqa: SIM118
        "Content-Length": again.headers["Content-Length"],
        "Server-Timing": again.headers["Server-Timing"],
    }
    if path.startswith("/api"):
        assert again.json["took_ms"] >= 0
        assert again.json["hits"] == first.json["hits"]
    fill(settings, document(50))
    assert client.get(path).data != again.data


def test_kept_answers_are_bounded_and_belong_to_their_host(client: FlaskClient) -> None:
    here = client.application.extensions["feed_search"].responses
    here.bodies = S3FifoCache(20_000)
    for word in ("ferry", "harbour", "news", "number", "the ferry", "ferry harbour"):
        client.get(f"/api/v1/search?q={word}")
    assert 0 < here.bodies.bytes <= 20_000
    here.bodies = S3FifoCache()
    one = client.get(PATHS[1], headers={"Host": "one.example"})
    two = client.get(PATHS[1], headers={"Host": "two.example"})
    assert "two.example" not in one.text
    assert "one.example" not in two.text
    assert len(here.bodies) == 2


def test_a_search_that_took_too_long_is_asked_again(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_CACHED_SEARCH_MS", -1.0)
    assert "ETag" not in client.get(PATHS[0]).headers
    assert not client.application.extensions["feed_search"].responses.bodies
