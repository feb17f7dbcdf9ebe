"""Parse markup into a BeautifulSoup tree, and return the visible text of a tree."""

from __future__ import annotations

import re
import unicodedata
import warnings

import bs4
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from indexer.html.lxml_tree import UNSEEN, hides
from indexer.html.sanitize import BLOCKS, limit_elements, sanitize

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
