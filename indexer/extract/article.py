"""Extract the article of a page: its main text, its metadata, and the list of what was left out.

tree -> blocks, each with the reason against it -> the first rule that finds enough (`rules`) -> text and metadata
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC

from indexer import html
from indexer.dates import zone_of
from indexer.extract import feed_alignment, rules
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
from indexer.extract.block_selection import Selection
from indexer.extract.block_structure import text_key
from indexer.extract.learned_selector import LEARNABLE_RULES, TrainingPage
from indexer.extract.metadata import read_metadata
from indexer.extract.site_template import SiteTemplate
from indexer.model import Article, Entry, Source
from indexer.reasons import SELECTOR_MISSED


@dataclass(frozen=True, slots=True)
class Extraction:
    """The result of reading a page: its article, the parts that are not in its text, and the PDFs that it links.

    `robots`: the meta elements with robots directives, which stay known if there is no article.
    """

    article: Article | None
    removed: tuple[RemovedPart, ...] = ()
    pdf_links: tuple[str, ...] = ()
    robots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def extract_article(
    page: str,
    url: str,
    *,
    source: Source | None = None,
    entry: Entry | None = None,
    x_robots_tag: str = "",
    template: SiteTemplate | None = None,
) -> Article | None:
    """Return the main text of a page and its metadata; None if the page has no text. Never raises.

    `entry`: what the feed has of the page. Its title is not repeated in the text, and its text shows where the article is.
    `template`: what the site's pages have in common.
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
    """Return the article with the parts left out and the linked PDFs. `brief`: the article only, a third faster."""
    reading = _read(page, url, source, entry, x_robots_tag, template, brief=brief)
    if brief or reading.article is None:
        return Extraction(reading.article, robots=reading.robots)
    removed = (*reading.excluded, *removed_parts(reading.selection, reading.numbers))
    return Extraction(reading.article, removed, pdf_links(reading.selection, url), reading.robots)


def training_page(
    page: str, url: str, source: Source, entry: Entry, template: SiteTemplate
) -> tuple[TrainingPage, Article | None]:
    """Return what a site's selector is learnt from, the box that the page's structure gives, and the article."""
    reading = _read(page, url, source, entry, "", dataclasses.replace(template, selector=None), brief=True)
    selection, boxes = reading.selection, reading.selection.page.boxes
    if reading.article is None or selection.rule not in LEARNABLE_RULES or not boxes[0].letters:
        return TrainingPage(reading.tree, None, "", 0.0), reading.article
    box = boxes[selection.box]
    return TrainingPage(reading.tree, box.element, selection.rule, box.letters / boxes[0].letters), reading.article


@dataclass(frozen=True, slots=True)
class _Reading:
    """A page after extraction. `numbers`: the blocks in the text. `excluded`: what the operator's selector removed."""

    tree: html.Element
    article: Article | None
    selection: Selection
    numbers: frozenset[int]
    excluded: list[RemovedPart]
    robots: Mapping[str, tuple[str, ...]]


def _read(
    page: str,
    url: str,
    source: Source | None,
    entry: Entry | None,
    x_robots_tag: str,
    template: SiteTemplate | None,
    *,
    brief: bool,
) -> _Reading:
    tree = html.read(page)
    zone = zone_of(source.timezone) if source else UTC
    about = read_metadata(tree, url, x_robots_tag, source.name if source else "", zone)
    titles = frozenset(text_key(each) for each in (about.title, about.heading, entry.title if entry else "") if each)
    excluded = _exclude(tree, source.exclude if source else None)
    context = rules.Context(
        tree,
        page,
        titles,
        feed_text=feed_alignment.feed_text_key(entry),
        stated_text=about.body,
        includes=_elements(tree, source.include if source else None),
        pins=_elements(tree, source.keep if source else None),
        template=template,
        is_brief=brief,
    )
    selection = rules.first_of(rules.RULES, context)
    pinned = (n for n, block in enumerate(context.page.blocks) if block.box in context.pinned_boxes) if context.pins else ()
    numbers = sorted({*selection.numbers, *pinned})
    text = without_title(text_of(selection.page, numbers), titles)
    if not text and not about.title:
        return _Reading(tree, None, selection, frozenset(), excluded, about.robots)
    missed = SELECTOR_MISSED if context.includes is not None and selection.rule != "selector" else ""
    captions = captions_of(selection, frozenset(numbers))
    article = article_of(text, selection.rule + missed, about, lead_of(selection, titles), captions)
    return _Reading(tree, article, selection, frozenset(numbers), excluded, about.robots)


def _elements(tree: html.Element, selector: str | None) -> frozenset[html.Element] | None:
    """Return the elements of one of the operator's selectors; None without a selector."""
    return frozenset(html.select(tree, selector)) if selector else None


def _exclude(tree: html.Element, selector: str | None) -> list[RemovedPart]:
    """Remove the elements of the operator's selector `exclude` from the tree, and return them."""
    removed = []
    for element in html.select(tree, selector) if selector else []:
        if element.getparent() is not None:
            removed.append(RemovedPart(html.line_of(element, 80), "exclude", selector or ""))
            element.drop_tree()
    return removed
