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

from indexer.extract.blocks import CELLS, Block, Page, letters
from indexer.extract.names import label
from indexer.extract.phrases import (
    BYLINE,
    CREDIT,
    LONGEST_REMARK,
    MARKUP,
    POINTER,
    REMARK,
    SECTION,
    SENTENCE_END,
    SHORT_SECTION,
    TIMES,
)

SHORTEST_PARAGRAPH: Final = 100  # letters that end a section of buttons
SHORTEST_PROSE: Final = 20  # letters of a block that counts as prose
STRONG_SHARE: Final = 1 / 3  # of the page's prose that a box must hold to be believed by its name
STEP_SHARE: Final = 0.75  # of its parent's prose that a box must hold to be stepped into
WHOLE_SHARE: Final = 0.9  # of the page's prose: a box that holds it is the whole article
LONGEST_CARD: Final = 250  # letters of a teaser for another page
MOST_SECTIONS: Final = 50  # looked at: each costs a walk over the boxes
_BODY_NAME = re.compile(
    r"(?:^|[\s_-])(?:article|story|post|entry|news|blog|content|page)[_-]*(?:body|content|text|copy|details?|inner|main)(?:$"
    r"|[\s_-])"
    r"|(?:^|[\s_-])(?:body-?text|main-?text|full-?text|body-?content|text-?body|rich-?text|hentry|body-?copy"
    r"|article(?![_-]+(?:head|foot|title|meta|lead|intro|teaser|image|info|hero|top|side|aside|nav|list|tags|comment|relat))"
    r"|news-?single)(?:$|[\s_-])",
    re.I,
)
_LEAD_NAME = re.compile(
    r"(?:^|[\s_-])(?:standfirst|dek|deck|sub-?title|sub-?head(?:line|ing)?|abstract|kicker|excerpt|tagline"
    r"|article-?(?:summary|description))(?:$|[\s_-])",
    re.I,
)
_ADDRESS = re.compile(r"^(?:https?://|www\.)|\S@\S+\.\w|^\w[\w.-]+\.(?:com|org|net)/", re.I)  # no word for a reader
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LEAVES = frozenset(("p", "li", "td", "th", "blockquote", "pre", "dd", "dt", *_HEADINGS))


@dataclass(slots=True)
class Choice:
    """The numbers of the article's blocks, and for all others why they are not."""

    box: int
    rule: str
    kept: list[int] = field(default_factory=list)
    removed: dict[int, str] = field(default_factory=dict)
    share: float = 0.0  # of the page's prose that is in the container


def choose(page: Page, titles: set[str]) -> Choice:
    """The article by the page's own structure. `titles`: keys (`key`) of what the page is called."""
    masses = _masses(page)
    box, rule = _container(page, masses)
    choice = Choice(box, rule, share=masses[box] / masses[0] if masses and masses[0] else 0.0)
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


def key(text: str) -> str:
    """Letters and digits alone: what two writings of one text have in common."""
    return "".join(filter(str.isalnum, text.casefold()))


def is_title(text: str, titles: set[str]) -> bool:
    """Whether a text says no more than one of the titles (their keys). Paragraphs are too long to be asked for their letters."""
    return any(len(text) <= 3 * len(title) + 20 for title in titles) and key(text) in titles


def inside(page: Page, box: int) -> set[int]:
    """The numbers of a box and of all boxes in it."""
    within = {box}
    for number in range(box + 1, len(page.boxes)):
        if page.boxes[number].parent in within:
            within.add(number)
    return within


def prose(block: Block) -> int:
    """Letters of a block that may be the article's own words."""
    size = letters(block.text)
    own = size - block.links
    return own if not block.noise and size >= SHORTEST_PROSE and own * 2 >= size else 0


def _masses(page: Page) -> list[int]:
    masses = [0] * len(page.boxes)
    for block in page.blocks:
        masses[block.box] += prose(block)
    for number in range(len(masses) - 1, 0, -1):
        masses[page.boxes[number].parent] += masses[number]
    return masses


