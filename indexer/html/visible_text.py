"""Parse markup into a tree, and return the visible text of a tree, without hidden elements.

`read` returns a whole page as an lxml tree: a crawl needs many, and BeautifulSoup takes twenty times as long. `parse` returns a
BeautifulSoup tree, for smaller markup such as that of feeds.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, MutableMapping, Set
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol, cast

import bs4
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from lxml import etree  # type: ignore[import-untyped]  # lxml has no types, and only this package uses it
from lxml import html as lxml_html

from indexer.html.sanitize import BLOCKS, limit_elements, sanitize

_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b", re.I)
# Text that is clipped away, moved off the screen or shrunk to a pixel is there for screen readers only.
_CLIPPING = re.compile(
    r"clip(?:-path)?\s*:\s*(?:rect\(\s*[01](?:px|r?em)?(?:[\s,]+[01](?:px|r?em)?){3}\s*\)|inset\(\s*(?:50|100)%|circle\(\s*0)"
    r"|(?:^|[;\s])(?:left|right|top|text-indent)\s*:\s*-\d{3,}(?:\.\d+)?(?:px|r?em|vw)",
    re.I,
)
_ONE_PIXEL = re.compile(
    r"(?:^|[;\s])(?:width\s*:\s*[01]px[^-]*\bheight\s*:\s*[01]px|height\s*:\s*[01]px[^-]*\bwidth\s*:\s*[01]px)", re.I
)
_CLIP = re.compile(r"clip(?:-path)?: ?(?:rect|inset)\(")
MAX_CLIPPED_RULES = 100  # of a page's style sheets
MAX_RULE_CHARACTERS = 500  # in the selectors or in the declarations of a rule
_ONE_CLASS = re.compile(r"[a-z]*\.([\w-]+)(?:(?::not\(:[a-z-]+\))*)")
_SCREEN_READER_CLASS = re.compile(
    r"(?:^|[\s_-])(?<!not-)(?:sr-only|visually-?hidden|hidden-?visually|visualhidden|screen-?reader(?:-?(?:text|only|response))?"
    r"|show-for-sr|element-invisible|assistive-text|a11y-(?:hidden|text|only)|off-?screen|accessib(?:ly|ility)-hidden|clip-text"
    r"|(?:is-)?vis(?:ually)?-?hidden|aural(?:-?only)?|for-screen-?readers?|wai-hidden)"
    r"(?:$|[\s_-](?!reveal))"
    r"|(?:^|\s)material-(?:icons|symbols)",  # the name of an icon, which the font replaces by its picture
    re.I,
)


# Readers do not see the text of these elements. The text of rt and rp would split the words that they annotate.
UNSEEN = frozenset(
    (
        "script style template noscript noembed noframes head title svg iframe frameset object canvas audio video datalist select"
        " rt rtc rp"
    ).split()
)
_IN_HEAD = frozenset("base basefont bgsound link meta noframes noscript script style template title".split())
_NUMBER = "data-number-of-element"
# lxml.html's own parser calls Python for the class of each element, which takes half the time of a walk over a tree.
_PARSER = etree.HTMLParser()
_PARSER.set_element_class_lookup(
    etree.ElementDefaultClassLookup(lxml_html.HtmlElement, lxml_html.HtmlComment, lxml_html.HtmlProcessingInstruction)
)
REACT_SEGMENT = "S:"  # begins the id of a part that React sends hidden and a script moves to its place at once
MIN_RUN_CHARACTERS = 60  # of a piece of text that counts as running text
_ITEM_TYPES = etree.XPath("//@itemtype", smart_strings=False)
_RUNS = etree.XPath(f"descendant::text()[string-length() > {MIN_RUN_CHARACTERS} and not(parent::script)]", smart_strings=False)


class Element(Protocol):
    """The part of lxml used for pages. `tag` is not a string for comments; `tail` is the text after the element."""

    tag: object
    text: str | None
    tail: str | None
    attrib: MutableMapping[str, str]

    def get(self, name: str) -> str | None: ...
    def set(self, name: str, value: str) -> None: ...
    def keys(self) -> list[str]: ...
    def items(self) -> list[tuple[str, str]]: ...
    def getparent(self) -> Element | None: ...
    def iter(self, *tags: str) -> Iterator[Element]: ...
    def iterancestors(self, *tags: str) -> Iterator[Element]: ...
    def drop_tree(self) -> None: ...
    def __iter__(self) -> Iterator[Element]: ...
    def __reversed__(self) -> Iterator[Element]: ...
    def __len__(self) -> int: ...


def read(text: str) -> Element:
    """Return the html element of a page, of bounded depth and size; an empty one if the page cannot be parsed. Never raises."""
    for markup in (_sanitized, _bare, _nothing):
        try:
            root = _with_body(lxml_html.document_fromstring(markup(text), parser=_PARSER))
        except (etree.LxmlError, ValueError, AssertionError):
            continue
        _mark_clipped(root, clipped_classes(text))
        return cast("Element", root)
    raise AssertionError("an empty page can be read")


def clipped_classes(text: str) -> frozenset[str]:
    """Return the classes that a page's own style sheets clip away, so that only screen readers have their text.

    >>> sorted(clipped_classes("<style>.a, p.b:not(:focus){clip:rect(0,0,0,0)} .c .d{clip:rect(0,0,0,0)} .e{clip:auto}</style>"))
    ['a', 'b']
    """
    classes: set[str] = set()
    for clip in islice(_CLIP.finditer(text), MAX_CLIPPED_RULES):
        start = text.rfind("{", max(0, clip.start() - MAX_RULE_CHARACTERS), clip.start())
        declarations = text[start + 1 : clip.end() + MAX_RULE_CHARACTERS].partition("}")[0]
        if start < 0 or len(declarations) < clip.end() - start - 1 or not _CLIPPING.search(declarations):
            continue
        selectors = re.split(r"[}>;]|\*/", text[max(0, start - MAX_RULE_CHARACTERS) : start])[-1]
        classes.update(match[1] for each in selectors.split(",") if (match := _ONE_CLASS.fullmatch(each.strip())))
    return frozenset(classes)


def _mark_clipped(root: Any, classes: frozenset[str]) -> None:
    """Give the elements of these classes a style of their own that clips them."""
    for element in root.iter() if classes else ():
        names = element.get("class") if isinstance(element.tag, str) else None
        if names and not classes.isdisjoint(names.split()):
            element.set("style", f"clip:rect(0,0,0,0);{element.get('style') or ''}")


def _with_body(root: Any) -> Any:
    """Move elements that do not belong into the head to the body.

    The HTML standard ends a head at the first such element. libxml2 implements HTML 4 and leaves `article`, `section` and others,
    with the whole text of the page, in the head.
    """
    head = root.find("head")
    children = () if head is None else head
    outside = next((each for each in children if isinstance(each.tag, str) and each.tag not in _IN_HEAD), None)
    if outside is None:
        return root
    body = root.find("body")
    if body is None:
        body = etree.SubElement(root, "body")
    moved = [outside, *outside.itersiblings()]
    for place, each in enumerate(moved):
        body.insert(place, each)
    moved[-1].tail, body.text = (moved[-1].tail or "") + (body.text or ""), None
    return root


def _sanitized(text: str) -> str:
    return sanitize(limit_elements(text))


def _bare(text: str) -> str:
    return re.sub(r"[^\w\s.,;:!?()-]", " ", re.sub(r"<[^<>]*>", " ", text))


def _nothing(text: str) -> str:
    return "<html><head></head><body></body></html>"


def hides(attributes: Mapping[str, str]) -> bool:
    """Return whether the page hides an element with these attributes from sight. `aria-hidden` does not hide anything."""
    return bool(attributes) and concealment(attributes) != ""


def concealment(attributes: Mapping[str, str]) -> str:
    """Return how an element is hidden from sight: "hidden", "screen readers only", or "" if it is visible."""
    if "hidden" in attributes and attributes["hidden"].strip().lower() != "until-found":
        return "" if attributes.get("id", "").startswith(REACT_SEGMENT) else "hidden"
    return concealment_of(attributes.get("style"), attributes.get("class"))


@lru_cache(maxsize=16_384)
def concealment_of(style: str | None, classes: str | None) -> str:
    """Return how a style and class names hide an element from sight, as `concealment` does."""
    if style and _HIDING.search(style):
        return "hidden"
    is_clipped = style and (_CLIPPING.search(style) or (_ONE_PIXEL.search(style) and "hidden" in style))
    return "screen readers only" if is_clipped or (classes and _SCREEN_READER_CLASS.search(classes)) else ""


def panels_of_headings(root: Element) -> frozenset[str]:
    """Return the ids of what the headings of a page open and close, as in the accordion pattern of WAI-ARIA."""
    inside = (each for heading in root.iter("h2", "h3", "h4", "h5", "h6") for each in heading.iter())
    return frozenset(panel for each in inside if isinstance(each.tag, str) and (panel := each.get("aria-controls")))


def is_panel(attributes: Mapping[str, str], panels: Set[str]) -> bool:
    """Return whether a hidden element is one that a person can open: the panel of a tab, or one of `panels`."""
    return attributes.get("role") == "tabpanel" or attributes.get("id") in panels


def prose(element: Element) -> int:
    """Return roughly how many characters of running text an element has: those of its longer pieces of text."""
    return sum(len(text) for text in map(str.strip, _RUNS(element)) if len(text) > MIN_RUN_CHARACTERS)


def item_types(tree: Element) -> list[str]:
    """Return the values of all attributes `itemtype` of a page (microdata)."""
    return cast("list[str]", _ITEM_TYPES(tree))


def line_of(element: Element, longest: int = 10_000) -> str:
    """Return the visible text of a small element as one line: a heading, a link, a name."""
    pieces: list[str] = []
    stack: list[Element | str] = [element]
    size = 0
    while stack and size < longest * 2:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            size += len(item)
            continue
        if item is not element and item.tail:
            stack.append(item.tail)
        tag = item.tag
        if not isinstance(tag, str) or (item is not element and (tag in UNSEEN or hides(item.attrib))):
            continue
        if tag == "br" or tag in BLOCKS:
            pieces.append(" ")
            stack.append(" ")
        stack.extend(reversed(item))
        if item.text:
            stack.append(item.text)
    return " ".join("".join(pieces).split())[:longest]


def select(root: Element, selector: str, limit: int = 1_000) -> list[Element]:
    """Return the elements that a CSS selector chooses, in document order; none if the selector is invalid.

    The selectors are in BeautifulSoup's dialect. The elements are numbered, and BeautifulSoup selects numbers.
    """
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    for number, element in enumerate(elements):
        element.set(_NUMBER, str(number))
    try:
        soup = bs4.BeautifulSoup(etree.tostring(root, encoding="unicode", method="html"), "lxml")
        chosen = [int(str(tag[_NUMBER])) for tag in soup.select(selector, limit=limit) if tag.has_attr(_NUMBER)]
    except Exception:  # soupsieve's SelectorSyntaxError: `config` and `preview --selector` have reported it
        chosen = []
    for element in elements:
        del element.attrib[_NUMBER]
    return [elements[number] for number in sorted(set(chosen))]


# -- BeautifulSoup trees, visible text ---------------------------------------------------------------------------------
_CELLS = frozenset(("td", "th", "button", "label"))
_BLOCK_END, _LINE_END = "\x02", "\x01"  # never part of a text: `sanitize` removes control characters


def parse(text: str) -> bs4.BeautifulSoup:
    """Return the tree of a page, of bounded depth and size; an empty tree if it cannot be parsed. Never raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bs4 warns of texts that look like a URL or like XML; both are valid here
        try:
            return bs4.BeautifulSoup(sanitize(limit_elements(text)), "lxml")
        except Exception:  # lxml may refuse unknown input, and a page must not stop a crawl
            return bs4.BeautifulSoup(re.sub(r"[^\w\s.,;:!?()-]", " ", re.sub(r"<[^<>]*>", " ", text)), "lxml")


