"""Recognise what a whole query asks for: a page by its address, or what is new ("latest harbour news").

People paste addresses into a search box, and they say in words that they want the newest pages first.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from indexer.analysis.analyzer import surface_of
from indexer.engines.base import Reader
from indexer.model import Notice, SearchRequest
from indexer.query.nodes import And, Constant, Filter, Word
from indexer.query.parse import Parsed

# Folded. Words that also mean "last" or "final" are not listed: le dernier métro, la última cena.
NEWEST_WORDS: Final = frozenset(
    "latest newest neueste neuester neuestes neuesten neuste neuster neustes neusten aktuellste aktuellsten dernieres recentes"
    " recientes recenti nieuwste nyaste senaste nyeste najnowsze najnowszy najnowsza احدث".split()
)


def by_date(parsed: Parsed, request: SearchRequest) -> tuple[Parsed, SearchRequest]:
    """Return the query without its first word, to be sorted by date, if this word asks for it and others remain."""
    node = parsed.node
    if request.sort != "relevance" or not isinstance(node, And) or not isinstance(first := node.nodes[0], Word):
        return parsed, request
    if first.field is not None or surface_of(first.text) not in NEWEST_WORDS:
        return parsed, request
    rest = node.nodes[1:]
    text = f"sorted by date because of “{first.text}”; write it in quotation marks to search for it"
    notice = Notice("sorted-by-date", text, first.text)
    words = parsed.words[1:] if parsed.words[:1] == (first.text,) else parsed.words
    tree = And(rest) if len(rest) > 1 else rest[0]
    return Parsed(tree, (*parsed.notices, notice), words), dataclasses.replace(request, sort="date")


# -- addresses ----------------------------------------------------------------------------------------------------------

MAX_ADDRESS_CHARACTERS: Final = 2_000
# With a scheme, with www, or with a path. A bare name such as node.js may be a word.
_ADDRESS: Final = re.compile(r"(?:https?://|(?=www\.)|(?=[\w.-]+\.[a-z]{2,}/\S))(?:www\.)?([\w.-]+\.\w{2,}\S*?)/?(?:#\S*)?", re.I)


def page_with_address(parsed: Parsed, text: str, reader: Reader) -> Parsed:
    """Return a query for the pages whose address contains the typed one; `parsed` if it is none, or no page has it.

    Scheme, www, the last slash and a fragment do not matter.
    """
    if len(text) > MAX_ADDRESS_CHARACTERS or "." not in text or len(words := text.split()) != 1:
        return parsed
    match = _ADDRESS.fullmatch(words[0])
    if match is None:
        return parsed
    pages = Constant(Filter("url", match[1]))
    return Parsed(pages) if reader.count(pages) else parsed
