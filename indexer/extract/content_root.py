"""Which box of a page holds its article: the first half of the choice among blocks (`choose` trims what is in the box).

    named     a box that says so itself (article, itemprop, "entry-content"), and all of its kind where the article is cut up
    densest   else the narrowest box that holds three quarters of the prose at each step down; what stands between the title and
              that box goes before it, for readers may say more than the article

Pure, and a few hundred steps for a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from indexer.extract.blocks import Block, PageBlocks, letters
from indexer.extract.class_names import label

MIN_PARAGRAPH: Final = 100  # letters of what is no label
MIN_PROSE: Final = 20  # letters of a block that counts as prose
STRONG_SHARE: Final = 1 / 3  # of the page's prose that a box must hold to be believed by its name
STEP_SHARE: Final = 0.75  # of its parent's prose that a box must hold to be stepped into
WHOLE_SHARE: Final = 0.9  # of the page's prose: a box that holds it is the whole article
ENOUGH_BETWEEN: Final = 600  # letters of prose between a title and a box that does not hold it: they are the article
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


def key(text: str) -> str:
    """Letters and digits alone: what two writings of one text have in common."""
    return _NO_LETTERS.sub("", text.casefold())


def is_title(text: str, titles: set[str]) -> bool:
    """Whether a text says no more than one of the titles (their keys). Paragraphs are too long to be asked for their letters."""
    return any(len(text) <= 3 * len(title) + 20 for title in titles) and key(text) in titles


def inside(page: PageBlocks, box: int) -> set[int]:
    """The numbers of a box and of all boxes in it."""
    within = {box}
    for number in range(box + 1, len(page.boxes)):
        if page.boxes[number].parent in within:
            within.add(number)
    return within


def written(block: Block) -> int:
    """Letters of running text in a block, whatever speaks against it."""
    size = letters(block.text)
    own = size - block.links
    return own if size >= MIN_PROSE and own * 2 >= size else 0


def prose(block: Block) -> int:
    """Letters of a block that may be the article's own words."""
    return 0 if block.noise else written(block)


def size_of(page: PageBlocks, numbers: Iterable[int]) -> int:
    """Letters of these blocks."""
    return sum(letters(page.blocks[number].text) for number in numbers)


def weigh(page: PageBlocks) -> list[int]:
    """Letters of prose in each of the page's boxes."""
    masses = [0] * len(page.boxes)
    for block in page.blocks:
        masses[block.box] += prose(block)
    for number in range(len(masses) - 1, 0, -1):
        masses[page.boxes[number].parent] += masses[number]
    return masses


def container(page: PageBlocks, masses: list[int], titles: set[str]) -> tuple[int, str, int]:
    """The number of the article's box, the rule that found it, and among how many letters of prose. `masses`: of `weigh`."""
    box, rule = _heaviest(page, masses)
    behind = _behind_title(page, masses, box, titles) if rule in ("densest", "main") else None
    return behind or (box, rule, masses[0] if masses else 0)


def _heaviest(page: PageBlocks, masses: list[int]) -> tuple[int, str]:
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
        if not masses[largest] or masses[largest] < STEP_SHARE * masses[current] or page.boxes[largest].tag in LEAVES:
            break
        current, rule = largest, "main" if page.boxes[largest].tag == "main" or rule == "main" else "densest"
    return current, rule


def _behind_title(page: PageBlocks, masses: list[int], chosen: int, titles: set[str]) -> tuple[int, str, int] | None:
    """The article where the densest box is what readers say of it: much stands between its title and that box."""
    if masses[0] - masses[chosen] < ENOUGH_BETWEEN:
        return None
    start = next((n for n, block in enumerate(page.blocks) if not block.noise and is_title(block.text, titles)), None)
    end = next((n for n, block in enumerate(page.blocks) if block.box >= chosen), 0)
    if start is None or sum(map(prose, page.blocks[start + 1 : end])) < ENOUGH_BETWEEN:
        return None
    rest, number, within = masses.copy(), chosen, inside(page, chosen)
    while number >= 0:
        rest[number] -= masses[chosen]
        number = page.boxes[number].parent
    for number in within:
        rest[number] = 0
    box, rule = _heaviest(page, rest)
    return (box, rule, rest[0]) if box not in within else None


def _around_parts(page: PageBlocks, masses: list[int], chosen: int) -> int:
    """The box around an article that is cut into several boxes of one name; the chosen box where that is the only one."""
    name = _name(page, chosen)
    if masses[chosen] > WHOLE_SHARE * masses[0] or not name[1]:
        return chosen
    parts = {chosen: masses[chosen]}
    for number, box in enumerate(page.boxes):  # the same again is no part, but the article once more for small screens
        is_new = box.tag == name[0] and masses[number] >= MIN_PARAGRAPH and masses[number] not in parts.values()
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


def _has_titles(page: PageBlocks, boxes: set[int], first: int) -> bool:
    """Whether there is a title of an article among some boxes: one behind the first, or one that links a page of its own."""
    headings = (block for block in page.blocks if block.box in boxes and page.boxes[block.box].tag in HEADINGS)
    return any(
        (page.boxes[each.box].tag == "h1" and each.box > first) or each.links * 2 > letters(each.text) for each in headings
    )


def _name(page: PageBlocks, number: int) -> tuple[str, str]:
    box = page.boxes[number]
    return box.tag, box.element.get("class") or ""
