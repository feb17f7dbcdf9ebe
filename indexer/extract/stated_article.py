"""Read what a page's markup states about its article, and find repeated boxes: replies, teasers, author boxes. Pure.

stated     itemprop=articleBody, or the only article element of the page or of its main part, if it contains the title
repeated   siblings of one shape that follow the stated article: whatever their names, they are not the article's
appended   at the end of any article: siblings of one shape that each begin with a name or a link
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from typing import Final

from indexer.extract.blocks import HEADINGS, Block, PageBlocks, is_title, letters, prose
from indexer.extract.boilerplate_phrases import SENTENCE_END

MIN_STATED_LETTERS: Final = 25  # of prose in an article that the markup states
MIN_SIBLINGS: Final = 2  # of one shape
MIN_SIBLING_LETTERS: Final = 20  # of text in each
MAX_NAME_LETTERS: Final = 60  # in the first line of a reply, a teaser or an author box
MAX_APPENDED_SHARE: Final = 0.5  # of an article's prose: more at its end is the article itself
_GROUPED: Final = frozenset(("div", "li", "section", "article", "aside", "figure", "details", "dd", "tr"))
_APPENDED: Final = _GROUPED - {"li", "dd", "tr"}


def stated_boxes(page: PageBlocks, masses: list[int], titles: Set[str]) -> list[int]:
    """Return the boxes that the markup states as the article: none, one, or the parts of one. `masses`: of `weigh`."""
    with_prose = [number for number, mass in enumerate(masses) if mass]
    bodies = [n for n in with_prose if (page.boxes[n].element.get("itemprop") or "").lower() == "articlebody"]
    if sum(masses[number] for number in bodies) >= MIN_STATED_LETTERS:
        return _outermost(page, bodies)
    articles = _outermost(page, (number for number in with_prose if page.boxes[number].tag == "article"))
    in_main = [number for number in articles if _is_in_main(page, number)]
    for candidates in (in_main, articles):
        if len(candidates) == 1:
            number = candidates[0]
            is_article = masses[number] >= MIN_STATED_LETTERS and _has_title(page, number, titles)
            return [number] if is_article else []
    return []


def repeated_after(page: PageBlocks, anchors: list[int]) -> set[int]:
    """Return the boxes of one shape that are siblings and follow the stated article, with all boxes in them."""
    if not anchors:
        return set()
    end = max(page.boxes[anchor].last for anchor in anchors)
    groups: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for number in range(end + 1, len(page.boxes)):
        box = page.boxes[number]
        if box.tag in _GROUPED and box.letters + box.links >= MIN_SIBLING_LETTERS:
            groups[box.parent, box.tag, box.element.get("class") or ""].append(number)
    return _with_inner(page, (number for group in groups.values() if len(group) >= MIN_SIBLINGS for number in group))


def appended_boxes(page: PageBlocks, root: int, boxes: Set[int]) -> set[int]:
    """Return the sibling boxes at the end of an article that each begin with a name or a link, with all boxes in them.

    `boxes`: the article's box `root` and all boxes in it.
    """
    inside = [block for block in page.blocks if block.box in boxes and not block.excluded_as]
    at_end = _with_outer(page, max((block.box for block in inside), default=root))
    parents = {page.boxes[number].parent for number in at_end if page.boxes[number].tag in _APPENDED}
    groups: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for number in sorted(boxes - {root}) if parents else ():
        box = page.boxes[number]
        if box.parent in parents and box.tag in _APPENDED and (name := box.element.get("class")):
            groups[box.parent, box.tag, name].append(number)
    groups = {key: group for key, group in groups.items() if len(group) >= MIN_SIBLINGS and group[-1] in at_end}
    blocks_of: dict[int, list[Block]] = defaultdict(list)
    for block in inside if groups else ():
        blocks_of[block.box].append(block)
    total = sum(map(prose, inside)) if groups else 0
    appended: set[int] = set()
    for group in groups.values():
        inner = [[b for n in range(number, page.boxes[number].last + 1) for b in blocks_of.get(n, ())] for number in group]
        is_named = all(_begins_with_name(page, each) for each in inner)
        if is_named and sum(prose(block) for each in inner for block in each) <= MAX_APPENDED_SHARE * total:
            appended |= set(group)
    return _with_inner(page, appended)


def _with_outer(page: PageBlocks, number: int) -> set[int]:
    """Return a box and the boxes around it."""
    outer = set()
    while number >= 0:
        outer.add(number)
        number = page.boxes[number].parent
    return outer


def _begins_with_name(page: PageBlocks, blocks: list[Block]) -> bool:
    """Report whether a box begins with a short line that is not a sentence, and goes on with a text."""
    if len(blocks) < 2:
        return False
    first, size = blocks[0], letters(blocks[0].text)
    is_linked = first.links * 2 > size
    is_heading = page.boxes[first.box].tag in HEADINGS
    return size <= MAX_NAME_LETTERS and not SENTENCE_END.search(first.text) and (is_linked or not is_heading)


def _has_title(page: PageBlocks, number: int, titles: Set[str]) -> bool:
    """Report whether a box contains an h1 or a title of the page."""
    end = page.boxes[number].last
    return any(
        number <= block.box <= end and (page.boxes[block.box].tag == "h1" or is_title(block.text, titles))
        for block in page.blocks
    )


def _is_in_main(page: PageBlocks, number: int) -> bool:
    while (number := page.boxes[number].parent) >= 0:
        if page.boxes[number].tag == "main" or page.boxes[number].element.get("role") == "main":
            return True
    return False


def _outermost(page: PageBlocks, numbers: Iterable[int]) -> list[int]:
    """Return the boxes that are not inside another of them, in document order."""
    outer: list[int] = []
    for number in numbers:
        if not outer or number > page.boxes[outer[-1]].last:
            outer.append(number)
    return outer


def _with_inner(page: PageBlocks, numbers: Iterable[int]) -> set[int]:
    return {inner for number in numbers for inner in range(number, page.boxes[number].last + 1)}