def _container(page: Page, masses: list[int]) -> tuple[int, str]:
    strong: list[tuple[int, str]] = []
    children: dict[int, list[int]] = {}
    for number, box in enumerate(page.boxes):
        children.setdefault(box.parent, []).append(number)
        if not masses[number] or masses[number] < masses[0] * STRONG_SHARE or box.tag in ("html", "body", "p", "li"):
            continue
        attributes = box.element.attrib
        if (attributes.get("itemprop") or "").lower() == "articlebody":
            strong.append((number, "itemprop"))
        elif box.tag == "article":
            strong.append((number, "article"))
        elif attributes and _BODY_NAME.search(label(attributes)):
            strong.append((number, "name"))
    if strong:
        most = max(masses[number] for number, _ in strong)
        best = max((each for each in strong if masses[each[0]] >= 0.85 * most), key=lambda each: page.boxes[each[0]].depth)
        return (_around_parts(page, masses, best[0]), best[1])
    current, rule = 0, "body"
    while below := children.get(current):
        largest = max(below, key=masses.__getitem__)
        if not masses[largest] or masses[largest] < STEP_SHARE * masses[current] or page.boxes[largest].tag in _LEAVES:
            break
        current, rule = largest, "main" if page.boxes[largest].tag == "main" or rule == "main" else "densest"
    return current, rule


def _around_parts(page: Page, masses: list[int], chosen: int) -> int:
    """The box around an article that is cut into several boxes of one name; the chosen box where that is the only one."""
    name = _name(page, chosen)
    if masses[chosen] > WHOLE_SHARE * masses[0] or not name[1]:
        return chosen
    parts = {chosen: masses[chosen]}
    for number, box in enumerate(page.boxes):  # the same again is no part, but the article once more for small screens
        is_new = box.tag == name[0] and masses[number] >= SHORTEST_PARAGRAPH and masses[number] not in parts.values()
        if is_new and _name(page, number) == name:
            parts[number] = masses[number]
    around, within = chosen, inside(page, chosen)
    for part in parts:
        while part not in within:
            around = page.boxes[around].parent
            within = inside(page, around)
    held = sum(parts.values())
    if page.boxes[around].tag in ("html", "body") or held < 1.1 * masses[chosen] or held < 0.8 * masses[around]:
        return chosen
    return chosen if _has_titles(page, within - set().union(*(inside(page, part) for part in parts)), chosen) else around


def _has_titles(page: Page, boxes: set[int], first: int) -> bool:
    """Whether there is a title of an article among some boxes: one behind the first, or one that links a page of its own."""
    headings = (block for block in page.blocks if block.box in boxes and page.boxes[block.box].tag in _HEADINGS)
    return any(
        (page.boxes[each.box].tag == "h1" and each.box > first) or each.links * 2 > letters(each.text) for each in headings
    )


def _name(page: Page, number: int) -> tuple[str, str]:
    box = page.boxes[number]
    return box.tag, box.element.get("class") or ""


