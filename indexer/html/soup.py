"""Parse markup into a BeautifulSoup tree, and return the visible text of a tree."""

from __future__ import annotations

import re
import warnings

import bs4
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from indexer.html.element_limits import limit_elements
from indexer.html.lxml_tree import UNSEEN, hides
from indexer.html.sanitize import BLOCKS, sanitize
from indexer.html.text_normalization import clean_text

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
    """Report whether the page hides this element from its readers."""
    attributes = {name: " ".join(value) if isinstance(value, list) else str(value) for name, value in tag.attrs.items()}
    return hides(attributes)
