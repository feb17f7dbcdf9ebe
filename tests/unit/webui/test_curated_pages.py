"""Rules of the operator reach the page, the API and their caches within a second, without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.config import load_settings
from indexer.curation import files
from support.served import document, fill
from webui import create_app

RULE = """[[rule]]
queries = ["ferry"]
pin = ["{pinned}"]
answer = {{ title = "<b>Timetable</b>", url = "https://a.example/timetable", text = "All ferries & boats" }}
"""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(files, "CHECK_SECONDS", 0.0)
    settings = load_settings(tmp_path)
    fill(settings, *(document(n) for n in range(12)))
    return create_app(settings=settings, cache_before_flask=True).test_client()


def test_a_new_rule_is_shown_and_a_cached_response_is_not(client: FlaskClient, tmp_path: Path) -> None:
    for _ in range(3):
        before = client.get("/api/v1/search?q=ferry")
    assert before.json["answers"] == []
    last = client.get("/api/v1/search?q=ferry&size=50").json["hits"][-1]["url"]
    (tmp_path / "curation.toml").write_text(RULE.format(pinned=last))
    after = client.get("/api/v1/search?q=ferry", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json["hits"][0]["url"] == last
    assert after.json["hits"][0]["pinned"]
    assert after.json["answers"] == [
        {"title": "<b>Timetable</b>", "url": "https://a.example/timetable", "text": "All ferries & boats"}
    ]
    page = client.get("/?q=ferry", headers={"Accept-Language": "de"}).text
    assert "&lt;b&gt;Timetable&lt;/b&gt;" in page
    assert "All ferries &amp; boats" in page
    assert "Empfohlen" in page


def test_a_wrong_rule_is_reported_and_searches_go_on(
    client: FlaskClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "curation.toml").write_text("[[rule]]\nqueries = 3\n")
    assert client.get("/api/v1/search?q=ferry").json["total"] > 0
    assert client.get("/api/v1/search?q=ferry").status_code == 200
    assert capsys.readouterr().err.count("curation.toml, line 2") == 1
