"""Select the blocks of a page that belong to its article. Pure.

    content root   the box that contains the article (`content_root`)
    trimming       leave out the blocks of that box that are not the article's: title and byline above the text, links to
                   other pages within it, remarks of the publisher below it

Each block that is left out gets a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from indexer.extract.blocks import (
    CELLS,
    HEADINGS,
    LEAVES,
    MIN_PARAGRAPH_LETTERS,
    Block,
    PageBlocks,
    boxes_within,
    is_title,
    paragraph_boxes,
    prose,
    size_of,
    weigh,
)
from indexer.extract.bylines import is_byline
from indexer.extract.class_names import label
from indexer.extract.content_root import find_content_root
from indexer.extract.remark_phrases import (
    CREDIT,
    MARKUP,
    MAX_REMARK_LETTERS,
    POINTER,
    REMARK,
    SECTION,
    SENTENCE_END,
    SHORT_SECTION,
)

OUTSIDE: Final = "outside of the article"
MAX_CARD_LETTERS: Final = 250  # in a teaser for another page
MAX_LINK_LETTERS: Final = 500  # in one text of a list of links
MIN_MATCH_LETTERS: Final = 25  # in a text that is hardly found elsewhere by chance
MIN_LINK_LIST_LETTERS: Final = 12  # in the links of a list of links
MAX_SECTIONS: Final = 50  # sections examined: each costs a walk over the boxes
MIN_FIRST_PARAGRAPH_LETTERS: Final = 60  # in the paragraph that starts the text; title, lead and byline precede it
MAX_CREDIT_LETTERS: Final = 80  # in the credit of a picture
MAX_LABEL_LETTERS: Final = 30  # in a short label, such as "Advertisement"
MAX_LABEL_WORDS: Final = 4
MAX_SECTION_HEADING_LETTERS: Final = 80
MIN_LAST_LINE_LETTERS: Final = 60  # in a last block that is neither a sentence nor a paragraph
MAX_LEAD_BOX_LETTERS: Final = 660  # in a box named after a lead: a longer one contains the article
MIN_LINK_SHARE: Final = 0.9  # of a block's letters in links: the block is a link
MIN_LINK_SHARE_WITHOUT_SENTENCE: Final = 0.6  # the same for a paragraph that is not a sentence
MAX_SECTION_SHARE: Final = 0.15  # of the prose that a section within the article may remove
MAX_END_SECTION_SHARE: Final = 0.34  # the same for a section in the second half of the article
_LEAD_NAME = re.compile(
    r"(?:^|[\s_-])(?:standfirst|dek|deck|sub-?title|sub-?head(?:line|ing)?|abstract|kicker|excerpt|tagline"
    r"|article-?(?:summary|description))(?:$|[\s_-])",
    re.I,
)
_ADDRESS = re.compile(
    r"^(?:https?://|www\.)|\S@[^\s@]{1,200}\.\w|^\w[\w.-]{1,200}\.(?:com|org|net)/", re.I
)  # not meant for readers


@dataclass(slots=True)
class Selection:
    """The blocks of `page` that a rule selects (by number), and for all other blocks the reason why not."""

    page: PageBlocks
    box: int
    rule: str
    numbers: list[int] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    share: float = 0.0  # of the page's prose that is in the box
    is_stated: bool = False  # the markup states that the box is the article

    @property
    def letters(self) -> int:
        """Return the letters of the selected blocks."""
        return size_of(self.page, self.numbers)

    def complete(self, otherwise: str) -> Selection:
        """Return this selection with a reason for each block that is not selected."""
        selected = set(self.numbers)
        for number, block in enumerate(self.page.blocks):
            if number not in selected:
                self.reasons.setdefault(number, block.excluded_as or otherwise)
        return self

    def has_text(self, titles: Set[str]) -> bool:
        """Return whether the selected blocks contain anything but the title."""
        return has_text(self.page, self.numbers, titles)


def has_text(page: PageBlocks, numbers: Iterable[int], titles: Set[str]) -> bool:
    """Return whether these blocks contain anything but the title."""
    texts = (page.blocks[number].text for number in numbers)
    return any(any(map(str.isalnum, text)) and not is_title(text, titles) for text in texts)


def select_by_structure(page: PageBlocks, titles: Set[str]) -> Selection:
    """Select the article by the page's own structure. `titles`: the keys (`text_key`) of what the page is called."""
    masses = weigh(page)
    root = find_content_root(page, masses, titles)
    share = sum(prose(block) for block in page.blocks if block.box in root.boxes - root.repeated) / (root.total or 1)
    selection = Selection(page, root.box, root.rule, share=share, is_stated=root.is_stated)
    candidates = []
    for number, block in enumerate(page.blocks):
        if block.excluded_as:
            selection.reasons[number] = block.excluded_as
        elif block.box in root.repeated:
            selection.reasons[number] = "repeated after the article"
        elif block.box in root.boxes:
            candidates.append(number)
        else:
            selection.reasons[number] = OUTSIDE
    selection.numbers = trim(page, root.box, candidates, titles, selection.reasons)
    return selection


