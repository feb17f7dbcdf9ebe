"""Learn a CSS selector for the articles of one site from some of its pages (wrapper induction). Pure.

    learnt   from the box that the page structure gave on nearly all of the pages, if a name finds that box on each
    tried    on the same pages: if the selector does not give exactly the same text, it is dropped
    used     on pages whose box holds prose, with no more prose around it than on those pages

Other pages are examined as a whole. That takes 3 ms for a page, reading one box 0.5 ms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from indexer.extract.block_selection import Selection, trim
from indexer.extract.blocks import PageBlocks, boxes_within
from indexer.html import BLOCKS, Element, hides, prose

LEARNABLE_RULES: Final = frozenset(("itemprop", "article", "name", "main", "densest"))  # those that select one box
MIN_AGREEMENT: Final = 0.8  # share of the pages that must show the same box
MIN_PAGES: Final = 10
MIN_PROSE_CHARACTERS: Final = 300  # in the box
MAX_SELECTORS: Final = 5  # names examined, the most frequent first
CONTEXT_LEVELS: Final = (0, 1, 99)  # enclosing boxes in which prose around the box is counted: the next two and the whole page
MAX_CONTEXT_GROWTH: Final = 1.05  # times the prose around the box on any of the learnt pages
MAX_NEGLIGIBLE_CONTEXT_SHARE: Final = 0.05  # of the box's own prose: that little around it does not change which box is chosen
MIN_SHARE_KEPT: Final = 0.98  # of the smallest share that the box had on any of the learnt pages


class ContextBounds(NamedTuple):
    """Limits for one enclosing box: prose around the article of at most `most` characters, a share of it of at least `least`."""

    most: int
    least: float

    def fits(self, within: int, around: int) -> bool:
        """Return whether a page is within these bounds. Both arguments are characters of prose."""
        is_little = around <= self.most * MAX_CONTEXT_GROWTH + within * MAX_NEGLIGIBLE_CONTEXT_SHARE
        return is_little and within >= self.least * MIN_SHARE_KEPT * (within + around)


@dataclass(frozen=True, slots=True)
class LearnedSelector:
    """Where the articles of a site are.

    `name`: the box, as a tag with an id or a class ("div.entry-content"). `rule`: the rule that chose it on the learnt pages.
    `share`: its share of the page's letters. `bounds`: of the text around it, one for each of `CONTEXT_LEVELS`.
    """

    name: str
    rule: str
    share: float
    bounds: tuple[ContextBounds, ...]

    def box(self, root: Element) -> Element | None:
        """Return the article's box on this page; None if the selector does not match a plausible one."""
        box = find_only(root, self.name)
        if box is None or not _is_visible_block(box) or (within := prose(box)) < MIN_PROSE_CHARACTERS:
            return None
        around = _prose_around(box, within)
        return box if all(bounds.fits(within, size) for bounds, size in zip(self.bounds, around, strict=True)) else None

    def select(self, page: PageBlocks, number: int, titles: Set[str]) -> Selection:
        """Return the selection that the page structure gives for its box. `number`: of that box."""
        selection, within = Selection(page, number, self.rule, share=1.0), boxes_within(page, number)
        candidates = [n for n, block in enumerate(page.blocks) if not block.excluded_as and block.box in within]
        selection.reasons = {n: block.excluded_as for n, block in enumerate(page.blocks) if block.excluded_as}
        selection.numbers = trim(page, number, candidates, titles, selection.reasons)
        return selection


@dataclass(frozen=True, slots=True)
class TrainingPage:
    """A page to learn from: its tree, the selected box (None: not one box), the rule, and the box's share of all letters."""

    root: Element
    box: Element | None
    rule: str
    share: float


def learn(pages: Sequence[TrainingPage]) -> LearnedSelector | None:
    """Return a selector that nearly all of these pages agree on; None if there is none. The caller tries it on the pages."""
    fewest = max(MIN_PAGES, MIN_AGREEMENT * len(pages))
    boxes = [page.box for page in pages if page.box is not None and page.box.tag not in ("html", "body")]
    votes = Counter(name for box in boxes for name in selector_names(box))
    for name, count in votes.most_common(MAX_SELECTORS):
        if count < fewest:
            break
        agreeing = [page for page in pages if page.box is not None and find_only(page.root, name) is page.box]
        rule, same = Counter(page.rule for page in agreeing).most_common(1)[0] if agreeing else ("", 0)
        if same < fewest:
            continue
        sizes = [(prose(page.box), page.box) for page in agreeing if page.box is not None]
        contexts = [
            [(around, within / max(1, within + around)) for around in _prose_around(box, within)] for within, box in sizes
        ]
        levels = (zip(*each, strict=True) for each in zip(*contexts, strict=True))
        bounds = tuple(ContextBounds(max(around), min(shares)) for around, shares in levels)
        return LearnedSelector(name, rule, median(page.share for page in agreeing), bounds)
    return None


def selector_names(box: Element) -> Iterable[str]:
    """Return the names by which a box can be found on other pages: id and classes, otherwise its tag.

    A name with a digit is left out, because it belongs to a single page.
    """
    names = [f"{box.tag}#{identity}"] if (identity := box.get("id")) else []
    names += [f"{box.tag}.{name}" for name in (box.get("class") or "").split()[:6]]
    return [name for name in names if name.isprintable() and not any(map(str.isdigit, name))] or [str(box.tag)]


def find_only(root: Element, name: str) -> Element | None:
    """Return the only element of this name; None if there are none or several."""
    tag, _, identity = name.partition("#")
    tag, _, css_class = tag.partition(".")
    only = None
    for element in root.iter(tag):
        if (identity and element.get("id") != identity) or (css_class and css_class not in (element.get("class") or "").split()):
            continue
        if only is not None:
            return None
        only = element
    return only


def _prose_around(box: Element, within: int) -> Iterator[int]:
    """Return the characters of prose outside of the box, in each of the enclosing boxes of `CONTEXT_LEVELS`."""
    enclosing = list(box.iterancestors())
    for level in CONTEXT_LEVELS:
        yield prose(enclosing[min(level, len(enclosing) - 1)]) - within


def _is_visible_block(box: Element) -> bool:
    """Return whether the box and all elements around it are visible block elements."""
    return all(
        element.tag in BLOCKS and not (element.tag not in ("html", "body") and hides(element.attrib))
        for element in (box, *box.iterancestors())
    )
