"""Make hostile markup harmless before it is parsed."""

from __future__ import annotations

import re
from itertools import accumulate

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
_DROPPED = dict.fromkeys([*range(9), *range(14, 32), 127], None)
_DROPPED |= dict.fromkeys((11, 12), " ") | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_CONTROL = bytes(code for code in _DROPPED if code < 128)


def sanitize(markup: str) -> str:
    """Return the markup without scripts and without what makes a parser deep, slow or wrong.

    Nearly all pages are harmless after `strip_invisible` and are returned as they are, in a tenth of the time. In other pages,
    elements beyond the limits lose their tags but not their text. Runs in linear time.
    """
    text = strip_invisible(markup[:MAX_PAGE_CHARACTERS])
    if _has_control_characters(text):
        text = strip_invisible(text.translate(_DROPPED))
    text = _BAD_REFERENCE.sub(_repair_reference, text)
    return text if is_harmless(text) else _pass_tags(text)


def _has_control_characters(text: str) -> bool:
    """Return whether a text has control characters or lone surrogates. Bytes are examined three times as fast as characters."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return True
    return len(encoded.translate(None, _CONTROL)) < len(encoded)


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


# -- Cut scripts, styles, comments and declarations out of markup, and decide whether the rest is harmless ---------
FORMATTING = frozenset(
    "a abbr b big cite code em font i mark nobr q s small span strike strong sub sup tt u".split(),
)
VOID = frozenset("area base br col embed frame hr img input link meta param source track wbr".split())
IMPLIED_END = frozenset("p li td th tr dt dd option".split())  # a second one ends the first
MAX_TAG_CHARACTERS = 20_000  # between two "<" in harmless markup
MAX_HARMLESS_DEPTH = 100
MAX_HARMLESS_FORMATTING_ELEMENTS = 30

_CUT = re.compile(r"<[!?s](?:(?<=[!?])|(?:cript|tyle|vg)\b)", re.I)  # one letter rules out most tags
_ENDS = {
    "script": re.compile("</script", re.I),
    "style": re.compile("</style", re.I),
    "svg": re.compile(r"</svg\s*>", re.I),
    "comment": re.compile("-->"),
    "doctype": re.compile(r"\]\s*>"),
}
_JSON = re.compile(r"<script\b[^<>]{0,500}?\btype\s*=\s*[\"']?application/ld\+json", re.I)
_MARK = re.compile(r"<!--\s*TYPO3SEARCH_(?:begin|end)\s*-->")
_RESUME = re.compile(r"<(?:/head|body|article|main|h1)\b", re.I)
_TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9:-]*)")
_ENDLESS_TAG = re.compile(rf"<[^<>]{{{MAX_TAG_CHARACTERS}}}")
_QUIRKS = frozenset(("plaintext", "xmp", "listing", "frameset"))
_FLAT = VOID | IMPLIED_END
_ROUNDS = 8  # of removing innermost elements


def strip_invisible(text: str) -> str:
    """Return the markup without comments, scripts, styles, SVG, declarations and CDATA marks.

    TYPO3's search markers and JSON-LD stay. An unclosed comment or script ends where an article begins, or with the page.
    """
    parts: list[str] = []
    position = 0
    ends = _Ends(text)
    while token := _CUT.search(text, position):
        start = token.start()
        parts.append(text[position:start])
        kind = token[0][1:].lower()
        if kind == "svg":  # drawings have no text, and often thousands of unclosed elements
            close = ends.after("svg", start)
            position = close[1] if close else text.find(">", start) + 1 or len(text)
        elif kind in ("script", "style"):
            opened = text.find(">", start) + 1 or len(text)
            close = ends.after(kind, opened)
            position = close[0] if close else _resumed(text, opened)
            if kind == "script" and _JSON.match(text, start):
                parts.append(f"{text[start:position]}</script>")
            if close:
                position = text.find(">", position) + 1 or len(text)
        elif text.startswith("<!--", start):
            close = ends.after("comment", start + 4)
            position = close[1] if close else _resumed(text, start + 4)
            if _MARK.match(text, start):
                parts.append(text[start:position])
        elif text.startswith("<![CDATA[", start):
            position = start + 9
        else:
            position = text.find(">", start) + 1 or len(text)
            if text[start : start + 9].lower() == "<!doctype" and "[" in text[start:position]:
                close = ends.after("doctype", start)
                position = close[1] if close else position
    parts.append(text[position:])
    return "".join(parts)


class _Ends:
    """Finds the ends of elements. An end that is missing once is not searched again, because each search would scan the rest."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.missing: set[str] = set()

    def after(self, kind: str, start: int) -> tuple[int, int] | None:
        end = None if kind in self.missing else _ENDS[kind].search(self.text, start)
        if end is None:
            self.missing.add(kind)
            return None
        return end.span()