def trim(
    page: PageBlocks, box: int, candidates: Sequence[int], titles: Set[str], reasons: dict[int, str], *, gently: bool = False
) -> list[int]:
    """Return the candidates that belong to the article; add the reasons of the others to `reasons`.

    `gently`: the site has marked what is to be searched, so only titles and lists of links are left out.
    """
    linked, paragraphs = _link_boxes(page, box) | _cards(page, box), paragraph_boxes(page, candidates)
    ends = {} if gently else _sections(page, box, candidates)
    first = next(
        (n for n in candidates if prose(page.blocks[n]) >= MIN_FIRST_PARAGRAPH_LETTERS and not _is_lead(page, page.blocks[n])),
        candidates[-1] + 1 if candidates else 0,
    )
    selected: list[int] = []
    for number in candidates:
        block = page.blocks[number]
        if why := (
            ends.get(number)
            or ("links" if block.box in linked else "")
            or _reason(page, block, titles, number < first, gently, block.box in paragraphs)
        ):
            reasons[number] = why
        else:
            selected.append(number)
    while selected and not gently and not _may_end(page, page.blocks[selected[-1]], paragraphs):
        reasons[selected.pop()] = "below the article"
    while selected and not gently and _is_heading(page, page.blocks[selected[-1]]):
        reasons[selected.pop()] = "heading of nothing"
    return selected


def _reason(page: PageBlocks, block: Block, titles: Set[str], above: bool, gently: bool, is_paragraph: bool) -> str:
    """Return why a block of the article's box is not the article's; "" if it is.

    `above`: it precedes the first paragraph. `is_paragraph`: its box is a paragraph under another name.
    """
    tag = page.boxes[block.box].tag
    size = block.size
    if (above or tag == "h1") and is_title(block.text, titles):
        return "title"
    if gently:
        return ""
    if block.links >= MIN_LINK_SHARE * size and tag not in CELLS and (size < MAX_REMARK_LETTERS or tag in HEADINGS):
        around = page.boxes[max(page.boxes[block.box].parent, 0)]
        if tag != "li" or around.links > around.letters:  # a link in a list of sentences is a sentence
            return "link"
    if (
        tag in ("p", "div")
        and block.links >= MIN_LINK_SHARE_WITHOUT_SENTENCE * size
        and size < MAX_REMARK_LETTERS
        and not SENTENCE_END.search(block.text)
    ):
        return "link"
    if tag not in CELLS and tag != "li" and all(map(_ADDRESS.search, block.text.split())):
        return "address"
    if tag in ("p", "div") and MARKUP.match(block.text):
        return "markup"
    if above and _is_lead(page, block):
        return "lead"
    if size < MAX_REMARK_LETTERS:
        if (pointer := POINTER.match(block.text)) and (block.links or pointer.end() < len(block.text)):
            return "pointer"
        if REMARK.match(block.text) or (size < MAX_CREDIT_LETTERS and CREDIT.search(block.text)):
            return "remark"
        if above and is_byline(block.text):
            return "byline"
    if tag not in CELLS and tag not in ("li", "p", "pre") and not is_paragraph and not any(map(str.isalpha, block.text)):
        return "no words"
    if (
        tag == "div"
        and not is_paragraph
        and size < MAX_LABEL_LETTERS
        and len(block.text.split()) <= MAX_LABEL_WORDS
        and not SENTENCE_END.search(block.text)
        and block.text.isascii()
    ):
        return "label"
    return ""


def _is_lead(page: PageBlocks, block: Block) -> bool:
    """Return whether a block above the first paragraph is the page's summary: a heading in a header, or in a box so named."""
    box = page.boxes[block.box]
    if box.tag in HEADINGS:
        return box.tag != "h1" and _is_within(page, block.box, "header")
    while box.parent >= 0:
        if box.element.attrib and _LEAD_NAME.search(label(box.element.attrib)):
            return True
        if box.tag in ("article", "main", "body") or box.letters > MAX_LEAD_BOX_LETTERS:
            return False
        box = page.boxes[box.parent]
    return False


def _is_heading(page: PageBlocks, block: Block) -> bool:
    """Return whether a block is the heading of what follows. Some pages set whole paragraphs as headings."""
    return page.boxes[block.box].tag in HEADINGS and block.size < MIN_PARAGRAPH_LETTERS


def _is_within(page: PageBlocks, number: int, tag: str) -> bool:
    """Return whether an enclosing box is an element of this name."""
    while (number := page.boxes[number].parent) >= 0:
        if page.boxes[number].tag == tag:
            return True
    return False


