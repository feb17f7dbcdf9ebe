"""The owner's design: logo, colour, links, and files that replace the built-in ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.config import load_settings
from indexer.errors import SettingsError
from support.served import document, fill
from webui import create_app

CONFIG = """[web]
logo = "logo.svg"
accent_color = "#aa0033"
intro = "All our news <since> 1999"
extra_css = "own.css"
footer_links = ["Imprint https://www.example.org/imprint", "Our privacy /privacy", "bad javascript:alert(1)"]
"""


def served(data: Path, config: str = CONFIG) -> FlaskClient:
    (data / "static").mkdir()
    (data / "config.toml").write_text(config)
    (data / "static" / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (data / "static" / "own.css").write_text("h1 { color: red; }")
    settings = load_settings(data)
    fill(settings, *(document(n) for n in range(3)))
    return create_app(settings=settings).test_client()


def test_the_page_shows_logo_intro_links_and_own_style(tmp_path: Path) -> None:
    client = served(tmp_path)
    page = client.get("/").text
    logo = re.search(r'<img class="logo" src="([^"]+)"', page)
    assert logo
    assert client.get(logo[1]).headers["Cache-Control"].endswith("immutable")
    assert "All our news &lt;since&gt; 1999" in page
    assert '<a href="https://www.example.org/imprint">Imprint</a>' in page
    assert '<a href="/privacy">Our privacy</a>' in page
    assert "javascript:" not in page
    assert "/static/own.css?v=" in page
    assert "#aa0033" in client.get("/theme.css").text


def test_files_of_the_data_folder_replace_the_built_in_ones(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "search.html").write_text(
        '{% extends "built-in/search.html" %}{% block intro %}<p>Ours</p>{% endblock %}'
    )
    client = served(tmp_path, "")
    assert "<p>Ours</p>" in client.get("/").text
    (tmp_path / "static" / "site.css").write_text("body { color: blue; }")
    assert "blue" in client.get("/static/site.css").text
    assert client.get("/static/site.css").headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize("text", ["{% if %}", "{{ title | no_such_filter }}", "{% block intro %}never closed"])
def test_a_broken_template_of_the_owner_is_reported_and_left_out(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "search.html").write_text(f"<p>\n{text}")
    response = served(tmp_path, "").get("/")
    assert (response.status_code, "<h1" in response.text) == (200, True)
    assert "templates/search.html, line 2: " in caplog.text


def test_files_of_a_relative_data_folder_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index_data").mkdir()
    monkeypatch.chdir(tmp_path)
    client = served(Path("index_data"))
    assert "color: red" in client.get("/static/own.css").text
    Path("index_data/static/site.css").write_text("body { color: blue; }")
    assert "blue" in client.get("/static/site.css").text


@pytest.mark.parametrize("name", ["../config.toml", "..%2Fconfig.toml", "nothing.css", "widget/../../app_state.py"])
def test_no_file_outside_the_folders_is_served(tmp_path: Path, name: str) -> None:
    response = served(tmp_path, '[web]\nadmin_token = "secret-secret"\n').get(f"/static/{name}")
    assert response.status_code == 404
    assert "secret" not in response.text


def test_a_wrong_colour_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[web]\naccent_color = "red; } body { display: none"\n')
    with pytest.raises(SettingsError, match="accent_color"):
        load_settings(tmp_path)
