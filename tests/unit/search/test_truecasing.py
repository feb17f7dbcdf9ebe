from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.search.truecasing import _occurrences

texts = st.text("aAbB1 .'_\n", max_size=30)


@given(st.text("ab1", min_size=1, max_size=3), texts)
def test_a_text_in_ascii_has_the_same_words_as_beside_an_accent(surface: str, text: str) -> None:
    accented = list(_occurrences(surface, f"{text} é"))  # such a text is cut into words by a pattern
    assert list(_occurrences(surface, text)) == accented


def test_capitals_count_inside_a_sentence_only() -> None:
    assert list(_occurrences("amber", "Amber, and Amber. Amber amberly")) == [("Amber", False), ("Amber", True), ("Amber", False)]
