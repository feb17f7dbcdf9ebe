"""The interface in ten languages: every text is translated, and its placeholders and markup survive."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment

from webui.interface_language import FOLDER, LANGUAGES, accepted_language, interface
from webui.notice_text import TEXTS

TEMPLATES = Path(__file__).resolve().parents[3] / "webui" / "templates"
TRANSLATED = ("base.html", "search.html", "similar.html", "hits.html", "error.html", "widget.html")
FACETS = ("Topic", "Language", "Author", "Source", "Year", "Date")


def used_texts() -> set[str | tuple[str, ...]]:
    """Return the texts that the visitors' templates translate; one that counts is a pair."""
    environment = Environment(extensions=["jinja2.ext.i18n"])
    texts: set[str | tuple[str, ...]] = {*FACETS, *TEXTS.values(), "Site search"}
    for name in TRANSLATED:
        path = TEMPLATES / name
        if path.exists():
            for _, function, message in environment.extract_translations(path.read_text("utf-8")):
                parts = [message] if isinstance(message, str) else [part for part in message if part]
                texts.add((parts[0], parts[1]) if function == "ngettext" else parts[0])
    return texts


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_text_is_translated(language: str) -> None:
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    assert {tuple(message.id) if message.pluralizable else message.id for message in catalogue if message.id} >= used_texts()
    for message in catalogue:
        if not message.id:
            continue
        assert all(message.string if message.pluralizable else [message.string]), message.id
        for text in message.string if message.pluralizable else [message.string]:
            source = message.id[-1] if message.pluralizable else message.id
            for piece in re.findall(r"%\(\w+\)s|</?\w+>", text):
                assert piece in source, text
            if not message.pluralizable:
                assert sorted(re.findall(r"%\(\w+\)s|</?\w+>", text)) == sorted(re.findall(r"%\(\w+\)s|</?\w+>", source)), text


def test_numbers_dates_and_plurals_follow_the_language() -> None:
    results = "%(num)s result", "%(num)s results"
    assert interface("de").count(*results, 12_345) == "12.345 Ergebnisse"
    assert [interface("pl").count(*results, n) for n in (1, 3, 5)] == ["1 wynik", "3 wyniki", "5 wyników"]
    assert interface("ar").count(*results, 2) == "نتيجتان"
    assert interface("fr").day(datetime(2025, 8, 5)) == "5 août 2025"
    assert interface("es").language_name("de") == "Alemán"


def test_values_are_escaped() -> None:
    assert interface("fr").text("Did you mean %(query)s?", query="<i>") == "Vouliez-vous dire &lt;i&gt; ?"


@pytest.mark.parametrize(
    ("header", "language"),
    [("de-CH,fr;q=0.5", "de"), ("ja,he;q=0.5", "he"), ("ja", "en"), ("", "en"), ("fr;q=0,it", "it"), ("*", "en")],
)
def test_the_browsers_preference_decides(header: str, language: str) -> None:
    assert accepted_language(header) == language


def test_right_to_left_languages_say_so() -> None:
    assert {language for language in LANGUAGES if interface(language).direction == "rtl"} == {"ar", "he"}
