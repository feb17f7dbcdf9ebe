"""Near-duplicates on one page of results are folded into the best of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, Match, RankingWeights, SearchRequest
from indexer.search import near_duplicate_hits
from indexer.search.near_duplicate_hits import (
    MAX_COMPARISONS,
    PAIR_LIMITS,
    fold_similar,
    similar_pairs,
    similar_pairs_without_kernel,
)
from indexer.search.result_json import result_mapping
from indexer.search.searcher import Searcher

REPORT = (
    "The harbour authority opened the northern quay on Monday after three years of repairs. Ferries to the islands leave from"
    " there again, and the fish market returns to its old place. The works had cost eleven million, two more than planned,"
    " because the old wall had to be replaced. Shopkeepers near the quay hope that summer visitors will come back. The mayor"
    " thanked the divers, who had worked through two winters, and promised that the lighthouse would be painted next."
)
OTHER = (
    "A choir from the northern islands sang in the old theatre on Friday. The programme began with songs of the sea and ended"
    " with a mass by Haydn. The conductor, who has led the choir for twenty years, will retire in autumn. Among the audience were"
    " many who had travelled for hours by ferry. The next concert of the series takes place in May, with a quartet from Vienna."
    " Tickets are sold at the box office and in the bookshop near the market."
)


def document(name: str, text: str, title: str = "The quay is open", language: str = "en") -> Document:
    return Document(name, f"https://example.org/{name}", title, text, language=language)


def result_of(*documents: Document, folds: bool = True) -> dict[str, Any]:
    engine = MemoryEngine(RankingWeights())
    engine.writer().apply([Change(n, each.id, each) for n, each in enumerate(documents, 1)], len(documents))
    return result_mapping(Searcher(engine, folds_similar=folds).search(SearchRequest("ferries northern")))


def folded(*matches: Match) -> tuple[tuple[Match, ...], dict[str, tuple[Document, ...]]]:
    return fold_similar(matches, similar_pairs(matches, *PAIR_LIMITS))


def are_similar(one: Document, other: Document) -> bool:
    return folded(Match(one, 1.0), Match(other, 0.5))[1] == {one.id: (other,)}


def test_copies_are_folded_and_named() -> None:
    copies = document("a", REPORT), document("b", REPORT + " (Reuters)"), document("c", OTHER, "Choir")
    result = result_of(*copies)
    hits = {hit["id"]: [each["id"] for each in hit.get("similar", ())] for hit in result["hits"]}
    assert result["total"] == 3
    assert sorted(hits) in (["a", "c"], ["b", "c"])
    assert sorted(hits.values()) in ([[], ["a"]], [[], ["b"]])


def test_a_setting_turns_it_off() -> None:
    result = result_of(document("a", REPORT), document("b", REPORT), folds=False)
    assert [hit.get("similar") for hit in result["hits"]] == [None, None]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (OTHER, {}),
        (REPORT[:200], {}),  # too short to tell
        (REPORT + OTHER, {}),  # much longer
        (REPORT, {"language": "de"}),
        (REPORT, {"title": "The quay is open, part 2"}),  # a series
        (" ".join(reversed(REPORT.split())), {}),
    ],
)
def test_what_is_not_similar(text: str, changes: dict[str, Any]) -> None:
    other = dataclasses.replace(document("b", text), **changes)
    assert not are_similar(document("a", REPORT), other)


def test_texts_without_spaces_are_compared_by_letters() -> None:
    text = "新しい図書館が駅前に開館した。" * 10 + "".join(chr(0x4E00 + n * 7) for n in range(300))
    assert are_similar(document("a", text, language="ja"), document("b", text + "（完）", language="ja"))
    assert not are_similar(document("a", text, language="ja"), document("b", text[:150] + text[150:][::-1], language="ja"))


def test_the_work_for_one_page_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    monkeypatch.setattr(near_duplicate_hits, "_jaccard", lambda one, other: compared.append(other.id) or 0.0)
    matches = [Match(document(str(n), REPORT), 1.0) for n in range(50)]
    assert len(folded(*matches)[0]) == 50
    assert len(compared) == MAX_COMPARISONS


@pytest.mark.parametrize("is_compiled", [True, False])
@pytest.mark.parametrize(
    ("texts", "pairs"),
    [
        (["abcdefghij", "abcdefghij"], [(0, 1)]),
        (["abc", "abc"], []),  # too short
        (["abcd", "abcd"], [(0, 1)]),
        (["abcdefghij", "abcdefgh"], [(0, 1)]),  # 80 % as long, in both orders
        (["abcdefgh", "abcdefghij"], [(0, 1)]),
        (["abcdefghij", "abcdefg"], []),
        (["abcdefg", "abcdefghij"], []),
        (["abcdefghij", "..cd......"], [(0, 1)]),  # a sample after a fifth, a half or three quarters
        (["abcdefghij", ".....fg..."], [(0, 1)]),
        (["abcdefghij", ".......hi."], [(0, 1)]),
        (["abcdefghij", ".abdce.gj."], []),
        (["abcdefghijkl" * 2, "." * 19 + "efghi"], []),  # only the first twenty characters
        (["abcdefghijkl" * 2, "." * 18 + "ef"], [(0, 1)]),
        (["abcdefghij", "0123456789", "abcdefghij", "0123456789"], [(0, 2), (1, 3)]),
        (["abcdefghij"] * 3, [(0, 1), (0, 2), (1, 2)]),
        ([], []),
    ],
)
def test_which_texts_are_worth_comparing(texts: list[str], pairs: list[tuple[int, int]], is_compiled: bool) -> None:
    find = similar_pairs if is_compiled else similar_pairs_without_kernel
    matches = tuple([Match(document(str(number), text), 1.0) for number, text in enumerate(texts)])
    assert find(matches, 4, 20, 0.8, 2) == pairs


@pytest.mark.parametrize(("words", "is_similar"), [(10, True), (11, False)])
def test_near_duplicates_share_most_of_their_shingles(words: int, is_similar: bool) -> None:
    # Each text has 100 words, so 98 shingles. `words` others at the end leave 98 - words in common: 88/108 or 87/109.
    common = [f"word{number}" for number in range(100)]
    other = common[: 100 - words] + [f"other{number}" for number in range(words)]
    assert are_similar(document("a", " ".join(common)), document("b", " ".join(other))) is is_similar


@pytest.mark.parametrize(
    ("text", "shingles"),
    [
        ("the quay is open", {("the", "quay", "is"), ("quay", "is", "open")}),
        ("THE Quay is", {("the", "quay", "is")}),
        (f"{'a' * 19} {'b' * 19} {'c' * 19}.", {("a" * 19, "b" * 19, "c" * 19 + ".")}),  # a word for each twenty letters
        (
            f"{'a' * 19} {'b' * 19} {'c' * 19}..",
            {tuple(letters) for letters in ("aaa", "bbb", "ccc", "cc.", "c..")},
        ),
        ("開館した" * 6, {tuple(letters) for letters in ("開館し", "館した", "した開", "た開館")}),
    ],
)
def test_shingles_have_three_words_or_letters(text: str, shingles: set[tuple[str, ...]]) -> None:
    without_blanks = {each for each in near_duplicate_hits._shingles(text) if " " not in each}
    assert without_blanks == shingles


def test_what_is_folded_is_listed_with_the_best_of_all_copies() -> None:
    documents = [document(name, REPORT + " More." * number) for number, name in enumerate("abc")]
    matches = [Match(each, 1.0) for each in (*documents, document("d", OTHER, "Choir"))]
    remaining, copies_of = folded(*matches)
    assert [match.document.id for match in remaining] == ["a", "d"]
    assert {id_: [each.id for each in copies] for id_, copies in copies_of.items()} == {"a": ["b", "c"]}
