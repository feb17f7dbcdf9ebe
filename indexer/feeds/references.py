"""Repair references and stray signs of a feed, so that no lenient parser guesses what they mean. Pure.

feedparser reads a feed that is not well-formed with a second, lenient parser, which invents semicolons ("AT&T;"), entities
("?a=1&copy=2" becomes "?a=1\u00a9=2") and attributes. After the repair both parsers read the same.

| in the feed | becomes |
|---|---|
| a bare ampersand, an unknown entity | `&amp;` and what follows |
| an entity of HTML | its characters |
| a reference to no character of XML | nothing |
| "<" that begins no tag | `&lt;` |
"""

from __future__ import annotations

import re
from html.entities import html5

_XML_ENTITIES = frozenset(("lt", "gt", "amp", "quot", "apos"))
_TOKEN = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
    r"|&(?:\#[xX](?P<hex>[0-9a-fA-F]{1,12})|\#(?P<decimal>[0-9]{1,12})|(?P<name>[A-Za-z][A-Za-z0-9]{0,40}));"
    r"|(?P<ampersand>&)|(?P<stray><(?![A-Za-z_/!?][^<>]*>|[A-Za-z_/!?][^<>]*\Z))",
    re.DOTALL,
)


def repair_references(text: str) -> str:
    """Return the feed with references that every parser reads in the same way. Linear in the text.

    >>> repair_references("D&D at AT&T; caf&eacute; &amp; 1 < 2 <b>x</b> <![CDATA[R&D]]>")
    'D&amp;D at AT&amp;T; caf\u00e9 &amp; 1 &lt; 2 <b>x</b> <![CDATA[R&D]]>'
    """
    return _TOKEN.sub(_repaired, text) if "&" in text or "<" in text else text


def _repaired(match: re.Match[str]) -> str:
    if match["ampersand"]:
        return "&amp;"
    if match["stray"]:
        return "&lt;"
    if name := match["name"]:
        return match[0] if name in _XML_ENTITIES else _characters(html5.get(f"{name};")) or f"&amp;{name};"
    if match["hex"] or match["decimal"]:
        point = int(match["hex"], 16) if match["hex"] else int(match["decimal"])
        return match[0] if _is_allowed(point) else ""
    return match[0]


def _characters(text: str | None) -> str | None:
    """Return the characters of an entity, escaped where XML needs that."""
    return text and text.replace("&", "&amp;").replace("<", "&lt;")


def _is_allowed(point: int) -> bool:
    """Return whether XML 1.0 allows a character."""
    return point in (9, 10, 13) or 0x20 <= point < 0xD800 or 0xE000 <= point < 0xFFFE or 0xFFFF < point < 0x110000
