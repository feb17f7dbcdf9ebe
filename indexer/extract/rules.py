"""Find the main text of a page by trying rules in order. Pure.

Each rule takes the `ExtractionContext` and returns a `Selection` of blocks, or None if it does not apply or does not find
enough. The tuples `RULES` and `VISIBLE_TEXT_RULES`, at the end, give the order. A document stores the name of its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from indexer import html
from indexer.extract.block_selection import (
    MIN_MATCH_LETTERS,
    OUTSIDE,
    Selection,
    has_text,
    select_around,
    select_by_structure,
    trim,
)
from indexer.extract.blocks import PageBlocks, boxes_within, is_title, prose, read_blocks, read_within, size_of, text_key
from indexer.extract.content_root import MIN_STATED_LETTERS
from indexer.extract.fallbacks import (
    MAX_NOTICE_LETTERS,
    MIN_ARTICLE_LETTERS,
    MIN_PAGE_LETTERS,
    possible_prose,
    second_opinion,
    select_list,
    select_stated,
    select_unhidden,
)
from indexer.extract.repeated_blocks import BlockFingerprint, ObservedBlocks, SiteTemplate, fingerprints
from indexer.model import Entry

MIN_ARTICLE_SHARE: Final = 0.4  # of the page's prose in the article's box: with less, trafilatura is consulted
MAX_BOILERPLATE_SHARE: Final = 0.6  # of a page's prose: a template that matches more was trained on this page under another URL
MIN_SUMMARY_START_LETTERS: Final = 60  # compared of a summary, because feeds cut summaries off anywhere
MIN_MOVE_LETTERS: Final = 80  # of the feed's text found in one place before that place overrules the page's structure
MIN_NAMED_MOVE_LETTERS: Final = 300  # the same if the structure is a named box, because teasers repeat summaries
MAX_REQUIRED_LETTERS: Final = 1_000  # of a feed's text, of which half must be found on the page
MAX_FEED_TEXT_CHARACTERS: Final = 200_000
_UNNAMED = frozenset(("densest", "body", "main"))
BOILERPLATE: Final = "boilerplate"
_BEGIN_MARKER: Final = "TYPO3SEARCH_begin"


@dataclass(frozen=True)
class ExtractionContext:
    """Everything that a rule may use.

    `titles`: the keys of what the page is called. `feed_text`: the key of the feed's text of the entry. `stated_text`: the text
    of the article in the page's linked data. `includes`, `pins`: the elements of the operator's selectors `include` and `keep`;
    None without such a selector. `observed`: the tree's blocks, if they were read before. `kind`: of `page_kind`. `is_brief`:
    only the text is wanted, without the reasons for what is left out.
    """

    tree: html.Element
    markup: str
    titles: frozenset[str]
    feed_text: str = ""
    stated_text: str = ""
    includes: frozenset[html.Element] | None = None
    pins: frozenset[html.Element] | None = None
    template: SiteTemplate | None = None
    observed: ObservedBlocks | None = None
    kind: str = ""
    is_brief: bool = True

    @cached_property
    def page(self) -> PageBlocks:
        """Return the blocks of the whole page; boilerplate is marked, and pinned blocks have no reason against them."""
        box_elements = (self.includes or frozenset()) | (self.pins or frozenset())
        observed = self.observed
        page = observed.page if observed is not None else read_blocks(self.tree, box_elements, kind=self.kind)
        mark_boilerplate(page, self.template, self.feed_text, observed.fingerprints if observed is not None else None)
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


Rule = Callable[[ExtractionContext], Selection | None]


def first_of(rules: tuple[Rule, ...], context: ExtractionContext) -> Selection:
    """Return the selection of the first rule that has one. The last rule of a tuple always has one."""
    return next(selection for rule in rules if (selection := rule(context)) is not None)


def mark_boilerplate(
    page: PageBlocks, template: SiteTemplate | None, feed_text: str, of_blocks: Sequence[BlockFingerprint] | None = None
) -> None:
    """Mark the blocks that the site repeats on its pages, except the text of the feed and blocks with another reason.

    `of_blocks`: the fingerprints of the blocks, if they are known.
    """
    if template is None:
        return
    repeats = [number for number, repeated in enumerate(template.boilerplate(of_blocks or fingerprints(page))) if repeated]
    marked = [n for n in repeats if not (page.blocks[n].excluded_as or is_feed_text(page.blocks[n].text, feed_text))]
    total = sum(map(prose, page.blocks))
    if not feed_text and sum(prose(page.blocks[number]) for number in marked) > MAX_BOILERPLATE_SHARE * total:
        return
    for number in marked:
        page.blocks[number].excluded_as = BOILERPLATE


def operator_selector(context: ExtractionContext) -> Selection | None:
    """Select what the operator's CSS selector chooses."""
    page = context.page if context.includes else PageBlocks()
    boxes = _boxes_of(page, context.includes or ())
    numbers = [number for number, block in enumerate(page.blocks) if block.box in boxes and block.excluded_as != BOILERPLATE]
    if not numbers:
        return None
    return Selection(page, min(boxes), "selector", numbers).complete("outside of the selector")


