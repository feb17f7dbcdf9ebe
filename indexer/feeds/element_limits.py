"""Feeds that are floods: more elements, deeper ones or more of a kind than any reader could want.

feedparser takes 20 to 40 µs for an element and far longer for what is not well-formed, so ten megabytes of `<a/>` keep it
busy for a minute, and `<category>` without an end for an hour. One linear pass leaves out what is beyond these limits.
"""

from __future__ import annotations

import re

from indexer.feeds.entries import MAX_REPEATED

FEW = 10_000  # tags; a feed of fewer is no flood and is handed on as it is
MAX_ELEMENTS = 150_000  # of a feed: 10,000 items with 15 each
MAX_ELEMENTS_OF_ITEM = 2_000  # Atom may hold a whole article as elements
DEEPEST = 60
MAX_STRAY = 1_000  # "<" that begin nothing
MAX_LEFT_OUT = 200_000  # tags; from there on it is nothing but a flood, and the rest is not read

_TOKEN = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<(?P<end>/?)(?P<name>[A-Za-z_][\w:.-]*)[^<>]*>|<", re.DOTALL
)
_REPEATED = re.compile(r"category|dc:subject|dc:creator|author|contributor|link|enclosure|media:\w+|itunes:\w+|guid|id")
_ITEM = re.compile(r"item|(?:\w+:)?entry")


def without_floods(text: str, problems: list[str]) -> str:
    """The feed within the limits; what was left out is told in `problems`. Linear in the text."""
    if text.count("<") < FEW:
        return text
    return _Pass(text, problems).kept()


class _Pass:
    """One walk over the tags. Kept text is collected as slices: `_from` is where the next one begins."""

    def __init__(self, text: str, problems: list[str]) -> None:
        self._text, self._problems = text, problems
        self._out: list[str] = []
        self._from = 0
        self._depth, self._ceiling = 0, DEEPEST  # tags that lie deeper are left out
        self._outside: int | None = None  # the depth at which the current item begins; None between items
        self._elements = self._of_item = self._stray = 0
        self._left_out = self._repeats = 0
        self._counts: dict[str, int] = {}
        self._skipped: tuple[str, int] | None = None  # the name of an element that is left out whole, and its depth
        self._at_item = 0  # how many slices were kept before the current item

    def kept(self) -> str:
        for token in _TOKEN.finditer(self._text):
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
                return closed("".join(self._out[: self._at_item]))
            if self._left_out + self._repeats + self._stray > MAX_LEFT_OUT:
                self._problems.append("the feed is a flood of elements; its beginning is read")
                return closed("".join(self._out))
        if self._skipped is None:
            self._out.append(self._text[self._from :])
        if self._left_out:
            most = f"{MAX_ELEMENTS_OF_ITEM} for one item, or too deep,"
            self._problems.append(f"{self._left_out} elements beyond {most} were left out")
        if self._repeats:
            most = f"{MAX_REPEATED} for one item"
            self._problems.append(f"{self._repeats} categories, authors or links beyond {most} were left out")
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
                self._leave_out(token)
                if not empty:
                    self._skipped = (name, self._depth)
                return
        if self._of_item > MAX_ELEMENTS_OF_ITEM:
            self._ceiling = min(self._ceiling, self._depth)
        if self._depth >= self._ceiling:
            self._left_out += 1
            self._leave_out(token)
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
        if item:  # what was not closed in it is closed now
            self._depth, self._outside = self._outside or 0, None
            self._of_item, self._ceiling = 0, DEEPEST
        elif self._depth <= (0 if self._outside is None else self._outside + 1):  # it closes nothing
            self._left_out += 1
            self._leave_out(token)
        else:
            if self._depth > self._ceiling:
                self._leave_out(token)
            self._depth -= 1

    def _new_item(self, token: re.Match[str]) -> None:
        if self._skipped is not None:
            self._depth = self._skipped[1]
            self._skipped, self._from = None, token.start()
        if self._outside is not None:  # the last one was not closed
            self._depth = self._outside
        self._outside = self._depth
        self._of_item, self._ceiling = 0, DEEPEST
        self._counts.clear()
        self._out.append(self._text[self._from : token.start()])
        self._from = token.start()
        self._at_item = len(self._out)

    def _stray_sign(self, token: re.Match[str]) -> None:
        self._stray += 1
        self._leave_out(token)
        if self._stray <= MAX_STRAY:
            self._out.append("&lt;")

    def _leave_out(self, token: re.Match[str]) -> None:
        if self._from < token.start():
            self._out.append(self._text[self._from : token.start()])
        self._from = token.end()


def closed(text: str) -> str:
    """A feed that was cut between two items, with its root closed."""
    root = re.match(r"<([\w:]+)", text)
    return text + ("</channel>" if "<channel" in text[:5000] else "") + (f"</{root[1]}>" if root else "")
