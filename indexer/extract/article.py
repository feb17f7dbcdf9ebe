"""The cascade that finds a page's main text; the first rule that gives enough wins, and the document names it.

    tree -> blocks, each with what speaks against it -> the rule's choice among them -> text of the chosen, reasons of the others

    selector      what the operator's CSS selector chooses (source.include), less source.exclude; source.keep pins blocks back
    marker        between <!--TYPO3SEARCH_begin--> and _end-->: the site itself says what is to be searched
    feed          the box around what the feed itself has of the entry, where structure points elsewhere
    itemprop, article, name, main, densest    the article's box by the page's structure (`choose`)
    (habit)       where the site's pages keep their article, once that is learnt: weighing it again would choose the same box
    trafilatura   a second opinion where that holds little of the page's prose (`rescue`, which reads what is hidden, too)
    body          everything that is not menu, head, foot or side column: for pages of few words

Blocks that repeat on most pages of the site (`template`) and what is not the feed's own text are taken out beforehand.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from indexer import html
from indexer.extract import feed_alignment as align
from indexer.extract.article_text import (
    RemovedPart,
    article_of,
    captions_of,
    lead_of,
    pdf_links,
    removed_parts,
    text_of,
    without_title,
)
from indexer.extract.block_selection import Selection, choose, trimmed
from indexer.extract.blocks import PageBlocks, read_blocks, read_within
from indexer.extract.content_root import is_title, key, prose
from indexer.extract.fallbacks import complete, is_doubtful, second_opinion, stated, unhidden
from indexer.extract.learned_selector import RULES, LearnedSelector, TrainingPage
from indexer.extract.metadata import read_metadata
from indexer.extract.site_template import BlockFingerprint, SiteTemplate, fingerprints
from indexer.model import Article, Entry, Source

_BEGIN_MARK = "TYPO3SEARCH_begin"


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one reading of a page gives: its article, what was left out, what a template learns from, the article's own PDFs."""

    article: Article | None
    removed: tuple[RemovedPart, ...] = ()
    fingerprints: tuple[BlockFingerprint, ...] = ()
    pdf_links: tuple[str, ...] = ()


def extract_article(
    page: str,
    url: str,
    *,
    source: Source | None = None,
    entry: Entry | None = None,
    x_robots_tag: str = "",
    template: SiteTemplate | None = None,
) -> Article | None:
    """The main text of a page and its metadata; None when the page has no text at all. Never raises.

    `entry` is what the feed says of the page: its title is not repeated at the beginning of the text, and its text shows where
    the article is. `template` is what the site's pages have in common.
    """
    return extract(page, url, source=source, entry=entry, x_robots_tag=x_robots_tag, template=template, brief=True).article


def extract(
    page: str,
    url: str,
    *,
    source: Source | None = None,
    entry: Entry | None = None,
    x_robots_tag: str = "",
    template: SiteTemplate | None = None,
    brief: bool = False,
) -> Extraction:
    """`extract_article`, with everything else that the same reading of the page tells; not so when `brief`, to save a third."""
    read = _read(page, url, source, entry, x_robots_tag, template, brief=brief)
    if brief or read.choice is None:
        return Extraction(read.article, fingerprints=read.signs)
    removed = (*read.excluded, *removed_parts(read.blocks, read.choice, read.kept))
    return Extraction(read.article, removed, read.signs, pdf_links(read.blocks, read.choice, url))


def training_page(
    page: str, url: str, source: Source, entry: Entry, template: SiteTemplate
) -> tuple[TrainingPage, Article | None]:
    """What a site's habit is learnt from: where weighing found the article of a page, and the article."""
    read = _read(page, url, source, entry, "", dataclasses.replace(template, habit=None), brief=True)
    choice, boxes = read.choice, read.blocks.boxes
    if choice is None or choice.rule not in RULES or not boxes[0].letters:
        return TrainingPage(read.tree, None, "", 0.0), read.article
    return TrainingPage(
        read.tree, boxes[choice.box].element, choice.rule, boxes[choice.box].letters / boxes[0].letters
    ), read.article


@dataclass(frozen=True, slots=True)
class _Read:
    """A page that was read. `choice` None: it has no text at all."""

    tree: html.Element
    blocks: PageBlocks
    article: Article | None
    choice: Selection | None
    kept: set[int]
    excluded: list[RemovedPart]
    signs: tuple[BlockFingerprint, ...]


def _read(
    page: str,
    url: str,
    source: Source | None,
    entry: Entry | None,
    x_robots_tag: str,
    template: SiteTemplate | None,
    *,
    brief: bool,
) -> _Read:
    tree = html.read(page)
    about = read_metadata(tree, url, x_robots_tag, source.name if source else "")
    titles = {key(title) for title in (about.title, about.heading, entry.title if entry else "") if title}
    excluded = _exclude(tree, source.exclude if source else None)
    included = set(_chosen(tree, source.include if source else None))
    pinned = set(_chosen(tree, source.keep if source else None))
    own = align.feed_key(entry)
    habit = None if template is None or (source and (source.include or source.keep)) or _BEGIN_MARK in page else template.habit
    box = habit.box(tree) if habit else None
    choice = None
    if habit and box is not None and brief:
        blocks, signs = _blocks(read_within(box, habit.share), template, own, brief=True)
        choice = _by_habit(habit, box, blocks, titles, own)
        box = box if choice else None
    if choice is None:
        blocks, signs = _blocks(read_blocks(tree, included | pinned), template, own, brief=brief)
    forced = _inside(blocks, pinned)
    for block in blocks.blocks:
        block.noise = "" if block.box in forced else block.noise
    missed = ""
    if source is not None and source.include:
        choice = _selected(blocks, _inside(blocks, included))
        missed = "" if choice else " (the selector matched nothing)"
    if choice is None and habit and box is not None:
        choice = _by_habit(habit, box, blocks, titles, own)
    if choice is None:
        choice = _cascade(blocks, page, titles, own)
        choice = (not forced and about.body and stated(blocks, choice, about.body, titles)) or choice
        if not forced and (better := unhidden(tree, choice, blocks, titles)):
            (blocks, choice), signs = better, ()
    kept = sorted({*choice.kept, *(number for number, block in enumerate(blocks.blocks) if block.box in forced)})
    text = without_title(text_of(blocks, kept), titles)
    if not text and not about.title:
        return _Read(tree, blocks, None, None, set(), excluded, signs)
    article = article_of(text, choice.rule + missed, about, lead_of(blocks, choice), captions_of(blocks, choice, set(kept)))
    return _Read(tree, blocks, article, choice, set(kept), excluded, signs)


