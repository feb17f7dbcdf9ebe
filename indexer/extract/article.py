"""The cascade that finds a page's main text; the first rule that gives enough wins, and the document names it.

    tree -> blocks, each with what speaks against it -> the rule's choice among them -> text of the chosen, reasons of the others

    selector      what the operator's CSS selector chooses (source.include), less source.exclude; source.keep pins blocks back
    marker        between <!--TYPO3SEARCH_begin--> and _end-->: the site itself says what is to be searched
    feed          the box around what the feed itself has of the entry, where structure points elsewhere
    itemprop, article, name, main, densest    the article's box by the page's structure (`choose`)
    trafilatura   a second opinion where that holds little of the page's prose
    body          everything that is not menu, head, foot or side column: for pages of few words

Blocks that repeat on most pages of the site (`template`) and what is not the feed's own text are taken out beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from indexer import html
from indexer.dates import parse_date
from indexer.extract import align
from indexer.extract.blocks import CELLS, Page, letters, place, read_blocks
from indexer.extract.choose import Choice, choose, key, prose, trimmed
from indexer.extract.metadata import Metadata, read_metadata
from indexer.extract.template import Print, Template, prints
from indexer.model import Article, Entry, Source
from indexer.urls import resolve

DOUBTFUL_SHARE = 0.4  # of the page's prose in the article's box, below which trafilatura is asked as well
DOUBTFUL_LETTERS = 200  # in a choice on a page of much prose: something went wrong
LONGEST_TEXT = 2_000_000
MOST_REMOVED = 200
MOST_PDF_LINKS = 50

_DAY = re.compile(r"\d{1,2}([./-])\s?\d{1,2}\1\s?\d{2,4}")
_UNREADABLE = re.compile(r"[!-~]{400,}|(\w)\1{150,}")  # data, or a word that no reader could read


@dataclass(frozen=True, slots=True)
class Removed:
    """A part of a page that is not in the text: its first 80 characters, why, and where it stood (a CSS selector)."""

    text: str
    rule: str
    selector: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one reading of a page gives: its article, what was left out, what a template learns from, the article's own PDFs."""

    article: Article | None
    removed: tuple[Removed, ...] = ()
    prints: tuple[Print, ...] = ()
    pdf_links: tuple[str, ...] = ()


def extract_article(
    page: str,
    url: str,
    *,
    source: Source | None = None,
    entry: Entry | None = None,
    x_robots_tag: str = "",
    template: Template | None = None,
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
    template: Template | None = None,
    brief: bool = False,
) -> Extraction:
    """`extract_article`, with everything else that the same reading of the page tells; not so when `brief`, to save a third."""
    tree = html.read(page)
    about = read_metadata(tree, url, x_robots_tag, source.name if source else "")
    titles = {key(title) for title in (about.title, about.heading, entry.title if entry else "") if title}
    excluded = _exclude(tree, source.exclude if source else None)
    included = set(_chosen(tree, source.include if source else None))
    pinned = set(_chosen(tree, source.keep if source else None))
    blocks = read_blocks(tree, included | pinned)
    signs = () if brief and template is None else tuple(prints(blocks))
    own = align.feed_key(entry)
    if template is not None:
        _take_out(blocks, template.noise(signs), own)
    forced = _inside(blocks, pinned)
    for block in blocks.blocks:
        block.noise = "" if block.box in forced else block.noise
    missed = ""
    choice = None
    if source is not None and source.include:
        choice = _selected(blocks, _inside(blocks, included))
        missed = "" if choice else " (the selector matched nothing)"
    choice = choice or _cascade(blocks, page, titles, own)
    kept = sorted({*choice.kept, *(number for number, block in enumerate(blocks.blocks) if block.box in forced)})
    text = _without_title(_text(blocks, kept), titles)
    if not text and not about.title:
        return Extraction(None, prints=signs)
    article = _article(text, choice.rule + missed, about, _lead(blocks, choice), _captions(blocks, choice, set(kept)))
    if brief:
        return Extraction(article)
    removed = (*excluded, *_removed(blocks, choice, set(kept)))
    return Extraction(article, removed, signs, _pdf_links(blocks, choice, url))


# -- what is known beforehand -------------------------------------------------------------------------------------------


def _chosen(tree: html.Element, selector: str | None) -> list[html.Element]:
    return html.select(tree, selector) if selector else []


