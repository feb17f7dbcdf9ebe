"""Find the main text of a page by trying rules in order. Pure.

Each rule takes the `Context` and returns a `Selection` of blocks, or None if it does not apply or does not find enough. The
tuples `RULES` and `VISIBLE_TEXT_RULES`, at the end, give the order. A document stores the name of its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from indexer import html
from indexer.extract.block_selection import OUTSIDE, Selection, has_text, select_by_structure, trim
from indexer.extract.blocks import PageBlocks, prose, read_blocks, read_within
from indexer.extract.evidence import (
    align,
    has_feed_text,
    is_doubtful,
    is_feed_text,
    second_opinion,
    select_stated,
    select_unhidden,
)
from indexer.extract.site_template import SiteTemplate, fingerprints

MAX_BOILERPLATE_SHARE: Final = 0.6  # of a page's prose: a template that matches more was trained on this page under another URL
BOILERPLATE: Final = "template"
_BEGIN_MARKER: Final = "TYPO3SEARCH_begin"


@dataclass(frozen=True)
class Context:
    """Everything that a rule may use.

    `titles`: the keys of what the page is called. `feed_text`: the key of the feed's text of the entry. `stated_text`: the text
    of the article in the page's linked data. `includes`, `pins`: the elements of the operator's selectors `include` and `keep`;
    None without such a selector. `is_brief`: only the text is wanted, not the reasons for what is left out.
    """

    tree: html.Element
    markup: str
    titles: frozenset[str]
    feed_text: str = ""
    stated_text: str = ""
    includes: frozenset[html.Element] | None = None
    pins: frozenset[html.Element] | None = None
    template: SiteTemplate | None = None
    is_brief: bool = True

    @cached_property
    def page(self) -> PageBlocks:
        """Return the blocks of the whole page; boilerplate is marked, and pinned blocks have no reason against them."""
        page = read_blocks(self.tree, (self.includes or frozenset()) | (self.pins or frozenset()))
        mark_boilerplate(page, self.template, self.feed_text)
        pinned = _boxes_of(page, self.pins or ())
        for block in page.blocks:
            block.excluded_as = "" if block.box in pinned else block.excluded_as
        return page

    @cached_property
    def pinned_boxes(self) -> frozenset[int]:
        """Return the boxes of the pinned elements and all boxes in them."""
        return _boxes_of(self.page, self.pins or ())

    @cached_property
    def by_structure(self) -> Selection:
        """Return the selection by the page's structure and the feed's text, good enough or not."""
        return align(select_by_structure(self.page, self.titles), self.titles, self.feed_text)

    @cached_property
    def visible_text(self) -> Selection:
        """Return the selection of the first of `VISIBLE_TEXT_RULES` that finds enough."""
        return first_of(VISIBLE_TEXT_RULES, self)


Rule = Callable[[Context], Selection | None]


def first_of(rules: tuple[Rule, ...], context: Context) -> Selection:
    """Return the selection of the first rule that has one. The last rule of a tuple always has one."""
    return next(selection for rule in rules if (selection := rule(context)) is not None)


def mark_boilerplate(page: PageBlocks, template: SiteTemplate | None, feed_text: str) -> None:
    """Mark the blocks that the site repeats on its pages, except the text of the feed and blocks with another reason."""
    if template is None:
        return
    repeats = [number for number, repeated in enumerate(template.boilerplate(fingerprints(page))) if repeated]
    marked = [n for n in repeats if not (page.blocks[n].excluded_as or is_feed_text(page.blocks[n].text, feed_text))]
    total = sum(map(prose, page.blocks))
    if not feed_text and sum(prose(page.blocks[number]) for number in marked) > MAX_BOILERPLATE_SHARE * total:
        return
    for number in marked:
        page.blocks[number].excluded_as = BOILERPLATE


def operator_selector(context: Context) -> Selection | None:
    """Select what the operator's CSS selector chooses."""
    page = context.page if context.includes else PageBlocks()
    boxes = _boxes_of(page, context.includes or ())
    numbers = [number for number, block in enumerate(page.blocks) if block.box in boxes and block.excluded_as != BOILERPLATE]
    if not numbers:
        return None
    return Selection(page, min(boxes), "selector", numbers).complete("outside of the selector")


