"""The operator's page and its sign-in form in ten languages: no English text is left, and directions are right."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from indexer.archive.store import PageRecord
from indexer.config import Settings, WebSettings, load_settings, open_archive
from indexer.fetch.politeness import HostState
from indexer.model import Entry
from indexer.phrases import phrase
from indexer.reasons import CODES, Reason
from support.served import document, fill
from webui import create_app
from webui.interface_language import FOLDER, LANGUAGES, interface
from webui.reason_text import TEXTS, reason_text

NOW = datetime.now(UTC)
OTHERS = [language for language in LANGUAGES if language != "en"]
REMOTE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of search data with a failing source, failing pages, hosts in back-off and suspicious documents."""
    settings = load_settings(tmp_path)
    fill(settings, *(document(n) for n in range(12)))
    archive = open_archive(settings)
    source = archive.sources.all()[0]
    failures = {3: Reason("status", "the server answered 404"), 4: Reason("pdf-scanned"), 6: Reason("shrunk", "900 -> 20")}
    for number in range(12):
        url = f"https://example.org/{number}"
        rule = {5: "body", 7: "main+selector-missed"}.get(number, "main")
        archive.documents.put(dataclasses.replace(document(number), rule=rule, title=f"T {number}"), source.id, 1)
        page = PageRecord(f"{number}", url, source.id, Entry(url=url), "", fetched_at=NOW, document_id=document(number).id)
        archive.pages.put(dataclasses.replace(page, failure=failures.get(number)))
    archive.sources.record_crawl(source.id, NOW, next_crawl=NOW + timedelta(days=1), error=Reason("bot-check"))
    archive.sources.record_crawl(source.id, NOW, next_crawl=NOW + timedelta(days=1), error=Reason("bot-check"))
    for state in (
        HostState("one.example", 9, NOW, "", NOW + timedelta(hours=1)),
        HostState("two.example", slowed_seconds=4, slowed_since=NOW),
        HostState("three.example", 1, NOW, "", None, slowed_seconds=2),
    ):
        archive.hosts.put({state.host: state.to_mapping()})
    archive.close()
    return settings


def client_of(settings: Settings, **web: Any) -> FlaskClient:
    return create_app(settings=dataclasses.replace(settings, web=WebSettings(**web))).test_client()


def visible(page: str) -> str:
    """Return the text of a page without commands, and the labels in its attributes."""
    labels = " ".join(re.findall(r'(?:aria-label)="([^"]*)"', page))
    return re.sub(r"<[^>]+>", "\n", re.sub(r"<(code|head)\b.*?</\1>", "", page, flags=re.S)) + labels


def english_texts(language: str) -> set[str]:
    """Return the English texts that the language writes otherwise."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    pairs = [
        pair
        for message in catalogue
        for pair in (zip(message.id, message.string, strict=False) if message.pluralizable else [(message.id, message.string)])
    ]
    return {source for source, text in pairs if len(source) > 5 and "%(" not in source and source.casefold() != text.casefold()}


@pytest.mark.parametrize("language", OTHERS)
def test_the_status_page_holds_no_english_text(settings: Settings, language: str) -> None:
    english, translated = (client_of(settings, language=each).get("/status").text for each in ("en", language))
    texts = english_texts(language)
    there = {text for text in texts if re.search(rf"\b{re.escape(text)}\b", visible(english))}
    assert len(there) > 30, sorted(there)
    own = "\n".join(interface(language).plain(text) for text in texts)  # "Documents" is French, too
    assert not [text for text in there if text not in own and re.search(rf"\b{re.escape(text)}\b", visible(translated))]
    assert f'<html lang="{language}" dir="{interface(language).direction}">' in translated
    assert '<main id="main" class="status">' in translated


@pytest.mark.parametrize("language", OTHERS)
def test_the_sign_in_form_holds_no_english_text(settings: Settings, language: str) -> None:
    for web in ({"admin_token": "correct horse"}, {}):
        page = client_of(settings, language=language, **web).get("/status", environ_base=REMOTE).text
        assert not [text for text in ("Sign in", "Admin token", "Operator’s page", "for the operator") if text in visible(page)]
    wrong = client_of(settings, language=language, admin_token="correct horse")
    assert "not the admin" not in wrong.post("/status", data={"token": "wrong"}, environ_base=REMOTE).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_reason_has_a_sentence_with_its_facts(language: str) -> None:
    ui = interface(language)
    for code in CODES:
        text = reason_text(ui, Reason(code, "FACT", "https://example.org/a", since="2026-05-01"))
        assert "%(" not in text
        if "detail" in TEXTS.get(code, ""):
            assert "FACT" in text
        assert "2026-05-01" in text


def test_phrases_are_translated_with_the_phrases_in_them() -> None:
    inner = phrase("due again at %(time)s", time=datetime(2026, 5, 1, 9, 30, tzinfo=UTC))
    many = "%(when)s (it failed %(num)s times in a row; the interval doubles each time, up to a day)"
    one = many.replace("times", "time")
    assert phrase(one, many, 3, when=inner).startswith("due again at 2026-05-01 09:30 UTC (it failed 3 times in a row;")
    assert (
        interface("de").phrase(phrase(one, many, 3, when=inner)).startswith("wieder fällig: 01.05.2026, 09:30 UTC (3 Mal hinter")
    )
    polish = [interface("pl").phrase(phrase("it failed once", "it failed %(num)s times in a row", n)) for n in (1, 3, 5)]
    assert polish == ["jeden błąd", "3 błędy z rzędu", "5 błędów z rzędu"]
    assert interface("ar").phrase(phrase("it failed once", "it failed %(num)s times in a row", 2)) == "فشل مرتين متتاليتين"


def test_numbers_sizes_and_shares_are_written_as_the_language_does() -> None:
    french = interface("fr")
    assert french.bytes(1_400_000).split() == ["1,4", "Mo"]
    assert [interface("en").bytes(count) for count in (12, 9_960, 56_400_000)] == ["12 byte", "10 kB", "56 MB"]
    assert french.percent(0.954).split() == ["95", "%"]
    assert interface("de").ago(datetime.now(UTC) - timedelta(minutes=27)) == "vor 27 Minuten"


def test_an_error_page_is_translated_and_one_that_is_not_says_so(settings: Settings, tmp_path: Path) -> None:
    empty = create_app(settings=load_settings(tmp_path / "nothing")).test_client()
    page = empty.get("/?q=x", headers={"Accept-Language": "pl"}).text
    assert "Nie ma jeszcze indeksu" in page
    assert 'lang="en"' not in page
    assert (
        '<p lang="en" dir="ltr">'
        in client_of(settings).get("/nothing", headers={"Accept-Language": "pl", "Accept": "text/html"}).text
    )
