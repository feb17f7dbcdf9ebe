"""Pieces of words, and words by their rows, are found as the plain way finds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.edit_distance import within_distance
from indexer.engines.whoosh.search.term_expansion import _find_all
from indexer.engines.whoosh.storage import form_signatures
from indexer.engines.whoosh.storage.layout import pack_dictionary
from indexer.engines.whoosh.storage.segment import Dictionary

WORDS = [word.encode() for word in sorted({f"{a}{'é' * (a % 3)}{a * a}" for a in range(3_000)}, key=str.encode)]


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=7))
def test_a_piece_is_found_wherever_it_stands(text: bytes, piece: bytes) -> None:
    for where in (text, text + piece, piece + text + piece[:-1], piece * 3):
        expected = [at for at in range(len(where)) if where.startswith(piece, at)]
        assert sorted(_find_all(np.frombuffer(where, "u1"), piece).tolist()) == expected


@pytest.mark.parametrize("rows", [[0], [7, 2_999], range(0, 3_000, 150), range(1, 3_000, 7), range(500, 900), range(3_000)])
def test_words_are_found_by_their_rows(rows: list[int] | range) -> None:
    text, every = pack_dictionary(WORDS)
    found = Dictionary(text, every, len(WORDS)).words_at(np.array(rows))
    assert found == [WORDS[row] for row in rows]


forms_of_a_dictionary = st.lists(st.text("abcdéж😀", min_size=1, max_size=8), min_size=1, max_size=30, unique=True)


@given(forms_of_a_dictionary, st.integers(1, 40))
def test_signatures_do_not_depend_on_the_parts_in_which_they_are_made(forms: list[str], characters: int) -> None:
    lines, counts = "".join(f"{form}\n" for form in forms), np.arange(len(forms)) % 3 + 1
    whole = form_signatures.signatures_of(lines, counts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(form_signatures, "_PART_CHARACTERS", characters)
        parts = form_signatures.signatures_of(lines, counts)
    assert [array.tolist() for array in parts] == [array.tolist() for array in whole]
    by_place = [(len(forms[row]), -int(counts[row]), row) for row in whole.rows]
    assert by_place == sorted(by_place), "by length, then the most frequent first"


@given(forms_of_a_dictionary, st.text("abcdé", min_size=1, max_size=8), st.integers(0, 2), st.integers(0, 3))
def test_signatures_leave_no_similar_form_out(forms: list[str], typed: str, distance: int, least: int) -> None:
    counts = np.arange(len(forms)) % 3 + 1
    rows = form_signatures.signatures_of("".join(f"{form}\n" for form in forms), counts).rows_near(typed, distance, least)
    similar = [row for row, form in enumerate(forms) if counts[row] >= least and within_distance(form, typed, distance)]
    assert set(similar) <= set(rows.tolist())
