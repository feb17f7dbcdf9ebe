"""Measure blocks and boxes: the key of a text, titles, running text, prose. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from typing import Final

from indexer.extract.blocks import Block, PageBlocks, letters

MIN_PARAGRAPH_LETTERS: Final = 100  # a shorter block may be a label
MIN_PROSE_LETTERS: Final = 20  # in a block that counts as prose
_NO_LETTERS = re.compile(r"[\W_]+")
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
LEAVES = frozenset(("p", "li", "td", "th", "blockquote", "pre", "dd", "dt", *HEADINGS))


def text_key(text: str) -> str:
    """Return the letters and digits of a text in lower case, so that two spellings of one text are equal."""
    return _NO_LETTERS.sub("", text.casefold())


def is_title(text: str, titles: Set[str]) -> bool:
    """Report whether a text is one of the titles. `titles`: their keys. Long texts are rejected before their key is computed."""
    return any(len(text) <= 3 * len(title) + 20 for title in titles) and text_key(text) in titles


def boxes_within(page: PageBlocks, box: int) -> set[int]:
    """Return the numbers of a box and of all boxes in it."""
    return set(range(box, page.boxes[box].last + 1)) if page.boxes else {box}


def running_text(block: Block) -> int:
    """Count the letters of running text in a block, even if the block is excluded."""
    size = letters(block.text)
    own = size - block.links
    return own if size >= MIN_PROSE_LETTERS and own * 2 >= size else 0


def prose(block: Block) -> int:
    """Count the letters of running text in a block that may be the article's."""
    return 0 if block.excluded_as else running_text(block)


def size_of(page: PageBlocks, numbers: Iterable[int]) -> int:
    """Count the letters of these blocks."""
    return sum(letters(page.blocks[number].text) for number in numbers)


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
    """Report whether a box without inner boxes has a sibling of its name with text: both are paragraphs."""
    box = page.boxes[number]
    if box.last != number:
        return False
    others = (page.boxes[other] for other in siblings if other != number and page.boxes[other].letters)
    return any(other.tag == box.tag and other.element.get("class") == box.element.get("class") for other in others)
