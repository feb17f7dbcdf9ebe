"""Extract the article of a page: its main text, its metadata, and the list of what was left out.

tree -> blocks, each with the reason against it -> the first rule that finds enough (`rules`) -> text and metadata
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC

from indexer import html
from indexer.dates import parse_date, zone_of
from indexer.extract import rules
from indexer.extract.block_selection import OUTSIDE, Selection
from indexer.extract.blocks import CELLS, PageBlocks, boxes_within, is_title, text_key
from indexer.extract.learned_selector import LEARNABLE_RULES, TrainingPage
from indexer.extract.metadata import Metadata, page_kind, read_metadata
from indexer.extract.remark_phrases import POINTER, REMARK, SENTENCE_END
from indexer.extract.repeated_blocks import ObservedBlocks, SiteTemplate, place
from indexer.model import OFFICE_KINDS, Article, Entry, Source
from indexer.reasons import SELECTOR_MISSED
from indexer.urls import resolve


@dataclass(frozen=True, slots=True)
class ArticleExtraction:
    """Hold what extraction finds in a page: its article, the parts that are not in its text, and the files that it links.

    `robots`: the meta elements with robots directives, which stay known if there is no article.
    """

    article: Article | None
    removed: tuple[RemovedPart, ...] = ()
    file_links: tuple[str, ...] = ()
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
) -> ArticleExtraction:
    """Return the article with the parts left out and the linked files. `brief`: the article only, a third faster."""
    parsed = parse_page(page, url, source, x_robots_tag)
    extracted = _extract(parsed, source, entry, template, brief=brief)
    if brief or extracted.article is None:
        return ArticleExtraction(extracted.article, robots=parsed.about.robots)
    removed = (*parsed.excluded, *removed_parts(extracted.selection, extracted.numbers))
    return ArticleExtraction(extracted.article, removed, file_links(extracted.selection, url), parsed.about.robots)


# -- pages that are parsed once and extracted several times --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """A page before extraction. `kind`: of `page_kind`. `excluded`: what the operator's selector removed from the tree."""

    markup: str
    tree: html.Element
    about: Metadata
    kind: str
    excluded: list[RemovedPart]


def parse_page(page: str, url: str, source: Source | None = None, x_robots_tag: str = "") -> ParsedPage:
    """Return a page's tree and metadata. Of `source`, only the settings count that concern them. Never raises."""
    tree = html.read(page)
    zone = zone_of(source.timezone) if source else UTC
    about = read_metadata(tree, url, x_robots_tag, source.name if source else "", zone)
    excluded = _exclude(tree, source.exclude if source else None)
    return ParsedPage(page, tree, about, page_kind(tree, url, about.types), excluded)


def training_page(
    page: ParsedPage, source: Source, entry: Entry, template: SiteTemplate, observed: ObservedBlocks | None = None
) -> tuple[TrainingPage, Article | None]:
    """Return what a site's selector is learnt from, the box that the page's structure gives, and the article.

    `observed`: the page's blocks, if they were read before. They are marked, so they may be used once.
    """
    extracted = _extract(page, source, entry, dataclasses.replace(template, selector=None), brief=True, observed=observed)
    selection, boxes = extracted.selection, extracted.selection.page.boxes
    if extracted.article is None or selection.rule not in LEARNABLE_RULES or not boxes[0].letters:
        return TrainingPage(page.tree, None, "", 0.0), extracted.article
    box = boxes[selection.box]
    return TrainingPage(page.tree, box.element, selection.rule, box.letters / boxes[0].letters), extracted.article


def article_with(page: ParsedPage, source: Source, entry: Entry, template: SiteTemplate) -> Article | None:
    """Return the article that a template gives, as `extract_article` would."""
    return _extract(page, source, entry, template, brief=True).article


@dataclass(frozen=True, slots=True)
class _ExtractedPage:
    """A page after extraction. `numbers`: the blocks in the text."""

    article: Article | None
    selection: Selection
    numbers: frozenset[int]