def to_text(html: str) -> str:
    """Return the visible text of some HTML: blocks are separated by blank lines, <br> breaks the line, hidden text is left out.

    >>> to_text("<p>A wo<b>rd</b><br>and more</p><p hidden>no</p><p>end</p>")
    'A word\\nand more\\n\\nend'
    """
    if "<" not in html and "&" not in html:
        return _unwrap(html)
    return text_of(parse(html))


def _unwrap(text: str) -> str:
    """Return plain text as HTML renders it: line ends become spaces."""
    return clean_text(" ".join(text.split()))


def text_of(node: Tag) -> str:
    """Return the visible text of a part of a tree, like `to_text`. Walks without recursion."""
    pieces: list[str] = []
    stack: list[PageElement | str] = [node]
    preformatted = 0
    while stack:
        item = stack.pop()
        if isinstance(item, Tag):
            name = item.name
            if name == "br":
                pieces.append(_LINE_END)
                continue
            if item is not node and (name in UNSEEN or is_hidden(item)):
                continue
            mark = " " if name in _CELLS else _BLOCK_END if name in BLOCKS or name == "hr" else ""
            if mark:
                pieces.append(mark)
                stack.append(mark)
            if name == "pre":
                preformatted += 1
                stack.append("/pre")
            stack.extend(reversed(item.contents))
        elif isinstance(item, NavigableString):
            if not isinstance(item, PreformattedString):
                pieces.append(_LINE_END.join(item.splitlines()) if preformatted else re.sub(r"\s+", " ", item))
        elif item == "/pre":
            preformatted -= 1
        elif isinstance(item, str):
            pieces.append(item)
    # Splitting is linear; a regular expression would take quadratic time on 100,000 <br>.
    blocks = (_fold_lines(block) for block in "".join(pieces).split(_BLOCK_END))
    return clean_text("\n\n".join(block for block in blocks if block))


