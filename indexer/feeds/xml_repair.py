"""Repair a feed's references and stray signs so that no lenient parser guesses what they mean, and limit its elements. Pure.

feedparser reads a feed that is not well-formed with a second, lenient parser, which invents semicolons ("AT&T;"), entities
("?a=1&copy=2" becomes "?a=1©=2") and attributes. After the repair both parsers read the same.

| in the feed | becomes |
|---|---|
| a bare ampersand, an unknown entity | `&amp;` and what follows |
| an entity of HTML | its characters |
| a reference to no character of XML | nothing |
| a decimal reference without a semicolon | the same with one, as browsers read it |
| references to both halves of a character | the character |
| "<" that begins no tag | `&lt;` |
| CDATA within CDATA | one section |
"""

from __future__ import annotations

import re
from html.entities import html5

from indexer.feeds.entries import MAX_REPEATED

_CDATA_SIGN = re.compile(r"<!\[CDATA\[|\]\]>")
_CDATA_ENDS_NEXT = re.compile(r"(?:(?!<!\[CDATA\[).)*?\]\]>", re.DOTALL)
_XML_ENTITIES = frozenset(("lt", "gt", "amp", "quot", "apos"))
_TOKEN = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
    r"|&\#(?P<high>5(?:529[6-9]|5[3-9]\d\d|6[0-2]\d\d|631\d));&\#(?P<low>5(?:632\d|63[3-9]\d|6[4-9]\d\d|7[0-2]\d\d|734[0-3]));"
    r"|&\#(?P<open>[0-9]{2,7})(?![0-9;])"
    r"|&(?:\#[xX](?P<hex>[0-9a-fA-F]{1,12})|\#(?P<decimal>[0-9]{1,12})|(?P<name>[A-Za-z][A-Za-z0-9]{0,40}));"
    r"|(?P<ampersand>&)|(?P<stray><(?![A-Za-z_/!?][^<>]*>|[A-Za-z_/!?][^<>]*\Z))",
    re.DOTALL,
)


def repair_references(text: str) -> str:
    """Return the feed with references that every parser reads in the same way. Linear in the text.

    >>> repair_references("D&D at AT&T; caf&eacute; &amp; 1 < 2 <b>x</b> <![CDATA[R&D]]>")
    'D&amp;D at AT&amp;T; caf\u00e9 &amp; 1 &lt; 2 <b>x</b> <![CDATA[R&D]]>'
    """
    return _TOKEN.sub(_repaired, _without_nested_cdata(text)) if "&" in text or "<" in text else text


def _without_nested_cdata(text: str) -> str:
    """Return the feed without CDATA sections in other ones, which end the outer section too early.

    >>> _without_nested_cdata("<a><![CDATA[1 <![CDATA[2]]> 3]]></a>")
    '<a><![CDATA[1 2 3]]></a>'
    """
    parts: list[str] = []
    start, is_open, is_nested = 0, False, False
    for sign in _CDATA_SIGN.finditer(text):
        if sign[0] != "]]>":
            is_inner, is_open, is_nested = is_open, True, is_nested or is_open
        else:
            is_inner = is_nested and _CDATA_ENDS_NEXT.match(text, sign.end()) is not None
            is_open, is_nested = is_inner, False
        if is_inner:
            parts.append(text[start : sign.start()])
            start = sign.end()
    return "".join((*parts, text[start:]))


def _repaired(match: re.Match[str]) -> str:
    if match["ampersand"]:
        return "&amp;"
    if match["stray"]:
        return "&lt;"
    if name := match["name"]:
        return match[0] if name in _XML_ENTITIES else _characters(html5.get(f"{name};")) or f"&amp;{name};"
    if match["high"]:
        return chr(0x10000 + (int(match["high"]) - 0xD800) * 0x400 + int(match["low"]) - 0xDC00)
    if match["open"]:
        return f"&#{match['open']};" if _is_allowed(int(match["open"])) else f"&amp;#{match['open']}"
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


# -- limits of elements ------------------------------------------------------------------------------------------------
# Limit the elements of a feed: how many, how deep, and how many of one kind.
#
# feedparser takes 20 to 40 µs for an element and far longer for what is not well-formed, so ten megabytes of `<a/>` keep it
# busy for a minute, and `<category>` without an end for an hour. One linear pass removes what is beyond these limits.

MIN_TAGS = 10_000  # a feed with fewer "<" needs no limits
MAX_ELEMENTS = 150_000  # of a feed: 10,000 items with 15 each
MAX_ELEMENTS_OF_ITEM = 2_000  # Atom may hold a whole article as elements
MAX_DEPTH = 60
MAX_STRAY_SIGNS = 1_000  # "<" that begin no tag
MAX_REMOVED_TAGS = 200_000  # beyond it the feed is hostile, and the rest is not read

