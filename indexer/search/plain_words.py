"""Understand a query of plain words directly, without a pass over the tree for each rule.

Most queries are a few words in ASCII that the index has. No pass changes them but the last two, so these alone are applied. What
they make of a word depends on the index and is remembered with its reader: a page with partial matches needs each word twice.
"""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

from indexer.analysis.analyzer import query_terms
from indexer.engines.base import Reader
from indexer.model import RankingWeights
from indexer.query.nodes import And, Labelled, Node, Or, Tokens, Word
from indexer.search.passes import MAX_WORDS, prefer_near_words, use_index_terms
from indexer.search.query_context import QueryContext, QueryNotes

_MAX_REMEMBERED_WORDS: Final = 5_000  # of one reader

_Key = tuple[str, tuple[str, ...], RankingWeights]
_remembered: WeakKeyDictionary[Reader, dict[_Key, tuple[Node, QueryNotes] | None]] = WeakKeyDictionary()


def understand_plain_words(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Return what all passes make of a word, or of several of which all or any are required; None if a pass may change them."""
    nodes = query.nodes if isinstance(query, And | Or) else (query,)
    if len(nodes) > MAX_WORDS or context.curation.synonyms or context.curation.stop_words:
        return None
    understood = []
    for node in nodes:
        word = node.node if isinstance(node, Labelled) else node
        if not isinstance(word, Word) or (plain := _understand_word(word, context)) is None:
            return None
        understood.append(plain)
    if isinstance(query, And) and _may_be_joined(query.nodes, context):
        return None
    for _, own_notes in understood:
        notes.words += own_notes.words
    if not isinstance(query, And | Or):
        return understood[0][0]
    parts = tuple(
        [
            Labelled(part, node.text) if isinstance(node, Labelled) else part
            for node, (part, _) in zip(nodes, understood, strict=True)
        ]
    )
    return prefer_near_words(type(query)(parts), context, notes)


def _understand_word(word: Word, context: QueryContext) -> tuple[Node, QueryNotes] | None:
    text = word.text
    if word.field is not None or not (text.isascii() and text.isalpha()):
        return None
    words = _remembered.setdefault(context.reader, {})
    key = text, context.languages, context.weights
    if key not in words:
        if len(words) >= _MAX_REMEMBERED_WORDS:
            words.clear()
        words[key] = _make(word, context)
    return words.get(key)


def _make(word: Word, context: QueryContext) -> tuple[Node, QueryNotes] | None:
    tokens = query_terms(word.text, context.languages)
    if len(tokens) != 1 or tokens[0].stop or not context.reader.surface_frequency(tokens[0].surface):
        return None
    notes = QueryNotes()
    node = use_index_terms(Tokens(word, tokens), context, notes)
    return (node, notes) if node is not None else None


def _may_be_joined(nodes: tuple[Node, ...], context: QueryContext) -> bool:
    """Return whether the index has two or three of the words side by side as one."""
    surfaces = [node.text.lower() for node in nodes if isinstance(node, Word)]
    for length in (2, 3):
        for at in range(len(surfaces) - length + 1):
            if context.reader.surface_frequency("".join(surfaces[at : at + length])):
                return True
    return False
