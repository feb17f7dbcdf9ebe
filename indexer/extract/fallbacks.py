"""Where weighing found next to nothing on a page that has more to say: others are asked, and what is hidden is read.

second opinion   trafilatura's choice of the page's blocks, those included that a name speaks against
stated           what the page's linked data has as the text of its article
unhidden         what the page hides until a script shows it, or tells only those who run none
"""

from __future__ import annotations

from typing import Final

from indexer import html
from indexer.extract.block_selection import Selection, choose
from indexer.extract.blocks import Block, PageBlocks, read_unhidden
from indexer.extract.content_root import key, prose, size_of, written
from indexer.extract.feed_alignment import SHORTEST, around

DOUBTFUL_SHARE: Final = 0.4  # of the page's prose in the article's box, below which trafilatura is asked as well
DOUBTFUL_LETTERS: Final = 200  # in a choice on a page of much prose: something went wrong
MUCH: Final = 3 * DOUBTFUL_LETTERS
SHOWN: Final = 50  # letters of "Please enable JavaScript to read this page."
MAX_WORDS, DIFFERENT = 300, 10  # of so many words every tenth at least is another one, else they are key words
MISSED_SHARE: Final = 0.4  # of what linked data has as the article
_MENUS: Final = frozenset(("nav", "menu", "dialog", "role navigation", "role menu", "role menubar", "role dialog", "role search"))


def is_doubtful(page: PageBlocks, choice: Selection) -> bool:
    """Whether a choice may have missed the article."""
    if choice.rule == "feed":
        return False
    found = size_of(page, choice.kept)
    if found < DOUBTFUL_LETTERS:
        return sum(map(_written, page.blocks)) > MUCH
    return choice.share < DOUBTFUL_SHARE and sum(map(prose, page.blocks)) > MUCH


def second_opinion(page: PageBlocks, markup: str, choice: Selection) -> Selection | None:
    """Trafilatura's choice of our blocks, if it holds more of the page's prose than ours."""
    import trafilatura  # slow to import, and searches never need it

    try:
        text = trafilatura.extract(
            html.sanitize(markup), include_comments=False, include_tables=True, fast=True, output_format="txt"
        )
    except Exception:  # third-party code on hostile pages: our own choice stands
        return None
    lines = [key(line) for line in (text or "").split("\n")]
    whole, different = "".join(lines), set(lines)
    told = []
    for number, block in enumerate(page.blocks):
        name = key(block.text)
        if name and (name in different or (len(name) >= 25 and name in whole)):
            told.append(number)
    if size_of(page, choice.kept) < DOUBTFUL_LETTERS and sum(_written(page.blocks[n]) for n in told) > MUCH:
        return complete(page, Selection(0, "trafilatura", told, share=1.0), "outside of the article")
    kept = [number for number in told if page.blocks[number].noise in ("", "name")]
    if sum(prose(page.blocks[n]) for n in kept) <= 1.2 * sum(prose(page.blocks[n]) for n in choice.kept):
        return None
    return complete(page, Selection(0, "trafilatura", kept, share=1.0), "outside of the article")


def stated(page: PageBlocks, choice: Selection, body: str, titles: set[str]) -> Selection | None:
    """Where the article is by the page's linked data, if the choice misses much of that; its text itself where nothing is found.

    `body`: the text in the linked data. It is not believed where the choice has most of it: it may be cut off, and without form.
    """
    if choice.rule == "feed" or len(body) < MUCH or len(own := key(text := html.to_text(body))) < MUCH:
        return None
    missing = len(own) - _told(page, choice.kept, own)
    if missing < MISSED_SHARE * len(own):
        return None
    matched = [number for number, block in enumerate(page.blocks) if _told(page, [number], own) and _written(block)]
    if matched:
        found = around(page, matched, titles)
        if missing - len(own) + _told(page, found.kept, own) > MISSED_SHARE * len(own) / 2:
            found.rule = "stated"
            return complete(page, found, "outside of the article")
    if size_of(page, choice.kept) >= DOUBTFUL_LETTERS:
        return None
    page.blocks.append(Block(text, 0))
    return complete(page, Selection(0, "stated", [len(page.blocks) - 1], share=1.0), "outside of the article")


def unhidden(tree: html.Element, choice: Selection, page: PageBlocks, titles: set[str]) -> tuple[PageBlocks, Selection] | None:
    """The page read with what it hides, and the choice there, if the page as it is shown says nothing, or to wait. (One sentence
    that is shown is the page's text: what is hidden beside it is mostly meant for search engines.)"""
    if choice.rule == "feed" or size_of(page, choice.kept) >= SHOWN:
        return None
    whole = read_unhidden(tree)
    if sum(map(prose, whole.blocks)) < sum(map(prose, page.blocks)) + MUCH:
        return None
    found = choose(whole, titles)
    words = [word for number in found.kept for word in whole.blocks[number].text.split()][:MAX_WORDS]
    stuffed = len(set(words)) * DIFFERENT < len(words)
    return (whole, found) if size_of(whole, found.kept) > MUCH and not stuffed else None


def complete(page: PageBlocks, choice: Selection, why: str) -> Selection:
    """The choice, with a reason for each block that is not in it."""
    kept = set(choice.kept)
    for number, block in enumerate(page.blocks):
        if number not in kept:
            choice.removed.setdefault(number, block.noise or why)
    return choice


def _told(page: PageBlocks, numbers: list[int], own: str) -> int:
    """Letters and digits of the blocks that stand in a text, too."""
    names = (key(page.blocks[number].text) for number in numbers if len(page.blocks[number].text) >= SHORTEST)
    return sum(len(name) for name in names if name in own)


def _written(block: Block) -> int:
    """Letters of running text, whatever it is said to be; menus apart."""
    return 0 if block.noise in _MENUS else written(block)
