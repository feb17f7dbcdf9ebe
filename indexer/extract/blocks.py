"""A page's tree cut into blocks: what a reader sees, in its order, each piece with the boxes it stands in.

    block   a run of text between two ends of block elements: a paragraph, a heading, an item of a list, a cell, a caption
    box     a block element; boxes stand in one another, `Box.parent` is the number of the one around

Nothing is thrown away here but what no reader sees. `Block.noise` says what an element around it is by its own account.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from indexer.extract.class_names import LABELS, LISTS, OTHERS, label, name_noise
from indexer.html import BLOCKS, UNSEEN, Element, hides

_UNNAMED: Final = frozenset(("html", "body", "main", "h1", "h2", "h3", "h4", "h5", "h6"))  # their names are slugs and themes
_NONE: Final[Mapping[str, str]] = {}
CELLS: Final = frozenset(("td", "th"))
MAX_BLOCKS: Final = 50_000
MAX_CAPTION: Final = 400  # letters in a box that is named after a picture
MAX_LABEL: Final = 600  # letters in a box that is named after what is said of an article
MAX_INLINE: Final = 220  # letters of a block that an inline element's name speaks against
MIN_NAMED: Final = 100  # letters of a box that counts among those of its name
ENOUGH_BESIDE: Final = 1_200  # letters beside a box that are an article of their own
_ENCLOSING: Final = frozenset(
    ("header", "footer", "aside", "role banner", "role contentinfo", "role complementary", "role tablist")
)
_OUTSIDE: Final = {"nav": "nav", "aside": "aside", "dialog": "dialog", "menu": "menu", "footer": "footer", "header": "header"}
_CONTROLS: Final = frozenset(("button", "input", "textarea", "label", "fieldset", "legend"))
_ROLES = re.compile(
    r"^(?:navigation|banner|contentinfo|complementary|search|dialog|alertdialog|menu|menubar|toolbar|tablist)$", re.I
)


@dataclass(slots=True)
class Box:
    """A block element. `letters` counts the text in it that is no link; `noise` is why a reader of the article skips it."""

    element: Element
    tag: str
    parent: int
    depth: int
    noise: str = ""
    certain: bool = False  # the element's own name says so, not somebody's class
    letters: int = 0
    links: int = 0


@dataclass(slots=True)
class Block:
    """A run of text. `links` and `odd`: how many of its letters stand in links, and in inline elements with a noisy name."""

    text: str
    box: int
    links: int = 0
    odd: int = 0
    marked: bool = False  # between TYPO3's marks
    noise: str = ""


@dataclass(slots=True)
class PageBlocks:
    boxes: list[Box] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    marked: bool = False  # there are marks with text between them


def read_blocks(root: Element, wanted: Collection[Element] = ()) -> PageBlocks:
    """The blocks of a tree in document order, each with the reason, if any, why it is not the article's.

    `wanted` elements have a box of their own even when they are inline.
    """
    page = _Walk(wanted).walk(root)
    _weigh(page)
    return page


def read_within(element: Element, share: float) -> PageBlocks:
    """The blocks of one element alone, in its box and those around it. `share`: of its page's letters that it holds, about."""
    page = _Walk(()).within(element)
    _weigh(page, share)
    return page


def read_unhidden(root: Element) -> PageBlocks:
    """The blocks of a tree, those with them that its page hides or keeps for readers without scripts."""
    page = _Walk((), unhidden=True).walk(root)
    _weigh(page)
    return page