def _may_end(page: PageBlocks, block: Block, paragraphs: Set[int]) -> bool:
    """Return whether an article may end with this block: a sentence, a long line, or an element with content."""
    tag = page.boxes[block.box].tag
    if tag in ("td", "th", "li", "pre", "dd", "blockquote"):
        return True
    return bool(SENTENCE_END.search(block.text)) or block.size >= MIN_LAST_LINE_LETTERS or tag == "p" or block.box in paragraphs


def _link_boxes(page: PageBlocks, container: int) -> set[int]:
    """Return the boxes within the container that are lists of links: menus, "more stories", tags. None contains a paragraph."""
    lists: set[int] = set()
    with_paragraph: set[int] = set()
    for block in page.blocks:
        if len(block.text) > MAX_LINK_LETTERS and prose(block) > MAX_LINK_LETTERS and block.links * 5 < block.size:
            number = block.box
            while number > container and number not in with_paragraph:
                with_paragraph.add(number)
                number = page.boxes[number].parent
    for number in range(container + 1, len(page.boxes)):
        box = page.boxes[number]
        if box.parent in lists or (
            number not in with_paragraph
            and box.tag in ("ul", "ol", "div", "section", "dl", "table")
            and box.links >= MIN_LINK_LIST_LETTERS
            and box.links >= 2 * box.letters
        ):
            lists.add(number)
    return lists


def _cards(page: PageBlocks, container: int) -> set[int]:
    """Return the boxes within the container that present another page: a heading that is a link, and a line or two."""
    cards: set[int] = set()
    for block in page.blocks:
        box = page.boxes[block.box]
        if box.tag in HEADINGS and block.links >= MIN_LINK_SHARE * block.size:
            number = box.parent
            while number > container and page.boxes[number].letters <= MAX_CARD_LETTERS:
                cards.add(number)
                number = page.boxes[number].parent
    for number in range(container + 1, len(page.boxes)):
        if page.boxes[number].parent in cards:
            cards.add(number)
    return cards


def _sections(page: PageBlocks, container: int, candidates: Sequence[int]) -> dict[int, str]:
    """Return the blocks of sections that are not the article's by their headings: a heading and what follows it in its own box.

    A section that would remove much of the prose loses its heading only.
    """
    ends: dict[int, str] = {}
    total = sum(prose(page.blocks[number]) for number in candidates) or 1
    before = examined = 0
    for position, number in enumerate(candidates):
        block = page.blocks[number]
        if (
            number not in ends
            and examined < MAX_SECTIONS
            and block.size < MAX_SECTION_HEADING_LETTERS
            and SECTION.match(block.text)
        ):
            examined += 1
            tag = page.boxes[block.box].tag
            if tag in ("p", "li", "td", "th", "blockquote", "dd"):
                ends[number] = "section"
                continue
            box = page.boxes[block.box].parent if tag in LEAVES else block.box
            while page.boxes[box].parent > container and _only_first(page, box, number, candidates):
                box = page.boxes[box].parent
            around = boxes_within(page, box)
            rest = [other for other in candidates[position:] if page.blocks[other].box in around]
            if SHORT_SECTION.search(block.text):
                rest = [rest[0], *takewhile(lambda other: prose(page.blocks[other]) < MIN_PARAGRAPH_LETTERS, rest[1:])]
            if (
                sum(prose(page.blocks[other]) for other in rest)
                <= (MAX_END_SECTION_SHARE if before * 2 > total else MAX_SECTION_SHARE) * total
            ):
                ends.update(dict.fromkeys(rest, "section"))
            else:
                ends[number] = "section"  # the article continues after it
        before += prose(block)
    return ends


def _only_first(page: PageBlocks, box: int, number: int, candidates: Sequence[int]) -> bool:
    """Return whether the box contains only the heading itself. The section then continues outside of the box."""
    around = boxes_within(page, box)
    return all(other == number for other in candidates if page.blocks[other].box in around)


def select_around(page: PageBlocks, matched: list[int], titles: Set[str], rule: str) -> Selection:
    """Select the matched blocks and their neighbours: the narrowest box that contains all of them."""
    box = page.blocks[matched[0]].box
    within = boxes_within(page, box)
    while page.boxes[box].parent >= 0 and (
        page.boxes[box].tag in LEAVES or not all(page.blocks[number].box in within for number in matched)
    ):
        box = page.boxes[box].parent
        within = boxes_within(page, box)
    selection = Selection(page, box, rule, share=1.0)
    certain = set(matched)
    candidates = []
    for number, block in enumerate(page.blocks):
        if number in certain or (block.box in within and not block.excluded_as):
            candidates.append(number)
        else:
            selection.reasons[number] = block.excluded_as or OUTSIDE
    selected = trim(page, box, candidates, titles, selection.reasons)
    selection.numbers = sorted({*selected, *(number for number in certain if prose(page.blocks[number]))})
    for number in selection.numbers:
        selection.reasons.pop(number, None)
    return selection