def _fold_lines(block: str) -> str:
    return "\n".join(line.strip() for line in block.split(_LINE_END)).strip()


def selector_problem(selector: str) -> str | None:
    """Return what is wrong with a CSS selector; None if it is valid."""
    try:
        bs4.BeautifulSoup("<p>", "lxml").select(selector, limit=1)
    except Exception as error:  # soupsieve's SelectorSyntaxError, or NotImplementedError for unknown pseudo-classes
        return str(error).split("\n")[0] or type(error).__name__
    return None


def is_hidden(tag: Tag) -> bool:
    """Return whether the page hides this element from its readers."""
    attributes = {name: " ".join(value) if isinstance(value, list) else str(value) for name, value in tag.attrs.items()}
    return hides(attributes)


# -- Normalise one string for a `Document`: no control characters, no lone surrogates, no invisible characters ----
# Soft hyphen, zero-width space, word joiner, direction marks, byte-order mark, tags: they split words that look whole.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
# Joiners shape Persian, Indic scripts and emoji; next to ASCII letters they have no effect.
_IDLE_JOINER = re.compile("[\u200c\u200d](?![^\x00-\x7f])|(?<![^\x00-\x7f])[\u200c\u200d]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Python sorts combining marks by insertion: 100,000 of them on one letter would take minutes.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe20-\ufe2f"
)
_MARK_PILE = re.compile(f"([{_MARKS}]{{8}})[{_MARKS}]+")
_LINE_ENDINGS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean_text(text: str) -> str:
    """Return the text in NFC, with single spaces within lines, and at most one blank line in a row.

    >>> clean_text("  re\\u00adsettle\\u200bment \\x07 of  2020 ")
    'resettlement of 2020'
    """
    if not text.replace("\n", "").isprintable():  # nearly all texts are printable and skip these steps, five times faster
        text = _SURROGATE.sub("\ufffd", _LINE_ENDINGS.sub("\n", text))
        text = _SPACES.sub(" ", _IDLE_JOINER.sub("", _INVISIBLE.sub("", text)))
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", _MARK_PILE.sub(r"\1", text))
    if "  " in text:
        text = _SPACES.sub(" ", text)
    if " \n" in text or "\n " in text:
        text = _LINES.sub("\n", text)
    return (_BLANK_LINES.sub("\n\n", text) if "\n\n\n" in text else text).strip()
