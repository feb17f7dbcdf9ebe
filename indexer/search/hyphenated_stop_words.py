"""Find words that pages write with a hyphen after or before a stop word: on-line for online, plug-in for plugin.

Stop words are not indexed. Such words are indexed as terms of their own (`symbol_terms.hyphenated_stop_words`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from indexer.analysis.segmentation import word_term
from indexer.analysis.stopwords import STOP_WORDS
from indexer.analysis.symbol_terms import hyphenated_stop_word
from indexer.engines.base import MAX_SPLIT_CHARACTERS
from indexer.query.nodes import TEXT_FIELDS, Leaf, Node, Or, Terms, Tokens, Word
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.search.query_rewriting import map_leaves

MIN_PART_LETTERS: Final = 2
_TYPED: Final = re.compile("([a-zA-Z]{2,})[-\u2010\u2011]([a-zA-Z]{2,})")


def add_hyphenated_stop_words(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Match a word with a hyphen and a stop word as pages write it. Add it to a joined word that no page writes as typed."""

    def add(leaf: Leaf) -> Node | None:
        if not isinstance(leaf, Tokens) or not isinstance(leaf.typed, Word) or len(leaf.tokens) != 1:
            return leaf
        fields = (leaf.typed.field,) if leaf.typed.field else TEXT_FIELDS
        if match := _TYPED.fullmatch(leaf.typed.text):
            terms = Terms(tuple(_terms(match[1], match[2], context)), fields)
            return terms if terms.terms and context.reader.count(terms) else leaf
        surface = leaf.tokens[0].surface
        is_splittable = surface.isascii() and surface.isalpha() and len(surface) <= MAX_SPLIT_CHARACTERS
        if not is_splittable or context.reader.surface_frequency(surface):
            return leaf
        cuts = range(MIN_PART_LETTERS, len(surface) - MIN_PART_LETTERS + 1)
        hyphenated = Terms(tuple(term for at in cuts for term in _terms(surface[:at], surface[at:], context)), fields)
        return Or((leaf, hyphenated)) if hyphenated.terms and context.reader.count(hyphenated) else leaf

    return map_leaves(query, add)


def _terms(first: str, second: str, context: QueryContext) -> Iterator[str]:
    """Yield the term of a word of two parts in each language in which one of them is a stop word."""
    for language in context.languages:
        if word := hyphenated_stop_word(first, second, STOP_WORDS.get(language, ())):
            yield word_term(word, language)
