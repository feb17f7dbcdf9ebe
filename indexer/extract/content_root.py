"""Find the box of a page that contains its article: its content root. Pure.

named     a box that states it (article, itemprop, "entry-content"); the box around several of one name if the article is split
densest   otherwise the narrowest box that holds three quarters of the prose at each step down. Text between the title and
          that box takes precedence, because the comments of readers may be longer than the article.

The box of a thread contains all its posts, and that of a product its title.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Set
from typing import Final, NamedTuple

from indexer.extract.blocks import (
    HEADINGS,
    LEAVES,
    Block,
    PageBlocks,
    boxes_within,
    is_paragraph_box,
    is_title,
    letters,
    prose,
    text_key,
)
from indexer.extract.class_names import label
from indexer.extract.remark_phrases import AGO, SENTENCE_END

MIN_NAMED_SHARE: Final = 1 / 3  # of the page's prose that a box with the name of an article must hold
MIN_STEP_SHARE: Final = 0.75  # of its parent's prose that a box must hold for a step down into it
MIN_WHOLE_ARTICLE_SHARE: Final = 0.9  # of the page's prose: a box that holds more is the whole article
MIN_SHARE_OF_LARGEST: Final = 0.85  # of the largest named box: among such boxes the innermost is chosen
MIN_LEAD_LETTERS: Final = 60  # of prose between the title and the densest box: less is a byline
MIN_SECTIONS: Final = 2  # with a heading that has an id of its words
MIN_PART_LETTERS: Final = 40  # of prose in a part of an article that is split into boxes of one name
MIN_PARTS_SHARE: Final = 0.9  # share of prose that the parts must have of the box around them; otherwise the box holds much else
MIN_THREAD_SHARE: Final = 0.6  # of the page's prose in the posts of a thread
MIN_LETTERS_AFTER_TITLE: Final = 600  # of prose between the title and the densest box: they are the article
_BODY_NAME = re.compile(
    r"(?:^|[\s_-])(?:article|story|post|entry|news|blog|content|page)[_-]*(?:body|content|text|copy|details?|inner|main)(?:$"
    r"|[\s_-])"
    r"|(?:^|[\s_-])(?:body-?text|main-?text|full-?text|body-?content|text-?body|rich-?text|hentry|body-?copy"
    r"|article(?![_-]+(?:head|foot|title|meta|lead|intro|teaser|image|info|hero|top|side|aside|nav|list|tags|comment|relat))"
    r"|news-?single)(?:$|[\s_-])",
    re.I,
)


class ContentRoot(NamedTuple):
    """Where the article is.

    `boxes`: the box and all boxes in it that may contain text of the article. `repeated`: boxes that are ruled out by structure.
    `total`: the letters of prose that the box was chosen from. `is_stated`: the markup states that the box is the article.
    """

    box: int
    rule: str
    boxes: frozenset[int]
    repeated: frozenset[int]
    total: int
    is_stated: bool


def find_content_root(page: PageBlocks, masses: list[int], titles: Set[str]) -> ContentRoot:
    """Return where the article is. `masses`: the result of `weigh`."""
    if page.kind == "discussion":
        return _thread(page, masses)
    stated = stated_boxes(page, masses, titles)
    repeated = repeated_after(page, stated)
    rest = _without(page, masses, repeated)
    box, rule = _heaviest(page, rest, stated)
    if page.kind == "product" and rule in ("densest", "main"):
        box = _around_title(page, box, titles)
    elif rule in ("densest", "main") and (after_title := _after_title(page, rest, box, titles)):
        box, rule, rest = after_title
    elif rule in ("densest", "main"):
        box = _with_title(page, box, titles)
    parts = _parts(page, rest, box) if rule in ("itemprop", "article", "name") else (box,)
    around, boxes = _around_parts(page, rest, parts)
    repeated |= appended_boxes(page, around, boxes)
    is_stated = bool(stated) and any(
        box <= each <= page.boxes[box].last or each <= box <= page.boxes[each].last for each in stated
    )
    return ContentRoot(around, rule, frozenset(boxes), frozenset(repeated), rest[0] if rest else 0, is_stated)


def _thread(page: PageBlocks, masses: list[int]) -> ContentRoot:
    """Return where the posts of a thread are: boxes of one name that hold most of the page's prose, otherwise the densest box."""
    box, rule = _heaviest(page, masses, [])
    parts = _parts(page, masses, box) if rule in ("itemprop", "article", "name") else (box,)
    if len(parts) < 2 or sum(masses[part] for part in parts) < MIN_THREAD_SHARE * masses[0]:
        box, rule = densest(page, masses)
        parts = (box,)
    boxes = set().union(*(boxes_within(page, part) for part in parts))
    while not all(box <= part <= page.boxes[box].last for part in parts):
        box = page.boxes[box].parent
    return ContentRoot(box, rule, frozenset(boxes | {box}), frozenset(), masses[0] if masses else 0, False)


