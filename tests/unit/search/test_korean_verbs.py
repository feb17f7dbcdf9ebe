"""Korean verbs are found in their other forms, and nouns that end alike find nothing else."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights, SearchRequest
from indexer.search.korean_verbs import verb_forms
from indexer.search.searcher import Searcher
from support.contract_corpus import doc, fill


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("먹다", "먹는 먹었 먹고"),
        ("먹었다", "먹다 먹는"),
        ("먹습니다", "먹다 먹었"),
        ("가다", "갔다 가는 간다 갑니"),
        ("갔다", "가다 가는"),
        ("간다", "가다 갔다"),
        ("갑니다", "가다"),
        ("오다", "왔다"),
        ("왔다", "오다"),
        ("크다", "컸다"),
        ("마셨다", "마시"),
        ("공부하다", "공부했다 공부하"),
        ("공부했다", "공부하"),
        ("삽니다", "살다 살고 사다"),
        ("살다", "산다 삽니"),
        ("되다", "됐다"),
        ("있다", "있는 있었"),
    ],
)
def test_forms_of_a_verb(verb: str, forms: str) -> None:
    assert set(forms.split()) <= set(verb_forms(verb))


@pytest.mark.parametrize("word", ["", "다", "학교", "night다", "다리", "먹 다", "먹다가"])
def test_other_words_have_none(word: str) -> None:
    assert verb_forms(word) == []


@pytest.mark.parametrize("word", ["습니다", "니다", "는다", "었다", "있다", "ㅋ다", "힣다", "가" * 8 + "다"])
def test_any_syllables_are_read(word: str) -> None:
    assert all(form and form != word for form in verb_forms(word))


def test_a_verb_finds_pages_with_its_other_forms() -> None:
    pages = [
        doc("past", "-", "나는 밥을 먹었다.", language="ko"),
        doc("base", "-", "밥을 먹다.", language="ko"),
        doc("sea", "-", "바다가 넓다.", language="ko"),
        doc("trousers", "-", "바지를 샀다.", language="ko"),
    ]
    searcher = Searcher(_filled(pages))
    assert [hit.document.id for hit in searcher.search(SearchRequest("먹다")).hits] == ["base", "past"]
    assert [hit.document.id for hit in searcher.search(SearchRequest("먹었다")).hits] == ["past", "base"]
    assert [hit.document.id for hit in searcher.search(SearchRequest("바다")).hits] == ["sea"]


def _filled(pages: list) -> MemoryEngine:
    engine = MemoryEngine(RankingWeights())
    fill(engine, pages)
    return engine
