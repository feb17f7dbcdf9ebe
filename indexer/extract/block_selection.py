"""Which of a page's blocks are the article's?

    container   the box of the article: by its name (article, itemprop, "entry-content"), else the narrowest box that holds three
                quarters of the prose at each step down
    trimming    what stands in it and is not the article's: title and byline above, pointers to other pages between, what the
                house has to say below

Each block that is left out gets a reason; pure, and a few hundred steps for a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from indexer.extract.blocks import CELLS, Block, PageBlocks, letters
from indexer.extract.boilerplate_phrases import (
    BYLINE,
    CREDIT,
    MARKUP,
    MAX_REMARK,
    POINTER,
    REMARK,
    SECTION,
    SENTENCE_END,
    SHORT_SECTION,
    TIMES,
)
from indexer.extract.class_names import label
from indexer.extract.content_root import HEADINGS, LEAVES, MIN_PARAGRAPH, container, inside, is_title, prose, weigh

MAX_CARD: Final = 250  # letters of a teaser for another page
MAX_LINK: Final = 500  # letters of a text in a list of links
MAX_SECTIONS: Final = 50  # looked at: each costs a walk over the boxes
_LEAD_NAME = re.compile(
    r"(?:^|[\s_-])(?:standfirst|dek|deck|sub-?title|sub-?head(?:line|ing)?|abstract|kicker|excerpt|tagline"
    r"|article-?(?:summary|description))(?:$|[\s_-])",
    re.I,
)
_ADDRESS = re.compile(r"^(?:https?://|www\.)|\S@[^\s@]{1,200}\.\w|^\w[\w.-]{1,200}\.(?:com|org|net)/", re.I)  # for no reader


@dataclass(slots=True)
class Selection:
    """The numbers of the article's blocks, and for all others why they are not."""

    box: int
    rule: str
    kept: list[int] = field(default_factory=list)
    removed: dict[int, str] = field(default_factory=dict)
    share: float = 0.0  # of the page's prose that is in the container


def choose(page: PageBlocks, titles: set[str]) -> Selection:
    """The article by the page's own structure. `titles`: keys (`key`) of what the page is called."""
    masses = weigh(page)
    box, rule, total = container(page, masses, titles)
    choice = Selection(box, rule, share=masses[box] / total if total else 0.0)
    within = inside(page, box)
    candidates = []
    for number, block in enumerate(page.blocks):
        if block.noise:
            choice.removed[number] = block.noise
        elif block.box in within:
            candidates.append(number)
        else:
            choice.removed[number] = "outside of the article"
    choice.kept = trimmed(page, box, candidates, titles, choice.removed)
    return choice


def trimmed(
    page: PageBlocks, box: int, candidates: Sequence[int], titles: set[str], removed: dict[int, str], *, gently: bool = False
) -> list[int]:
    """The candidates without what stands around the article within its own box; the reasons go into `removed`.

    `gently`: the site itself has said what is to be searched, so only titles, pointers and lists of links go.
    """
    linked = _link_boxes(page, box) | _cards(page, box)
    ends = {} if gently else _sections(page, box, candidates)
    first = next(
        (n for n in candidates if prose(page.blocks[n]) >= 60 and not _is_lead(page, page.blocks[n])),
        candidates[-1] + 1 if candidates else 0,
    )
    kept: list[int] = []
    for number in candidates:
        block = page.blocks[number]
        if why := (
            ends.get(number) or ("links" if block.box in linked else "") or _reason(page, block, titles, number < first, gently)
        ):
            removed[number] = why
        else:
            kept.append(number)
    while kept and not gently and not _ends_well(page, page.blocks[kept[-1]]):
        removed[kept.pop()] = "below the article"
    while kept and not gently and _is_heading(page, page.blocks[kept[-1]]):
        removed[kept.pop()] = "heading of nothing"
    return kept


def _reason(page: PageBlocks, block: Block, titles: set[str], above: bool, gently: bool) -> str:
    tag = page.boxes[block.box].tag
    size = letters(block.text)
    if (above or tag == "h1") and is_title(block.text, titles):
        return "title"
    if gently:
        return ""
    if block.links * 10 >= 9 * size and tag not in CELLS and (size < MAX_REMARK or tag in HEADINGS):
        around = page.boxes[max(page.boxes[block.box].parent, 0)]
        if tag != "li" or around.links > around.letters:  # one link in a list of sentences is a sentence
            return "link"
    if tag in ("p", "div") and block.links * 10 >= 6 * size and size < MAX_REMARK and not SENTENCE_END.search(block.text):
        return "link"
    if tag not in CELLS and tag != "li" and all(map(_ADDRESS.search, block.text.split())):
        return "address"
    if tag in ("p", "div") and MARKUP.match(block.text):
        return "markup"
    if above and _is_lead(page, block):
        return "lead"
    if size < MAX_REMARK:
        if (pointer := POINTER.match(block.text)) and (block.links or pointer.end() < len(block.text)):
            return "pointer"
        if REMARK.match(block.text) or (size < 80 and CREDIT.search(block.text)):
            return "remark"
        if above and (
            BYLINE.match(block.text) or (size < 60 and TIMES.search(block.text) and not SENTENCE_END.search(block.text))
        ):
            return "byline"
    if tag not in CELLS and tag not in ("li", "p", "pre") and not any(map(str.isalpha, block.text)):
        return "no words"
    if (
        tag == "div"
        and size < 30
        and len(block.text.split()) <= 4
        and not SENTENCE_END.search(block.text)
        and block.text.isascii()
    ):
        return "label"
    return ""