def _title_block(page: PageBlocks, titles: Set[str]) -> int | None:
    """Return the number of the first block that is a title of the page."""
    return next((n for n, block in enumerate(page.blocks) if not block.excluded_as and is_title(block.text, titles)), None)


def _around_title(page: PageBlocks, box: int, titles: Set[str]) -> int:
    """Return the narrowest box around the page's title and the box; the box itself if the page does not show its title."""
    title = _title_block(page, titles)
    while title is not None and box > 0 and not _encloses(page, box, page.blocks[title].box):
        box = page.boxes[box].parent
    return box


def _with_title(page: PageBlocks, chosen: int, titles: Set[str]) -> int:
    """Return the box around the title and the chosen box, if nothing but prose between the two is added."""
    title = _title_block(page, titles)
    around = _around_title(page, chosen, titles)
    if title is None or page.boxes[around].tag in ("html", "body"):
        return chosen
    start, end = page.blocks[title].box, page.boxes[chosen].last
    inside = [block for block in page.blocks if _encloses(page, around, block.box) and prose(block)]
    between = sum(prose(block) for block in inside if start < block.box < chosen)
    is_more = any(block.box < start or block.box > end for block in inside)
    return around if between >= MIN_LEAD_LETTERS and not is_more else chosen


def _without(page: PageBlocks, masses: list[int], boxes: Set[int]) -> list[int]:
    """Return the masses without the prose in some boxes."""
    if not boxes:
        return masses
    rest = [0] * len(masses)
    for block in page.blocks:
        rest[block.box] += 0 if block.box in boxes else prose(block)
    for number in range(len(rest) - 1, 0, -1):
        rest[page.boxes[number].parent] += rest[number]
    return rest


def _heaviest(page: PageBlocks, masses: list[int], stated: list[int]) -> tuple[int, str]:
    """Return the innermost large box that is named as an article, otherwise the densest box, and the name of the rule."""
    named: list[tuple[int, str]] = []
    related = _related(page, stated)
    for number, box in enumerate(page.boxes):
        is_candidate = number in related if stated else masses[number] >= masses[0] * MIN_NAMED_SHARE
        if not masses[number] or not is_candidate or box.tag in ("html", "body", "p", "li"):
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
        return max(
            (each for each in named if masses[each[0]] >= MIN_SHARE_OF_LARGEST * most), key=lambda each: page.boxes[each[0]].depth
        )
    return densest(page, masses)


def densest(page: PageBlocks, masses: list[int]) -> tuple[int, str]:
    """Return the narrowest box that holds three quarters of the prose at each step down, and the name of the rule."""
    children: dict[int, list[int]] = {}
    for number, box in enumerate(page.boxes):
        children.setdefault(box.parent, []).append(number)
    current, rule = 0, "body"
    while below := children.get(current):
        largest = max(below, key=masses.__getitem__)
        if not masses[largest] or masses[largest] < MIN_STEP_SHARE * masses[current] or page.boxes[largest].tag in LEAVES:
            break
        if is_paragraph_box(page, largest, below):
            break
        current, rule = largest, "main" if page.boxes[largest].tag == "main" or rule == "main" else "densest"
    return current, rule


def _related(page: PageBlocks, stated: list[int]) -> set[int]:
    """Return the stated boxes, all boxes in them, and the boxes around all of them."""
    related = {inner for number in stated for inner in range(number, page.boxes[number].last + 1)}
    for number in stated[:1]:
        while (number := page.boxes[number].parent) >= 0:
            if all(number <= each <= page.boxes[number].last for each in stated):
                related.add(number)
    return related


def _after_title(page: PageBlocks, masses: list[int], chosen: int, titles: Set[str]) -> tuple[int, str, list[int]] | None:
    """Return the article's box, the rule and the masses if much text lies between the title and the densest box.

    That box then holds readers' comments.
    """
    if masses[0] - masses[chosen] < MIN_LETTERS_AFTER_TITLE:
        return None
    start = _title_block(page, titles)
    end = next((n for n, block in enumerate(page.blocks) if block.box >= chosen), 0)
    if start is None or sum(map(prose, page.blocks[start + 1 : end])) < MIN_LETTERS_AFTER_TITLE:
        return None
    if _has_sections(page, chosen):
        return None
    rest, number, within = masses.copy(), chosen, boxes_within(page, chosen)
    while number >= 0:
        rest[number] -= masses[chosen]
        number = page.boxes[number].parent
    for number in within:
        rest[number] = 0
    box, rule = _heaviest(page, rest, [])
    return (box, rule, rest) if box not in within else None