def _exclude(tree: html.Element, selector: str | None) -> list[Removed]:
    """Take out of the tree what the operator does not want."""
    removed = []
    for element in _chosen(tree, selector):
        if element.getparent() is not None:
            removed.append(Removed(html.line_of(element, 80), "exclude", selector or ""))
            element.drop_tree()
    return removed


def _inside(page: Page, elements: set[html.Element]) -> set[int]:
    """The boxes of some elements and all boxes in them."""
    found: set[int] = set()
    for number, box in enumerate(page.boxes if elements else ()):
        if box.parent in found or box.element in elements:
            found.add(number)
    return found


def _take_out(page: Page, noises: list[bool], own: str) -> None:
    """Mark what repeats the site. A template that would take most of the page's prose knows the page by another address."""
    noisy = [number for number, noise in enumerate(noises) if noise]
    noisy = [number for number in noisy if not page.blocks[number].noise and not align.is_own(key(page.blocks[number].text), own)]
    total = sum(map(prose, page.blocks))
    if sum(prose(page.blocks[number]) for number in noisy) > 0.6 * total and not own:
        return
    for number in noisy:
        page.blocks[number].noise = "template"


# -- the rules ----------------------------------------------------------------------------------------------------------


def _selected(page: Page, boxes: set[int]) -> Choice | None:
    kept = [number for number, block in enumerate(page.blocks) if block.box in boxes and block.noise != "template"]
    if not kept:
        return None
    return _complete(page, Choice(min(boxes), "selector", kept), "outside of the selector")


def _cascade(page: Page, markup: str, titles: set[str], own: str) -> Choice:
    choice = _marked(page, titles) if page.marked else None
    if choice is None:
        choice = choose(page, titles)
        choice = align.aligned(page, choice, titles, own)
        if _is_doubtful(page, choice):
            choice = _second_opinion(page, markup, choice) or choice
    if not choice.kept or not _says_more(page, choice.kept, titles):
        choice = _everything(page, titles)
    return choice


def _marked(page: Page, titles: set[str]) -> Choice | None:
    marked = [number for number, block in enumerate(page.blocks) if block.marked]
    sparing = [number for number in marked if not page.blocks[number].noise]
    if sum(len(page.blocks[n].text) for n in sparing) * 2 < sum(len(page.blocks[n].text) for n in marked):
        certain = (number for number in marked if not page.boxes[page.blocks[number].box].certain)
        sparing = list(certain)  # else a name has taken the article itself
    if not _says_more(page, sparing, titles):
        return None
    choice = Choice(0, "marker", share=1.0)
    choice.kept = trimmed(page, 0, sparing, titles, choice.removed, gently=True)
    return _complete(page, choice, "outside of the markers")


def _is_doubtful(page: Page, choice: Choice) -> bool:
    if choice.rule == "feed":
        return False
    found = sum(letters(page.blocks[number].text) for number in choice.kept)
    total = sum(map(prose, page.blocks))
    return total > 3 * DOUBTFUL_LETTERS and (choice.share < DOUBTFUL_SHARE or found < DOUBTFUL_LETTERS)


def _second_opinion(page: Page, markup: str, choice: Choice) -> Choice | None:
    """Trafilatura's choice of our blocks, if it holds more of the page's prose than ours."""
    import trafilatura  # slow to import, and searches never need it

    try:
        text = trafilatura.extract(html.tame(markup), include_comments=False, include_tables=True, fast=True, output_format="txt")
    except Exception:  # third-party code on hostile pages: our own choice stands
        return None
    lines = {key(line) for line in (text or "").split("\n")}
    whole = "".join(key(line) for line in (text or "").split("\n"))
    kept = []
    for number, block in enumerate(page.blocks):
        name = key(block.text)
        if name and block.noise in ("", "name") and (name in lines or (len(name) >= 25 and name in whole)):
            kept.append(number)
    if sum(prose(page.blocks[n]) for n in kept) <= 1.2 * sum(prose(page.blocks[n]) for n in choice.kept):
        return None
    return _complete(page, Choice(0, "trafilatura", kept, share=1.0), "outside of the article")


