"""Find the article by other evidence than the page's visible structure. Pure.

feed's text      where the text of the entry in its feed stands on the page, there is the article
second opinion   trafilatura's selection among the page's blocks, including blocks that a name excludes
linked data      the text that the page's JSON-LD states as its article
hidden text      text that the page hides until a script shows it, or shows only to readers without JavaScript
"""

from __future__ import annotations

import dataclasses
from collections.abc import Set
from typing import Final

from indexer import html
from indexer.extract.block_selection import OUTSIDE, Selection, select_by_structure, trim
from indexer.extract.blocks import LEAVES, Block, PageBlocks, boxes_within, prose, read_unhidden, running_text, size_of, text_key
from indexer.extract.content_root import MIN_STATED_LETTERS
from indexer.model import Entry

MIN_ARTICLE_SHARE: Final = 0.4  # of the page's prose in the article's box: with less, trafilatura is consulted
MIN_ARTICLE_LETTERS: Final = 200  # in a selection on a page of much prose: with less, the article was probably missed
MIN_PAGE_LETTERS: Final = 3 * MIN_ARTICLE_LETTERS  # of running text on a page that should have an article
MIN_GAIN: Final = 1.2  # times the prose of the first selection that a second opinion must have
MAX_NOTICE_LETTERS: Final = 50  # in "Please enable JavaScript to read this page."
MAX_SAMPLE_WORDS: Final = 300  # of hidden text, examined for keyword stuffing
MAX_REPEATS_PER_WORD: Final = 10  # on average: text with more is keyword stuffing
MIN_STATED_BODY_LETTERS: Final = 80  # in the text of linked data
MIN_COMPLETE_SHARE: Final = 0.9  # of the text in linked data that the page must show
MIN_SURPLUS: Final = 1.5  # times that text: a selection with more includes something else
MAX_MISSING_SHARE: Final = 0.4  # of the text in linked data that a selection may miss
_MENUS: Final = frozenset(("nav", "menu", "dialog", "role navigation", "role menu", "role menubar", "role dialog", "role search"))


def is_doubtful(selection: Selection) -> bool:
    """Report whether a selection may have missed the article."""
    if selection.rule == "feed" or (selection.is_stated and selection.letters >= MIN_STATED_LETTERS):
        return False
    blocks = selection.page.blocks
    if selection.letters < MIN_ARTICLE_LETTERS:
        return sum(map(_possible_prose, blocks)) > MIN_PAGE_LETTERS
    return selection.share < MIN_ARTICLE_SHARE and sum(map(prose, blocks)) > MIN_PAGE_LETTERS


def second_opinion(selection: Selection, markup: str) -> Selection | None:
    """Return trafilatura's selection of the same page's blocks if it has more of the page's prose than `selection`."""
    import trafilatura  # slow to import, and searches do not need it

    try:
        text = trafilatura.extract(
            html.sanitize(markup), include_comments=False, include_tables=True, fast=True, output_format="txt"
        )
    except Exception:  # third-party code on hostile pages: the first selection stays
        return None
    page = selection.page
    lines = [text_key(line) for line in (text or "").split("\n")]
    whole, different = "".join(lines), set(lines)
    matched = []
    for number, block in enumerate(page.blocks):
        key = text_key(block.text)
        if key and (key in different or (len(key) >= MIN_MATCH_LETTERS and key in whole)):
            matched.append(number)
    if selection.letters < MIN_ARTICLE_LETTERS and sum(_possible_prose(page.blocks[n]) for n in matched) > MIN_PAGE_LETTERS:
        return Selection(page, 0, "trafilatura", matched, share=1.0).complete(OUTSIDE)
    usable = [number for number in matched if page.blocks[number].excluded_as in ("", "name")]
    if sum(prose(page.blocks[n]) for n in usable) <= MIN_GAIN * sum(prose(page.blocks[n]) for n in selection.numbers):
        return None
    return Selection(page, 0, "trafilatura", usable, share=1.0).complete(OUTSIDE)


