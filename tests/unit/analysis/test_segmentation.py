"""Texts of scripts without spaces are cut into words where an extra is installed, and into pairs of letters everywhere."""

from __future__ import annotations

import pytest

from indexer.analysis import segmentation
from indexer.analysis.analyzer import analyze
from indexer.analysis.segmentation import MAX_RUN_CHARACTERS, WORD_MARK, is_installed, load_for, segment, word_term
from indexer.engines.base import Engine
from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.searcher import Searcher


def words(text: str, language: str) -> list[str]:
    return [word.base for word in segment(text, language, query=True)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ja", "大阪城公園で遊んだ", ["大阪", "城", "公园", "游ぶ"]),
        ("zh", "圖書館開放", ["图书馆", "开放"]),
        ("th", "แมวกินปลา", ["แมว", "กิน", "ปลา"]),
        ("ko", "서울에", []),
        ("en", "words", []),
    ],
)
def test_words_have_their_base_form_folded(language: str, text: str, expected: list[str]) -> None:
    assert words(text, language) == expected


@pytest.mark.parametrize("language", ["ja", "zh", "th"])
def test_a_run_of_any_length_is_cut(language: str) -> None:
    run = {"ja": "大阪城", "zh": "图书馆", "th": "แมวกิน"}[language] * MAX_RUN_CHARACTERS
    last = list(segment(run, language))[-1]
    assert last.end == len(run)


@pytest.mark.parametrize(("language", "text"), [("ja", "猫が魚を食べた。犬"), ("zh", "南京市长江大桥"), ("th", "แมวกินปลา")])
def test_words_lie_where_they_are_written_and_have_the_positions_of_their_first_letters(language: str, text: str) -> None:
    tokens = list(analyze(text, language))
    assert [token.position for token in tokens] == sorted(token.position for token in tokens)
    pairs = {token.start: token.position for token in tokens if WORD_MARK not in token.term}
    for token in tokens:
        assert pairs.get(token.start, token.position) == token.position
        assert text[token.start : token.end]


def searcher_of(language: str, texts: dict[str, str], engine: Engine | None = None) -> Searcher:
    engine = engine or MemoryEngine(RankingWeights())
    documents = [Document(name, f"https://example.org/{name}", "-", text, language=language) for name, text in texts.items()]
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


@pytest.mark.parametrize(
    ("language", "query", "word", "neighbours"),
    [
        ("ja", "魚", "魚", ""),
        ("ja", "都市", "都市を歩く", "京都市に住む"),
        ("zh", "海水", "海水很冷", "上海水果"),
        ("th", "ตา", "ตา", "ตาราง"),
    ],
)
def test_a_word_is_found_and_marked_without_its_neighbours(language: str, query: str, word: str, neighbours: str) -> None:
    texts = {"word": f"{word}。", **({"neighbours": f"{neighbours}。"} if neighbours else {})}
    hits = searcher_of(language, texts).search(SearchRequest(query)).hits
    assert [hit.document.id for hit in hits] == ["word"]
    assert [fragment.text for fragment in hits[0].snippet if fragment.marked] == [query]


def test_several_words_match_in_their_order() -> None:
    texts = {"both": "新しい図書館の利用案内。", "apart": "利用する人は図書館へ。"}
    hits = searcher_of("ja", texts).search(SearchRequest("図書館の利用")).hits
    assert [hit.document.id for hit in hits] == ["both"]


def test_what_is_cut_in_another_way_is_found_by_pairs_of_letters() -> None:
    assert searcher_of("zh", {"part": "上海水果市场。"}).search(SearchRequest("海水")).total == 1


def test_without_the_extra_texts_are_indexed_by_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmentation, "is_installed", lambda language: False)
    assert [token.term for token in analyze("京都", "ja")] == ["ja/京都"]
    assert segmentation.installed_mask() == 0
    assert searcher_of("ja", {"a": "東京都。"}).search(SearchRequest("京都")).total == 1


def test_the_extras_of_the_tests_are_installed() -> None:
    assert [language for language in segmentation.EXTRAS if not is_installed(language)] == []
    assert word_term("食べる", "ja") == "ja/~食べる"


@pytest.mark.parametrize(
    ("text", "languages", "loaded"),
    [
        ("東京", ("en", "ja", "zh"), 2),
        ("tour de 東京", ("ja",), 1),
        ("東京", ("en", "de"), 0),
        ("Zürich", ("ja", "zh"), 0),  # it has spaces
        ("", ("ja",), 0),
    ],
)
def test_what_cuts_texts_into_words_is_loaded_before_a_search_that_needs_it(
    text: str, languages: tuple[str, ...], loaded: int
) -> None:
    segmentation._segmenter.cache_clear()
    load_for(text, languages)
    assert segmentation._segmenter.cache_info().currsize == loaded