def _everything(page: Page, titles: set[str]) -> Choice:
    """Pages of few words: all that is neither menu, head, foot nor side column; if that is nothing, whatever there is."""
    for candidates in (
        [n for n, block in enumerate(page.blocks) if not block.noise],
        [n for n, block in enumerate(page.blocks) if not page.boxes[block.box].certain],
        [n for n, block in enumerate(page.blocks) if block.noise != "template"],
    ):
        if _says_more(page, candidates, titles):
            break
    choice = Choice(0, "body", candidates, share=1.0)
    lean = trimmed(page, 0, candidates, titles, {})
    choice.kept = lean if _says_more(page, lean, titles) else candidates
    return _complete(page, choice, "outside of the article")


def _complete(page: Page, choice: Choice, why: str) -> Choice:
    kept = set(choice.kept)
    for number, block in enumerate(page.blocks):
        if number not in kept:
            choice.removed.setdefault(number, block.noise or why)
    return choice


# -- from blocks to the article -----------------------------------------------------------------------------------------


def _says_more(page: Page, kept: list[int], titles: set[str]) -> bool:
    """Whether there is anything but the title."""
    return any((name := key(page.blocks[number].text)) and name not in titles for number in kept)


def _text(page: Page, kept: Iterable[int]) -> str:
    """Blocks apart by a blank line, the cells of a row by a space."""
    pieces: list[str] = []
    row = -1
    for number in kept:
        block = page.blocks[number]
        box = page.boxes[block.box]
        if pieces:
            pieces.append(" " if box.tag in CELLS and box.parent == row else "\n\n")
        pieces.append(block.text)
        row = box.parent if box.tag in CELLS else -1
    return html.clean_text(_UNREADABLE.sub(" ", "".join(pieces)[:LONGEST_TEXT]))


def _without_title(text: str, titles: set[str]) -> str:
    """The text without the blocks at its beginning that only repeat a title, or are no more than a date."""
    blocks = text.split("\n\n")
    kept = [block for block in blocks[:4] if key(block) not in titles and not (len(block) < 40 and _is_date(block))]
    return "\n\n".join(kept + blocks[4:])


def _is_date(text: str) -> bool:
    return bool(_DAY.fullmatch(text) or parse_date(text))


def _lead(page: Page, choice: Choice) -> str:
    return _text(page, sorted(number for number, why in choice.removed.items() if why == "lead"))


def _captions(page: Page, choice: Choice, kept: set[int]) -> tuple[str, ...]:
    """What stands under the article's pictures, without a mere name of who made them."""
    within = {choice.box}
    for number in range(choice.box + 1, len(page.boxes)):
        if page.boxes[number].parent in within:
            within.add(number)
    texts = (
        html.clean_text(block.text)
        for number, block in enumerate(page.blocks)
        if number not in kept and block.noise in ("caption", "picture") and block.box in within and len(block.text.split()) > 4
    )
    return tuple(dict.fromkeys(text for text in texts if not _UNREADABLE.search(text)))[:100]


def _removed(page: Page, choice: Choice, kept: set[int]) -> tuple[Removed, ...]:
    """The parts left out, those of one reason and box together."""
    parts: dict[tuple[str, int], list[str]] = {}
    for number, block in enumerate(page.blocks):
        if number in kept:
            continue
        rule, box = choice.removed.get(number, "outside of the article"), block.box
        while page.boxes[box].parent >= 0 and page.boxes[page.boxes[box].parent].noise == rule:
            box = page.boxes[box].parent
        parts.setdefault((rule, box), []).append(block.text)
    found = [Removed(" ".join(" ".join(texts).split())[:80], rule, place(page, box, 3)) for (rule, box), texts in parts.items()]
    return tuple(found[:MOST_REMOVED])


def _pdf_links(page: Page, choice: Choice, url: str) -> tuple[str, ...]:
    if not page.boxes:
        return ()
    kept = {page.boxes[page.blocks[number].box].element for number in choice.kept}
    links: dict[str, None] = {}
    for link in page.boxes[choice.box].element.iter("a"):
        target = link.get("href") or ""
        if ".pdf" not in target.lower() or len(links) >= MOST_PDF_LINKS:
            continue
        address = resolve(target, url)
        path = (address or "").partition("?")[0].lower()
        if address and path.endswith(".pdf") and any(around in kept for around in link.iterancestors()):
            links[address] = None
    return tuple(links)


def _article(text: str, rule: str, about: Metadata, lead: str, captions: tuple[str, ...]) -> Article:
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
        twins=about.twins,
        remark=about.remark,
    )
