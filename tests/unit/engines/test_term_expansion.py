"""Pieces of words, and words by their rows, are found as the plain way finds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.engines.whoosh.search.term_expansion import _find_all
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
