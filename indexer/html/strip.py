"""Cut scripts, styles, comments and declarations out of markup, and decide whether the rest is harmless."""

from __future__ import annotations

import re
from itertools import accumulate

FORMATTING = frozenset(
    "a abbr b big cite code em font i mark nobr q s small span strike strong sub sup tt u".split(),
)
VOID = frozenset("area base br col embed frame hr img input link meta param source track wbr".split())
IMPLIED_END = frozenset("p li td th tr dt dd option".split())  # a second one ends the first
MAX_TAG_CHARACTERS = 20_000  # between two "<" in harmless markup
HARMLESS_DEPTH = 100
HARMLESS_FORMATTING = 30

_CUT = re.compile(r"<(?:!|\?|script\b|style\b|svg\b)", re.I)
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


def strip_invisible(text: str) -> str:
    """Return the markup without comments, scripts, styles, SVG, declarations and CDATA marks.

    TYPO3's search markers and JSON-LD stay. An unclosed comment or script ends where an article begins, or with the page.
    """
    parts: list[str] = []
    position = 0
    ends = _Ends(text)
    while found := _CUT.search(text, position):
        start = found.start()
        parts.append(text[position:start])
        kind = found[0][1:].lower()
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
        found = None if kind in self.missing else _ENDS[kind].search(self.text, start)
        if found is None:
            self.missing.add(kind)
            return None
        return found.span()


def _resumed(text: str, start: int) -> int:
    resume = _RESUME.search(text, start)
    return resume.start() if resume else len(text)


def is_harmless(text: str) -> bool:
    """Report whether stripped markup is safe to parse: not deep, few open elements, no endless tags. Fast."""
    if len(text) > MAX_TAG_CHARACTERS and max(map(len, text.split("<"))) > MAX_TAG_CHARACTERS and _ENDLESS_TAG.search(text):
        return False
    names = _TAG.findall(text)
    steps, formats = {}, {}
    for name in set(names):
        plain = name.lower().removeprefix("/")
        if plain in _QUIRKS:
            return False
        steps[name] = 0 if plain in _FLAT else -1 if name[0] == "/" else 1
        formats[name] = steps[name] if plain in FORMATTING else 0
    return (
        _span(map(steps.__getitem__, names)) <= HARMLESS_DEPTH
        and _span(map(formats.__getitem__, names)) <= HARMLESS_FORMATTING
        and not _ends_in_quotes(text)
    )


def _ends_in_quotes(text: str) -> bool:
    """Report whether the last quotation mark of either kind opens an attribute's value, which then takes the rest of the page."""
    return any(text[: text.rfind(mark) + 1][-20:-1].rstrip().endswith("=") for mark in "\"'")


def _span(steps: map[int]) -> int:
    heights = list(accumulate(steps, initial=0))
    return max(heights) - min(heights)