# -- what is known beforehand -------------------------------------------------------------------------------------------


def _chosen(tree: html.Element, selector: str | None) -> list[html.Element]:
    return html.select(tree, selector) if selector else []


def _exclude(tree: html.Element, selector: str | None) -> list[RemovedPart]:
    """Take out of the tree what the operator does not want."""
    removed = []
    for element in _chosen(tree, selector):
        if element.getparent() is not None:
            removed.append(RemovedPart(html.line_of(element, 80), "exclude", selector or ""))
            element.drop_tree()
    return removed


def _inside(page: PageBlocks, elements: set[html.Element]) -> set[int]:
    """The boxes of some elements and all boxes in them."""
    found: set[int] = set()
    for number, box in enumerate(page.boxes if elements else ()):
        if box.parent in found or box.element in elements:
            found.add(number)
    return found


def _take_out(page: PageBlocks, noises: list[bool], own: str) -> None:
    """Mark what repeats the site. A template that would take most of the page's prose knows the page by another address."""
    noisy = [number for number, noise in enumerate(noises) if noise]
    noisy = [number for number in noisy if not (page.blocks[number].noise or align.is_own(page.blocks[number].text, own))]
    total = sum(map(prose, page.blocks))
    if sum(prose(page.blocks[number]) for number in noisy) > 0.6 * total and not own:
        return
    for number in noisy:
        page.blocks[number].noise = "template"


def _blocks(
    page: PageBlocks, template: SiteTemplate | None, own: str, *, brief: bool
) -> tuple[PageBlocks, tuple[BlockFingerprint, ...]]:
    """The blocks without what repeats the site, and by what they are known."""
    signs = () if brief and template is None else tuple(fingerprints(page))
    if template is not None:
        _take_out(page, template.noise(signs), own)
    return page, signs


# -- the rules ----------------------------------------------------------------------------------------------------------


def _selected(page: PageBlocks, boxes: set[int]) -> Selection | None:
    kept = [number for number, block in enumerate(page.blocks) if block.box in boxes and block.noise != "template"]
    if not kept:
        return None
    return complete(page, Selection(min(boxes), "selector", kept), "outside of the selector")


def _cascade(page: PageBlocks, markup: str, titles: set[str], own: str) -> Selection:
    choice = _marked(page, titles) if page.marked else None
    if choice is None:
        choice = choose(page, titles)
        choice = align.aligned(page, choice, titles, own)
        if is_doubtful(page, choice):
            choice = second_opinion(page, markup, choice) or choice
    if not choice.kept or not _says_more(page, choice.kept, titles):
        choice = _everything(page, titles)
    return choice


def _by_habit(habit: LearnedSelector, box: html.Element, page: PageBlocks, titles: set[str], own: str) -> Selection | None:
    """What the site's box holds of this page; None where there is reason to weigh the page."""
    number = next(n for n, each in enumerate(page.boxes) if each.element is box)
    choice = align.aligned(page, habit.choice(page, number, titles), titles, own)
    if is_doubtful(page, choice) or not _says_more(page, choice.kept, titles):
        return None
    if own and not align.holds(page, choice.kept, own):
        return None
    return complete(page, choice, "outside of the article")


def _marked(page: PageBlocks, titles: set[str]) -> Selection | None:
    marked = [number for number, block in enumerate(page.blocks) if block.marked]
    sparing = [number for number in marked if not page.blocks[number].noise]
    if sum(len(page.blocks[n].text) for n in sparing) * 2 < sum(len(page.blocks[n].text) for n in marked):
        certain = (number for number in marked if not page.boxes[page.blocks[number].box].certain)
        sparing = list(certain)  # else a name has taken the article itself
    if not _says_more(page, sparing, titles):
        return None
    choice = Selection(0, "marker", share=1.0)
    choice.kept = trimmed(page, 0, sparing, titles, choice.removed, gently=True)
    return complete(page, choice, "outside of the markers")


def _everything(page: PageBlocks, titles: set[str]) -> Selection:
    """Pages of few words: all that is neither menu, head, foot nor side column; if that is nothing, whatever there is."""
    for candidates in (
        [n for n, block in enumerate(page.blocks) if not block.noise],
        [n for n, block in enumerate(page.blocks) if not page.boxes[block.box].certain],
        [n for n, block in enumerate(page.blocks) if block.noise != "template"],
    ):
        if _says_more(page, candidates, titles):
            break
    choice = Selection(0, "body", candidates, share=1.0)
    lean = trimmed(page, 0, candidates, titles, {})
    choice.kept = lean if _says_more(page, lean, titles) else candidates
    return complete(page, choice, "outside of the article")


def _says_more(page: PageBlocks, kept: list[int], titles: set[str]) -> bool:
    """Whether there is anything but the title."""
    texts = (page.blocks[number].text for number in kept)
    return any(any(map(str.isalnum, text)) and not is_title(text, titles) for text in texts)