class _Walk:
    def __init__(self, wanted: Collection[Element], *, unhidden: bool = False) -> None:
        self.wanted = wanted
        self.unhidden = unhidden
        self.page = PageBlocks()
        self.pieces: list[str] = []
        self.box = -1
        self.link = self.odd = 0  # how many links and noisy inline elements are open
        self.in_link = self.in_odd = 0  # letters of the current block in them
        self.preformatted = 0
        self.marked = False
        self.inside = 0  # article and main elements open

    def walk(self, root: Element) -> PageBlocks:
        return self._all([root])

    def within(self, element: Element) -> PageBlocks:
        for box in (*reversed(list(element.iterancestors())), element):
            self._open(box, str(box.tag), box.attrib)
        return self._all([*reversed(element), element.text or ""])

    def _all(self, stack: list[Element | str | tuple[str, int]]) -> PageBlocks:
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                self._text(item)
            elif isinstance(item, tuple):
                self._leave(*item)
            else:
                self._enter(item, stack)
        self._flush()
        return self.page

    def _text(self, text: str) -> None:
        if self.preformatted and "\n" in text:
            text = text.replace("\n", "\x01")
        self.pieces.append(text)
        if self.link:
            self.in_link += letters(text)
        if self.odd:
            self.in_odd += letters(text)

    def _enter(self, element: Element, stack: list[Element | str | tuple[str, int]]) -> None:
        tag = element.tag
        if (tail := element.tail) and self.page.boxes:
            stack.append(tail)
        if not isinstance(tag, str):
            self._comment(element)
            return
        if tag in UNSEEN and not (self.unhidden and tag == "noscript"):
            return
        if tag == "br":
            if self.pieces and self.pieces[-1] == "\x01":
                self._flush()
            self.pieces.append("\x01")
            return
        attributes: Mapping[str, str] = element.attrib if element.keys() else _NONE
        if attributes and not self.unhidden and tag not in ("html", "body") and hides(attributes):
            return
        if tag in BLOCKS or tag == "hr" or (self.wanted and element in self.wanted):
            self._flush()
            stack.append((tag, self.box))
            self._open(element, tag, attributes)
        elif tag == "a":
            self.link += 1
            stack.append((tag, 0))
        elif attributes and (names := label(attributes)) and name_noise(names):
            self.odd += 1
            stack.append(("odd", 0))
        if tag == "pre":
            self.preformatted += 1
        stack.extend(reversed(element))
        if element.text:
            self._text(element.text)

    def _open(self, element: Element, tag: str, attributes: Mapping[str, str]) -> None:
        noise, certain = "", False
        if tag in ("article", "main"):
            self.inside += 1
        elif tag in _OUTSIDE:
            # A header within the article holds its title and lead
            noise, certain = ("", False) if tag == "header" and self.inside else (_OUTSIDE[tag], True)
        elif tag in ("figcaption", "figure"):
            noise = "caption"
        elif tag == "form":
            noise = "form"
        if attributes and not noise and tag not in _UNNAMED:
            role = attributes.get("role")
            if role and _ROLES.match(role):
                noise, certain = f"role {role}", True
            elif (names := label(attributes)) and (tag != "article" or self.inside > 1):
                noise = "" if attributes.get("itemprop", "").lower() == "articlebody" else name_noise(names)
        boxes = self.page.boxes
        boxes.append(Box(element, tag, self.box, boxes[self.box].depth + 1 if self.box >= 0 else 0, noise, certain))
        self.box = len(boxes) - 1

    def _leave(self, tag: str, box: int) -> None:
        if tag == "a":
            self.link -= 1
        elif tag == "odd":
            self.odd -= 1
        else:
            self._flush()
            self.box = box
            if tag == "pre":
                self.preformatted -= 1
            elif tag in ("article", "main"):
                self.inside -= 1

    def _comment(self, element: Element) -> None:
        text = element.text
        if text and "TYPO3SEARCH_" in text:
            self._flush()
            self.marked = "TYPO3SEARCH_begin" in text

    def _flush(self) -> None:
        if self.pieces:
            text = "".join(self.pieces)
            self.pieces.clear()
            text = (
                "\n".join(" ".join(line.split()) for line in text.split("\x01")).strip()
                if "\x01" in text
                else " ".join(text.split())
            )
            if text and len(self.page.blocks) < MAX_BLOCKS:
                self.page.blocks.append(Block(text, max(self.box, 0), self.in_link, self.in_odd, self.marked))
                self.page.marked |= self.marked
        self.in_link = self.in_odd = 0