def learned_selector(context: ExtractionContext) -> Selection | None:
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


def linked_data(context: ExtractionContext) -> Selection | None:
    """Select the text that the page's JSON-LD states as its article, if the visible text misses much of it."""
    if not context.stated_text or context.pinned_boxes:
        return None
    return select_stated(context.visible_text, context.stated_text, context.titles)


def hidden_text(context: ExtractionContext) -> Selection | None:
    """Select in the text that the page hides, if the visible text is empty or a notice."""
    selection = context.visible_text
    if context.pinned_boxes or selection.rule == "feed" or selection.letters >= MIN_ARTICLE_LETTERS:
        return None
    is_title_visible = any(is_title(block.text, context.titles) for block in selection.page.blocks)
    if is_title_visible and selection.letters >= MAX_NOTICE_LETTERS:  # a page that does not show its title has not begun
        return None
    return select_unhidden(selection, context.tree, context.titles, kind=context.kind)


def visible_text(context: ExtractionContext) -> Selection:
    """Select in the text that readers see."""
    return context.visible_text


def search_markers(context: ExtractionContext) -> Selection | None:
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


def trafilatura(context: ExtractionContext) -> Selection | None:
    """Select as trafilatura does, if the selection by structure is doubtful and trafilatura finds more."""
    opinion = second_opinion(context.by_structure, context.markup) if is_doubtful(context.by_structure) else None
    return opinion if opinion is not None and opinion.has_text(context.titles) else None


def index_page(context: ExtractionContext) -> Selection | None:
    """Select the list of an index page: far more text in links than prose, and nothing states an article."""
    selection = context.by_structure
    is_index = not (context.kind or context.feed_text or context.stated_text or selection.is_stated)
    return select_list(context.page, selection, context.titles) if is_index else None


def structure(context: ExtractionContext) -> Selection | None:
    """Select the article's box by its name or its density, or the box around the feed's text."""
    return context.by_structure if context.by_structure.has_text(context.titles) else None


def whole_page(context: ExtractionContext) -> Selection:
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


# -- the feed's text ---------------------------------------------------------------------------------------------------
# The feed states what its item is. Where its text stands on the page, there is the article.


def feed_text_key(entry: Entry | None) -> str:
    """Return the key of the feed's text of an entry; "" if there is too little of it to compare."""
    if entry is None:
        return ""
    key = text_key(html.to_text((entry.content_html or entry.summary_html)[:MAX_FEED_TEXT_CHARACTERS]))
    return key if len(key) >= MIN_MATCH_LETTERS else ""


def is_feed_text(text: str, feed_text: str) -> bool:
    """Return whether a block is part of the feed's text, or starts with it. `feed_text`: its key."""
    if not feed_text or len(text) < MIN_MATCH_LETTERS or len(key := text_key(text)) < MIN_MATCH_LETTERS:
        return False
    start = feed_text[:MIN_SUMMARY_START_LETTERS]
    return key in feed_text or feed_text in key or (len(start) == MIN_SUMMARY_START_LETTERS and start in key)


def has_feed_text(selection: Selection, feed_text: str) -> bool:
    """Return whether a selection contains most of the feed's text."""
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


def is_doubtful(selection: Selection) -> bool:
    """Return whether a selection may have missed the article."""
    if selection.rule == "feed" or (selection.is_stated and selection.letters >= MIN_STATED_LETTERS):
        return False
    blocks = selection.page.blocks
    if selection.letters < MIN_ARTICLE_LETTERS:
        return sum(map(possible_prose, blocks)) > MIN_PAGE_LETTERS
    return selection.share < MIN_ARTICLE_SHARE and sum(map(prose, blocks)) > MIN_PAGE_LETTERS


# -- the order ------------------------------------------------------------------------------------------------------

VISIBLE_TEXT_RULES: Final[tuple[Rule, ...]] = (search_markers, index_page, trafilatura, structure, whole_page)
RULES: Final[tuple[Rule, ...]] = (operator_selector, learned_selector, linked_data, hidden_text, visible_text)