def trimmed(
    page: Page, box: int, candidates: Sequence[int], titles: set[str], removed: dict[int, str], *, gently: bool = False
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


def _reason(page: Page, block: Block, titles: set[str], above: bool, gently: bool) -> str:
    tag = page.boxes[block.box].tag
    size = letters(block.text)
    if (above or tag == "h1") and is_title(block.text, titles):
        return "title"
    if gently:
        return ""
    if block.links * 10 >= 9 * size and tag not in CELLS and (size < LONGEST_REMARK or tag in _HEADINGS):
        around = page.boxes[max(page.boxes[block.box].parent, 0)]
        if tag != "li" or around.links > around.letters:  # one link in a list of sentences is a sentence
            return "link"
    if tag in ("p", "div") and block.links * 10 >= 6 * size and size < LONGEST_REMARK and not SENTENCE_END.search(block.text):
        return "link"
    if tag not in CELLS and tag != "li" and all(map(_ADDRESS.search, block.text.split())):
        return "address"
    if tag in ("p", "div") and MARKUP.match(block.text):
        return "markup"
    if above and _is_lead(page, block):
        return "lead"
    if size < LONGEST_REMARK:
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


def _is_lead(page: Page, block: Block) -> bool:
    """Whether a block above the first paragraph is the page's summary: a heading in the article's head, or named so."""
    box = page.boxes[block.box]
    if box.tag in _HEADINGS:
        return box.tag != "h1" and _has_around(page, block.box, "header")
    while box.parent >= 0:
        if box.element.attrib and _LEAD_NAME.search(label(box.element.attrib)):
            return True
        if box.tag in ("article", "main", "body") or box.letters > 3 * LONGEST_REMARK:
            return False
        box = page.boxes[box.parent]
    return False


def _is_heading(page: Page, block: Block) -> bool:
    """Whether a block heads what follows it; some write whole paragraphs in large letters."""
    return page.boxes[block.box].tag in _HEADINGS and letters(block.text) < SHORTEST_PARAGRAPH


def _has_around(page: Page, number: int, tag: str) -> bool:
    while (number := page.boxes[number].parent) >= 0:
        if page.boxes[number].tag == tag:
            return True
    return False


def _ends_well(page: Page, block: Block) -> bool:
    """Whether an article may end with this block: a sentence, or what has form enough to be content."""
    tag = page.boxes[block.box].tag
    if tag in ("td", "th", "li", "pre", "dd", "blockquote"):
        return True
    return bool(SENTENCE_END.search(block.text)) or letters(block.text) >= 60 or tag in ("p",)


def _link_boxes(page: Page, container: int) -> set[int]:
    """Boxes within the container that are lists of links: menus, "more stories", tags. A paragraph stands in none of them."""
    found: set[int] = set()
    written: set[int] = set()
    for block in page.blocks:
        if prose(block) > 2 * LONGEST_CARD and block.links * 5 < letters(block.text):
            number = block.box
            while number > container and number not in written:
                written.add(number)
                number = page.boxes[number].parent
    for number in range(container + 1, len(page.boxes)):
        box = page.boxes[number]
        if box.parent in found or (
            number not in written
            and box.tag in ("ul", "ol", "div", "section", "dl", "table") and box.links >= 12 and box.links >= 2 * box.letters
        ):
            found.add(number)
    return found


def _cards(page: Page, container: int) -> set[int]:
    """Boxes within the container that show another page: a heading that is a link, and a line or two."""
    found: set[int] = set()
    for block in page.blocks:
        box = page.boxes[block.box]
        if box.tag in _HEADINGS and block.links * 10 >= 9 * letters(block.text):
            number = box.parent
            while number > container and page.boxes[number].letters <= LONGEST_CARD:
                found.add(number)
                number = page.boxes[number].parent
    for number in range(container + 1, len(page.boxes)):
        if page.boxes[number].parent in found:
            found.add(number)
    return found


def _sections(page: Page, container: int, candidates: Sequence[int]) -> dict[int, str]:
    """Sections that a heading names as not the article's: the heading and all that follows in its own box, if that is little."""
    ends: dict[int, str] = {}
    total = sum(prose(page.blocks[number]) for number in candidates) or 1
    before = looked = 0
    for position, number in enumerate(candidates):
        block = page.blocks[number]
        if number not in ends and looked < MOST_SECTIONS and letters(block.text) < 80 and SECTION.match(block.text):
            looked += 1
            tag = page.boxes[block.box].tag
            if tag in ("p", "li", "td", "th", "blockquote", "dd"):
                ends[number] = "section"
                continue
            box = page.boxes[block.box].parent if tag in _LEAVES else block.box
            while page.boxes[box].parent > container and _only_first(page, box, number, candidates):
                box = page.boxes[box].parent
            around = inside(page, box)
            rest = [other for other in candidates[position:] if page.blocks[other].box in around]
            if SHORT_SECTION.search(block.text):
                rest = [rest[0], *takewhile(lambda other: prose(page.blocks[other]) < SHORTEST_PARAGRAPH, rest[1:])]
            if sum(prose(page.blocks[other]) for other in rest) <= (0.34 if before * 2 > total else 0.15) * total:
                ends.update(dict.fromkeys(rest, "section"))
        before += prose(block)
    return ends


def _only_first(page: Page, box: int, number: int, candidates: Sequence[int]) -> bool:
    """Whether nothing but the heading itself stands in the box: then what it heads stands beside it."""
    around = inside(page, box)
    return all(other == number for other in candidates if page.blocks[other].box in around)
