"""Where the pages of one site keep their article, once some of them have been read: others are then read there alone.

    learnt     the box that weighing (`choose`) found on nearly all of some pages, if it has a name that finds it on each
    tried      on those same pages: it must give what weighing gave, to the letter, or there is no habit
    believed   of a page whose box holds prose, while the rest holds no more of it than the rest of those pages did

A page that is no such page is weighed. Weighing takes 3 ms for a page, reading one box 0.5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from indexer.extract.blocks import Page
from indexer.extract.choose import Choice, inside, trimmed
from indexer.html import BLOCKS, Element, hides, prose

RULES: Final = frozenset(("itemprop", "article", "name", "main", "densest"))  # of weighing that one box can stand for
NEARLY_ALL: Final = 0.8  # of the pages
FEWEST_PAGES: Final = 10
LEAST_PROSE: Final = 300  # characters in the box
MORE_OUTSIDE: Final = 1.2  # times as much prose beside the box as on any of the pages that were learnt from
NEXT_TO_NOTHING: Final = 0.1  # of the prose in the box: so much more beside it would not make weighing choose another one


@dataclass(frozen=True, slots=True)
class Habit:
    """`name`: the box as a tag with an id or a class ("div.entry-content"); `rule`: why weighing chose it; `share`: of the page's
    letters that it holds; `outside`: characters of prose beside it."""

    name: str
    rule: str
    share: float
    outside: int

    def box(self, root: Element) -> Element | None:
        """The article's box on this page; None where it is in doubt."""
        box = only(root, self.name)
        if box is None or not _stands_alone(box):
            return None
        within = prose(box)
        if within < LEAST_PROSE or prose(root) - within > self.outside * MORE_OUTSIDE + within * NEXT_TO_NOTHING:
            return None
        return box

    def choice(self, page: Page, number: int, titles: set[str]) -> Choice:
        """What weighing chooses once it has found its box. `number`: of that box."""
        choice, within = Choice(number, self.rule, share=1.0), inside(page, number)
        candidates = [n for n, block in enumerate(page.blocks) if not block.noise and block.box in within]
        choice.removed = {n: block.noise for n, block in enumerate(page.blocks) if block.noise}
        choice.kept = trimmed(page, number, candidates, titles, choice.removed)
        return choice


@dataclass(frozen=True, slots=True)
class Example:
    """A page that was weighed: its tree, the box that was chosen (None: no one box was), why, and its share of all letters."""

    root: Element
    box: Element | None
    rule: str
    share: float


def learn(examples: Sequence[Example]) -> Habit | None:
    """The habit that these pages of a site show, not tried yet."""
    fewest = max(FEWEST_PAGES, NEARLY_ALL * len(examples))
    votes = Counter(name for example in examples if example.box is not None for name in names(example.box))
    for name, count in votes.most_common(5):
        if count < fewest:
            break
        shown = [example for example in examples if example.box is not None and only(example.root, name) is example.box]
        rule, same = Counter(example.rule for example in shown).most_common(1)[0] if shown else ("", 0)
        if same < fewest:
            continue
        outside = max(prose(example.root) - prose(example.box) for example in shown if example.box is not None)
        return Habit(name, rule, median(example.share for example in shown), outside)
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


def _stands_alone(box: Element) -> bool:
    """Whether the box is shown, and nothing around it says what its text is but other boxes."""
    return all(around.tag in BLOCKS and not (around.tag not in ("html", "body") and hides(around.attrib))
               for around in (box, *box.iterancestors()))  # fmt: skip
