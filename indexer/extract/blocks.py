"""Split a page's tree into blocks: the text that a reader sees, in document order, each with the boxes that contain it.

    block   a run of text between two ends of block elements: a paragraph, a heading, a list item, a cell, a caption
    box     a block element; boxes are nested, and `Box.parent` is the number of the enclosing box

Only text that readers never see is dropped here. `Block.excluded_as` is the reason, if any, why a block is not the article's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

from indexer.extract.class_names import COMMENTS, LABELS, LISTS, exclusion_of, is_content_name, is_slug
from indexer.html import BLOCKS, UNSEEN, Element, concealment, concealment_of, is_panel, panels_of_headings

_UNNAMED: Final = frozenset(("html", "body", "main", "h1", "h2", "h3", "h4", "h5", "h6"))  # their classes name slugs, themes
_NO_ATTRIBUTES: Final[Mapping[str, str]] = {}
CELLS: Final = frozenset(("td", "th"))
MAX_BLOCKS: Final = 50_000
MAX_CAPTION_LETTERS: Final = 400  # in a box that is named after a picture
MAX_LABEL_LETTERS: Final = 600  # in a box whose name says that it describes the article
MAX_INLINE_LETTERS: Final = 220  # in a block that the name of an inline element can exclude
MIN_NAMED_LETTERS: Final = 100  # in a box that counts among the boxes of its name
MIN_OTHER_ARTICLE_LETTERS: Final = 1_200  # outside a box that may be an article of their own
MAX_EXCLUDED_SHARE: Final = 0.4  # of a page's letters: a name that would exclude more is wrong
MIN_ENCLOSING_SHARE: Final = 0.6  # of a page's letters: a header, footer or aside that holds more encloses the article
MIN_EXCLUDED_SHARE: Final = 0.8  # of a block's letters in inline elements with an excluding name
_ENCLOSING: Final = frozenset(("nav", "header", "footer", "aside", "role banner", "role contentinfo", "role complementary"))
_OUTSIDE: Final = {"nav": "nav", "aside": "aside", "dialog": "dialog", "menu": "menu", "footer": "footer", "header": "header"}
_SPECIAL: Final = frozenset(("article", "main", "figcaption", "figure", "form", *_OUTSIDE))
_UNSEEN_TEXT: Final = {
    "rt": "ruby annotation",
    "noscript": "for readers without JavaScript",
    "template": "template element",
    "select": "form control",
}
_CONTROLS: Final = frozenset(("button", "input", "textarea", "label", "fieldset", "legend"))
_ROLES = re.compile(
    r"^(?:navigation|banner|contentinfo|complementary|search|dialog|alertdialog|menu|menubar|toolbar|tablist)$", re.I
)


@dataclass(slots=True)
class Box:
    """A block element. `letters` counts the text in it outside links. `excluded_as` is the reason why it is not the article's."""

    element: Element
    tag: str
    parent: int
    depth: int
    excluded_as: str = ""
    certain: bool = False  # the reason is the element or its role, not a class or id
    letters: int = 0
    links: int = 0
    last: int = 0  # the number of the last box in it: boxes are numbered in document order


@dataclass(slots=True)
class Block:
    """A run of text. `links` counts its letters in links, `inline_excluded` those in inline elements with an excluding name."""

    text: str
    box: int
    links: int = 0
    inline_excluded: int = 0
    marked: bool = False  # between TYPO3's search markers
    excluded_as: str = ""
    size: int = 0  # of `letters`


class Unseen(NamedTuple):
    """An element whose text readers do not see, the reason, and the box around it."""

    element: Element
    reason: str
    box: int


@dataclass(slots=True)
class PageBlocks:
    """The boxes and blocks of a page, in document order."""

    boxes: list[Box] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    marked: bool = False  # there is text between TYPO3's search markers
    kind: str = ""  # of `page_kind`


def is_shadow_root(element: Element) -> bool:
    """Return whether a template element is a declarative shadow root (HTML standard, 4.12.3), which browsers show."""
    return element.tag == "template" and (element.get("shadowrootmode") or "").lower() in ("open", "closed")