def _has_sections(page: PageBlocks, number: int) -> bool:
    """Return whether a box has several headings with an id that repeats their words: sections of an article, not comments."""
    sections = 0
    for block in page.blocks:
        box = page.boxes[block.box]
        if box.tag in HEADINGS and _encloses(page, number, block.box):
            own = (box.element, page.boxes[max(box.parent, 0)].element, *box.element.iter("a"))
            key = text_key(block.text)
            sections += any((identity := text_key(each.get("id") or "")) and identity in key for each in own)
    return sections >= MIN_SECTIONS


def _parts(page: PageBlocks, masses: list[int], chosen: int) -> tuple[int, ...]:
    """Return the boxes of an article that is split into several of one name, in document order; the chosen box if it is not."""
    name = _name(page, chosen)
    if masses[chosen] > MIN_WHOLE_ARTICLE_SHARE * masses[0] and masses[0] - masses[chosen] < MIN_PART_LETTERS:
        return (chosen,)
    parts = {chosen: masses[chosen]}
    inner = range(chosen, page.boxes[chosen].last + 1)
    for number, box in enumerate(page.boxes if name[1] else ()):
        is_new = box.tag == name[0] and masses[number] >= MIN_PART_LETTERS and number not in inner
        # Equal text is a copy for small screens, not another part.
        if (
            is_new
            and masses[number] not in parts.values()
            and _name(page, number) == name
            and not _encloses(page, number, chosen)
        ):
            parts[number] = masses[number]
    return tuple(sorted(parts))


def _around_parts(page: PageBlocks, masses: list[int], parts: tuple[int, ...]) -> tuple[int, set[int]]:
    """Return the box around all parts of an article, and the boxes that may contain its text.

    That is everything in the box, or the parts only if much of the box is something else. If one of the parts is another article,
    the largest part is the article.
    """
    chosen = max(parts, key=masses.__getitem__)
    whole = boxes_within(page, chosen)
    if len(parts) == 1:
        return chosen, whole
    around, within = chosen, whole
    while not set(parts) <= within:
        around = page.boxes[around].parent
        within = boxes_within(page, around)
    union = set().union(*(boxes_within(page, part) for part in parts))
    if _has_titles(page, within - union, chosen):
        return chosen, whole
    total = sum(masses[part] for part in parts)
    is_one_box = page.boxes[around].tag not in ("html", "body") and total >= MIN_PARTS_SHARE * masses[around]
    return around, within if is_one_box else union | {around}


def _encloses(page: PageBlocks, outer: int, inner: int) -> bool:
    return outer <= inner <= page.boxes[outer].last


def _has_titles(page: PageBlocks, boxes: set[int], first: int) -> bool:
    """Return whether these boxes contain the title of another article: an h1 after the first box, or a heading that is a link."""
    headings = (block for block in page.blocks if block.box in boxes and page.boxes[block.box].tag in HEADINGS)
    return any(
        (page.boxes[each.box].tag == "h1" and each.box > first) or each.links * 2 > letters(each.text) for each in headings
    )


def _name(page: PageBlocks, number: int) -> tuple[str, str]:
    """Return the tag and the classes of a box."""
    box = page.boxes[number]
    return box.tag, box.element.get("class") or ""


# -- what the markup states about the article, and boxes that repeat: replies, teasers, author boxes -------------------------

MIN_STATED_LETTERS: Final = 25  # of prose in an article that the markup states
MIN_SIBLINGS: Final = 2  # of one shape
MIN_SIBLING_LETTERS: Final = 20  # of text in each
MAX_NAME_LETTERS: Final = 60  # in the first line of a reply, a teaser or an author box
MAX_APPENDED_SHARE: Final = 0.5  # of an article's prose: more at its end is the article itself, unless all say "2 hours ago"
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
        is_aged = page.kind == "article" and all(any(AGO.search(block.text) for block in each[:3]) for each in inner)
        share = 1 if is_aged else MAX_APPENDED_SHARE
        if is_named and sum(prose(block) for each in inner for block in each) <= share * total:
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
    """Return whether a box begins with a short line that is not a sentence, and goes on with a text."""
    if len(blocks) < 2:
        return False
    first, size = blocks[0], letters(blocks[0].text)
    is_linked = first.links * 2 > size
    is_heading = page.boxes[first.box].tag in HEADINGS
    return size <= MAX_NAME_LETTERS and not SENTENCE_END.search(first.text) and (is_linked or not is_heading)


def _has_title(page: PageBlocks, number: int, titles: Set[str]) -> bool:
    """Return whether a box contains an h1 or a title of the page."""
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
