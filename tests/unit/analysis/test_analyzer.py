"""Terms come out of hostile texts as quickly as out of others."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis import languages
from indexer.analysis.analyzer import analyze, forms_uncached, ignores_case
from indexer.analysis.folding import MARKS
from indexer.analysis.languages import detect
from support.growth import assert_linear


@pytest.mark.parametrize("apostrophe", ["'", "’"])
@pytest.mark.parametrize("letter", ["a", "l"], ids=["no elision", "elisions"])
def test_a_run_of_apostrophes_takes_linear_time(letter: str, apostrophe: str) -> None:
    """Each part was once compared with all before it: 30 s for 200,000 of them."""

    def surfaces(text: str) -> None:
        assert [token.surface for token in analyze(text, "und")] == (["nothing"] if letter == "l" else [])

    assert_linear(lambda n: (letter + apostrophe) * n + "nothing", surfaces, 10_000)


def test_only_elisions_are_cut_off() -> None:
    assert [token.surface for token in analyze("Quelqu'un l'Europe O'Brien's presqu'ile rock'n'roll", "und")] == [
        "quelquun", "europe", "obrien", "ile", "rocknroll",
    ]  # fmt: skip


def test_the_marks_written_out_are_those_of_unicode() -> None:
    """Later Unicodes only add to them; what they add below U+10000 would be words of their own until it is written out."""
    marks = re.compile(f"[{MARKS}]")
    known = {point for point in range(0x110000) if marks.match(chr(point))}
    combining = {point for point in range(0x300, 0x10000) if unicodedata.category(chr(point))[0] == "M"}
    assert known >= combining or unicodedata.unidata_version > "14"
    assert {point for point in known if unicodedata.category(chr(point)) not in ("Mn", "Mc", "Me", "Cf", "Cn")} == set()


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("Нова књига", "en", "ru"),  # the first Cyrillic language, as a few letters tell no more
        ("Нова књига", "sr", "sr"),
        ("أخبار", "de", "ar"),
        ("أخبار", "fa", "fa"),
        ("می\u200cروم", "en", "fa"),
        ("Νέα", "en", "el"),
        ("News", "hi", "hi"),  # names and loan words in Latin letters stand in texts of all languages
        ("News", "en", "en"),
    ],
)
def test_a_short_text_has_no_language_of_another_script(text: str, hint: str, language: str) -> None:
    assert detect(text, hint) == language


def test_a_text_in_the_language_it_declares_needs_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(sample: str, candidates: tuple[str, ...]) -> tuple[str, float]:
        raise AssertionError("the model was asked")

    texts = {
        "en": "The ferry was late again, and those who had been waiting for it on the quay did not know what they should do with the day.",
        "de": "Die Fähre war wieder zu spät, und wer auf dem Kai auf sie gewartet hatte, der wusste nicht, was er mit dem Tag noch sollte.",
    }
    with monkeypatch.context() as patched:
        patched.setattr(languages, "_identify", refused)
        for language, text in texts.items():
            assert detect(text, language) == language
            for said in ("da", "fr", "en", "de"):
                if said != language:
                    with pytest.raises(AssertionError):
                        detect(text, said)
    assert [detect(text, "da") for text in texts.values()] == ["en", "de"]


CODES = st.sampled_from("en de da no fr es he ar vi und".split())


@given(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True) | st.sampled_from("who us zuerich aarhus goethe".split()), CODES)
def test_capitals_change_no_term_of_a_word_that_ignores_case(word: str, language: str) -> None:
    if ignores_case(word, language):
        assert (
            forms_uncached(word, language)
            == forms_uncached(word.capitalize(), language)
            == forms_uncached(word.upper(), language)
        )


def test_names_and_umlauts_do_not_ignore_case() -> None:
    assert ignores_case("harbour", "en")
    assert not ignores_case("who", "en")
    assert forms_uncached("who", "en") != forms_uncached("WHO", "en")
    assert not ignores_case("zuerich", "en")
    assert forms_uncached("zuerich", "en") != forms_uncached("Zuerich", "en")
