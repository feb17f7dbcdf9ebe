"""Find the page whose address is the query: people paste addresses into a search box."""

from __future__ import annotations

import re
from typing import Final

from indexer.engines.base import Reader
from indexer.query.nodes import Constant, Filter
from indexer.query.parse import Parsed

MAX_CHARACTERS: Final = 2_000
# With a scheme, with www, or with a path. A bare name such as node.js may be a word.
_ADDRESS: Final = re.compile(r"(?:https?://|(?=www\.)|(?=[\w.-]+\.[a-z]{2,}/\S))(?:www\.)?([\w.-]+\.\w{2,}\S*?)/?(?:#\S*)?", re.I)


def page_with_address(parsed: Parsed, text: str, reader: Reader) -> Parsed:
    """Return a query for the pages whose address contains the typed one; `parsed` if it is none, or no page has it.

    Scheme, www, the last slash and a fragment do not matter.
    """
    if len(text) > MAX_CHARACTERS or "." not in text or len(words := text.split()) != 1:
        return parsed
    match = _ADDRESS.fullmatch(words[0])
    if match is None:
        return parsed
    pages = Constant(Filter("url", match[1]))
    return Parsed(pages) if reader.count(pages) else parsed
