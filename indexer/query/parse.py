"""Read a query text into a query tree (`grammar` defines the language). Never raises: `notices` report what could not be used.

Most queries are words, words with OR between them, or one phrase. `read_plain` reads these in a quarter of the parser's time.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from indexer.model import Notice
from indexer.query.format import format_query
from indexer.query.grammar import (
    MAX_CHARACTERS,
    MAX_LEAVES,
    MAX_WORDS,
    OPERATORS,
    Parser,
    is_in_capitals,
    normalize,
    split_tokens,
)
from indexer.query.nodes import And, HalfTyped, Node, Nothing, Or, Phrase, Word

_ONLY_A_PHRASE = re.compile(r'"([^\W_]+(?: [^\W_]+){0,20})"')


_new = tuple.__new__  # half of the time of calling the class of the named tuple


class Parsed(NamedTuple):
    """The tree of a query (`Nothing()` if there is nothing to search for), notices about how it was read, and its plain words."""

    node: Node
    notices: tuple[Notice, ...] = ()
    words: tuple[str, ...] = ()


def parse(text: str) -> Parsed:
    """Read a query as typed.

    >>> parse('border* -"press release" OR').node
    And(nodes=(Prefix(text='border', field=None), Not(node=Phrase(text='press release', slop=0, field=None))))
    """
    if (plain := read_plain(text)) is not None:
        return _new(Parsed, (plain[0], (), tuple(plain[1])))
    notices: list[Notice] = []
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS].rpartition(" ")[0] or text[:MAX_CHARACTERS]
        notices.append(Notice("query-too-long", f"the query is too long; its first {len(text)} characters are used"))
    text = normalize(text)
    tokens = split_tokens(text)
    in_capitals = is_in_capitals(text)
    parser, node = _parsed(tokens, in_capitals)
    if node is not None and any(operator in text for operator in OPERATORS):
        # What was ignored must not decide whether the rest is in capitals: AND^A is read like AND, which is an operator.
        rest_in_capitals = is_in_capitals(format_query(node))
        if rest_in_capitals != in_capitals:
            parser, node = _parsed(tokens, rest_in_capitals)
    notices += parser.notices
    if node is None and not notices and text.strip():
        notices.append(Notice("nothing-to-search", "the query has no letters or digits, so there is nothing to search for"))
    return Parsed(node or Nothing(), tuple(dict.fromkeys(notices)), tuple(parser.words))


def with_half_typed_end(parsed: Parsed, text: str) -> Parsed:
    """Return the query with its last word half typed, if `text` ends in a plain word.

    >>> with_half_typed_end(parse("night fer"), "night fer").node
    And(nodes=(Word(text='night', field=None), HalfTyped(text='fer')))
    """
    last = parsed.node.nodes[-1] if isinstance(parsed.node, And) else parsed.node
    if not isinstance(last, Word) or last.field or not text.endswith(last.text):
        return parsed
    half_typed = HalfTyped(last.text)
    node = And((*parsed.node.nodes[:-1], half_typed)) if isinstance(parsed.node, And) else half_typed
    return parsed._replace(node=node)


def _parsed(tokens: list[re.Match[str]], in_capitals: bool) -> tuple[Parser, Node | None]:
    parser = Parser(tokens, [], frozenset() if in_capitals else OPERATORS)
    return parser, parser.query(0, None)


def read_plain(text: str) -> tuple[Node, list[str]] | None:
    """Return the tree of a plain query and its words; None for any other query.

    >>> read_plain("harbour OR ferry")
    (Or(nodes=(Word(text='harbour', field=None), Word(text='ferry', field=None))), ['harbour', 'ferry'])
    """
    if text.startswith('"'):
        phrase = _ONLY_A_PHRASE.fullmatch(text)
        return (Phrase(" ".join(phrase[1].split())), []) if phrase else None
    if len(text) > MAX_CHARACTERS:
        return None
    is_any = " OR " in text
    words = text.split(" OR ") if is_any else text.split()
    letters = "".join(words)  # looking at each word takes three times as long
    if len(words) > (MAX_LEAVES if is_any else MAX_WORDS) or not letters.isalnum() or not OPERATORS.isdisjoint(words):
        return None
    if is_any and ("" in words or letters.isupper()):  # in capitals, OR is a word like the others
        return None
    nodes = tuple(map(Word, words))
    return (Or(nodes) if is_any else And(nodes) if len(nodes) > 1 else nodes[0]), words
