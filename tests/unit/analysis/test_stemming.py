"""Forms that find each other, and words that stay apart."""

from __future__ import annotations

import pytest

from indexer.analysis.analyzer import analyze, terms_of_surface
from indexer.analysis.english_forms import BASES
from indexer.analysis.folding import fold
from indexer.analysis.stemming import american, exact_term, has_own_letters, is_exact, light_stem, term_of, without_prefixes

TOGETHER = {
    "en": "woman|women teeth|tooth thesis|theses honour|honor centre|center realise|realize modelling|modeling taught|teach",
    "es": "voz|voces actriz|actrices", "pt": "jornal|jornais viagem|viagens hotel|hotéis", "cs": "mladý|mladého",
    "ca": "ciutat|ciutats nació|nacions", "nl": "boek|boeken lied|liederen", "da": "Aabenraa|Åbenrå hus|huse",
    "no": "avis|aviser", "uk": "місто|міста школа|школі парламент|парламенту", "he": "ספר|הספר עיתון|עיתונים",
    "ar": "كتاب|وكتاب", "fa": "كتاب|کتاب دانشجو|دانشجوها معلم|معلمان", "hi": "गंगा|गङ्गा सड़क|सडक", "vi": "lý|lí", "zh": "台湾|臺灣 学习|學習",
    "hu": "ház|házak", "tr": "kitap|kitaplar", "sr": "грaд|грaда",
}  # fmt: skip
APART = {
    "en": "promise|promize advice|advise new|news universe|university", "uk": "стіл|стан", "he": "שלום|ילד", "fa": "آب|باد",
    "pt": "país|pal", "es": "vez|ver", "hu": "alatt|al quotation|quiet",
}  # fmt: skip


def terms(text: str, language: str) -> set[str]:
    """Return the terms under which a document has a text, and those that a query looks up for it."""
    return {token.term for token in analyze(text, language)} | set(terms_of_surface(fold(text), (language,)))


@pytest.mark.parametrize(("language", "one", "other"), [(k, *p.split("|")) for k, v in TOGETHER.items() for p in v.split()])
def test_forms_find_each_other(language: str, one: str, other: str) -> None:
    assert terms(one, language) & terms(other, language)


@pytest.mark.parametrize(("language", "one", "other"), [(k, *p.split("|")) for k, v in APART.items() for p in v.split()])
def test_other_words_stay_apart(language: str, one: str, other: str) -> None:
    assert not terms(one, language) & terms(other, language)


RULES = {
    "fr": "loi|lois radio|radios pris|prise gris|grise anglais|anglaise essai|essais vélo|vélos",
    "sv": "skola|skolan roman|romanen flicka|flickans stor|större",
    "nl": "groot|grote boos|boze dag|dagen boot|boten",
    "it": "dottore|dottoressa studente|studentesse",
    "tr": "yapmak|yapıyor gitmek|gidiyor parmak|parmaklar ekmek|ekmekler",
    "hr": "ruka|ruci knjiga|knjizi grad|gradovi",
    "da": "stor|større",
    "no": "ung|yngre",
}
RULES_APART = {"fr": "vis|vie bus|but", "nl": "man|maan bos|boos", "sv": "plan|pl", "tr": "ekmek|ek", "it": "fessa|fe"}


@pytest.mark.parametrize(("language", "one", "other"), [(k, *p.split("|")) for k, v in RULES.items() for p in v.split()])
def test_rules_of_a_language_join_forms(language: str, one: str, other: str) -> None:
    assert terms(one, language) & terms(other, language)


@pytest.mark.parametrize(("language", "one", "other"), [(k, *p.split("|")) for k, v in RULES_APART.items() for p in v.split()])
def test_rules_of_a_language_join_no_short_words(language: str, one: str, other: str) -> None:
    assert not terms(one, language) & terms(other, language)


@pytest.mark.parametrize("word", ["promise", "exercise", "otherwise", "surprise", "our", "four", "hour", "acre", "where", "rise"])
def test_words_with_british_endings_that_are_not_british_stay(word: str) -> None:
    assert american(word) == word


@pytest.mark.parametrize(
    ("british", "in_america"), [*BASES.items(), ("colours", "colors"), ("organising", "organizing"), ("analysed", "analyzed")]
)
def test_british_words_have_the_terms_of_american_ones(british: str, in_america: str) -> None:
    assert american(british) == in_america
    assert term_of(british, "en") == term_of(in_america, "en")


def test_stems_keep_at_least_three_letters() -> None:
    assert light_stem("дім", "uk") == "дім"
    assert light_stem("ים", "he") == "ימ"
    assert list(without_prefixes("בית", "he")) == []
    assert light_stem("word", "en") is None
    assert term_of("alatta", "hu") == "hu/alat"  # stemmed twice, but not a third time


def test_numbers_are_not_stemmed() -> None:
    assert term_of("2020", "hu") == "hu/2020"
    assert terms("١٩٨٧", "ar") == terms("1987", "ar")


@pytest.mark.parametrize(
    ("written", "term", "exact"),
    [
        ("Köret", "sv/kor", "sv/=kör"),
        ("año", "es/ano", "es/=año"),
        ("ano", "es/ano", None),
        ("naïf", "fr/naif", "fr/=naïf"),
        ("straße", "de/strass", "de/=straß"),
        ("libéré", "fr/lib", None),  # the accents are behind the stem
    ],
)
def test_a_term_can_keep_its_accents(written: str, term: str, exact: str | None) -> None:
    assert exact_term(written, term) == exact
    assert exact is None or is_exact(exact)


def test_letters_of_their_own_differ_by_language() -> None:
    assert has_own_letters("no/=året", "no/aret")
    assert not has_own_letters("de/=über", "de/uber")
    assert not has_own_letters("es/=canción", "es/cancion")
