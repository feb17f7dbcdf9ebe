"""What the feed says an item is, is: the feed's own text shows where on the page the article stands."""

from __future__ import annotations

from typing import Final

from indexer import html
from indexer.extract.block_selection import Selection, trimmed
from indexer.extract.blocks import PageBlocks
from indexer.extract.content_root import LEAVES, inside, key, prose, size_of
from indexer.model import Entry

SHORTEST: Final = 25  # letters that are not met by chance
HEAD: Final = 60  # letters of a summary: it may be cut off anywhere
ENOUGH: Final = 80  # letters of the feed's text that must be found together before the page's structure is overruled
PLENTY: Final = 300  # the same, where a name of the box speaks for the structure: a summary may stand in a teaser, too
_UNNAMED = frozenset(("densest", "body", "main"))
LONG: Final = 1_000  # letters of a feed's text of which half are enough to know the article by
LONGEST: Final = 200_000


def feed_key(entry: Entry | None) -> str:
    """Letters and digits of the feed's text of an entry; "" when it has none worth looking for."""
    if entry is None:
        return ""
    found = key(html.to_text((entry.content_html or entry.summary_html)[:LONGEST]))
    return found if len(found) >= SHORTEST else ""


def is_own(text: str, own: str) -> bool:
    """Whether a block is in the feed's text, or begins with it."""
    if not own or len(text) < SHORTEST or len(name := key(text)) < SHORTEST:
        return False
    return name in own or own in name or (len(own) >= HEAD and own[:HEAD] in name)


def holds(page: PageBlocks, numbers: list[int], own: str) -> bool:
    """Whether these blocks have most of the feed's text."""
    matched = size_of(page, (number for number in numbers if is_own(page.blocks[number].text, own)))
    return matched * 2 >= min(len(own), LONG)


def aligned(page: PageBlocks, choice: Selection, titles: set[str], own: str) -> Selection:
    """The choice, or the box around the feed's text where most of that lies outside of it. Own blocks nearby are put back."""
    if not own:
        return choice
    matched = [number for number, block in enumerate(page.blocks) if is_own(block.text, own)]
    within = inside(page, choice.box)
    outer = [number for number in matched if page.blocks[number].box not in within]
    inner = [number for number in matched if page.blocks[number].box in within]
    stated = [number for number in outer if not page.blocks[number].noise]
    enough = ENOUGH if choice.rule in _UNNAMED else PLENTY
    if size_of(page, stated) >= enough and size_of(page, outer) > 2 * size_of(page, inner):
        return around(page, stated, titles)
    have = {key(page.blocks[number].text) for number in choice.kept}
    back = [number for number in inner if number not in choice.kept and key(page.blocks[number].text) not in have | titles]
    if back:
        choice.kept = sorted({*choice.kept, *back})
        for number in back:
            choice.removed.pop(number, None)
    return choice


def around(page: PageBlocks, matched: list[int], titles: set[str]) -> Selection:
    """The narrowest box that holds all that matched, with its neighbours."""
    box = page.blocks[matched[0]].box
    within = inside(page, box)
    while page.boxes[box].parent >= 0 and (
        page.boxes[box].tag in LEAVES or not all(page.blocks[number].box in within for number in matched)
    ):
        box = page.boxes[box].parent
        within = inside(page, box)
    choice = Selection(box, "feed", share=1.0)
    certain = set(matched)
    candidates = []
    for number, block in enumerate(page.blocks):
        if number in certain or (block.box in within and not block.noise):
            candidates.append(number)
        else:
            choice.removed[number] = block.noise or "outside of the article"
    choice.kept = sorted(
        {*trimmed(page, box, candidates, titles, choice.removed), *(n for n in certain if prose(page.blocks[n]))}
    )
    for number in choice.kept:
        choice.removed.pop(number, None)
    return choice