def read_blocks(root: Element, box_elements: Collection[Element] = (), *, kind: str = "") -> PageBlocks:
    """Return the blocks of a tree in document order. `box_elements` get a box of their own even if they are inline."""
    page = _BlockWalk(box_elements, kind=kind).walk(root)
    _weigh(page)
    return page


def read_within(element: Element, share: float) -> PageBlocks:
    """Return the blocks of one element, in its box and the enclosing ones. `share`: about its share of all letters."""
    page = _BlockWalk(()).within(element)
    _weigh(page, share)
    return page


def read_unhidden(root: Element, *, kind: str = "") -> PageBlocks:
    """Return the blocks of a tree, including those that the page hides or shows only to readers without JavaScript."""
    page = _BlockWalk((), unhidden=True, kind=kind).walk(root)
    _weigh(page)
    return page


class _BlockWalk:
    def __init__(self, box_elements: Collection[Element], *, unhidden: bool = False, kind: str = "") -> None:
        self.box_elements = box_elements
        self.unhidden = unhidden
        self.page = PageBlocks(kind=kind)
        self.pieces: list[str] = []
        self.box = -1
        self.link = self.excluding = 0  # open links, and open inline elements with an excluding name
        self.in_link = self.in_excluding = 0  # letters of the current block in them
        self.preformatted = 0
        self.marked = False
        self.inside = 0  # open article and main elements
        self.panels: frozenset[str] = frozenset()

    def walk(self, root: Element) -> PageBlocks:
        self.panels = panels_of_headings(root)
        return self._all([root])

    def within(self, element: Element) -> PageBlocks:
        for box in (*reversed(list(element.iterancestors())), element):
            self._open(box, str(box.tag), box.attrib)
        return self._all([*reversed(element), element.text or ""])

    def _all(self, stack: list[Element | str | tuple[str, int]]) -> PageBlocks:
        while stack:
            item = stack.pop()
            if type(item) is str:  # twice as fast as `isinstance`, and most items are texts
                self._text(item)
            elif type(item) is tuple:
                self._leave(*item)
            else:
                self._enter(cast("Element", item), stack)
        self._flush()
        for number, box in enumerate(self.page.boxes):  # close the boxes around the one that was read
            box.last = box.last or max(number, len(self.page.boxes) - 1 if number <= self.box else number)
        return self.page

    def _text(self, text: str) -> None:
        if self.preformatted and "\n" in text:
            text = text.replace("\n", "\x01")
        self.pieces.append(text)
        if self.link or self.excluding:
            size = letters(text)
            self.in_link += size if self.link else 0
            self.in_excluding += size if self.excluding else 0

    def _enter(self, element: Element, stack: list[Element | str | tuple[str, int]]) -> None:
        tag = element.tag
        if (tail := element.tail) and self.page.boxes:
            stack.append(tail)
        if type(tag) is not str:
            self._comment(element)
            return
        if tag in UNSEEN and not (self.unhidden and tag == "noscript") and not is_shadow_root(element):
            if tag in _UNSEEN_TEXT:
                self.page.unseen.append(Unseen(element, _UNSEEN_TEXT[tag], self.box))
            return
        if tag == "br":
            if self.pieces and self.pieces[-1] == "\x01":
                self._flush()
            self.pieces.append("\x01")
            return
        attributes: Mapping[str, str] = dict(items) if (items := element.items()) else _NO_ATTRIBUTES  # faster than `attrib`
        classes = attributes.get("class")
        if attributes and not self.unhidden and tag not in ("html", "body"):
            # Faster than `concealment` alone: a cache answers for most elements.
            style = attributes.get("style")
            reason = ""
            if "hidden" in attributes:
                reason = concealment(attributes)
            elif style or classes:
                reason = concealment_of(style, classes)
            if reason and not is_panel(attributes, self.panels):
                self.page.unseen.append(Unseen(element, reason, self.box))
                return
        if tag in BLOCKS or tag == "hr" or (self.box_elements and element in self.box_elements):
            self._flush()
            stack.append((tag, self.box))
            self._open(element, tag, attributes)
        elif tag == "a":
            # A heading's link to itself is no link.
            if attributes.get("href", "")[:1] != "#" or self.page.boxes[self.box].tag not in HEADINGS:
                self.link += 1
                stack.append((tag, 0))
        elif (classes or "id" in attributes) and exclusion_of(classes, attributes.get("id")):
            self.excluding += 1
            stack.append(("excluding", 0))
        if tag == "pre":
            self.preformatted += 1
        stack.extend(reversed(element))
        if element.text:
            self._text(element.text)

    def _open(self, element: Element, tag: str, attributes: Mapping[str, str]) -> None:
        reason, certain = "", False
        if tag in _SPECIAL:
            if tag in ("article", "main"):
                self.inside += 1
            elif tag in _OUTSIDE:
                # A header inside the article contains its title and lead.
                reason, certain = ("", False) if tag == "header" and self.inside else (_OUTSIDE[tag], True)
            else:
                # A figure may be a table or a listing.
                is_caption = tag != "figure" or next(element.iter("table", "pre"), None) is None
                reason = "form" if tag == "form" else "caption" if is_caption else ""
        if attributes and not reason and tag not in _UNNAMED:
            role = attributes.get("role")
            if role and _ROLES.match(role):
                reason, certain = f"role {role}", True
            elif ("class" in attributes or "id" in attributes) and (tag != "article" or self.inside > 1):
                reason = exclusion_of(attributes.get("class"), attributes.get("id"))
                if reason and (is_content_name(reason, attributes, self.page.kind) or is_slug(element, attributes)):
                    reason = ""
        boxes = self.page.boxes
        boxes.append(Box(element, tag, self.box, boxes[self.box].depth + 1 if self.box >= 0 else 0, reason, certain))
        self.box = len(boxes) - 1

    def _leave(self, tag: str, box: int) -> None:
        if tag == "a":
            self.link -= 1
        elif tag == "excluding":
            self.excluding -= 1
        else:
            self._flush()
            self.page.boxes[self.box].last = len(self.page.boxes) - 1
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
                size = len(text) - text.count(" ") - text.count("\n")
                box = self.box if self.box > 0 else 0
                self.page.blocks.append(Block(text, box, self.in_link, self.in_excluding, self.marked, "", size))
                self.page.marked |= self.marked
        self.in_link = self.in_excluding = 0


