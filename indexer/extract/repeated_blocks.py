"""Recognise what the pages of one site have in common (template detection): menus, teasers, notices and share bars. Pure.

A block's fingerprint has 48 bits of its words and place, and 48 bits of its place. The template counts on how many pages each
block was seen, and for each place how many of its blocks were seen before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from indexer.extract.blocks import PageBlocks
from indexer.extract.learned_selector import ContextBounds, LearnedSelector

TEMPLATE_VERSION: Final = 2
MAX_PAGES: Final = 200  # counted; then all counts are halved, so that the template follows a new design
MAX_BLOCKS: Final = 2_000  # stored (about 40 KB as JSON); blocks seen once are dropped first
MAX_PLACES: Final = 500
MIN_PAGES: Final = 3  # before anything counts as boilerplate
MIN_SHARE: Final = 0.5  # of the pages, for short blocks: "Background" may be a heading in many articles
MIN_LONG_LETTERS: Final = 40  # in a block that is boilerplate even if few pages repeat it
MIN_LONG_SHARE: Final = 0.1  # of the pages, for long blocks


class BlockFingerprint(NamedTuple):
    """The fingerprints of a block's words and place together, and of its place."""

    block: str
    place: str
    is_long: bool


@dataclass(slots=True)
class SiteTemplate:
    """Counts of blocks and places. `observe` adds a page, `merge` another template; `boilerplate` marks the blocks of a page."""

    pages: int = 0
    blocks: dict[str, int] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)  # blocks seen there, and how many were not new
    seen: dict[str, None] = field(default_factory=dict)  # digests of the counted pages, oldest first
    selector: LearnedSelector | None = None  # where these pages have their article
    language: str = ""  # of nearly all of their texts, for pages that declare none and are too short to tell

    def observe(self, page: Sequence[BlockFingerprint], url: str) -> bool:
        """Count a page. Return False if it was counted before. A block that a page repeats counts once."""
        name = _digest(url)
        if name in self.seen:
            return False
        self.seen[name] = None
        self.pages += 1
        for one in dict.fromkeys(page):
            before = self.blocks.get(one.block, 0)
            self.blocks[one.block] = before + 1
            total, repeated = self.places.get(one.place, (0, 0))
            self.places[one.place] = (total + 1, repeated + (before > 0))
        self._bound()
        return True

    def merge(self, other: SiteTemplate) -> None:
        """Add the counts of another process."""
        if set(other.seen) <= set(self.seen):
            return
        self.pages += other.pages
        for name, count in other.blocks.items():
            self.blocks[name] = self.blocks.get(name, 0) + count
        for name, (total, repeated) in other.places.items():
            mine = self.places.get(name, (0, 0))
            self.places[name] = (mine[0] + total, mine[1] + repeated)
        self.seen |= other.seen
        self._bound()

    def boilerplate(self, page: Sequence[BlockFingerprint]) -> list[bool]:
        """Report for each block of a page whether it is boilerplate; none is before enough pages are counted."""
        if self.pages < MIN_PAGES:
            return [False] * len(page)
        return [self._repeats(one) for one in page]

    def _repeats(self, one: BlockFingerprint) -> bool:
        count = self.blocks.get(one.block, 0)
        if count >= MIN_PAGES and count >= self.pages * (MIN_LONG_SHARE if one.is_long else MIN_SHARE):
            return True
        total, repeated = self.places.get(one.place, (0, 0))
        return total >= 2 * MIN_PAGES and repeated * 2 >= total

    def _bound(self) -> None:
        if self.pages > MAX_PAGES:
            self.pages //= 2
            self.blocks = {name: count // 2 for name, count in self.blocks.items() if count > 1}
            self.places = {name: (total // 2, repeated // 2) for name, (total, repeated) in self.places.items() if total > 1}
        if len(self.seen) > 2 * MAX_PAGES:
            self.seen = dict.fromkeys(list(self.seen)[-MAX_PAGES:])
        if len(self.blocks) > 2 * MAX_BLOCKS:
            self.blocks = dict(_frequent(self.blocks.items(), MAX_BLOCKS))
        if len(self.places) > 2 * MAX_PLACES:
            self.places = dict(_frequent(self.places.items(), MAX_PLACES))

    def to_json(self) -> str:
        """Return the template as JSON for the archive, at most about 60 KB."""
        table = {
            "version": TEMPLATE_VERSION,
            "pages": self.pages,
            "blocks": dict(_frequent(self.blocks.items(), MAX_BLOCKS)),
            "places": dict(_frequent(self.places.items(), MAX_PLACES)),
            "seen": list(self.seen)[-MAX_PAGES:],
            "habit": astuple(self.selector) if self.selector else None,
            "language": self.language,
        }
        return json.dumps(table, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> SiteTemplate:
        """Return the template of a JSON text; an empty one for other text or another version, which is then learnt again."""
        try:
            table = json.loads(text)
            if table["version"] != TEMPLATE_VERSION:
                return cls()
            return cls(
                int(table["pages"]),
                {str(name): int(count) for name, count in table["blocks"].items()},
                {str(name): (int(total), int(repeated)) for name, (total, repeated) in table["places"].items()},
                dict.fromkeys(map(str, table["seen"])),
                _selector_from(*table["habit"]) if table["habit"] else None,
                str(table.get("language") or ""),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()


def _selector_from(name: str, rule: str, share: float, bounds: list[tuple[int, float]]) -> LearnedSelector:
    context = tuple(ContextBounds(int(most), float(least)) for most, least in bounds)
    return LearnedSelector(str(name), str(rule), float(share), context)


def fingerprints(page: PageBlocks) -> list[BlockFingerprint]:
    """Return the fingerprint of each block of a page, in document order."""
    places: dict[int | tuple[int, str], tuple[str, str]] = {}
    result = []
    for block in page.blocks:
        box = page.boxes[block.box]
        key = block.box if box.element.attrib else (box.parent, box.tag)  # paragraphs of one article have one place
        where = places.get(key)
        if where is None:
            path = place(page, block.box, 4)
            where = places[key] = (path, _digest(path))
        result.append(
            BlockFingerprint(_digest(f"{where[0]}|{block.text[:2_000].casefold()}"), where[1], block.size >= MIN_LONG_LETTERS)
        )
    return result


@dataclass(frozen=True, slots=True)
class ObservedBlocks:
    """The blocks of a page that a template has counted, and their fingerprints."""

    page: PageBlocks
    fingerprints: list[BlockFingerprint]


def _frequent(items: Iterable[tuple[str, Any]], most: int) -> list[tuple[str, Any]]:
    newest_first = list(items)[::-1]
    return sorted(newest_first, key=lambda item: item[1], reverse=True)[:most][::-1]


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


# -- the place of a box in its page --------------------------------------------------------------------------------
_SIMPLE = re.compile(r"-?[A-Za-z_](?!.*\d{3})[\w-]*$")  # a number belongs to one page, not to the template


def place(page: PageBlocks, number: int, most: int) -> str:
    """Return a CSS selector for a box: its own step and those of the nearest enclosing boxes, up to one with an id.

    >>> from indexer.extract.blocks import read_blocks
    >>> from indexer.html import read
    >>> page = read_blocks(read("<div id=a><ul class='b c'><li>word</li></ul></div>"))
    >>> place(page, page.blocks[0].box, 4)
    'div#a > ul.b.c > li'
    """
    steps: list[str] = []
    while number >= 0 and len(steps) < most:
        box = page.boxes[number]
        attributes = box.element.attrib
        step, is_unique = (box.tag, False)
        if attributes:
            step, is_unique = _step(box.tag, attributes.get("class") or "", attributes.get("id") or "")
        steps.append(step)
        if is_unique:
            break
        number = box.parent
    return " > ".join(reversed(steps))


@lru_cache(maxsize=8_192)
def _step(tag: str, names: str, identity: str) -> tuple[str, bool]:
    if _SIMPLE.match(identity):
        return f"{tag}#{identity}", True
    return tag + "".join(f".{name}" for name in names[:400].split()[:3] if _SIMPLE.match(name)), False
