"""Accents do not matter, but the form as typed comes first; letters of their own make other words."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.searcher import Searcher


def listed(language: str, texts: dict[str, str], query: str) -> list[str]:
    """Return the ids of the documents that a query finds, best first."""
    engine = MemoryEngine(RankingWeights())
    documents = [Document(name, f"https://example.org/{name}", "Page", text, language=language) for name, text in texts.items()]
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    result = Searcher(engine).search(SearchRequest(query))
    assert not result.relaxed
    return [hit.document.id for hit in result.hits]


@pytest.mark.parametrize(
    ("language", "typed", "other"),
    [("de", "schön", "schon"), ("de", "schon", "schön"), ("fr", "péché", "peche"), ("fr", "côte", "cote"), ("hu", "kor", "kór")],
)
def test_the_form_as_typed_comes_first(language: str, typed: str, other: str) -> None:
    filling = "Hier stehen noch einige Worte mehr."
    texts = {"other": f"{other} {filling}", "typed": f"{typed} {filling}", "none": filling}
    assert listed(language, texts, typed) == ["typed", "other"]


@pytest.mark.parametrize(
    ("language", "typed", "other"),
    [
        ("da", "får", "far"),
        ("sv", "kör", "kor"),
        ("es", "año", "ano"),
        ("tr", "ön", "on"),
        ("vi", "lúa", "lửa"),
        ("fr", "pêche", "péché"),
        ("el", "νόμος", "νομός"),
    ],
)
def test_a_letter_of_its_own_makes_another_word(language: str, typed: str, other: str) -> None:
    assert listed(language, {"typed": f"{typed} abc", "other": f"{other} abc"}, typed) == ["typed"]


@pytest.mark.parametrize(
    ("language", "typed", "plain"), [("sv", "Malmö", "Malmo"), ("vi", "Việt", "Viet"), ("de", "Zürich", "Zurich")]
)
def test_a_page_without_accents_is_found_if_no_page_has_them(language: str, typed: str, plain: str) -> None:
    assert listed(language, {"plain": f"{plain} abc"}, typed) == ["plain"]
    assert listed(language, {"accents": f"{typed} abc"}, plain) == ["accents"]


def test_a_page_with_both_forms_is_found_for_each() -> None:
    texts = {"both": "La pêche est un péché.", "other": "Un péché."}
    assert listed("fr", texts, "pêche") == ["both"]
    assert listed("fr", {"other": "Un péché."}, "pêche") == ["other"], "a form that no page has excludes nothing"


def test_forms_of_one_french_verb_find_each_other() -> None:
    assert listed("fr", {"typed": "Un vin préféré.", "other": "Je préfère le vin."}, "préféré") == ["typed", "other"]
