"""Every answer of the API validates against the OpenAPI document, and feeds are well-formed whatever they contain."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import feedparser
import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from indexer.config import load_settings
from support.served import document, fill
from webui import create_app

HOSTILE = "a\x00b\x0b]]><x>&\ufffe\U0001f600"
REQUESTS = [
    "/api/v1/search?q=ferry",
    "/api/v1/search?q=ferry&facets=1&explain=1",
    "/api/v1/search?q=",
    "/api/v1/search?q=lanttern",
    "/api/v1/search?q=ferry+nosuchword",
    "/api/v1/search?q=" + quote(HOSTILE),
    "/api/v1/search?page=0",
    "/api/v1/search?size=1000",
    "/api/v1/search?sort=wrong",
    "/api/v1/search?from=never",
    "/api/v1/suggest?q=fe",
    "/api/v1/suggest?q=",
    "/api/v1/suggest",
    "/api/v1/similar?id=0000000000000001",
    "/api/v1/similar?id=",
    "/api/v1/similar?id=ffffffffffffffff",
    "/api/v1/similar?id=0000000000000001&size=0",
    "/api/v1/documents/0000000000000001",
    "/api/v1/documents/ffffffffffffffff",
    "/api/v1/documents/nonsense",
    "/api/v1/status",
    "/search.json?q=ferry",
    "/search.json?q=" + quote(HOSTILE),
]


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    settings = load_settings(tmp_path)
    strange = document(90, title=f"ferry {HOSTILE}", categories=(HOSTILE,), authors=("Zoë",))
    fill(settings, *(document(n) for n in range(12)), strange)
    return create_app(settings=settings).test_client()


@pytest.mark.parametrize("address", REQUESTS)
def test_the_answer_validates(client: FlaskClient, address: str) -> None:
    described: Any = client.get("/api/openapi.json").json
    path = urlsplit(address).path
    template = "/api/v1/documents/{id}" if path.startswith("/api/v1/documents/") else path
    response = client.get(address)
    responses = described["paths"][template]["get"]["responses"]
    assert str(response.status_code) in responses, (response.status_code, response.text)
    content = responses[str(response.status_code)]["content"]
    assert response.mimetype in content
    schema = {**content[response.mimetype]["schema"], "components": described["components"]}
    Draft202012Validator(schema).validate(response.json)


def test_every_operation_has_an_id_of_its_own(client: FlaskClient) -> None:
    described: Any = client.get("/api/openapi.json").json
    ids = [operation["operationId"] for methods in described["paths"].values() for operation in methods.values()]
    assert len(set(ids)) == len(ids)


def test_a_document_is_returned_whole(client: FlaskClient) -> None:
    found: Any = client.get("/api/v1/documents/0000000000000001").json
    assert found["id"] == "0000000000000001"
    assert found["text"]
    assert found["title"]


@pytest.mark.parametrize("query", ["ferry", HOSTILE, "ferry&category=" + HOSTILE])
def test_feeds_are_well_formed_and_keep_the_filters(client: FlaskClient, query: str) -> None:
    parameters = "q=ferry&category=" + quote(HOSTILE) if "category" in query else "q=" + quote(query)
    rss = client.get(f"/search.rss?{parameters}")
    assert not feedparser.parse(rss.data).bozo
    feed: Any = client.get(f"/search.json?{parameters}").json
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    for address in (feed["feed_url"], feed["home_page_url"]):
        assert parse_qs(urlsplit(address).query).get("category", [""])[0] == (HOSTILE if "category" in query else "")
    if query != HOSTILE:
        assert feed["items"]
        assert [item["id"] for item in feed["items"]] == [entry.id for entry in feedparser.parse(rss.data).entries]


@pytest.mark.parametrize("path", ["/search.rss?q=ferry", "/search.json?q=ferry"])
def test_a_reader_that_has_the_feed_gets_304(client: FlaskClient, path: str) -> None:
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_examples_are_valid_and_every_operation_has_an_id(client: FlaskClient) -> None:
    described: Any = client.get("/api/openapi.json").json
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    examples = 0
    for operation in operations:
        for kind, content in operation["responses"].get("200", {}).get("content", {}).items():
            if "example" not in content:
                continue
            examples += 1
            if kind == "application/rss+xml":
                assert feedparser.parse(content["example"]).entries[0].title
            else:
                Draft202012Validator(content["schema"]).validate(content["example"])
    assert examples >= 3