def _weigh(page: PageBlocks, share: float = 1.0) -> None:
    """Count the letters of each box, then set each block's `excluded_as`. Ignore a name that would exclude much of the page.

    `share`: the share of the page's letters that these blocks contain.
    """
    boxes = page.boxes
    for block in page.blocks:
        box = boxes[block.box]
        box.letters += max(block.size - block.links, 0)
        box.links += min(block.links, block.size)
    for box in reversed(boxes):
        if box.parent >= 0:
            boxes[box.parent].letters += box.letters
            boxes[box.parent].links += box.links
    total = boxes[0].letters / share if boxes else 0
    spread = _spread(boxes, MAX_EXCLUDED_SHARE * total)
    least = min(MAX_EXCLUDED_SHARE * total, MAX_CAPTION_LETTERS)
    for box in boxes:
        if box.excluded_as and (box.letters > least or box.excluded_as in spread) and _is_misnamed(box, total, spread):
            box.excluded_as, box.certain = "", False
        if box.parent >= 0 and boxes[box.parent].excluded_as and box.tag != "main":  # whatever was not closed before it
            box.excluded_as = boxes[box.parent].excluded_as
    for block in page.blocks:
        is_named = 0 < block.inline_excluded <= MAX_INLINE_LETTERS and block.inline_excluded > MIN_EXCLUDED_SHARE * block.size
        block.excluded_as = boxes[block.box].excluded_as or ("name" if is_named else "")


def _spread(boxes: list[Box], most: float) -> set[str]:
    """Return the names that would exclude more than `most` letters in many boxes of paragraphs together."""
    sizes: dict[str, int] = {}
    for box in boxes:
        if box.letters < MIN_NAMED_LETTERS or not box.excluded_as or box.certain:
            continue
        if box.parent < 0 or boxes[box.parent].excluded_as != box.excluded_as:
            sizes[box.excluded_as] = sizes.get(box.excluded_as, 0) + box.letters
    return {name for name, size in sizes.items() if size > most and not COMMENTS.match(name) and not LISTS.match(name)}


