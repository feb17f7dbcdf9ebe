"""The interface in ten languages: every text is translated, and its placeholders and markup survive."""

from __future__ import annotations

import ast
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment

from indexer.diagnostics.quality_checks import ADVICE
from indexer.errors import ArchiveMismatch
from webui.charts import CRAWL_COUNTS, CRAWL_RESULTS
from webui.interface_language import FOLDER, LANGUAGES, accepted_locale, interface
from webui.notice_text import TEXTS as NOTICES
from webui.problem_details import TRY_AGAIN
from webui.reason_text import CODE_TEXTS, QUALITY_TEXTS, TEXTS
from webui.status_page import STATES

ROOT = Path(__file__).resolve().parents[3]
MODULES = [*(ROOT / "webui").glob("*.py"), *(ROOT / "indexer" / "diagnostics").glob("*.py")]
FACETS = ("Topic", "Language", "Author", "Source", "Year", "Date")
Text = str | tuple[str, str]


def texts_of_templates() -> set[Text]:
    """Return the texts that templates translate; one that counts is a pair."""
    environment = Environment(extensions=["jinja2.ext.i18n"])
    texts: set[Text] = set()
    for path in (ROOT / "webui" / "templates").glob("*.html"):
        for _, function, message in environment.extract_translations(path.read_text("utf-8")):
            parts = [message] if isinstance(message, str) else [part for part in message or () if part]
            if parts:
                texts.add((parts[0], parts[1]) if function == "ngettext" else parts[0])
    return texts


def texts_of_modules() -> set[Text]:
    """Return the texts that modules translate, and the phrases of reports."""
    texts: set[Text] = set()
    for path in MODULES:
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            given = [each.value for each in call.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if name in ("phrase", "count") and len(given) == 2:
                texts.add((given[0], given[1]))
            elif name in ("phrase", "text", "plain") and given:
                texts.add(given[0])
            if name == "problem" and path.name != "health.py":  # the headings of error pages
                texts |= {each.value for each in call.args[1:2] if isinstance(each, ast.Constant)}
    return texts


def used_texts() -> set[Text]:
    """Return every text that a page translates."""
    tables = (NOTICES, TEXTS, CODE_TEXTS, QUALITY_TEXTS, STATES)
    texts: set[Text] = {text for table in tables for text in table.values()}
    texts |= {*FACETS, *CRAWL_COUNTS, *CRAWL_RESULTS, TRY_AGAIN, "Site search", ArchiveMismatch.default_remedy}
    texts |= {advice.remedy for advice in ADVICE.values()}
    return texts | texts_of_templates() | texts_of_modules()


def test_the_texts_are_collected() -> None:
    assert len(texts_of_templates()) > 100
    assert {"no crawl yet", "due again at %(time)s"} <= {
        text.lower() if isinstance(text, str) else "" for text in texts_of_modules()
    }


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


def test_a_date_holds_the_exact_moment_with_its_own_offset() -> None:
    moment = datetime(2025, 8, 5, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert interface("fr").time(moment) == '<time datetime="2025-08-05T00:30:00+02:00">5 août 2025</time>'


def test_values_are_escaped() -> None:
    assert interface("fr").text("Did you mean %(query)s?", query="<i>") == "Vouliez-vous dire &lt;i&gt; ?"


@pytest.mark.parametrize(
    ("header", "language"),
    [("de-CH,fr;q=0.5", "de"), ("ja,he;q=0.5", "he"), ("ja", "en"), ("", "en"), ("fr;q=0,it", "it"), ("*", "en")],
)
def test_the_browsers_preference_decides(header: str, language: str) -> None:
    assert accepted_locale(header)[:2] == language


def test_right_to_left_languages_say_so() -> None:
    assert {language for language in LANGUAGES if interface(language).direction == "rtl"} == {"ar", "he"}
