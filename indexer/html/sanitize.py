"""Make hostile markup harmless before it is parsed."""

from __future__ import annotations

import re

from indexer.html.strip import FORMATTING, IMPLIED_END, VOID, is_harmless, strip_invisible

MAX_PAGE_CHARACTERS = 10_000_000  # more than any article has
MAX_DEPTH = 200  # of nested elements; libxml2 stops at 256
MAX_NESTED_BOXES = 100  # div, table and similar; half of MAX_DEPTH, so that the text inside keeps its paragraphs
MAX_NESTED_FORMATTING = 30  # <b>, <i>, <font>: unclosed ones are repeated in each block, which takes quadratic time
MAX_ATTRIBUTE_CHARACTERS = 4_096  # longer values are data: URLs or abuse
MAX_ATTRIBUTES = 100  # of one element

_BOXES = frozenset(
    (
        "blockquote",
        "center",
        "dd",
        "dir",
        "div",
        "dl",
        "fieldset",
        "form",
        "ol",
        "section",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    )
)
_TEXT_BLOCKS = frozenset(
    (
        "address",
        "article",
        "aside",
        "body",
        "caption",
        "details",
        "dialog",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "p",
        "pre",
        "summary",
        "tfoot",
        "title",
        "option",
    )
)
BLOCKS = _BOXES | _TEXT_BLOCKS
_RAW = frozenset(("script", "style"))
_RAW_END = re.compile("</(?:script|style)", re.I)
_TAG_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_TAG_STOP = re.compile(r"""=\s*(["'])|>""")
_LONG = f"{{{MAX_ATTRIBUTE_CHARACTERS},}}"
_LONG_VALUE = re.compile(rf"""=\s*(?:"[^"]{_LONG}"|'[^']{_LONG}'|[^\s"'>]{_LONG})""")
_BAD_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DROPPED = dict.fromkeys([*range(9), *range(14, 32), 127], None)
_DROPPED |= dict.fromkeys((11, 12), " ") | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def sanitize(markup: str) -> str:
    """Return the markup without scripts and without what makes a parser deep, slow or wrong.

    Nearly all pages are harmless after `strip_invisible` and are returned as they are, in a tenth of the time. In other pages,
    elements beyond the limits lose their tags but not their text. Runs in linear time.
    """
    text = strip_invisible(markup[:MAX_PAGE_CHARACTERS])
    if _CONTROL.search(text):  # translating a page takes 8 ms, searching 0.3 ms
        text = strip_invisible(text.translate(_DROPPED))
    text = _BAD_REFERENCE.sub(_repair_reference, text)
    return text if is_harmless(text) else _pass_tags(text)


def _pass_tags(text: str) -> str:
    parts: list[str] = []
    nest = _Nest()
    position, quotes_matter = 0, True
    while (start := text.find("<", position)) >= 0:
        parts.append(text[position:start])
        if text.startswith("<!--", start):  # the only comments that `strip_invisible` leaves are TYPO3's markers
            position = text.find("-->", start) + 3
            position = len(text) if position < 3 else position
            parts.append(text[start:position] if text.endswith("-->", start, position) else "")
            continue
        name_match = _TAG_NAME.match(text, start)
        if name_match is None:
            if text.startswith(("<!", "<?", "</"), start):
                position = text.find(">", start) + 1 or len(text)
            else:
                parts.append("&lt;")
                position = start + 1
            continue
        end = _end_of_tag(text, name_match.end()) if quotes_matter else -1
        if end < 0:  # unclosed quote: from here on a tag ends at the next ">", because each search would scan the rest
            quotes_matter = False
            end = text.find(">", name_match.end()) + 1
            if end == 0:
                return "".join(parts)
        name = name_match[1].lower()
        tag = text[start:end]
        if not quotes_matter and (tag.count('"') % 2 or tag.count("'") % 2):  # a parser would search for the other one
            tag = f"{name_match[0]}>"
        parts.append(nest.pass_tag(name, tag, closing=text[start + 1] == "/"))
        position = end
        if name in _RAW and text[start + 1] != "/":  # the only scripts that `strip_invisible` leaves are JSON-LD, closed
            close = _RAW_END.search(text, end)
            position = close.start() if close else len(text)
            parts.append(text[end:position])
    parts.append(text[position:])
    return "".join(parts)


class _Nest:
    """The open elements at one place, as libxml2 counts them: formatting does not close a block."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.dropped: dict[str, int] = {}

    def pass_tag(self, name: str, tag: str, *, closing: bool) -> str:
        """Return what to write in place of the tag."""
        if name in _RAW or name in VOID:
            return "" if closing and name in VOID else _shorten(tag)
        if closing:
            return self._close(name, tag)
        if name == "plaintext":
            return ""
        if tag.endswith("/>") and name not in BLOCKS and name not in FORMATTING:
            return _shorten(tag)
        if name in IMPLIED_END and self.open and self.open[-1] == name:
            self.open.pop()
        if self._is_full(name):
            self.dropped[name] = self.dropped.get(name, 0) + 1
            return "<br>" if name in BLOCKS else ""
        self.open.append(name)
        return _shorten(tag)

    def _is_full(self, name: str) -> bool:
        if len(self.open) >= MAX_DEPTH:
            return True
        if name in _BOXES:
            return len(self.open) >= MAX_NESTED_BOXES
        if name not in FORMATTING or len(self.open) < MAX_NESTED_FORMATTING:
            return False
        return sum(element in FORMATTING for element in self.open) >= MAX_NESTED_FORMATTING

    def _close(self, name: str, tag: str) -> str:
        if self.dropped.get(name):
            self.dropped[name] -= 1
            return ""
        for depth in range(len(self.open) - 1, -1, -1):
            if self.open[depth] == name:
                del self.open[depth:]
                return tag[: len(name) + 2] + ">"
            if name not in BLOCKS and self.open[depth] in BLOCKS:
                break
        return tag[: len(name) + 2] + ">"


def _shorten(tag: str) -> str:
    if len(tag) > MAX_ATTRIBUTE_CHARACTERS:
        tag = _LONG_VALUE.sub('=""', tag)
    if tag.count("=") > MAX_ATTRIBUTES and len(tag) > MAX_ATTRIBUTE_CHARACTERS // 2:
        name = _TAG_NAME.match(tag)
        return f"{name[0]}>" if name else ""
    return tag


def _end_of_tag(text: str, start: int) -> int:
    position = start
    while stop := _TAG_STOP.search(text, position):
        if stop[1] is None:
            return stop.end()
        position = text.find(stop[1], stop.end()) + 1
        if position == 0:
            return -1
    return -1


def _repair_reference(match: re.Match[str]) -> str:
    digits, base = (match[1], 16) if match[1] else (match[2], 10)
    code = int(digits, base) if len(digits) < 9 else 0x110000
    bad = code >= 0x110000 or 0xD800 <= code < 0xE000 or code < 9 or 13 < code < 32
    return "\ufffd" if bad else match[0]
