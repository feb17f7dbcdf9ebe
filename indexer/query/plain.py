"""Read the queries of which most people's consist directly: words, words with OR between them, one phrase.

The parser reads them alike, in four times the time.
"""

from __future__ import annotations

import re

from indexer.query.nodes import And, Node, Or, Phrase, Word

MAX_CHARACTERS = 10_000
MAX_WORDS = 1_000  # plain words side by side, as in a pasted text; query understanding keeps the most informative ones
MAX_LEAVES = 64  # parts of any other kind
OPERATORS = frozenset(("AND", "OR", "NOT"))
_ONLY_A_PHRASE = re.compile(r'"([^\W_]+(?: [^\W_]+){0,20})"')


def read_plain(text: str) -> tuple[Node, list[str]] | None:
    """Return the tree of a plain query and its words; None for any other query.

    >>> read_plain("harbour OR ferry")
    (Or(nodes=(Word(text='harbour', field=None), Word(text='ferry', field=None))), ['harbour', 'ferry'])
    """
    if phrase := _ONLY_A_PHRASE.fullmatch(text):
        return Phrase(" ".join(phrase[1].split())), []
    words = text.split() if len(text) <= MAX_CHARACTERS else []
    either = words[::2]
    if 0 < len(words) <= MAX_WORDS and _are_plain(words):
        return And(tuple(map(Word, words))) if len(words) > 1 else Word(words[0]), words
    if 1 < len(either) <= MAX_LEAVES and words[1::2] == ["OR"] * (len(either) - 1) and _are_plain(either):
        return (Or(tuple(map(Word, either))), either) if not is_in_capitals(text) else None
    return None


def _are_plain(words: list[str]) -> bool:
    return all(word.isalnum() and word not in OPERATORS for word in words)


def is_in_capitals(text: str) -> bool:
    """Return whether all words are in capitals, as in a pasted headline, so that AND is a word like the others.

    >>> is_in_capitals("FERRY AND WALL"), is_in_capitals("ferry AND wall"), is_in_capitals("2020 AND 2021")
    (True, False, False)
    """
    return "".join([word for word in re.findall(r"\w+", text) if word not in OPERATORS]).isupper()
