"""Find the box of a page that contains its article: its content root. Pure.

named     a box that states it (article, itemprop, "entry-content"); the box around several of one name if the article is split
densest   otherwise the narrowest box that holds three quarters of the prose at each step down. Text between the title and
          that box takes precedence, because the comments of readers may be longer than the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from typing import Final

from indexer.extract.blocks import Block, PageBlocks, letters
from indexer.extract.class_names import label

MIN_PARAGRAPH_LETTERS: Final = 100  # a shorter block may be a label
MIN_PROSE_LETTERS: Final = 20  # in a block that counts as prose
MIN_NAMED_SHARE: Final = 1 / 3  # of the page's prose that a box with the name of an article must hold
MIN_STEP_SHARE: Final = 0.75  # of its parent's prose that a box must hold for a step down into it
WHOLE_SHARE: Final = 0.9  # of the page's prose: a box that holds more is the whole article
NEARLY_LARGEST_SHARE: Final = 0.85  # of the largest named box: among such boxes the innermost is chosen
MIN_PARTS_GAIN: Final = 1.1  # times the prose of one part: less is not worth the box around all parts
MIN_PARTS_SHARE: Final = 0.8  # of the prose of the box around all parts: otherwise much of it is something else
MIN_LETTERS_AFTER_TITLE: Final = 600  # of prose between the title and the densest box: they are the article
_BODY_NAME = re.compile(
    r"(?:^|[\s_-])(?:article|story|post|entry|news|blog|content|page)[_-]*(?:body|content|text|copy|details?|inner|main)(?:$"
    r"|[\s_-])"
    r"|(?:^|[\s_-])(?:body-?text|main-?text|full-?text|body-?content|text-?body|rich-?text|hentry|body-?copy"
    r"|article(?![_-]+(?:head|foot|title|meta|lead|intro|teaser|image|info|hero|top|side|aside|nav|list|tags|comment|relat))"
    r"|news-?single)(?:$|[\s_-])",
    re.I,
)
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
    within = {box}
    for number in range(box + 1, len(page.boxes)):
        if page.boxes[number].parent in within:
            within.add(number)
    return within


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


def find_content_root(page: PageBlocks, masses: list[int], titles: Set[str]) -> tuple[int, str, int]:
    """Return the number of the article's box, the rule that found it, and the letters of prose it was chosen from.

    `masses`: the result of `weigh`.
    """
    box, rule = _heaviest(page, masses)
    after_title = _after_title(page, masses, box, titles) if rule in ("densest", "main") else None
    return after_title or (box, rule, masses[0] if masses else 0)


def _heaviest(page: PageBlocks, masses: list[int]) -> tuple[int, str]:
    """Return the innermost large box that is named as an article, otherwise the densest box, and the name of the rule."""
    named: list[tuple[int, str]] = []
    children: dict[int, list[int]] = {}
    for number, box in enumerate(page.boxes):
        children.setdefault(box.parent, []).append(number)
        if not masses[number] or masses[number] < masses[0] * MIN_NAMED_SHARE or box.tag in ("html", "body", "p", "li"):
            continue
        attributes = box.element.attrib
        if (attributes.get("itemprop") or "").lower() == "articlebody":
            named.append((number, "itemprop"))
        elif box.tag == "article":
            named.append((number, "article"))
        elif attributes and _BODY_NAME.search(label(attributes)):
            named.append((number, "name"))
    if named:
        most = max(masses[number] for number, _ in named)
        best = max(
            (each for each in named if masses[each[0]] >= NEARLY_LARGEST_SHARE * most), key=lambda each: page.boxes[each[0]].depth
        )
        return (_around_parts(page, masses, best[0]), best[1])
    current, rule = 0, "body"
    while below := children.get(current):
        largest = max(below, key=masses.__getitem__)
        if not masses[largest] or masses[largest] < MIN_STEP_SHARE * masses[current] or page.boxes[largest].tag in LEAVES:
            break
        current, rule = largest, "main" if page.boxes[largest].tag == "main" or rule == "main" else "densest"
    return current, rule


def _after_title(page: PageBlocks, masses: list[int], chosen: int, titles: Set[str]) -> tuple[int, str, int] | None:
    """Return the article's box if much text lies between the title and the densest box, which then holds readers' comments."""
    if masses[0] - masses[chosen] < MIN_LETTERS_AFTER_TITLE:
        return None
    start = next((n for n, block in enumerate(page.blocks) if not block.excluded_as and is_title(block.text, titles)), None)
    end = next((n for n, block in enumerate(page.blocks) if block.box >= chosen), 0)
    if start is None or sum(map(prose, page.blocks[start + 1 : end])) < MIN_LETTERS_AFTER_TITLE:
        return None
    rest, number, within = masses.copy(), chosen, boxes_within(page, chosen)
    while number >= 0:
        rest[number] -= masses[chosen]
        number = page.boxes[number].parent
    for number in within:
        rest[number] = 0
    box, rule = _heaviest(page, rest)
    return (box, rule, rest[0]) if box not in within else None


def _around_parts(page: PageBlocks, masses: list[int], chosen: int) -> int:
    """Return the box around an article that is split into several boxes of one name; the chosen box if it is the only one."""
    name = _name(page, chosen)
    if masses[chosen] > WHOLE_SHARE * masses[0] or not name[1]:
        return chosen
    parts = {chosen: masses[chosen]}
    for number, box in enumerate(page.boxes):  # equal text is a copy for small screens, not another part
        is_new = box.tag == name[0] and masses[number] >= MIN_PARAGRAPH_LETTERS and masses[number] not in parts.values()
        if is_new and _name(page, number) == name:
            parts[number] = masses[number]
    around, within = chosen, boxes_within(page, chosen)
    for part in parts:
        while part not in within:
            around = page.boxes[around].parent
            within = boxes_within(page, around)
    total = sum(parts.values())
    if (
        page.boxes[around].tag in ("html", "body")
        or total < MIN_PARTS_GAIN * masses[chosen]
        or total < MIN_PARTS_SHARE * masses[around]
    ):
        return chosen
    return chosen if _has_titles(page, within - set().union(*(boxes_within(page, part) for part in parts)), chosen) else around


def _has_titles(page: PageBlocks, boxes: set[int], first: int) -> bool:
    """Report whether these boxes contain the title of another article: an h1 after the first box, or a heading that is a link."""
    headings = (block for block in page.blocks if block.box in boxes and page.boxes[block.box].tag in HEADINGS)
    return any(
        (page.boxes[each.box].tag == "h1" and each.box > first) or each.links * 2 > letters(each.text) for each in headings
    )


def _name(page: PageBlocks, number: int) -> tuple[str, str]:
    """Return the tag and the classes of a box."""
    box = page.boxes[number]
    return box.tag, box.element.get("class") or ""
