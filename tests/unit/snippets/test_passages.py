"""Which part of a text a snippet shows, given where the words of the query are."""

from __future__ import annotations

import pytest

from indexer.snippets.passages import fragments_of, passages, whole_text
from indexer.snippets.term_finder import Mark

TEXT = "One two three. Four five six seven. Eight nine ten eleven twelve. Thirteen fourteen fifteen."


def mark(word: str, key: str = "") -> Mark:
    at = TEXT.index(word)
    return at, at + len(word), key or word


def shown(marks: list[Mark], length: int, begin: int = 0) -> list[str]:
    return [TEXT[start:end] for start, end in passages(TEXT, marks, length, begin, len(TEXT))]


@pytest.mark.parametrize(
    ("words", "length", "expected"),
    [
        ([], 20, ["One two three."]),  # the beginning
        ([], 10, ["One two"]),
        ([], 200, [TEXT]),
        (["two"], 200, [TEXT]),
        (["five"], 24, ["Four five six seven."]),  # the sentence
        (["nine", "ten"], 30, ["Eight nine ten eleven twelve."]),
        (
            ["two", "fifteen"],
            60,
            ["One two three. Four five six", "Thirteen fourteen fifteen."],
        ),  # two passages of half the length
    ],
)
def test_a_passage_is_a_sentence_with_the_words(words: list[str], length: int, expected: list[str]) -> None:
    assert shown([mark(word) for word in words], length) == expected


def test_different_words_count_before_many() -> None:
    marks = [mark("One", "a"), mark("two", "a"), mark("three", "a"), mark("eleven", "a"), mark("twelve", "b")]
    assert shown(marks, 32) == ["Eight nine ten eleven twelve."]


def test_of_one_word_the_densest_place_is_shown() -> None:
    marks = [mark("One", "a"), mark("five", "a"), mark("nine", "a"), mark("ten", "a"), mark("eleven", "a")]
    assert shown(marks, 32) == ["Eight nine ten eleven twelve."]


def test_only_the_part_from_the_beginning_is_searched() -> None:
    begin = TEXT.index("Eight")
    assert shown([], 20, begin) == ["Eight nine ten"]


@pytest.mark.parametrize(
    ("text", "marks", "expected"),
    [
        ("", [], []),
        ("a  b\n\nc", [], [("a b c", False)]),
        ("the ferry", [(4, 9, "x")], [("the ", False), ("ferry", True)]),
        ("ferry ferry", [(0, 5, "x"), (6, 11, "x")], [("ferry", True), (" ", False), ("ferry", True)]),
        ("the  ferry\nboat", [(5, 15, "x")], [("the ", False), ("ferry boat", True)]),
    ],
)
def test_a_title_is_shown_whole(text: str, marks: list[Mark], expected: list[tuple[str, bool]]) -> None:
    assert list(whole_text(text, 0, len(text), marks)) == expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ([(0, 14)], "One two three. …"),
        ([(15, 35)], "… Four five six seven. …"),
        ([(0, 14), (15, 35)], "One two three. … Four five six seven. …"),
        ([(36, len(TEXT))], "… Eight nine ten eleven twelve. Thirteen fourteen fifteen."),
    ],
)
def test_what_is_left_out_is_marked(chosen: list[tuple[int, int]], expected: str) -> None:
    assert "".join(text for text, _ in fragments_of(TEXT, chosen, [], 0, len(TEXT))) == expected


def test_white_space_at_the_end_is_not_left_out() -> None:
    assert "".join(text for text, _ in fragments_of("One. \n", [(0, 4)], [], 0, 6)) == "One."
