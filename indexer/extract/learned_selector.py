"""Where the pages of one site keep their article, once some of them have been read: others are then read there alone.

    learnt     the box that weighing (`choose`) found on nearly all of some pages, if it has a name that finds it on each
    tried      on those same pages: it must give what weighing gave, to the letter, or there is no habit
    believed   of a page whose box holds prose, while around it there is no more of it than there was on those pages

A page that is no such page is weighed. Weighing takes 3 ms for a page, reading one box 0.5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from indexer.extract.block_selection import Selection, trimmed
from indexer.extract.blocks import PageBlocks
from indexer.extract.content_root import inside
from indexer.html import BLOCKS, Element, hides, prose

RULES: Final = frozenset(("itemprop", "article", "name", "main", "densest"))  # of weighing that one box can stand for
NEARLY_ALL: Final = 0.8  # of the pages
MIN_PAGES: Final = 10
MIN_PROSE: Final = 300  # characters in the box
AROUND: Final = (0, 1, 99)  # the boxes around the box in which prose beside it is counted: the next two, and the whole page
MORE: Final = 1.05  # times as much prose beside the box as on any of the pages that were learnt from is too much
NEXT_TO_NOTHING: Final = 0.05  # of the box's own prose: so much beside it would not make weighing choose another box
LESS: Final = 0.98  # of the least share that the box had on any of these pages is too little


class ContextBounds(NamedTuple):
    """What was found in one of the boxes around the article's: `most` prose beside it, its `least` share of all."""

    most: int
    least: float

    def fits(self, within: int, beside: int) -> bool:
        few = beside <= self.most * MORE + within * NEXT_TO_NOTHING
        return few and within >= self.least * LESS * (within + beside)


@dataclass(frozen=True, slots=True)
class LearnedSelector:
    """`name`: the box as a tag with an id or a class ("div.entry-content"); `rule`: why weighing chose it; `share`: of the page's
    letters that it holds; `rings`: what stands around it."""

    name: str
    rule: str
    share: float
    rings: tuple[ContextBounds, ...]

    def box(self, root: Element) -> Element | None:
        """The article's box on this page; None where it is in doubt."""
        box = only(root, self.name)
        if box is None or not _stands_alone(box) or (within := prose(box)) < MIN_PROSE:
            return None
        beside = _beside(box, within)
        return box if all(ring.fits(within, found) for ring, found in zip(self.rings, beside, strict=True)) else None

    def choice(self, page: PageBlocks, number: int, titles: set[str]) -> Selection:
        """What weighing chooses once it has found its box. `number`: of that box."""
        choice, within = Selection(number, self.rule, share=1.0), inside(page, number)
        candidates = [n for n, block in enumerate(page.blocks) if not block.noise and block.box in within]
        choice.removed = {n: block.noise for n, block in enumerate(page.blocks) if block.noise}
        choice.kept = trimmed(page, number, candidates, titles, choice.removed)
        return choice


@dataclass(frozen=True, slots=True)
class TrainingPage:
    """A page that was weighed: its tree, the box that was chosen (None: no one box was), why, and its share of all letters."""

    root: Element
    box: Element | None
    rule: str
    share: float


def learn(examples: Sequence[TrainingPage]) -> LearnedSelector | None:
    """The habit that these pages of a site show, not tried yet."""
    fewest = max(MIN_PAGES, NEARLY_ALL * len(examples))
    boxes = [example.box for example in examples if example.box is not None and example.box.tag not in ("html", "body")]
    votes = Counter(name for box in boxes for name in names(box))
    for name, count in votes.most_common(5):
        if count < fewest:
            break
        shown = [example for example in examples if example.box is not None and only(example.root, name) is example.box]
        rule, same = Counter(example.rule for example in shown).most_common(1)[0] if shown else ("", 0)
        if same < fewest:
            continue
        found = [(prose(example.box), example.box) for example in shown if example.box is not None]
        around = [[(beside, within / max(1, within + beside)) for beside in _beside(box, within)] for within, box in found]
        rings = (zip(*each, strict=True) for each in zip(*around, strict=True))
        return LearnedSelector(
            name, rule, median(example.share for example in shown), tuple(ContextBounds(max(b), min(s)) for b, s in rings)
        )
    return None


def names(box: Element) -> Iterable[str]:
    """By which a box may be known on other pages: an id or a class, else its tag; what has a number is one page's own."""
    found = [f"{box.tag}#{identity}"] if (identity := box.get("id")) else []
    found += [f"{box.tag}.{name}" for name in (box.get("class") or "").split()[:6]]
    return [name for name in found if name.isprintable() and not any(map(str.isdigit, name))] or [str(box.tag)]


def only(root: Element, name: str) -> Element | None:
    """The one element of this name; None when there are several."""
    tag, _, identity = name.partition("#")
    tag, _, kind = tag.partition(".")
    found = None
    for element in root.iter(tag):
        if (identity and element.get("id") != identity) or (kind and kind not in (element.get("class") or "").split()):
            continue
        if found is not None:
            return None
        found = element
    return found


def _beside(box: Element, within: int) -> Iterator[int]:
    """How much prose is beside the box, in each of the boxes around it."""
    around = list(box.iterancestors())
    for place in AROUND:
        yield prose(around[min(place, len(around) - 1)]) - within


def _stands_alone(box: Element) -> bool:
    """Whether the box is shown, and nothing around it says what its text is but other boxes."""
    return all(
        around.tag in BLOCKS and not (around.tag not in ("html", "body") and hides(around.attrib))
        for around in (box, *box.iterancestors())
    )
