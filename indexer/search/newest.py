"""Sort by date when a query asks for what is new: "latest harbour news", "neueste Beschlüsse"."""

from __future__ import annotations

import dataclasses
from typing import Final

from indexer.analysis.folding import fold
from indexer.model import Notice, SearchRequest
from indexer.query.nodes import And, Word
from indexer.query.parse import Parsed

# Folded. Words that also mean "last" or "final" are not listed: le dernier métro, la última cena.
WORDS: Final = frozenset(
    "latest newest neueste neuester neuestes neuesten neuste neuster neustes neusten aktuellste aktuellsten dernieres recentes"
    " recientes recenti nieuwste nyaste senaste nyeste najnowsze najnowszy najnowsza احدث".split()
)


def by_date(parsed: Parsed, request: SearchRequest) -> tuple[Parsed, SearchRequest]:
    """Return the query without its first word, to be sorted by date, if this word asks for it and others remain."""
    node = parsed.node
    if request.sort != "relevance" or not isinstance(node, And) or not isinstance(first := node.nodes[0], Word):
        return parsed, request
    if first.field is not None or fold(first.text) not in WORDS:
        return parsed, request
    rest = node.nodes[1:]
    text = f"sorted by date because of “{first.text}”; write it in quotation marks to search for it"
    notice = Notice("sorted-by-date", text, first.text)
    words = parsed.words[1:] if parsed.words[:1] == (first.text,) else parsed.words
    tree = And(rest) if len(rest) > 1 else rest[0]
    return Parsed(tree, (*parsed.notices, notice), words), dataclasses.replace(request, sort="date")