def learned_selector(context: Context) -> Selection | None:
    """Select the box where the site's pages have their article, unless the operator or the page states where the text is."""
    selector = context.template.selector if context.template is not None else None
    if selector is None or context.includes is not None or context.pins is not None or _BEGIN_MARKER in context.markup:
        return None
    box = selector.box(context.tree)
    if box is None:
        return None
    if context.is_brief:
        page = read_within(box, selector.share)
        mark_boilerplate(page, context.template, context.feed_text)
    else:
        page = context.page
    number = next(number for number, each in enumerate(page.boxes) if each.element is box)
    selection = align(selector.select(page, number, context.titles), context.titles, context.feed_text)
    if is_doubtful(selection) or not selection.has_text(context.titles):
        return None
    if context.feed_text and not has_feed_text(selection, context.feed_text):
        return None
    return selection.complete(OUTSIDE)


def linked_data(context: Context) -> Selection | None:
    """Select the text that the page's JSON-LD states as its article, if the visible text misses much of it."""
    if not context.stated_text or context.pinned_boxes:
        return None
    return select_stated(context.visible_text, context.stated_text, context.titles)


def hidden_text(context: Context) -> Selection | None:
    """Select in the text that the page hides, if the visible text is empty or a notice."""
    return None if context.pinned_boxes else select_unhidden(context.visible_text, context.tree, context.titles)


def visible_text(context: Context) -> Selection:
    """Select in the text that readers see."""
    return context.visible_text


def search_markers(context: Context) -> Selection | None:
    """Select between <!--TYPO3SEARCH_begin--> and <!--TYPO3SEARCH_end-->: the site states what is to be searched."""
    page = context.page
    if not page.marked:
        return None
    marked = [number for number, block in enumerate(page.blocks) if block.marked]
    candidates = [number for number in marked if not page.blocks[number].excluded_as]
    if sum(len(page.blocks[n].text) for n in candidates) * 2 < sum(len(page.blocks[n].text) for n in marked):
        # A class name excludes the article itself.
        candidates = [number for number in marked if not page.boxes[page.blocks[number].box].certain]
    if not has_text(page, candidates, context.titles):
        return None
    selection = Selection(page, 0, "marker", share=1.0)
    selection.numbers = trim(page, 0, candidates, context.titles, selection.reasons, gently=True)
    return selection.complete("outside of the markers")


def trafilatura(context: Context) -> Selection | None:
    """Select as trafilatura does, if the selection by structure is doubtful and trafilatura finds more."""
    opinion = second_opinion(context.by_structure, context.markup) if is_doubtful(context.by_structure) else None
    return opinion if opinion is not None and opinion.has_text(context.titles) else None


def structure(context: Context) -> Selection | None:
    """Select the article's box by its name or its density, or the box around the feed's text."""
    return context.by_structure if context.by_structure.has_text(context.titles) else None


def whole_page(context: Context) -> Selection:
    """Select everything outside of menus, header, footer and side columns; for pages of few words, everything."""
    page, titles = context.page, context.titles
    for candidates in (
        [n for n, block in enumerate(page.blocks) if not block.excluded_as],
        [n for n, block in enumerate(page.blocks) if not page.boxes[block.box].certain],
        [n for n, block in enumerate(page.blocks) if block.excluded_as != BOILERPLATE],
    ):
        if has_text(page, candidates, titles):
            break
    trimmed = trim(page, 0, candidates, titles, {})
    numbers = trimmed if has_text(page, trimmed, titles) else candidates
    return Selection(page, 0, "body", numbers, share=1.0).complete(OUTSIDE)


def _boxes_of(page: PageBlocks, elements: Collection[html.Element]) -> frozenset[int]:
    """Return the boxes of some elements and all boxes in them."""
    boxes: set[int] = set()
    for number, box in enumerate(page.boxes if elements else ()):
        if box.parent in boxes or box.element in elements:
            boxes.add(number)
    return frozenset(boxes)


VISIBLE_TEXT_RULES: Final[tuple[Rule, ...]] = (search_markers, trafilatura, structure, whole_page)
RULES: Final[tuple[Rule, ...]] = (operator_selector, learned_selector, linked_data, hidden_text, visible_text)