def _is_misnamed(box: Box, total: float, spread: Set[str]) -> bool:
    """Return whether a box has an excluding name but contains the article."""
    rest = total - box.letters
    if box.excluded_as == "role tablist":  # with more letters it holds the panels as well
        return box.letters > MAX_CAPTION_LETTERS
    if box.certain:
        return box.excluded_as in _ENCLOSING and box.letters > MIN_ENCLOSING_SHARE * total and rest < MIN_OTHER_ARTICLE_LETTERS
    if box.excluded_as == "picture":
        return box.letters > min(MAX_EXCLUDED_SHARE * total, MAX_CAPTION_LETTERS)
    if box.letters > MAX_EXCLUDED_SHARE * total:
        return rest < MIN_OTHER_ARTICLE_LETTERS or not COMMENTS.match(box.excluded_as)
    return box.excluded_as in spread or (box.letters > MAX_LABEL_LETTERS and bool(LABELS.match(box.excluded_as)))


def letters(text: str) -> int:
    """Count the characters of a text without spaces and line ends."""
    return len(text) - text.count(" ") - text.count("\n")


# -- measures of blocks and boxes --------------------------------------------------------------------------------------
MIN_PARAGRAPH_LETTERS: Final = 100  # a shorter block may be a label
MIN_PROSE_LETTERS: Final = 20  # in a block that counts as prose
_NO_LETTERS = re.compile(r"[\W_]+")
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
LEAVES = frozenset(("p", "li", "td", "th", "blockquote", "pre", "dd", "dt", *HEADINGS))


def text_key(text: str) -> str:
    """Return the letters and digits of a text in lower case, so that two spellings of one text are equal."""
    return _NO_LETTERS.sub("", text.casefold())


def is_title(text: str, titles: Set[str]) -> bool:
    """Return whether a text is one of the titles. `titles`: their keys. Long texts are rejected before their key is computed."""
    return any(len(text) <= 3 * len(title) + 20 for title in titles) and text_key(text) in titles


def boxes_within(page: PageBlocks, box: int) -> set[int]:
    """Return the numbers of a box and of all boxes in it."""
    return set(range(box, page.boxes[box].last + 1)) if page.boxes else {box}


def running_text(block: Block) -> int:
    """Count the letters of running text in a block, even if the block is excluded."""
    size = block.size
    own = size - block.links
    return own if size >= MIN_PROSE_LETTERS and own * 2 >= size else 0


def prose(block: Block) -> int:
    """Count the letters of running text in a block that may be the article's."""
    return 0 if block.excluded_as else running_text(block)


def size_of(page: PageBlocks, numbers: Iterable[int]) -> int:
    """Count the letters of these blocks."""
    return sum(page.blocks[number].size for number in numbers)


def weigh(page: PageBlocks) -> list[int]:
    """Count the letters of prose in each of the page's boxes."""
    masses = [0] * len(page.boxes)
    for block in page.blocks:
        masses[block.box] += prose(block)
    for number in range(len(masses) - 1, 0, -1):
        masses[page.boxes[number].parent] += masses[number]
    return masses


def paragraph_boxes(page: PageBlocks, numbers: Iterable[int]) -> set[int]:
    """Return the boxes of these blocks that are paragraphs under another name: siblings of one name, some of them prose."""
    groups: dict[tuple[int, str, str], dict[int, int]] = {}
    for number in numbers:
        block = page.blocks[number]
        box = page.boxes[block.box]
        if box.tag not in LEAVES and box.last == block.box:
            sizes = groups.setdefault((box.parent, box.tag, box.element.get("class") or ""), {})
            sizes[block.box] = sizes.get(block.box, 0) + prose(block)
    alike = (sizes for sizes in groups.values() if len(sizes) > 1 and max(sizes.values()) >= MIN_PROSE_LETTERS)
    return {number for sizes in alike for number in sizes}


def is_paragraph_box(page: PageBlocks, number: int, siblings: Iterable[int]) -> bool:
    """Return whether a box without inner boxes has a sibling of its name with text: both are paragraphs."""
    box = page.boxes[number]
    if box.last != number:
        return False
    others = (page.boxes[other] for other in siblings if other != number and page.boxes[other].letters)
    return any(other.tag == box.tag and other.element.get("class") == box.element.get("class") for other in others)