def _resumed(text: str, start: int) -> int:
    resume = _RESUME.search(text, start)
    return resume.start() if resume else len(text)


def is_harmless(text: str) -> bool:
    """Return whether stripped markup is safe to parse: not deep, few open elements, no endless tags. Fast."""
    if may_have_long_part(text, "<", MAX_TAG_CHARACTERS) and _ENDLESS_TAG.search(text):
        return False
    names = _TAG.findall(text)
    signs = {}
    for name in set(names):
        plain = name.lower().removeprefix("/")
        if plain in _QUIRKS:
            return False
        pair = "" if plain in _FLAT else "[]" if plain in FORMATTING else "()"
        signs[name] = pair[1:] if name[0] == "/" else pair[:1]
    return _is_shallow("".join(map(signs.__getitem__, names))) and not _ends_in_quotes(text)


def _is_shallow(elements: str) -> bool:
    """Return whether the depth of a page is within the limits. `elements`: a bracket for each tag, square for formatting.

    Removing the innermost elements lowers a depth by one at most. So a page is shallow if little is left after some rounds.
    That settles nearly all pages in a third of the time that the exact depths take.
    """
    rest = elements
    for _ in range(_ROUNDS):
        rest = rest.replace("[]", "").replace("()", "")
    if len(rest) + _ROUNDS <= MAX_HARMLESS_FORMATTING_ELEMENTS and len(rest) + 2 * _ROUNDS <= MAX_HARMLESS_DEPTH:
        return True
    return (
        _span({"[": 1, "(": 1, "]": -1, ")": -1}, elements) <= MAX_HARMLESS_DEPTH
        and _span({"[": 1, "(": 0, "]": -1, ")": 0}, elements) <= MAX_HARMLESS_FORMATTING_ELEMENTS
    )


def may_have_long_part(text: str, separator: str, length: int) -> bool:
    """Return False if no part of a text between two separators has more characters than `length`. Fast.

    A longer part would fill one of the blocks of half that length, so a separator in each block rules it out.
    """
    block = length // 2
    starts = range(0, len(text) - block + 1, block)
    return any(text.find(separator, start, start + block) < 0 for start in starts)


def _ends_in_quotes(text: str) -> bool:
    """Return whether the last quotation mark of either kind opens an attribute's value, which then takes the rest of the page."""
    return any(text[: text.rfind(mark) + 1][-20:-1].rstrip().endswith("=") for mark in "\"'")


def _span(steps: dict[str, int], elements: str) -> int:
    heights = list(accumulate(map(steps.__getitem__, elements), initial=0))
    return max(heights) - min(heights)


# -- Limit the number of elements of a page: each takes two kilobytes of memory in a tree ---------------------------
MAX_TAGS = 40_000  # start and end tags; only very long lists have more, and they lose no word
MAX_REST_CHARACTERS = 500_000  # of the text after the limit

_TOKEN = re.compile(r"<(?P<raw>script|style)\b.*?(?:</(?P=raw)[^>]*>|\Z)|<!--.*?(?:-->|\Z)|<[a-z/!?][^<>]*>", re.I | re.DOTALL)


def limit_elements(markup: str) -> str:
    """Return the page unchanged up to the limit, and after it only the text. Runs in linear time.

    >>> limit_elements("<p>a</p>" * 30_000 + "<script>x</script>").count("<")
    40000
    """
    if len(markup) <= MAX_TAGS or markup.count("<") <= MAX_TAGS:
        return markup
    for number, token in enumerate(_TOKEN.finditer(markup)):
        if number == MAX_TAGS:
            return markup[: token.start()] + _TOKEN.sub(" ", markup[token.start() :])[:MAX_REST_CHARACTERS]
    return markup
