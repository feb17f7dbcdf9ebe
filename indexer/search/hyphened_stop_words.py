"""Find words that pages write with a hyphen after or before a stop word: on-line for online, plug-in for plugin.

Stop words are not indexed, so the index cannot say where they are. The texts of the pages that have the other part say it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from indexer.analysis.analyzer import query_terms
from indexer.engines.base import MAX_SPLIT_CHARACTERS
from indexer.query.nodes import TEXT_FIELDS, And, Boost, IdFilter, Leaf, Node, Or, Terms, Tokens, Word
from indexer.search.passes import OTHER_SPELLING_FACTOR, map_leaves
from indexer.search.query_context import QueryContext, QueryNotes

MIN_PART_LETTERS: Final = 3  # of the part that is indexed
MAX_READ_PAGES: Final = 200  # the best ones that have the other part


def add_hyphened_stop_words(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Add the pages that write a word of the query with a hyphen, if no page writes it as typed."""

    def add(leaf: Leaf) -> Node | None:
        if not isinstance(leaf, Tokens) or not isinstance(leaf.typed, Word) or leaf.typed.field or len(leaf.tokens) != 1:
            return leaf
        surface = leaf.tokens[0].surface
        if (
            not surface.isascii()
            or not surface.isalpha()
            or len(surface) > MAX_SPLIT_CHARACTERS
            or context.reader.surface_frequency(surface)
        ):
            return leaf
        others = [Boost(pages, OTHER_SPELLING_FACTOR) for pages in _hyphened(surface, context)]
        return Or((leaf, *others)) if others else leaf

    return map_leaves(query, add)


def _hyphened(surface: str, context: QueryContext) -> Iterator[Node]:
    reader = context.reader
    for at in range(2, len(surface) - 1):
        if context.deadline.has_passed:
            return
        parts = [token for part in (surface[:at], surface[at:]) for token in query_terms(part, context.languages)]
        indexed = [token for token in parts if not token.stop]
        if len(parts) != 2 or len(indexed) != 1 or len(indexed[0].surface) < MIN_PART_LETTERS:
            continue
        if not reader.surface_frequency(indexed[0].surface):
            continue
        terms = Terms(indexed[0].terms, TEXT_FIELDS)
        written = re.compile(rf"\b{surface[:at]}[-\u2010\u2011]{surface[at:]}\b", re.IGNORECASE)
        matches = reader.search(terms, limit=MAX_READ_PAGES, deadline=context.deadline).matches
        documents = [match.document for match in matches]
        ids = tuple(each.id for each in documents if written.search(f"{each.title}\n{each.summary}\n{each.text}"))
        if ids:
            yield And((terms, IdFilter(ids)))