def _extract(
    page: ParsedPage,
    source: Source | None,
    entry: Entry | None,
    template: SiteTemplate | None,
    *,
    brief: bool,
    observed: ObservedBlocks | None = None,
) -> _ExtractedPage:
    tree, about = page.tree, page.about
    titles = frozenset(text_key(each) for each in (about.title, about.heading, entry.title if entry else "") if each)
    context = rules.ExtractionContext(
        tree,
        page.markup,
        titles,
        feed_text=rules.feed_text_key(entry),
        stated_text=about.body,
        includes=_elements(tree, source.include if source else None),
        pins=_elements(tree, source.keep if source else None),
        template=template,
        observed=observed,
        kind=page.kind,
        is_brief=brief,
    )
    selection = rules.first_of(rules.RULES, context)
    pinned = (n for n, block in enumerate(context.page.blocks) if block.box in context.pinned_boxes) if context.pins else ()
    numbers = sorted({*selection.numbers, *pinned})
    text = without_title(text_of(selection.page, numbers), titles)
    if not text and not about.title:
        return _ExtractedPage(None, selection, frozenset())
    missed = SELECTOR_MISSED if context.includes is not None and selection.rule != "selector" else ""
    captions = captions_of(selection, frozenset(numbers))
    article = article_of(text, selection.rule + missed, about, lead_of(selection, titles), captions)
    return _ExtractedPage(article, selection, frozenset(numbers))


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


# -- text, lead, captions, file links and removed parts -----------------------------------------------------------------
MAX_TEXT_CHARACTERS = 2_000_000
MAX_WORD_LETTERS = 150  # a longer word may be data
MAX_REMOVED_PARTS = 200
MAX_CAPTIONS = 100
MIN_LEAD_LETTERS = 25  # in a sentence of the standfirst
MIN_LEAD_WORDS = 7  # in a standfirst or key point that does not end like a sentence: fewer are a byline
MAX_LEAD_CHARACTERS = 1_500  # in all of it: more is not a standfirst
MAX_BLOCKS_TO_TEXT = 12  # from the title to the first block of the text
MIN_CAPTION_WORDS = 5  # a shorter caption names the photographer
MAX_TITLE_BLOCKS = 4  # at the beginning of the text that may repeat the title or the date
MAX_DATE_CHARACTERS = 40  # in a block that is only a date
MAX_FILE_LINKS = 50

_DAY = re.compile(r"\d{1,2}([./-])\s?\d{1,2}\1\s?\d{2,4}")
FILE_ENDINGS = (".pdf", *(f".{kind}" for kind in OFFICE_KINDS))
_FILE = re.compile(r"\.(?:pdf|docx|odt|pptx)", re.I)
_UNREADABLE = re.compile(r"[!-~]{400,}|(\w)\1{150,}")  # data, or a word that no person can read


@dataclass(frozen=True, slots=True)
class RemovedPart:
    """A part of a page that is not in the text: its first 80 characters, the reason, and its place as a CSS selector."""

    text: str
    rule: str
    selector: str


def text_of(page: PageBlocks, numbers: Iterable[int]) -> str:
    """Return the text of these blocks, separated by blank lines, and the cells of a row by spaces."""
    pieces: list[str] = []
    row = -1
    for number in numbers:
        block = page.blocks[number]
        box = page.boxes[block.box]
        if pieces:
            pieces.append(" " if box.tag in CELLS and box.parent == row else "\n\n")
        pieces.append(block.text)
        row = box.parent if box.tag in CELLS else -1
    text = "".join(pieces)[:MAX_TEXT_CHARACTERS]
    if html.may_have_long_part(text, " ", MAX_WORD_LETTERS):
        text = _UNREADABLE.sub(" ", text)
    return html.clean_text(text)


def without_title(text: str, titles: Set[str]) -> str:
    """Return the text without blocks at its beginning that only repeat a title or a date."""
    blocks = text.split("\n\n")
    start = [
        block
        for block in blocks[:MAX_TITLE_BLOCKS]
        if not is_title(block, titles) and not (len(block) < MAX_DATE_CHARACTERS and _is_date(block))
    ]
    return "\n\n".join(start + blocks[MAX_TITLE_BLOCKS:])


def _is_date(text: str) -> bool:
    return bool(_DAY.fullmatch(text) or parse_date(text))


def lead_of(selection: Selection, titles: Set[str]) -> str:
    """Return the lead or standfirst: what the page has between its title and the article's text, so that it is searchable."""
    leads = {number for number, why in selection.reasons.items() if why == "lead"} | set(_standfirst(selection, titles))
    for number in leads:
        selection.reasons[number] = "lead"
    unique = {selection.page.blocks[number].text: number for number in sorted(leads, reverse=True)}
    return text_of(selection.page, sorted(unique.values()))


