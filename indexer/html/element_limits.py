"""Pages of more elements than any reader could want: each takes two kilobytes of memory in a tree, and time in each rule."""

from __future__ import annotations

import re

MAX_TAGS = 40_000  # start and end tags: more than any but the longest lists have, which lose no word by it
MAX_REST = 500_000  # characters

_TOKEN = re.compile(r"<(?P<raw>script|style)\b.*?(?:</(?P=raw)[^>]*>|\Z)|<!--.*?(?:-->|\Z)|<[a-z/!?][^<>]*>", re.I | re.DOTALL)


def limit_elements(markup: str) -> str:
    """The page as it is, and from where it becomes a flood on its text alone. Linear.

    >>> limit_elements("<p>a</p>" * 30_000 + "<script>x</script>").count("<")
    40000
    """
    if markup.count("<") <= MAX_TAGS:
        return markup
    for number, token in enumerate(_TOKEN.finditer(markup)):
        if number == MAX_TAGS:
            return markup[: token.start()] + _TOKEN.sub(" ", markup[token.start() :])[:MAX_REST]
    return markup
