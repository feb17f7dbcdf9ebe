"""Dates by region, a translated default title, translated notices, and what a page without results offers."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.config import load_settings
from indexer.query.parse import parse
from support.served import document, fill
from webui import create_app
from webui.interface_language import LANGUAGES, interface
from webui.notice_text import TEXTS

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    settings = load_settings(tmp_path)
    people = [document(50 + n, text=f"lantern {n}", authors=(f"Author {n}",)) for n in range(16)]
    fill(settings, *(document(n) for n in range(12)), *people)
    return create_app(settings=settings).test_client()


@pytest.mark.parametrize(
    ("accepted", "date"),
    [
        ("en-GB", "5 Nov 2025"),
        ("en-US", "Nov 5, 2025"),
        ("en", "5 Nov 2025"),
        ("de-AT", "05.11.2025"),
        ("pt-BR", "5 de nov. de 2025"),
    ],
)
def test_dates_follow_the_region(client: FlaskClient, accepted: str, date: str) -> None:
    from webui.interface_language import accepted_locale

    assert interface(accepted_locale(accepted)).day(datetime(2025, 11, 5)) == date


def test_pages_of_two_regions_are_not_mixed_in_the_cache(client: FlaskClient) -> None:
    british, american = (client.get("/?q=ferry", headers={"Accept-Language": each}).text for each in ("en-GB", "en-US"))
    assert "1 May 2023" in british
    assert "May 1, 2023" in american
    assert "1 May 2023" in client.get("/?q=ferry", headers={"Accept-Language": "en-GB"}).text


def test_the_default_title_is_translated_and_a_title_of_the_owner_is_not(client: FlaskClient, tmp_path: Path) -> None:
    assert "<title>Suche</title>" in client.get("/", headers={"Accept-Language": "de"}).text
    assert "<title>Search</title>" in client.get("/").text
    settings = load_settings(tmp_path)
    named = dataclasses.replace(settings, web=dataclasses.replace(settings.web, title="Orrin"))
    assert "<title>Orrin</title>" in create_app(settings=named).test_client().get("/", headers={"Accept-Language": "de"}).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_notices_are_translated_and_name_the_part(client: FlaskClient, language: str) -> None:
    page = client.get('/?q=ferry+nofield:x+"open', headers={"Accept-Language": language}).text
    api = client.get(f'/api/v1/search?q=ferry+nofield:x+"open&lang={language}').json
    assert {notice["code"] for notice in api["notices"]} == {"unknown-field", "quotation-mark-missing"}
    for text in api["warnings"]:
        assert ("is missing" in text or "is no field" in text) == (language == "en"), text
        assert "<" not in text
    assert "nofield" in api["warnings"][0]
    assert "nofield" in page
    assert client.get("/api/v1/search?q=x&lang=xx").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "x^99999",
        "nofield:x",
        '"open',
        "title:",
        "**",
        "a*~",
        "ferry~99",
        "a*b*c*d*e*f*g",
        "date:never",
        "(a",
        "a AND",
        "?!",
        "x " * 20_000,
    ],
)
def test_every_notice_of_the_parser_has_a_text(query: str) -> None:
    notices = parse(query).notices
    assert notices, query
    for notice in notices:
        assert notice.code in TEXTS
        assert ("%(part)s" in TEXTS[notice.code]) == bool(notice.part)


def test_no_results_is_said_once_and_help_is_offered(client: FlaskClient) -> None:
    page = client.get("/?q=nosuchword").text
    assert page.count("No results") == 1
    assert "Newest pages" in page
    assert page.count('class="newest"') == 1
    corrected = client.get("/?q=lantren").text
    assert corrected.count("No results") == 1
    assert "Nothing for" not in corrected
    assert 'Results for <a href="/?q=lantern">' in corrected


def test_the_results_of_a_correction_precede_pages_with_some_of_the_words(client: FlaskClient) -> None:
    page = client.get("/?q=ferry+lantren").text
    assert client.get("/api/v1/search?q=ferry+lantren").json["relaxed"]
    assert "No results for <q>ferry lantren</q>" in page
    assert page.index("Results for <a") < page.index("Pages with some of the words")
    ids = [part.partition('"')[0] for part in page.split('href="http')[1:]]
    assert len(ids) == len(set(ids)), "a page is listed once"


def test_a_facet_shows_eight_values_and_the_others_behind_more(client: FlaskClient) -> None:
    page = client.get("/?q=lantern").text
    assert page.count("?q=lantern&amp;author=Author") >= 16
    before, _, after = page.partition('<details class="more">')
    assert before.count("?q=lantern&amp;author=") == 8
    assert after.count("?q=lantern&amp;author=") >= 8


def test_results_sort_by_oldest(client: FlaskClient) -> None:
    page = client.get("/?q=ferry&sort=oldest").text
    assert page.index("1 May 2020") < page.index("1 May 2021")
    assert '<strong aria-current="true">Oldest</strong>' in page
    dates = [hit["date"] for hit in client.get("/api/v1/search?q=ferry&sort=oldest").json["hits"]]
    assert dates == sorted(dates)


def test_similar_pages_have_a_page(client: FlaskClient) -> None:
    page = client.get("/?q=ferry").text
    address = page.split('href="/similar?id=')[1].split('"')[0]
    similar = client.get(f"/similar?id={address}")
    assert similar.status_code == 200
    assert "Pages similar to <q>Ferry number" in similar.text
    assert f"id={address}" not in similar.text.split("<main")[1]
    assert client.get("/similar?id=nonsense").status_code == 404
    assert client.get("/similar").status_code == 404


def test_every_code_of_a_notice_has_a_text() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "indexer").rglob("*.py"))
    codes = set(re.findall(r'(?:Notice|_note)\(\s*"([a-z-]+)"', sources))
    assert len(codes) > 10
    assert codes == TEXTS.keys()


def test_a_word_that_sorts_by_date_is_shown_as_the_order(client: FlaskClient) -> None:
    page = client.get("/?q=latest+ferry").text
    assert '<strong aria-current="true">Newest</strong>' in page
    assert "Relevance" not in page, "the word decides, so a link would change nothing"
    quoted = client.get("/?q=%22latest%22+OR+ferry").text
    assert '<strong aria-current="true">Relevance</strong>' in quoted
