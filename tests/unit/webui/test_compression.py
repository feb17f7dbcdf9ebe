"""Texts are compressed for those who accept it; what they contain stays the same."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient

from indexer.config import load_settings
from support.served import document, fill
from webui import create_app

PATHS = ("/?q=ferry", "/api/v1/search?q=ferry", "/static/site.css", "/widget.js", "/search.rss?q=ferry", "/api/openapi.json")


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    settings = load_settings(tmp_path)
    fill(settings, *(document(n) for n in range(12)))
    return create_app(settings=settings, cache_before_flask=True).test_client()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("accepted", "coding"), [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")])
def test_texts_are_compressed_and_smaller(client: FlaskClient, path: str, accepted: str, coding: str) -> None:
    plain = client.get(path)
    assert "Content-Encoding" not in plain.headers
    for _ in range(2):  # from Flask, then from the cache
        sent = client.get(path, headers={"Accept-Encoding": accepted})
        assert sent.headers["Content-Encoding"] == coding
        assert "Accept-Encoding" in ",".join(sent.headers.getlist("Vary"))
        body = brotli.decompress(sent.data) if coding == "br" else gzip.decompress(sent.data)
        assert body.partition(b'"took_ms"')[0] == plain.data.partition(b'"took_ms"')[0]
        assert len(sent.data) < len(plain.data) / 2
        assert int(sent.headers["Content-Length"]) == len(sent.data)


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "zstd", "br;q=0;;=,", "\x00"])
def test_a_client_that_does_not_accept_gets_the_plain_text(client: FlaskClient, accepted: str) -> None:
    assert "Content-Encoding" not in client.get("/?q=ferry", headers={"Accept-Encoding": accepted}).headers


def test_short_and_empty_responses_stay_as_they_are(client: FlaskClient) -> None:
    accepts = {"Accept-Encoding": "gzip, br"}
    assert "Content-Encoding" not in client.get("/healthz", headers=accepts).headers
    head = client.head("/?q=ferry", headers=accepts)
    assert head.data == b""
    tag = client.get("/widget.js", headers=accepts).headers["ETag"]
    again = client.get("/widget.js", headers={**accepts, "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_page_of_results_with_all_it_loads_is_below_30_kilobytes(client: FlaskClient) -> None:
    total = 0
    for path in ("/?q=ferry", "/static/site.css", "/static/search.js", "/static/icon.svg"):
        total += len(client.get(path, headers={"Accept-Encoding": "gzip"}).data)
    assert total < 30_000
    assert total > 3_000
