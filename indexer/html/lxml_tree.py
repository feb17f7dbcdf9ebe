"""A whole page as an lxml tree: what a crawl needs in bulk, at a twentieth of BeautifulSoup's price."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Protocol, cast

import bs4
from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from indexer.html.element_limits import limit_elements
from indexer.html.sanitize import BLOCKS, sanitize

_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b", re.I)


# Nothing in these is read by a reader of the page (rt and rp would split the words that they annotate).
UNSEEN = frozenset(
    (
        "script style template noscript noembed noframes head title svg iframe frameset object canvas audio video datalist select"
        " rt rp"
    ).split()
)
_IN_HEAD = frozenset("base basefont bgsound link meta noframes noscript script style template title".split())
_NUMBER = "data-number-of-element"
# lxml.html's own parser asks Python for each element's class, which is half the price of a walk over a tree.
_PARSER = etree.HTMLParser()
_PARSER.set_element_class_lookup(
    etree.ElementDefaultClassLookup(lxml_html.HtmlElement, lxml_html.HtmlComment, lxml_html.HtmlProcessingInstruction)
)
_RUNS = etree.XPath("descendant::text()[string-length() > 60 and not(parent::script)]", smart_strings=False)


class Element(Protocol):
    """As much of an lxml element as readers of pages need. `tag` is no string for comments; `tail` is the text behind it."""

    tag: object
    text: str | None
    tail: str | None
    attrib: MutableMapping[str, str]

    def get(self, name: str) -> str | None: ...
    def set(self, name: str, value: str) -> None: ...
    def keys(self) -> list[str]: ...
    def getparent(self) -> Element | None: ...
    def iter(self, *tags: str) -> Iterator[Element]: ...
    def iterancestors(self, *tags: str) -> Iterator[Element]: ...
    def drop_tree(self) -> None: ...
    def __iter__(self) -> Iterator[Element]: ...
    def __reversed__(self) -> Iterator[Element]: ...
    def __len__(self) -> int: ...


def read(text: str) -> Element:
    """The tree of a page: the html element, of bounded depth and size. Never raises; what cannot be read gives an empty one."""
    for markup in (_tamed, _bare, _nothing):
        try:
            return cast("Element", _with_body(lxml_html.document_fromstring(markup(text), parser=_PARSER)))
        except (etree.LxmlError, ValueError, AssertionError):
            continue
    raise AssertionError("an empty page can be read")


def _with_body(root: Any) -> Any:
    """The HTML standard's tree builder ends a head at the first element that has no place in one; libxml2 (which knows HTML 4)
    leaves article, section and their like in it, and with them the page's whole text."""
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


def _tamed(text: str) -> str:
    return sanitize(limit_elements(text))


def _bare(text: str) -> str:
    return re.sub(r"[^\w\s.,;:!?()-]", " ", re.sub(r"<[^<>]*>", " ", text))


def _nothing(text: str) -> str:
    return "<html><head></head><body></body></html>"


def hides(attributes: Mapping[str, str]) -> bool:
    """Whether the page itself hides an element with these attributes from its readers."""
    if not attributes:
        return False
    names = attributes.keys()
    if "hidden" in names or ("aria-hidden" in names and attributes["aria-hidden"].strip().lower() == "true"):
        return True
    return "style" in names and bool(_HIDING.search(attributes["style"]))


def prose(element: Element) -> int:
    """About how many characters of running text are in an element: those of its longer pieces of text."""
    return sum(len(text) for text in map(str.strip, _RUNS(element)) if len(text) > 60)


def line_of(element: Element, longest: int = 10_000) -> str:
    """The visible text of a small element as one line: a heading, a link, a name. An image stands for its `alt`."""
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
    """The elements that a CSS selector chooses, in document order; none for a selector that cannot be read.

    BeautifulSoup's dialect, because operators have written theirs in it: elements are numbered, and the numbers looked up.
    """
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    for number, element in enumerate(elements):
        element.set(_NUMBER, str(number))
    try:
        soup = bs4.BeautifulSoup(etree.tostring(root, encoding="unicode", method="html"), "lxml")
        chosen = [int(str(tag[_NUMBER])) for tag in soup.select(selector, limit=limit) if tag.has_attr(_NUMBER)]
    except Exception:  # soupsieve's SelectorSyntaxError: `config` refuses such, `preview --selector` says so
        chosen = []
    for element in elements:
        del element.attrib[_NUMBER]
    return [elements[number] for number in sorted(set(chosen))]