def select_stated(selection: Selection, body: str, titles: Set[str]) -> Selection | None:
    """Return the blocks that contain the text of the page's linked data if `selection` misses much of that text.

    Return that text itself if the page has no such blocks and the selection is empty. `body`: the text in the linked data. It is
    ignored if the selection has most of it, because it may be cut off and has no paragraphs.
    """
    if selection.rule == "feed" or len(body) < MIN_STATED_BODY_LETTERS:
        return None
    stated = text_key(text := html.to_text(body))
    if len(stated) < MIN_STATED_BODY_LETTERS:
        return None
    page = selection.page
    if (exact := _exactly_stated(selection, stated)) is not None or len(stated) < MIN_PAGE_LETTERS:
        return exact
    missing = len(stated) - _shared_letters(page, selection.numbers, stated)
    if missing < MAX_MISSING_SHARE * len(stated):
        return None
    matched = [n for n, block in enumerate(page.blocks) if _shared_letters(page, [n], stated) and _possible_prose(block)]
    if matched:
        nearby = select_around(page, matched, titles, "stated")
        if missing - len(stated) + _shared_letters(page, nearby.numbers, stated) > MAX_MISSING_SHARE * len(stated) / 2:
            return nearby.complete(OUTSIDE)
    if selection.letters >= MIN_ARTICLE_LETTERS:
        return None
    extended = dataclasses.replace(page, blocks=[*page.blocks, Block(text, 0)])
    return Selection(extended, 0, "stated", [len(page.blocks)], share=1.0).complete(OUTSIDE)


def _exactly_stated(selection: Selection, stated: str) -> Selection | None:
    """Return the blocks that are the text of the linked data, if the selection has much more and the text is not cut off.

    A text that is cut off ends within a block. `stated`: its key.
    """
    page = selection.page
    matched = [n for n, block in enumerate(page.blocks) if _shared_letters(page, [n], stated) and _possible_prose(block)]
    shared = _shared_letters(page, matched, stated)
    is_complete = bool(matched) and stated.endswith(text_key(page.blocks[matched[-1]].text))
    if not is_complete or shared < MIN_COMPLETE_SHARE * len(stated) or selection.letters < MIN_SURPLUS * shared:
        return None
    between = [n for n in selection.numbers if matched[0] <= n <= matched[-1]]
    return Selection(page, 0, "stated", sorted({*matched, *between}), share=1.0).complete(OUTSIDE)


def select_unhidden(selection: Selection, tree: html.Element, titles: Set[str]) -> Selection | None:
    """Return the article in the page's hidden text if `selection`, of the visible text, is empty or a notice to wait.

    A single visible sentence is the page's text: hidden text next to it is mostly meant for search engines.
    """
    if selection.rule == "feed" or selection.letters >= MAX_NOTICE_LETTERS:
        return None
    whole = read_unhidden(tree)
    if sum(map(prose, whole.blocks)) < sum(map(prose, selection.page.blocks)) + MIN_PAGE_LETTERS:
        return None
    hidden = select_by_structure(whole, titles)
    words = [word for number in hidden.numbers for word in whole.blocks[number].text.split()][:MAX_SAMPLE_WORDS]
    is_stuffed = len(set(words)) * MAX_REPEATS_PER_WORD < len(words)
    return hidden if hidden.letters > MIN_PAGE_LETTERS and not is_stuffed else None


def _shared_letters(page: PageBlocks, numbers: list[int], stated: str) -> int:
    """Count the letters and digits of the blocks that are also in a text. `stated`: its key."""
    keys = (text_key(page.blocks[number].text) for number in numbers if len(page.blocks[number].text) >= MIN_MATCH_LETTERS)
    return sum(len(key) for key in keys if key in stated)


def _possible_prose(block: Block) -> int:
    """Count the letters of running text in a block, even if the block is excluded, except in menus."""
    return 0 if block.excluded_as in _MENUS else running_text(block)


# -- the feed's text ---------------------------------------------------------------------------------------------------
# Find on a page the text that the feed has of an entry. Pure.
#
# The feed states what its item is. Where its text stands on the page, there is the article.

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