def _standfirst(selection: Selection, titles: Set[str]) -> list[int]:
    """Return the sentences between the last title above the article's text and that text, outside of the article's box."""
    if selection.rule == "selector":  # the operator has said what the article is
        return []
    page, first = selection.page, min(selection.numbers, default=0)
    start = max((n for n in range(first) if is_title(page.blocks[n].text, titles)), default=-1)
    if start < 0 or first - start > MAX_BLOCKS_TO_TEXT:
        return []
    candidates = [n for n in range(start + 1, first) if _is_standfirst(page, n)]
    return candidates if sum(len(page.blocks[n].text) for n in candidates) <= MAX_LEAD_CHARACTERS else []


def _is_standfirst(page: PageBlocks, number: int) -> bool:
    block = page.blocks[number]
    tag = page.boxes[block.box].tag
    # "teaser" is the name of other articles' beginnings, and in some systems of this one's.
    is_allowed = block.excluded_as in ("", "header", "name teaser") and tag not in ("td", "th", "figcaption")
    words = block.text.split()
    numbers = sum(any(map(str.isdigit, word)) for word in words)
    is_long = len(words) >= MIN_LEAD_WORDS and numbers <= 1 and words[-1].isalpha()
    is_sentence = block.size >= MIN_LEAD_LETTERS and (is_long or (tag != "li" and bool(SENTENCE_END.search(block.text))))
    return is_allowed and is_sentence and not block.links and not REMARK.match(block.text) and not POINTER.match(block.text)


def captions_of(selection: Selection, numbers: Set[int]) -> tuple[str, ...]:
    """Return the captions of the article's pictures that are not in the text, without mere credits. `numbers`: of the text."""
    page, within = selection.page, boxes_within(selection.page, selection.box)
    texts = (
        html.clean_text(block.text)
        for number, block in enumerate(page.blocks)
        if number not in numbers
        and block.excluded_as in ("caption", "picture")
        and block.box in within
        and len(block.text.split()) >= MIN_CAPTION_WORDS
    )
    return tuple(dict.fromkeys(text for text in texts if not _UNREADABLE.search(text)))[:MAX_CAPTIONS]


def removed_parts(selection: Selection, numbers: Set[int]) -> tuple[RemovedPart, ...]:
    """Return the parts that are not in the text, hidden ones first, one for each reason and box. `numbers`: of the text."""
    page = selection.page
    parts: dict[tuple[str, int], list[str]] = {}
    for number, block in enumerate(page.blocks):
        if number in numbers:
            continue
        rule, box = selection.reasons.get(number, OUTSIDE), block.box
        while page.boxes[box].parent >= 0 and page.boxes[page.boxes[box].parent].excluded_as == rule:
            box = page.boxes[box].parent
        parts.setdefault((rule, box), []).append(block.text)
    unseen = [(each.reason, each.box, html.line_of(each.element, 80)) for each in page.unseen[:MAX_REMOVED_PARTS]]
    removed = [RemovedPart(text, reason, place(page, box, 3)) for reason, box, text in unseen if any(map(str.isalnum, text))]
    removed += [
        RemovedPart(" ".join(" ".join(texts).split())[:80], rule, place(page, box, 3)) for (rule, box), texts in parts.items()
    ]
    return tuple(removed[: 2 * MAX_REMOVED_PARTS])


def file_links(selection: Selection, url: str) -> tuple[str, ...]:
    """Return the URLs of the PDF and office files that the selected blocks link."""
    page = selection.page
    if not page.boxes:
        return ()
    selected = {page.boxes[page.blocks[number].box].element for number in selection.numbers}
    links: dict[str, None] = {}
    for link in page.boxes[selection.box].element.iter("a"):
        target = link.get("href") or ""
        if not _FILE.search(target) or len(links) >= MAX_FILE_LINKS:
            continue
        address = resolve(target, url)
        path = (address or "").partition("?")[0].lower()
        if address and path.endswith(FILE_ENDINGS) and any(ancestor in selected for ancestor in link.iterancestors()):
            links[address] = None
    return tuple(links)


def article_of(text: str, rule: str, about: Metadata, lead: str, captions: tuple[str, ...]) -> Article:
    """Return the article of a text and of the page's metadata."""
    return Article(
        text=text,
        rule=rule,
        title=about.title,
        summary=about.summary,
        language=about.language,
        published=about.published,
        modified=about.modified,
        authors=about.authors,
        categories=about.categories,
        image=about.image,
        canonical=about.canonical,
        noindex=about.noindex,
        lead=lead,
        captions=captions,
        alternate_forms=about.alternate_forms,
        canonical_note=about.canonical_note,
    )
