"""Addresses: which hosts are answered, and what links look like under a prefix and behind a proxy."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from indexer.config import Settings, WebSettings, load_settings
from indexer.errors import SettingsError
from support.served import document, fill
from webui import create_app
from webui.__main__ import warnings

PAGES = ("/", "/?q=ferry", "/?q=ferry&page=2", "/?q=zeppelin", "/status", "/nothing")
MACHINE_PATHS = ("/search.rss?q=ferry", "/opensearch.xml", "/api/openapi.json")
PUBLIC = "https://search.example.org"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(tmp_path)
    fill(made, *(document(n) for n in range(12)))
    return made


def client_of(settings: Settings, *, loopback_only: bool = False, **web: Any) -> FlaskClient:
    made = dataclasses.replace(settings, web=WebSettings(**web))
    return create_app(settings=made, loopback_only=loopback_only, cache_before_flask=True).test_client()


def own_links(html: str) -> list[str]:
    """Return all addresses in a page that lead to the server itself."""
    found = re.findall(r'(?:href|src|action|data-suggest|data-opened)="([^"]*)"', html)
    return [each for each in found if not each.startswith(("#", "https://example.org", "data:"))]


@pytest.mark.parametrize("cached", [False, True])
def test_a_prefix_of_base_url_is_in_every_link_whether_the_proxy_strips_it_or_not(settings: Settings, cached: bool) -> None:
    client = client_of(settings, base_url=PUBLIC + "/find/")
    for path in PAGES:
        for asked in ([path, path] if cached else [path]) + ["/find" + path]:
            page = client.get(asked, headers={"Accept": "text/html"}).text
            links = own_links(page)
            assert links
            assert not [link for link in links if not link.startswith("/find/")], asked
    for path in MACHINE_PATHS:
        text = client.get(path).text
        assert f"{PUBLIC}/find" in text
        assert f"{PUBLIC}/find/find" not in text
        assert "localhost" not in text
    assert client.get("/find/static/site.css").status_code == 200
    assert client.get("/find").status_code == 200


def test_a_prefix_of_a_trusted_proxy_is_in_every_link_and_others_are_ignored(settings: Settings) -> None:
    headers = {
        "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "search.example.org",
        "X-Forwarded-Prefix": "/find", "Accept": "text/html",
    }  # fmt: skip
    named = client_of(settings, trusted_proxies=("127.0.0.1",), allowed_hosts=("search.example.org",))
    for path in PAGES:
        assert not [link for link in own_links(named.get(path, headers=headers).text) if not link.startswith("/find/")], path
    for path in MACHINE_PATHS:
        assert f"{PUBLIC}/find" in named.get(path, headers=headers).text
    other = client_of(settings)
    assert not [link for path in PAGES for link in own_links(other.get(path, headers=headers).text) if "/find" in link]


@pytest.mark.parametrize("path", [*PAGES, *MACHINE_PATHS, "/healthz", "/widget.js"])
def test_a_host_that_is_not_admitted_is_421(settings: Settings, path: str) -> None:
    for client in (client_of(settings, base_url=PUBLIC), client_of(settings, loopback_only=True)):
        answer = client.get(path, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.mimetype) == (421, "application/problem+json")
        assert "X-Content-Type-Options" in answer.headers
        assert client.get(path, headers={"Host": "localhost:8080"}).status_code != 421
        assert client.get(path, headers={"Host": "localhost"}, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 421


def test_no_absolute_address_contains_a_host_that_is_not_admitted_by_name(settings: Settings) -> None:
    public = client_of(settings)
    for path in (*PAGES, *MACHINE_PATHS, "/static//site.css", "/api//v1/search?q=ferry", "/status/"):
        answer = public.get(path, headers={"Host": "evil.example", "Accept": "text/html"})
        assert "evil.example" not in answer.text, path
        assert "evil.example" not in answer.headers.get("Location", "")
    known = client_of(settings, allowed_hosts=("search.example.org",))
    for path in MACHINE_PATHS:
        assert "http://search.example.org" in known.get(path, headers={"Host": "search.example.org"}).text


def test_a_cached_page_of_one_host_is_not_sent_to_another(settings: Settings) -> None:
    client = client_of(settings, trusted_proxies=("127.0.0.1",))
    first = client.get("/?q=ferry", headers={"X-Forwarded-Prefix": "/one", "X-Forwarded-For": "203.0.113.9"}).text
    second = client.get("/?q=ferry").text
    assert "/one/static" in first
    assert "/one" not in second


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),  # a program
        ({"Origin": "http://localhost"}, 204),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://www.example.org"}, 204),  # in cors_origins
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 204),
    ],
    ids=str,
)
def test_a_post_of_another_site_is_refused_with_and_without_fetch_metadata(
    settings: Settings, headers: dict[str, str], status: int
) -> None:
    client = client_of(settings, cors_origins=("https://www.example.org",))
    assert client.post("/api/v1/opened", data={"q": "ferry", "id": f"{1:016x}"}, headers=headers).status_code == status


def test_searches_and_suggestions_have_limits_of_their_own(settings: Settings) -> None:
    client = client_of(settings, requests_per_minute=3, suggestions_per_minute=5)
    searches = [client.get(f"/api/v1/search?q=ferry{n}").status_code for n in range(12)]
    suggestions = [client.get("/api/v1/suggest?q=fe").status_code for _ in range(12)]
    assert 3 <= searches.count(200) <= 6  # a new minute may begin in between
    assert 5 <= suggestions.count(200) <= 10
    assert client.get("/healthz").status_code == 200


def test_visitors_of_a_trusted_proxy_have_a_limit_each(settings: Settings) -> None:
    client = client_of(settings, requests_per_minute=1, trusted_proxies=("127.0.0.1",))
    for number in range(5):
        assert client.get("/api/v1/search?q=ferry", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code == 200


def test_limits_are_on_by_default_but_not_for_this_machine(settings: Settings) -> None:
    limit = WebSettings().requests_per_minute
    assert limit > 100
    client = client_of(settings)
    remote = [client.get("/nothing", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code for _ in range(2 * limit + 1)]
    assert 429 in remote
    assert 429 not in [client.get("/nothing").status_code for _ in range(limit + 1)]


def test_a_wrong_setting_is_an_error_at_the_start(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="trusted_proxies"):
        client_of(settings, trusted_proxies=("proxy",))


def test_the_operator_is_warned_of_an_open_server_and_a_short_token() -> None:
    assert len(warnings(WebSettings(admin_token="short"), loopback_only=False)) == 2
    assert warnings(WebSettings(admin_token="x" * 16), loopback_only=True) == []
    assert warnings(WebSettings(base_url=PUBLIC), loopback_only=False) == []
