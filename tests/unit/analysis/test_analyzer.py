"""Terms come out of hostile texts as quickly as out of others."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis import languages
from indexer.analysis.analyzer import QueryToken, analyze, forms_uncached, ignore_case, only_term, query_terms, without_digraphs
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


plain_words = st.text("abeostuzABEOSTUZ019", min_size=1, max_size=70) | st.sampled_from(
    ("the", "WHO", "die", "Aarhus", "zuerich")
)


@given(st.lists(plain_words, max_size=4), st.sampled_from((("en",), ("de", "en"), ("da", "no", "fr", "und"), ())))
def test_plain_words_have_the_terms_that_they_have_in_a_text(words: list[str], languages: tuple[str, ...]) -> None:
    assert query_terms(" ".join(words), languages) == query_terms("  ".join([*words, "-"]), languages)


@given(st.text("abeostuzAE019", min_size=1, max_size=70) | plain_words, st.sampled_from(sorted((*languages.SUPPORTED, "und"))))
def test_the_only_term_of_a_word_is_that_of_a_query(word: str, language: str) -> None:
    surface, terms = word.lower(), query_terms(word, (language,))
    if (term := only_term(surface, language)) is not None:
        assert terms == (QueryToken((term,), surface, 0, False, word),)
    else:
        assert not terms or terms[0].stop or without_digraphs(surface, language)


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


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The ferry was late, and those who had been waiting for it on the quay did not know what they should do with the rest of the day."),
        ("de", "Die Fähre war wieder zu spät, und wer auf dem Kai auf sie gewartet hatte, der wusste nicht, was er mit dem Tag noch sollte."),
        ("fr", "Le bac était en retard, et ceux qui l'attendaient sur le quai ne savaient pas ce qu'ils pouvaient faire de la journée avec les enfants."),
        ("it", "Il traghetto era in ritardo, e quelli che lo aspettavano sul molo non sapevano che cosa fare della giornata con i bambini e con le borse."),
        ("nl", "De pont was weer te laat, en wie er op de kade op had staan wachten, wist niet wat hij met de rest van de dag nog moest doen."),
        ("sv", "Färjan var sen igen, och de som hade väntat på den vid kajen visste inte vad de skulle göra med resten av dagen och med alla barnen."),
    ],
)  # fmt: skip
def test_a_text_that_declares_nothing_needs_no_model_if_its_small_words_are_distinct(
    monkeypatch: pytest.MonkeyPatch, language: str, text: str
) -> None:
    monkeypatch.setattr(languages, "_identify", lambda sample, candidates: ("the model was asked", 1.0))
    assert detect(text) == language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ca", "El transbordador va arribar tard i la gent que l'esperava en el moll no sabia pas que fer amb la resta del dia, ni on anar a dinar."),
        ("cs", "Přívoz měl zase zpoždění a lidé, kteří na něj čekali na nábřeží, nevěděli, co mají dělat se zbytkem dne a kam by měli jít na oběd."),
        ("bg", "Фериботът закъсня и хората, които го чакаха на кея, не знаеха какво да правят с останалата част от деня и къде да обядват с децата."),
        ("no", "Ferja var forsinket igjen, og de som hadde ventet på den ved kaia, visste ikke hva de skulle gjøre med resten av dagen sammen med barna."),
        ("es", "El transbordador llegó tarde y los que lo esperaban en el muelle no sabían qué hacer con el resto del día ni adónde ir a comer con los niños."),
    ],
)  # fmt: skip
def test_a_language_with_the_small_words_of_another_one_is_told_from_it(language: str, text: str) -> None:
    """Spanish small words abound in Catalan, Polish ones in Czech, Russian ones in Bulgarian."""
    assert detect(text) == language


CODES = st.sampled_from("en de da no fr es he ar vi und".split())


@given(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True) | st.sampled_from("who us zuerich aarhus goethe".split()), CODES)
def test_capitals_change_no_term_of_a_word_that_ignores_case(word: str, language: str) -> None:
    if ignore_case((word,), language):
        assert (
            forms_uncached(word, language)
            == forms_uncached(word.capitalize(), language)
            == forms_uncached(word.upper(), language)
        )


def test_names_and_umlauts_do_not_ignore_case() -> None:
    assert ignore_case(("harbour", "harbours"), "en")
    assert not ignore_case(("harbour", "who"), "en")
    assert forms_uncached("who", "en") != forms_uncached("WHO", "en")
    assert not ignore_case(("zuerich",), "en")
    assert forms_uncached("zuerich", "en") != forms_uncached("Zuerich", "en")
