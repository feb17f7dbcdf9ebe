"""A running server follows config.toml: title, texts, origins and names change without a restart."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.config import load_settings
from support.served import document, fill
from webui import app_state, create_app

ORIGIN = "https://www.example.org"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(app_state, "CONFIG_CHECK_SECONDS", 0.0)
    write(tmp_path, 'title = "Before"')
    settings = load_settings(tmp_path)
    fill(settings, *(document(n) for n in range(12)))
    return create_app(settings=settings, cache_before_flask=True).test_client()


def write(folder: Path, lines: str) -> None:
    new = folder / "new.toml"
    new.write_text(f"[web]\n{lines}\n", encoding="utf-8")
    os.replace(new, folder / "config.toml")


def test_title_texts_and_origins_follow(client: FlaskClient, tmp_path: Path) -> None:
    first = client.get("/?q=ferry")
    assert "Before" in first.text
    refused = client.get("/api/v1/search?q=ferry", headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in refused.headers
    write(tmp_path, f'title = "After"\nintro = "Welcome"\ncors_origins = ["{ORIGIN}"]\nfooter_links = ["Imprint /imprint"]')
    changed = client.get("/?q=ferry", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "After" in changed.text
    assert "Imprint" in changed.text
    assert "Welcome" in client.get("/").text
    admitted = client.get("/api/v1/search?q=ferry", headers={"Origin": ORIGIN})
    assert admitted.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_page_of_the_old_settings_is_not_kept(client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = client.application.extensions["feed_search"].responses.bodies
    stored: list[str] = []
    monkeypatch.setattr(bodies, "put", lambda address, *_, **__: stored.append(address))
    client.get("/?q=harbour")
    assert len(stored) == 1
    write(tmp_path, 'title = "After"')
    client.get("/?q=ferry")  # it might have been rendered before the change
    assert len(stored) == 1
    monkeypatch.setattr(client.application.extensions["feed_search"].responses, "_stores_after", 0.0)
    client.get("/?q=ferry")
    assert len(stored) == 2


def test_names_of_the_server_follow(client: FlaskClient, tmp_path: Path) -> None:
    write(tmp_path, 'title = "After"\nbase_url = "https://search.example/deep"')
    page = client.get("/deep/?q=ferry", base_url="https://search.example")
    assert page.status_code == 200
    assert 'action="/deep/"' in page.text
    assert client.get("/", base_url="https://other.example", environ_base={"REMOTE_ADDR": "192.0.2.9"}).status_code == 421


@pytest.mark.parametrize("wrong", ['base_url = "https://[::1"', 'trusted_proxies = ["proxy"]'])
def test_nothing_of_a_wrong_configuration_is_used(client: FlaskClient, tmp_path: Path, wrong: str) -> None:
    before = client.get("/").text
    write(tmp_path, f'title = "After"\nintro = "Welcome"\n{wrong}')
    assert [client.get("/").text for _ in range(2)] == [before, before]


VISITOR = {"REMOTE_ADDR": "203.0.113.9"}


def test_limits_follow_and_the_requests_of_this_minute_stay_counted(client: FlaskClient, tmp_path: Path) -> None:
    def statuses(path: str) -> list[int]:
        return [client.get(path, environ_base=VISITOR).status_code for _ in range(4)]

    for path in ("/?q=ferry", "/api/v1/suggest?q=fer"):
        assert statuses(path) == [200] * 4
    write(tmp_path, "requests_per_minute = 2\nsuggestions_per_minute = 2")
    for path in ("/?q=ferry", "/?q=harbour", "/api/v1/suggest?q=fer"):
        assert statuses(path) == [429] * 4, path
    write(tmp_path, "requests_per_minute = 0\nsuggestions_per_minute = 0")
    for path in ("/?q=ferry", "/api/v1/suggest?q=fer"):
        assert statuses(path) == [200] * 4


def test_the_recording_of_searches_follows(client: FlaskClient, tmp_path: Path) -> None:
    state = client.application.extensions["feed_search"]

    def recorded(query: str) -> list[object]:
        for visitor in ("203.0.113.9", "203.0.113.10"):
            client.get(f"/?q={query}", environ_base={"REMOTE_ADDR": visitor})
        state.recorder.flush(5)
        return [row["query"] for row in state.operator.top_queries()]

    assert recorded("ferry") == ["ferry"]
    write(tmp_path, "keep_searches_days = 0")
    assert recorded("harbour") == []
    write(tmp_path, "keep_searches_days = 30")
    assert recorded("lantern") == ["lantern"]


@pytest.mark.parametrize("wrong", ["title = 3", "titel = 'x'", "title = ", 'trusted_proxies = ["no address"]'])
def test_a_wrong_configuration_is_reported_and_not_used(
    client: FlaskClient, tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    write(tmp_path, wrong)
    assert "Before" in client.get("/").text
    assert capsys.readouterr().err.count("the changed configuration is not used") == 1
    client.get("/")
    assert "not used" not in capsys.readouterr().err
    write(tmp_path, 'title = "After"')
    assert "After" in client.get("/").text


def test_a_refused_origin_is_logged_once_with_the_setting(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            client.get("/api/v1/search?q=ferry", headers={"Origin": ORIGIN})
        client.get("/api/v1/search?q=ferry", headers={"Origin": "http://localhost"})  # the server's own page
        client.get("/api/v1/search?q=ferry", headers={"Origin": "https://evil.example/[x] now"})
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 1
    assert f'cors_origins = ["{ORIGIN}"]' in lines[0]


def test_the_log_names_what_needs_a_restart(client: FlaskClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, 'title = "After"\nidle_seconds = 7')
    client.get("/")
    assert "the configuration has changed; restart to apply web.idle_seconds\n" in capsys.readouterr().err
