"""Names of months and weekdays: those of CLDR, and what a word means in which language."""

from __future__ import annotations

import pytest

from indexer.dates.date_words import fold, months_named, weekdays_named
from indexer.dates.month_names import MONTH_NAMES
from indexer.dates.parse import language_codes
from indexer.dates.weekday_names import WEEKDAY_NAMES


def test_the_tables_have_the_names_of_cldr() -> None:
    babel = pytest.importorskip("babel")
    if tuple(map(int, babel.__version__.split(".")[:2])) < (2, 19):
        pytest.skip("the tables are those of the CLDR in Babel 2.19; older ones lack names")
    for code, months in MONTH_NAMES.items():
        locale = babel.Locale.parse(code.replace("-latn", "_Latn"))
        for number, forms in enumerate(months.split("|"), 1):
            for context in ("format", "stand-alone"):
                for width in ("wide", "abbreviated"):
                    words = fold(locale.months[context][width][number]).split()
                    assert {word for word in words if not word.isdigit()} <= set(forms.split()), (code, number)


def test_there_are_forty_languages_and_more() -> None:
    assert len(MONTH_NAMES) >= 40
    assert MONTH_NAMES.keys() == WEEKDAY_NAMES.keys()
    assert all(names.count("|") == 11 for names in MONTH_NAMES.values())
    assert all(names.count("|") == 6 for names in WEEKDAY_NAMES.values())


def test_english_names_mean_the_same_month_in_every_language() -> None:
    """The fast path for RFC 822 reads them without regard to the language."""
    for number, forms in enumerate(MONTH_NAMES["en"].split("|"), 1):
        for form in forms.split():
            assert months_named(form) == {number}, form


@pytest.mark.parametrize(
    ("tags", "codes"),
    [(("pt-BR",), ("pt",)), (("no",), ("nb", "nn")), (("sr_RS", "en"), ("sr", "sr-latn", "en")), (("x-klingon",), ())],
)
def test_languages_of_tags(tags: tuple[str, ...], codes: tuple[str, ...]) -> None:
    assert language_codes(tags) == codes


@pytest.mark.parametrize(
    ("word", "languages", "months"),
    [
        ("marraskuuta", (), {11}), ("listopada", (), {10, 11}), ("listopada", ("hr",), {10}), ("listopada", ("pl",), {11}),
        ("aou", (), {8}), ("jui", ("fr",), set()), ("monday", (), set()),
    ],
)  # fmt: skip
def test_the_months_that_a_word_may_name(word: str, languages: tuple[str, ...], months: set[int]) -> None:
    assert months_named(word, languages) == months


def test_the_weekdays_that_a_word_may_name() -> None:
    assert weekdays_named("utorak") == {1}
    assert weekdays_named(fold("Lørdag")) == {5}
