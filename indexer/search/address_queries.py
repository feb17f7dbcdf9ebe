"""Recognise a query that is the address of a page, and find the page."""

from __future__ import annotations

import re
from typing import Final

from indexer.engines.base import Reader
from indexer.query.nodes import Constant, Filter, Phrase
from indexer.query.parse import Parsed

MAX_CHARACTERS: Final = 2_000
# With a scheme, with www, or with a path. A bare name such as node.js may be a word.
_ADDRESS: Final = re.compile(
    r"(?:https?://(?=[\w-]+[.:]|localhost)|(?=www\.\w)|(?=[\w.-]+\.[a-z]{2,}/\S))(?:www\.)?(\S+?)/?(?:#\S*)?", re.I
)
_PARAMETER: Final = re.compile(r"\?[\w.-]+=")


def page_with_address(parsed: Parsed, text: str, reader: Reader) -> Parsed:
    """Return a query for the pages whose address contains the typed one; otherwise for those whose text has it.

    Scheme, www, the last slash and a fragment do not matter. `parsed` is returned for all that is not an address. In an address
    with parameters, "?" stands for itself and for no letter.
    """
    if len(text) > MAX_CHARACTERS or len(words := text.split()) != 1:
        return parsed
    match = _ADDRESS.fullmatch(words[0])
    if match is None:
        return parsed
    pages = Constant(Filter("url", match[1]))
    if reader.count(pages):
        return Parsed(pages)
    is_whole = words[0].lower().startswith(("https://", "http://")) or _PARAMETER.search(words[0])
    return Parsed(Phrase(match[1])) if is_whole and "*" not in text else parsed
