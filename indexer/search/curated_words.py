"""Apply the operator's synonyms and stop words to an analysed query.

acme inc laptop        ->  acme (laptop OR notebook)               inc is a stop word of the operator, laptop has a synonym
new york OR hotel      ->  (new OR nyc) OR (york OR nyc) OR hotel   in a relaxed query, where each word is optional
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from indexer.curation.synonyms import Expansion
from indexer.model import QueryToken
from indexer.query.nodes import And, Boost, Labelled, Node, Or, Phrase, Tokens, Word
from indexer.search.query_context import QueryContext, QueryNotes

SYNONYM_FACTOR: Final = 0.8  # of a synonym's score, so that pages with the word as typed come first


def curate_words(query: Node, context: QueryContext, notes: QueryNotes) -> Node:
    """Add the synonyms of words side by side, and drop the operator's stop words unless the query has no others."""
    match query:
        case And(nodes=(Or(nodes=(Labelled(), *_)) as optional, *required)):  # a relaxed query that also requires something
            return And((curate_words(optional, context, notes), *required))
    curation = context.curation
    if curation.stop_words:
        query = _without_stop_words(query, curation.stop_words)
    if not curation.synonyms:
        return query
    match query:
        case And(nodes=nodes):
            return And(tuple(_expanded(nodes, context, notes)))
        case Or(nodes=(Labelled(), *_) as nodes):
            return Or(tuple(_expanded(nodes, context, notes, each=True)))
        case Tokens() | Labelled():
            return next(_expanded([query], context, notes))
    return query


def _without_stop_words(query: Node, stop_words: frozenset[str]) -> Node:
    if not isinstance(query, And | Or):
        return query
    remaining = tuple(node for node in query.nodes if not _is_stop_word(node, stop_words))
    if not any(_word_tokens(node) for node in remaining):
        return query
    return type(query)(remaining) if len(remaining) > 1 else remaining[0]


def _is_stop_word(node: Node, stop_words: frozenset[str]) -> bool:
    tokens = _word_tokens(node)
    return bool(tokens) and all(token.surface in stop_words for token in tokens)


def _word_tokens(node: Node) -> tuple[QueryToken, ...]:
    """Return the tokens of a plain word, none of any other node."""
    if isinstance(node, Labelled):
        node = node.node
    if isinstance(node, Tokens) and isinstance(node.typed, Word) and node.typed.field is None:
        return node.tokens
    return ()


def _expanded(nodes: Sequence[Node], context: QueryContext, notes: QueryNotes, *, each: bool = False) -> Iterator[Node]:
    """Yield the nodes with synonyms. `each`: every word of several gets the synonym, as the words are optional."""
    at = 0
    while at < len(nodes):
        length, expansions = _expansions_at(nodes[at:], context)
        if not expansions:
            yield nodes[at]
            at += 1
            continue
        words = nodes[at : at + length]
        at += length
        notes.rules += [_explanation(each) for each in expansions]
        notes.curated_words.update(token.surface for word in words for token in _word_tokens(word))
        if each:
            yield from (_with_alternatives(word, expansions, SYNONYM_FACTOR / length) for word in words)
        else:
            yield _with_alternatives(words[0] if length == 1 else And(tuple(words)), expansions, SYNONYM_FACTOR)


def _expansions_at(nodes: Sequence[Node], context: QueryContext) -> tuple[int, list[Expansion]]:
    """Return the expansions of the words at the beginning, and how many nodes these words are."""
    tokens: list[QueryToken] = []
    ends: dict[int, int] = {}  # number of tokens -> number of nodes
    for count, node in enumerate(nodes, 1):
        if not (more := _word_tokens(node)):
            break
        tokens += more
        ends[len(tokens)] = count
    expansions = context.curation.synonyms.expansions(tokens, context.languages) if tokens else []
    length = ends.get(expansions[0].length, 0) if expansions else 0
    return length, expansions if length else []


def _explanation(expansion: Expansion) -> str:
    texts = ", ".join(text for text, _ in expansion.alternatives)
    return f"{expansion.rule.place}: {'instead' if expansion.replaces else 'also'} {texts}"


def _with_alternatives(words: Node, expansions: Sequence[Expansion], factor: float) -> Node:
    if isinstance(words, Labelled):
        return Labelled(_with_alternatives(words.node, expansions, factor), words.text)
    replaces = all(each.replaces for each in expansions)
    alternatives = {text: Tokens(Phrase(text), tokens) for expansion in expansions for text, tokens in expansion.alternatives}
    if replaces:
        several = tuple(alternatives.values())
        return several[0] if len(several) == 1 else Or(several)
    # A phrase scores as the sum of its words. It must not outrank fewer words as typed.
    length = expansions[0].length
    return Or((words, *(Boost(node, factor * min(1, length / len(node.tokens))) for node in alternatives.values())))
