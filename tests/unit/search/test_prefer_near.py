"""Which words of a conjunction are preferred close together."""

from __future__ import annotations

import pytest

from indexer.query.nodes import TEXT_FIELDS, And, Boost, Node, Or, Prefer, TermPhrase, Terms
from indexer.search.word_forms import MAX_NEAR_WORDS, NEAR_SLOP, combine, prefer_near


def word(name: str) -> Terms:
    return Terms((f"en/{name}",), TEXT_FIELDS)


def places(parts: list[Node], bonus: float = 0.5) -> tuple[tuple[str, ...], ...] | None:
    """Return the words that are preferred close together; None if none are."""
    tree = prefer_near(parts, bonus)
    if not isinstance(tree, Prefer):
        return None
    (phrase,) = tree.better
    assert isinstance(phrase, TermPhrase)
    assert (phrase.slop, phrase.boost, phrase.gaps) == (NEAR_SLOP, bonus, tuple(range(len(phrase.places))))
    return phrase.places


A, B = word("a"), word("b")
PREFERRED = Prefer(A, (word("exact"),))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([A, B], (("en/a",), ("en/b",))),
        ([PREFERRED, B], (("en/a",), ("en/b",))),
        ([Or((PREFERRED, Boost(word("other"), 0.2))), B], (("en/a",), ("en/b",))),  # the word, not what else it may mean
        ([Or((A, word("other"))), B], None),  # alternatives
        ([Or((A, word("other"), Boost(word("third"), 0.2))), B], None),
        ([A, Terms(("en/t",), ("title",)), B], (("en/a",), ("en/b",))),  # words of one field do not count
        ([A], None),
        ([word(str(n)) for n in range(MAX_NEAR_WORDS)], tuple((f"en/{n}",) for n in range(MAX_NEAR_WORDS))),
        ([word(str(n)) for n in range(MAX_NEAR_WORDS + 1)], None),
    ],
)
def test_the_words_themselves_are_preferred_near(parts: list[Node], expected: tuple[tuple[str, ...], ...] | None) -> None:
    assert places(parts) == expected


def test_without_a_bonus_nothing_is_preferred() -> None:
    assert places([A, B], 0.0) is None


def test_one_node_is_no_conjunction() -> None:
    assert combine(And, [A]) == A
    assert combine(Or, [A, B]) == Or((A, B))
    assert combine(And, []) is prefer_near([], 0.5) is None
