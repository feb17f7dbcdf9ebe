from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.spelling import corrections, within_distance

FORMS = {"border": 9, "borders": 4, "boarder": 1, "migration": 8, "harbour": 5, "control": 3, "zurich": 2}


def near(word: str, distance: int) -> list[tuple[str, int]]:
    return [(form, count) for form, count in sorted(FORMS.items()) if within_distance(form, word, distance)]


def correct(word: str) -> list[str]:
    return corrections(word, near=near, frequency=lambda form: FORMS.get(form, 0))


def test_the_nearest_and_then_the_most_frequent() -> None:
    assert correct("bordr")[0] == "border"
    assert correct("migartion") == ["migration"]
    assert correct("hharbour") == ["harbour"]
    assert correct("arbour") == ["harbour"]
    assert "border control" in correct("bordercontrol")


def test_short_words_numbers_and_nonsense_have_none() -> None:
    assert correct("brd") == []
    assert correct("2o20") == []
    assert correct("xqzwvk") == []


def slow_distance(a: str, b: str) -> int:
    """Optimal string alignment by the whole table."""
    table = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@given(st.text("abc", max_size=7), st.text("abc", max_size=7), st.integers(0, 2))
def test_agrees_with_the_whole_table(form: str, word: str, distance: int) -> None:
    assert within_distance(form, word, distance) == (slow_distance(form, word) <= distance)