_TAG_TOKEN = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<(?P<end>/?)(?P<name>[A-Za-z_][\w:.-]*)[^<>]*>|<", re.DOTALL
)
_REPEATED = re.compile(r"category|dc:subject|dc:creator|author|contributor|link|enclosure|media:\w+|itunes:\w+|guid|id")
_ITEM = re.compile(r"item|(?:\w+:)?entry")


def limit_elements(text: str, problems: list[str]) -> str:
    """Return the feed within the limits, and add to `problems` what was removed. Linear in the text."""
    return _Pass(text, problems).limited()


class _Pass:
    """One walk over the tags. The text to return is collected as slices: `_from` is where the next one begins."""

    def __init__(self, text: str, problems: list[str]) -> None:
        self._text, self._problems = text, problems
        self._out: list[str] = []
        self._from = 0
        self._depth, self._ceiling = 0, MAX_DEPTH  # deeper tags are removed
        self._outside: int | None = None  # the depth at which the current item begins; None between items
        self._elements = self._of_item = self._stray = 0
        self._removed = self._repeats = 0
        self._counts: dict[str, int] = {}
        self._skipped: tuple[str, int] | None = None  # the name of an element that is removed whole, and its depth
        self._at_item = 0  # the number of slices before the current item

    def limited(self) -> str:
        """Return the text within the limits."""
        for token in _TAG_TOKEN.finditer(self._text):
            name = token["name"]
            if name is None:
                if len(token[0]) == 1 and self._skipped is None:
                    self._stray_sign(token)
            elif token["end"]:
                self._end(token, name)
            else:
                self._start(token, name)
            if self._elements > MAX_ELEMENTS:
                self._problems.append(f"the feed has more than {MAX_ELEMENTS} elements; the items up to there are read")
                return close_root("".join(self._out[: self._at_item]))
            if self._removed + self._repeats + self._stray > MAX_REMOVED_TAGS:
                self._problems.append("the feed has too many elements; its beginning is read")
                return close_root("".join(self._out))
        if self._skipped is None:
            self._out.append(self._text[self._from :])
        if self._removed:
            most = f"{MAX_ELEMENTS_OF_ITEM} for one item, or too deep,"
            self._problems.append(f"{self._removed} elements beyond {most} were removed")
        if self._repeats:
            most = f"{MAX_REPEATED} for one item"
            self._problems.append(f"{self._repeats} categories, authors or links beyond {most} were removed")
        return "".join(self._out)

    def _start(self, token: re.Match[str], name: str) -> None:
        if _ITEM.fullmatch(name):
            self._new_item(token)
        if self._skipped is not None:
            return
        self._of_item += 1
        empty = token[0].endswith("/>")
        if _REPEATED.fullmatch(name):
            self._counts[name] = self._counts.get(name, 0) + 1
            if self._counts[name] > MAX_REPEATED:
                self._repeats += 1
                self._remove(token)
                if not empty:
                    self._skipped = (name, self._depth)
                return
        if self._of_item > MAX_ELEMENTS_OF_ITEM:
            self._ceiling = min(self._ceiling, self._depth)
        if self._depth >= self._ceiling:
            self._removed += 1
            self._remove(token)
        else:
            self._elements += 1
        self._depth += not empty

    def _end(self, token: re.Match[str], name: str) -> None:
        item = _ITEM.fullmatch(name)
        if self._skipped is not None:
            if name == self._skipped[0]:
                self._skipped, self._from = None, token.end()
                return
            if not item:
                return
            self._skipped, self._from = None, token.start()
        if item:  # elements that were not closed in it end here
            self._depth, self._outside = self._outside or 0, None
            self._of_item, self._ceiling = 0, MAX_DEPTH
        elif self._depth <= (0 if self._outside is None else self._outside + 1):  # it closes nothing
            self._removed += 1
            self._remove(token)
        else:
            if self._depth > self._ceiling:
                self._remove(token)
            self._depth -= 1

    def _new_item(self, token: re.Match[str]) -> None:
        if self._skipped is not None:
            self._depth = self._skipped[1]
            self._skipped, self._from = None, token.start()
        if self._outside is not None:  # the element before was not closed
            self._depth = self._outside
        self._outside = self._depth
        self._of_item, self._ceiling = 0, MAX_DEPTH
        self._counts.clear()
        self._out.append(self._text[self._from : token.start()])
        self._from = token.start()
        self._at_item = len(self._out)

    def _stray_sign(self, token: re.Match[str]) -> None:
        self._stray += 1
        self._remove(token)
        if self._stray <= MAX_STRAY_SIGNS:
            self._out.append("&lt;")

    def _remove(self, token: re.Match[str]) -> None:
        if self._from < token.start():
            self._out.append(self._text[self._from : token.start()])
        self._from = token.end()


def close_root(text: str) -> str:
    """Return a feed that was cut between two items with its root closed."""
    root = re.match(r"<([\w:]+)", text)
    return text + ("</channel>" if "<channel" in text[:5000] else "") + (f"</{root[1]}>" if root else "")
