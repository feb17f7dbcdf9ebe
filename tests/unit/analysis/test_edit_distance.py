from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.edit_distance import edit_cost, within_distance


@pytest.mark.parametrize(
    ("typed", "near", "far"),
    [
        ("harbur", "harbour", "harbor"),
        ("ferrry", "ferry", "fervry"),
        ("tunel", "tunnel", "tunes"),
        ("brigde", "bridge", "bright"),
        ("ferru", "fetru", "fexru"),
        ("lentern", "lantern", "lintern"),
    ],
)
def test_likely_errors_cost_less_than_others(typed: str, near: str, far: str) -> None:
    assert edit_cost(typed, near) <= edit_cost(typed, far)


def test_the_first_letter_is_rarely_wrong() -> None:
    assert edit_cost("arbour", "harbour") > edit_cost("habour", "harbour")
    assert edit_cost("farbour", "harbour") > edit_cost("harfour", "harbour")


@given(st.text("abcd", max_size=7), st.text("abcd", max_size=7))
def test_a_cost_is_zero_only_for_equal_words_and_bounded_by_the_number_of_errors(typed: str, meant: str) -> None:
    cost = edit_cost(typed, meant)
    assert (cost == 0) == (typed == meant)
    assert 0.5 * min(1, abs(len(typed) - len(meant))) <= cost <= 1.7 * max(len(typed), len(meant))


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
