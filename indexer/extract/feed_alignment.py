"""Find on a page the text that the feed has of an entry. Pure.

The feed states what its item is. Where its text stands on the page, there is the article.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from indexer import html
from indexer.extract.block_selection import OUTSIDE, Selection, trim
from indexer.extract.block_structure import LEAVES, boxes_within, prose, size_of, text_key
from indexer.extract.blocks import PageBlocks
from indexer.model import Entry

MIN_MATCH_LETTERS: Final = 25  # in a text that is hardly found elsewhere by chance
MIN_SUMMARY_START_LETTERS: Final = 60  # compared of a summary, because feeds cut summaries off anywhere
MIN_MOVE_LETTERS: Final = 80  # of the feed's text found in one place before that place overrules the page's structure
MIN_NAMED_MOVE_LETTERS: Final = 300  # the same if the structure is a named box, because teasers repeat summaries
MAX_REQUIRED_LETTERS: Final = 1_000  # of a feed's text, of which half must be found on the page
MAX_FEED_TEXT_CHARACTERS: Final = 200_000
_UNNAMED = frozenset(("densest", "body", "main"))


def feed_text_key(entry: Entry | None) -> str:
    """Return the key of the feed's text of an entry; "" if there is too little of it to compare."""
    if entry is None:
        return ""
    key = text_key(html.to_text((entry.content_html or entry.summary_html)[:MAX_FEED_TEXT_CHARACTERS]))
    return key if len(key) >= MIN_MATCH_LETTERS else ""


def is_feed_text(text: str, feed_text: str) -> bool:
    """Report whether a block is part of the feed's text, or starts with it. `feed_text`: its key."""
    if not feed_text or len(text) < MIN_MATCH_LETTERS or len(key := text_key(text)) < MIN_MATCH_LETTERS:
        return False
    start = feed_text[:MIN_SUMMARY_START_LETTERS]
    return key in feed_text or feed_text in key or (len(start) == MIN_SUMMARY_START_LETTERS and start in key)


def has_feed_text(selection: Selection, feed_text: str) -> bool:
    """Report whether a selection contains most of the feed's text."""
    page = selection.page
    matched = size_of(page, (number for number in selection.numbers if is_feed_text(page.blocks[number].text, feed_text)))
    return matched * 2 >= min(len(feed_text), MAX_REQUIRED_LETTERS)


def align(selection: Selection, titles: Set[str], feed_text: str) -> Selection:
    """Return the box around the feed's text if most of that text is outside of the selection.

    Otherwise return the selection, with blocks of the feed's text in its box that trimming left out.
    """
    if not feed_text:
        return selection
    page = selection.page
    matched = [number for number, block in enumerate(page.blocks) if is_feed_text(block.text, feed_text)]
    within = boxes_within(page, selection.box)
    outer = [number for number in matched if page.blocks[number].box not in within]
    inner = [number for number in matched if page.blocks[number].box in within]
    candidates = [number for number in outer if not page.blocks[number].excluded_as]
    minimum = MIN_MOVE_LETTERS if selection.rule in _UNNAMED else MIN_NAMED_MOVE_LETTERS
    if size_of(page, candidates) >= minimum and size_of(page, outer) > 2 * size_of(page, inner):
        return select_around(page, candidates, titles, "feed")
    present = {text_key(page.blocks[number].text) for number in selection.numbers} | titles
    missing = [n for n in inner if n not in selection.numbers and text_key(page.blocks[n].text) not in present]
    if missing:
        selection.numbers = sorted({*selection.numbers, *missing})
        for number in missing:
            selection.reasons.pop(number, None)
    return selection


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
