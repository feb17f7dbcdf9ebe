"""Find the article where the page's visible structure shows little of it. Pure.

second opinion   trafilatura's selection among the page's blocks, including blocks that a name excludes
linked data      the text that the page's JSON-LD states as its article
hidden text      text that the page hides until a script shows it, or shows only to readers without JavaScript
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Set
from typing import Final

from indexer import html
from indexer.extract.block_selection import MIN_MATCH_LETTERS, OUTSIDE, Selection, select_around, select_by_structure
from indexer.extract.blocks import Block, PageBlocks, is_title, letters, prose, read_unhidden, running_text, text_key
from indexer.extract.content_root import densest

MIN_ARTICLE_LETTERS: Final = 200  # in a selection on a page of much prose: with less, the article was probably missed
MIN_PAGE_LETTERS: Final = 3 * MIN_ARTICLE_LETTERS  # of running text on a page that should have an article
MIN_GAIN: Final = 1.2  # times the prose of the first selection that a second opinion must have
MAX_NOTICE_LETTERS: Final = 50  # in "Please enable JavaScript to read this page."
MAX_SAMPLE_WORDS: Final = 300  # of hidden text, examined for keyword stuffing
MAX_REPEATS_PER_WORD: Final = 10  # on average: text with more is keyword stuffing
MIN_STATED_BODY_LETTERS: Final = 80  # in the text of linked data
MIN_STATED_ARTICLE_LETTERS: Final = 40  # in that text on a page whose type is an article
MIN_COMPLETE_SHARE: Final = 0.9  # of the text in linked data that the page must show
MIN_SURPLUS: Final = 1.5  # times that text: a selection with more includes something else
MAX_MISSING_SHARE: Final = 0.4  # of the text in linked data that a selection may miss
MAX_INDEX_PROSE_LETTERS: Final = 400  # on an index page, outside of its list
MIN_LISTED_LINKS: Final = 10
MIN_LIST_LETTERS: Final = 400  # in the links of a list
MIN_LIST_SURPLUS: Final = 3  # times the prose of the page that the links of its list must have
_MENU_NAMES = re.compile(
    r"^(?:name (?:cookie|consent|gdpr|bread|side-?bar|(?:\w+-?)?(?:nav|menu)|news-?letter|sign|log-?in|subscri|shar|soci|skip|pag"
    r"|modal|overlay|pop-?up|tool-?tip|ad|sponsor|banner|copy|legal|footer|header|hidden)|nav|header|footer|aside|form)",
    re.I,
)
_MENUS: Final = frozenset(("nav", "menu", "dialog", "role navigation", "role menu", "role menubar", "role dialog", "role search"))


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
    if selection.letters < MIN_ARTICLE_LETTERS and sum(possible_prose(page.blocks[n]) for n in matched) > MIN_PAGE_LETTERS:
        return Selection(page, 0, "trafilatura", matched, share=1.0).complete(OUTSIDE)
    repeats = {number for number, why in selection.reasons.items() if why == "repeated after the article"}
    usable = [number for number in matched if page.blocks[number].excluded_as in ("", "name") and number not in repeats]
    if sum(prose(page.blocks[n]) for n in usable) <= MIN_GAIN * sum(prose(page.blocks[n]) for n in selection.numbers):
        return None
    return Selection(page, 0, "trafilatura", usable, share=1.0).complete(OUTSIDE)


def select_list(page: PageBlocks, selection: Selection, titles: Set[str]) -> Selection | None:
    """Return the largest list of links of an index page, with the texts around the links; None if there is no large one.

    `selection`: of the page's prose, which must be small.
    """
    if selection.letters > MAX_INDEX_PROSE_LETTERS:
        return None
    usable = [n for n, block in enumerate(page.blocks) if not page.boxes[block.box].certain and not _is_menu(block.excluded_as)]
    masses = [0] * len(page.boxes)
    for number in usable:
        masses[page.blocks[number].box] += page.blocks[number].size
    for number in range(len(masses) - 1, 0, -1):
        masses[page.boxes[number].parent] += masses[number]
    box, _ = densest(page, masses)
    listed = [number for number in usable if box <= page.blocks[number].box <= page.boxes[box].last]
    linked = [number for number in listed if page.blocks[number].links * 2 > page.blocks[number].size]
    letters_in_links = sum(page.blocks[number].links for number in linked)
    if len(linked) < MIN_LISTED_LINKS or letters_in_links < max(MIN_LIST_LETTERS, MIN_LIST_SURPLUS * selection.letters):
        return None
    numbers = [number for number in listed if not is_title(page.blocks[number].text, titles)]
    return Selection(page, box, "index", numbers, share=1.0).complete(OUTSIDE)


def _is_menu(reason: str) -> bool:
    return bool(_MENU_NAMES.match(reason)) or reason in _MENUS


def select_stated(selection: Selection, body: str, titles: Set[str]) -> Selection | None:
    """Return the blocks that contain the text of the page's linked data if `selection` misses much of that text.

    Return that text itself if the page has no such blocks and the selection is empty. `body`: the text in the linked data. It is
    ignored if the selection has most of it, because it may be cut off and has no paragraphs.
    """
    least = MIN_STATED_ARTICLE_LETTERS if selection.page.kind == "article" else MIN_STATED_BODY_LETTERS
    if selection.rule == "feed" or len(body) < least:
        return None
    stated = text_key(text := html.to_text(body))
    if len(stated) < least:
        return None
    page = selection.page
    if (exact := _exactly_stated(selection, stated)) is not None or len(stated) < MIN_PAGE_LETTERS:
        return exact
    missing = len(stated) - _shared_letters(page, selection.numbers, stated)
    if missing < MAX_MISSING_SHARE * len(stated):
        return None
    matched = [n for n, block in enumerate(page.blocks) if _shared_letters(page, [n], stated) and possible_prose(block)]
    if matched:
        nearby = select_around(page, matched, titles, "stated")
        if missing - len(stated) + _shared_letters(page, nearby.numbers, stated) > MAX_MISSING_SHARE * len(stated) / 2:
            return nearby.complete(OUTSIDE)
    if selection.letters >= MIN_ARTICLE_LETTERS:
        return None
    extended = dataclasses.replace(page, blocks=[*page.blocks, Block(text, 0, size=letters(text))])
    return Selection(extended, 0, "stated", [len(page.blocks)], share=1.0).complete(OUTSIDE)


def _exactly_stated(selection: Selection, stated: str) -> Selection | None:
    """Return the blocks that are the text of the linked data, if the selection has much more and the text is not cut off.

    A text that is cut off ends within a block. `stated`: its key.
    """
    page = selection.page
    matched = [n for n, block in enumerate(page.blocks) if _shared_letters(page, [n], stated) and possible_prose(block)]
    shared = _shared_letters(page, matched, stated)
    is_complete = bool(matched) and stated.endswith(text_key(page.blocks[matched[-1]].text))
    if not is_complete or shared < MIN_COMPLETE_SHARE * len(stated) or selection.letters < MIN_SURPLUS * shared:
        return None
    between = [n for n in selection.numbers if matched[0] <= n <= matched[-1]]
    return Selection(page, 0, "stated", sorted({*matched, *between}), share=1.0).complete(OUTSIDE)


def select_unhidden(selection: Selection, tree: html.Element, titles: Set[str], *, kind: str = "") -> Selection | None:
    """Return the article in the page's hidden text; None if that holds little more than the visible text, or is stuffed.

    `selection`: of the visible text, empty or a notice to wait. A single visible sentence is the page's text: hidden text
    next to it is mostly meant for search engines.
    """
    whole = read_unhidden(tree, kind=kind)
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


def possible_prose(block: Block) -> int:
    """Count the letters of running text in a block, even if the block is excluded, except in menus."""
    return 0 if block.excluded_as in _MENUS else running_text(block)
