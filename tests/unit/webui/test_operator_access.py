"""Operator data is for the operator."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from indexer.config import Settings, WebSettings, load_settings, open_archive
from indexer.model import Source
from support.served import document, fill
from webui import create_app, operator_access
from webui.rate_limits import SIGN_INS_PER_MINUTE

TOKEN = "correct horse battery staple"
PRIVATE = ("/status", "/metrics", "/api/v1/search?q=ferry&explain=1")
REMOTE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(tmp_path)
    fill(made, document(1))
    return made


def client_of(settings: Settings, **web: Any) -> FlaskClient:
    return create_app(settings=dataclasses.replace(settings, web=WebSettings(**web))).test_client()


@pytest.mark.parametrize("path", PRIVATE)
def test_operator_data_is_for_this_machine_or_the_token(settings: Settings, path: str) -> None:
    client = client_of(settings, admin_token=TOKEN)
    assert client.get(path).status_code == 200
    assert client.get(path, environ_base=REMOTE).status_code == 403
    for given, status in (
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (TOKEN, 403),
        ("Bearer wrong", 403),
        ("Bearer ", 403),
    ):
        assert client.get(path, environ_base=REMOTE, headers={"Authorization": given}).status_code == status, given


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_token_in_any_script_is_accepted_as_programs_send_it(settings: Settings, encoding: str) -> None:
    client = client_of(settings, admin_token="fähre über nacht")
    sent = "Bearer fähre über nacht".encode(encoding).decode("latin-1")  # WSGI decodes header fields as Latin-1
    assert client.get("/metrics", environ_base=REMOTE, headers={"Authorization": sent}).status_code == 200
    assert client.get("/metrics", environ_base=REMOTE, headers={"Authorization": sent[:-1]}).status_code == 403


@pytest.mark.parametrize("path", PRIVATE)
def test_without_a_token_no_text_is_the_token(settings: Settings, path: str) -> None:
    client = client_of(settings)
    for given in ("Bearer ", "Bearer", "Bearer None"):
        assert client.get(path, environ_base=REMOTE, headers={"Authorization": given}).status_code == 403


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Real-IP": "1.2.3.4"},
        {"Host": "search.example.org"}, {"X-Forwarded-Server": "a"}, {"CDN-Loop": "cloudflare"}, {"X-Client-IP": "1.2.3.4"}, {"Via": "1.1 proxy"}, {"CF-Connecting-IP": "203.0.113.9"},
    ],
    ids=str,
)  # fmt: skip
def test_a_proxy_on_this_machine_that_is_not_named_makes_nobody_the_operator(
    settings: Settings, path: str, headers: dict[str, str]
) -> None:
    assert client_of(settings).get(path, headers=headers).status_code == 403


@pytest.mark.parametrize("path", PRIVATE)
def test_a_proxy_that_adds_no_field_makes_nobody_the_operator(settings: Settings, path: str) -> None:
    """nginx with nothing but `proxy_pass` sends HTTP/1.0, its own address as Host, and no field about the client."""
    assert client_of(settings).get(path, environ_overrides={"SERVER_PROTOCOL": "HTTP/1.0"}).status_code == 403


@pytest.mark.parametrize(("forwarded", "status"), [("203.0.113.9", 403), ("127.0.0.1, 203.0.113.9", 403), ("127.0.0.1", 200)])
def test_behind_a_trusted_proxy_the_client_counts(settings: Settings, forwarded: str, status: int) -> None:
    client = client_of(settings, trusted_proxies=("127.0.0.1",))
    for path in PRIVATE:
        assert client.get(path, headers={"X-Forwarded-For": forwarded}).status_code == status


@pytest.mark.parametrize("path", PRIVATE)
def test_a_page_of_another_site_cannot_use_the_operators_browser(settings: Settings, path: str) -> None:
    client = client_of(settings, cors_origins=("*",))
    assert client.get(path, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.get(path, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}).status_code == 403
    assert client.get(path, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_the_form_signs_in_and_out(settings: Settings) -> None:
    client = client_of(settings, admin_token=TOKEN)
    form = client.get("/status", environ_base=REMOTE)
    assert (form.status_code, 'name="token"' in form.text, form.headers["Cache-Control"]) == (403, True, "no-store")
    assert client.post("/status", data={"token": "wrong"}, environ_base=REMOTE).status_code == 403
    answer = client.post("/status", data={"token": TOKEN}, environ_base=REMOTE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/status")
    cookie = answer.headers["Set-Cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/status", environ_base=REMOTE).status_code == 200
    assert client.get("/metrics", environ_base=REMOTE).status_code == 200
    client.post("/status", data={"sign-out": "1"}, environ_base=REMOTE)
    assert client.get("/status", environ_base=REMOTE).status_code == 403


def test_a_program_cannot_guess_tokens_faster_than_the_form(settings: Settings) -> None:
    client = client_of(settings, admin_token=TOKEN, requests_per_minute=0)
    other, right = {"REMOTE_ADDR": "203.0.113.77"}, {"Authorization": f"Bearer {TOKEN}"}

    def right_after_guesses() -> int:
        for number in range(SIGN_INS_PER_MINUTE):
            wrong = {"Authorization": f"Bearer guess{number}"}
            assert client.get("/metrics", headers=wrong, environ_base=REMOTE).status_code == 403
        return client.get("/metrics", headers=right, environ_base=REMOTE).status_code

    assert 403 in (right_after_guesses(), right_after_guesses())  # a new minute may begin meanwhile
    assert client.get("/metrics", headers=right, environ_base=other).status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 200


def test_a_cookie_is_secure_over_https_and_stays_under_the_prefix(settings: Settings) -> None:
    client = client_of(settings, admin_token=TOKEN, trusted_proxies=("127.0.0.1",))
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/find"}
    answer = client.post("/status", data={"token": TOKEN}, headers=headers)
    assert answer.headers["Location"] == "/find/status"
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Path=/find/" in answer.headers["Set-Cookie"]


def test_a_cookie_that_is_old_or_forged_admits_nobody(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(settings, admin_token=TOKEN)
    monkeypatch.setattr(operator_access, "COOKIE_SECONDS", -5)
    value = (
        client.post("/status", data={"token": TOKEN}, environ_base=REMOTE)
        .headers["Set-Cookie"]
        .partition("=")[2]
        .partition(";")[0]
    )
    forged = ("9999999999." + value.partition(".")[2], value, "x", "9999999999.", "٣.x", f"{TOKEN}")
    for each in forged:
        assert (
            client.get("/status", environ_base=REMOTE, headers={"Cookie": f"{operator_access.COOKIE}={each}"}).status_code == 403
        )


def test_tokens_cannot_be_guessed_quickly_nor_from_other_sites(settings: Settings) -> None:
    client = client_of(settings, admin_token=TOKEN)
    assert client.post("/status", data={"token": TOKEN}, headers={"Origin": "https://evil.example"}).status_code == 403
    statuses = [client.post("/status", data={"token": "x"}, environ_base=REMOTE).status_code for _ in range(30)]
    assert 429 in statuses
    assert statuses.count(403) <= 20  # ten a minute, and a new minute may begin


def test_the_public_status_holds_counts_and_freshness(settings: Settings) -> None:
    client = client_of(settings)
    public = client.get("/api/v1/status", environ_base=REMOTE).json
    assert public is not None
    assert set(public) == {"documents", "sources", "pages", "pending", "generation", "outdated", "last_crawl"}
    assert {"errors", "hosts", "archive_bytes"} <= set(client.get("/api/v1/status").json or {})


def test_secrets_of_source_addresses_are_masked(settings: Settings) -> None:
    archive = open_archive(settings)
    archive.sources.add(Source("https://example.org/private.xml?token=SECRET", ""))
    archive.close()
    client = client_of(settings)
    assert "SECRET" not in client.get("/status").text
    assert "token=***" in client.get("/status").text
    assert "SECRET" not in client.get("/api/v1/status").text


@pytest.mark.parametrize("path", ["/", "/?q=ferry", "/nothing"])
def test_public_pages_do_not_link_to_the_operators(settings: Settings, path: str) -> None:
    page = client_of(settings).get(path, headers={"Accept": "text/html"}).text
    assert "</html>" in page
    assert "/status" not in page
    assert "/metrics" not in page


def test_results_are_not_for_other_search_engines(settings: Settings) -> None:
    client = client_of(settings)
    for path in ("/", "/?q=ferry", "/api/v1/search?q=ferry", "/search.rss?q=ferry", "/status", "/nothing"):
        assert client.get(path).headers["X-Robots-Tag"] == "noindex, nofollow", path
    for path in ("/", "/?q=ferry", "/status"):
        assert '<meta name="robots" content="noindex, nofollow">' in client.get(path).text
    robots = client.get("/robots.txt")
    assert (robots.mimetype, robots.text) == ("text/plain", "User-agent: *\nDisallow: /\n")


def test_the_home_page_may_be_made_indexable(settings: Settings) -> None:
    client = client_of(settings, index_home_page=True)
    home = client.get("/")
    assert "X-Robots-Tag" not in home.headers
    assert "noindex" not in home.text
    for path in ("/?q=ferry", "/?category=Harbour"):
        assert client.get(path).headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "noindex" in client.get(path).text
    assert "Allow: /$" in client.get("/robots.txt").text
