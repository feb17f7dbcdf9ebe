"""From a page's blocks and the choice among them to what is told of the page: its text, and what was left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from indexer import html
from indexer.dates import parse_date
from indexer.extract.block_selection import Selection
from indexer.extract.blocks import CELLS, PageBlocks, place
from indexer.extract.content_root import inside, is_title
from indexer.extract.metadata import Metadata
from indexer.model import Article
from indexer.urls import resolve

MAX_TEXT = 2_000_000
MAX_WORD = 150  # letters; what is longer may be unreadable
MAX_REMOVED = 200
MAX_PDF_LINKS = 50

_DAY = re.compile(r"\d{1,2}([./-])\s?\d{1,2}\1\s?\d{2,4}")
_UNREADABLE = re.compile(r"[!-~]{400,}|(\w)\1{150,}")  # data, or a word that no reader could read


@dataclass(frozen=True, slots=True)
class RemovedPart:
    """A part of a page that is not in the text: its first 80 characters, why, and where it stood (a CSS selector)."""

    text: str
    rule: str
    selector: str


def text_of(page: PageBlocks, kept: Iterable[int]) -> str:
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
    text = "".join(pieces)[:MAX_TEXT]
    if max(map(len, text.split()), default=0) >= MAX_WORD:
        text = _UNREADABLE.sub(" ", text)
    return html.clean_text(text)


def without_title(text: str, titles: set[str]) -> str:
    """The text without the blocks at its beginning that only repeat a title, or are no more than a date."""
    blocks = text.split("\n\n")
    kept = [block for block in blocks[:4] if not is_title(block, titles) and not (len(block) < 40 and _is_date(block))]
    return "\n\n".join(kept + blocks[4:])


def _is_date(text: str) -> bool:
    return bool(_DAY.fullmatch(text) or parse_date(text))


def lead_of(page: PageBlocks, choice: Selection) -> str:
    """The summary that a page puts above its article."""
    return text_of(page, sorted(number for number, why in choice.removed.items() if why == "lead"))


def captions_of(page: PageBlocks, choice: Selection, kept: set[int]) -> tuple[str, ...]:
    """What stands under the article's pictures, without a mere name of who made them."""
    within = inside(page, choice.box)
    texts = (
        html.clean_text(block.text)
        for number, block in enumerate(page.blocks)
        if number not in kept and block.noise in ("caption", "picture") and block.box in within and len(block.text.split()) > 4
    )
    return tuple(dict.fromkeys(text for text in texts if not _UNREADABLE.search(text)))[:100]


def removed_parts(page: PageBlocks, choice: Selection, kept: set[int]) -> tuple[RemovedPart, ...]:
    """The parts left out, those of one reason and box together."""
    parts: dict[tuple[str, int], list[str]] = {}
    for number, block in enumerate(page.blocks):
        if number in kept:
            continue
        rule, box = choice.removed.get(number, "outside of the article"), block.box
        while page.boxes[box].parent >= 0 and page.boxes[page.boxes[box].parent].noise == rule:
            box = page.boxes[box].parent
        parts.setdefault((rule, box), []).append(block.text)
    found = [
        RemovedPart(" ".join(" ".join(texts).split())[:80], rule, place(page, box, 3)) for (rule, box), texts in parts.items()
    ]
    return tuple(found[:MAX_REMOVED])


def pdf_links(page: PageBlocks, choice: Selection, url: str) -> tuple[str, ...]:
    """The PDFs that the chosen blocks link."""
    if not page.boxes:
        return ()
    kept = {page.boxes[page.blocks[number].box].element for number in choice.kept}
    links: dict[str, None] = {}
    for link in page.boxes[choice.box].element.iter("a"):
        target = link.get("href") or ""
        if ".pdf" not in target.lower() or len(links) >= MAX_PDF_LINKS:
            continue
        address = resolve(target, url)
        path = (address or "").partition("?")[0].lower()
        if address and path.endswith(".pdf") and any(around in kept for around in link.iterancestors()):
            links[address] = None
    return tuple(links)


def article_of(text: str, rule: str, about: Metadata, lead: str, captions: tuple[str, ...]) -> Article:
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