def _weigh(page: PageBlocks, share: float = 1.0) -> None:
    """Letters of each box; then each block's noise. A name that takes half of the page's text is believed by nobody. `share`: of
    the page's letters that are in these blocks."""
    boxes = page.boxes
    for block in page.blocks:
        size = letters(block.text)
        boxes[block.box].letters += max(size - block.links, 0)
        boxes[block.box].links += min(block.links, size)
    for box in reversed(boxes):
        if box.parent >= 0:
            boxes[box.parent].letters += box.letters
            boxes[box.parent].links += box.links
    total = boxes[0].letters / share if boxes else 0
    spread = _spread(boxes, 0.4 * total)
    least = min(0.4 * total, MAX_CAPTION)
    for box in boxes:
        if box.noise and (box.letters > least or box.noise in spread) and _is_misnamed(box, total, spread):
            box.noise, box.certain = "", False
        if box.parent >= 0 and boxes[box.parent].noise:
            box.noise = boxes[box.parent].noise
    for block in page.blocks:
        is_odd = 0 < block.odd <= MAX_INLINE and block.odd > 0.8 * letters(block.text)
        block.noise = boxes[block.box].noise or ("name" if is_odd else "")


def _spread(boxes: list[Box], most: float) -> set[str]:
    """The names that, on many boxes of paragraphs together, would take more letters than `most`."""
    found: dict[str, int] = {}
    for box in boxes:
        if box.letters < MIN_NAMED or not box.noise or box.certain:
            continue
        if box.parent < 0 or boxes[box.parent].noise != box.noise:
            found[box.noise] = found.get(box.noise, 0) + box.letters
    return {name for name, size in found.items() if size > most and not OTHERS.match(name) and not LISTS.match(name)}


def _is_misnamed(box: Box, total: float, spread: Set[str]) -> bool:
    """Whether a box that calls itself something else holds what the page is read for."""
    rest = total - box.letters
    if box.certain:
        return box.noise in _ENCLOSING and box.letters > 0.6 * total and rest < ENOUGH_BESIDE
    if box.noise == "picture":
        return box.letters > min(0.4 * total, MAX_CAPTION)
    if box.letters > 0.4 * total:
        return rest < ENOUGH_BESIDE or not OTHERS.match(box.noise)
    return box.noise in spread or (box.letters > MAX_LABEL and bool(LABELS.match(box.noise)))


def letters(text: str) -> int:
    return len(text) - text.count(" ") - text.count("\n")


_SIMPLE = re.compile(r"-?[A-Za-z_](?!.*\d{3})[\w-]*$")  # a number is that of one page, not of the template


def place(page: PageBlocks, number: int, most: int) -> str:
    """Where a box stands, as a CSS selector: its own and the nearest boxes around it, up to one with an id.

    >>> from indexer.html import read
    >>> page = read_blocks(read("<div id=a><ul class='b c'><li>word</li></ul></div>"))
    >>> place(page, page.blocks[0].box, 4)
    'div#a > ul.b.c > li'
    """
    steps: list[str] = []
    while number >= 0 and len(steps) < most:
        box = page.boxes[number]
        attributes = box.element.attrib
        step, is_unique = (box.tag, False)
        if attributes:
            step, is_unique = _step(box.tag, attributes.get("class") or "", attributes.get("id") or "")
        steps.append(step)
        if is_unique:
            break
        number = box.parent
    return " > ".join(reversed(steps))


@lru_cache(maxsize=8_192)
def _step(tag: str, names: str, identity: str) -> tuple[str, bool]:
    if _SIMPLE.match(identity):
        return f"{tag}#{identity}", True
    return tag + "".join(f".{name}" for name in names[:400].split()[:3] if _SIMPLE.match(name)), False