def _is_lead(page: PageBlocks, block: Block) -> bool:
    """Whether a block above the first paragraph is the page's summary: a heading in the article's head, or named so."""
    box = page.boxes[block.box]
    if box.tag in HEADINGS:
        return box.tag != "h1" and _has_around(page, block.box, "header")
    while box.parent >= 0:
        if box.element.attrib and _LEAD_NAME.search(label(box.element.attrib)):
            return True
        if box.tag in ("article", "main", "body") or box.letters > 3 * MAX_REMARK:
            return False
        box = page.boxes[box.parent]
    return False


def _is_heading(page: PageBlocks, block: Block) -> bool:
    """Whether a block heads what follows it; some write whole paragraphs in large letters."""
    return page.boxes[block.box].tag in HEADINGS and letters(block.text) < MIN_PARAGRAPH


def _has_around(page: PageBlocks, number: int, tag: str) -> bool:
    while (number := page.boxes[number].parent) >= 0:
        if page.boxes[number].tag == tag:
            return True
    return False


def _ends_well(page: PageBlocks, block: Block) -> bool:
    """Whether an article may end with this block: a sentence, or what has form enough to be content."""
    tag = page.boxes[block.box].tag
    if tag in ("td", "th", "li", "pre", "dd", "blockquote"):
        return True
    return bool(SENTENCE_END.search(block.text)) or letters(block.text) >= 60 or tag in ("p",)


def _link_boxes(page: PageBlocks, container: int) -> set[int]:
    """Boxes within the container that are lists of links: menus, "more stories", tags. A paragraph stands in none of them."""
    found: set[int] = set()
    written: set[int] = set()
    for block in page.blocks:
        if len(block.text) > MAX_LINK and prose(block) > MAX_LINK and block.links * 5 < letters(block.text):
            number = block.box
            while number > container and number not in written:
                written.add(number)
                number = page.boxes[number].parent
    for number in range(container + 1, len(page.boxes)):
        box = page.boxes[number]
        if box.parent in found or (
            number not in written
            and box.tag in ("ul", "ol", "div", "section", "dl", "table")
            and box.links >= 12
            and box.links >= 2 * box.letters
        ):
            found.add(number)
    return found


def _cards(page: PageBlocks, container: int) -> set[int]:
    """Boxes within the container that show another page: a heading that is a link, and a line or two."""
    found: set[int] = set()
    for block in page.blocks:
        box = page.boxes[block.box]
        if box.tag in HEADINGS and block.links * 10 >= 9 * letters(block.text):
            number = box.parent
            while number > container and page.boxes[number].letters <= MAX_CARD:
                found.add(number)
                number = page.boxes[number].parent
    for number in range(container + 1, len(page.boxes)):
        if page.boxes[number].parent in found:
            found.add(number)
    return found


def _sections(page: PageBlocks, container: int, candidates: Sequence[int]) -> dict[int, str]:
    """Sections that a heading names as not the article's: the heading and all that follows in its own box, if that is little."""
    ends: dict[int, str] = {}
    total = sum(prose(page.blocks[number]) for number in candidates) or 1
    before = looked = 0
    for position, number in enumerate(candidates):
        block = page.blocks[number]
        if number not in ends and looked < MAX_SECTIONS and letters(block.text) < 80 and SECTION.match(block.text):
            looked += 1
            tag = page.boxes[block.box].tag
            if tag in ("p", "li", "td", "th", "blockquote", "dd"):
                ends[number] = "section"
                continue
            box = page.boxes[block.box].parent if tag in LEAVES else block.box
            while page.boxes[box].parent > container and _only_first(page, box, number, candidates):
                box = page.boxes[box].parent
            around = inside(page, box)
            rest = [other for other in candidates[position:] if page.blocks[other].box in around]
            if SHORT_SECTION.search(block.text):
                rest = [rest[0], *takewhile(lambda other: prose(page.blocks[other]) < MIN_PARAGRAPH, rest[1:])]
            if sum(prose(page.blocks[other]) for other in rest) <= (0.34 if before * 2 > total else 0.15) * total:
                ends.update(dict.fromkeys(rest, "section"))
            else:
                ends[number] = "section"  # what follows is the article's again; the words themselves never are
        before += prose(block)
    return ends


def _only_first(page: PageBlocks, box: int, number: int, candidates: Sequence[int]) -> bool:
    """Whether nothing but the heading itself stands in the box: then what it heads stands beside it."""
    around = inside(page, box)
    return all(other == number for other in candidates if page.blocks[other].box in around)
