"""What the pages of one site have in common: menus, teasers, notices and share bars stand on most of them, articles do not.

A block is known by its words and by the boxes it stands in, both as numbers of 48 bits. Of each the template counts on how many
pages it stood; of each place, how many of its blocks had been met before. Nothing here needs the network or the disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from indexer.extract.blocks import PageBlocks, letters, place
from indexer.extract.learned_selector import ContextBounds, LearnedSelector

VERSION: Final = 2
MAX_PAGES: Final = 200  # remembered; then all counts are halved, so that a new design is learnt
MAX_BLOCKS: Final = 2_000  # kept (about 40 KB as JSON); those met once go first
MAX_PLACES: Final = 500
ENOUGH_PAGES: Final = 3  # before anything is called a repetition
SHARE: Final = 0.5  # of the pages, for short blocks: "Background" may head a part of many articles
LONG: Final = 40  # letters from which words that stand on several pages are nobody's own
LONG_SHARE: Final = 0.1


class BlockFingerprint(NamedTuple):
    """A block's fingerprint: of its words and place together, and of its place."""

    block: str
    place: str
    long: bool


@dataclass(slots=True)
class SiteTemplate:
    """Counts; `observe` adds a page, `merge` another template, `noise` tells which blocks of a page repeat the site."""

    pages: int = 0
    blocks: dict[str, int] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)  # blocks met there, and how many were known already
    seen: dict[str, None] = field(default_factory=dict)  # pages counted already, oldest first
    habit: LearnedSelector | None = None  # where these pages keep their article

    def observe(self, fingerprints: Sequence[BlockFingerprint], url: str) -> bool:
        """Count a page; False when it has been counted already. Blocks that stand twice on one page count once."""
        name = _digest(url)
        if name in self.seen:
            return False
        self.seen[name] = None
        self.pages += 1
        for one in dict.fromkeys(fingerprints):
            before = self.blocks.get(one.block, 0)
            self.blocks[one.block] = before + 1
            total, known = self.places.get(one.place, (0, 0))
            self.places[one.place] = (total + 1, known + (before > 0))
        self._bound()
        return True

    def merge(self, other: SiteTemplate) -> None:
        """Add the counts of pages that another process has observed."""
        if set(other.seen) <= set(self.seen):
            return
        self.pages += other.pages
        for name, count in other.blocks.items():
            self.blocks[name] = self.blocks.get(name, 0) + count
        for name, (total, known) in other.places.items():
            mine = self.places.get(name, (0, 0))
            self.places[name] = (mine[0] + total, mine[1] + known)
        self.seen |= other.seen
        self._bound()

    def noise(self, fingerprints: Sequence[BlockFingerprint]) -> list[bool]:
        """Which blocks of a page repeat the site; none before enough pages are known."""
        if self.pages < ENOUGH_PAGES:
            return [False] * len(fingerprints)
        return [self._repeats(one) for one in fingerprints]

    def _repeats(self, one: BlockFingerprint) -> bool:
        count = self.blocks.get(one.block, 0)
        if count >= ENOUGH_PAGES and count >= self.pages * (LONG_SHARE if one.long else SHARE):
            return True
        total, known = self.places.get(one.place, (0, 0))
        return total >= 2 * ENOUGH_PAGES and known * 2 >= total

    def _bound(self) -> None:
        if self.pages > MAX_PAGES:
            self.pages //= 2
            self.blocks = {name: count // 2 for name, count in self.blocks.items() if count > 1}
            self.places = {name: (total // 2, known // 2) for name, (total, known) in self.places.items() if total > 1}
        if len(self.seen) > 2 * MAX_PAGES:
            self.seen = dict.fromkeys(list(self.seen)[-MAX_PAGES:])
        if len(self.blocks) > 2 * MAX_BLOCKS:
            self.blocks = dict(_frequent(self.blocks.items(), MAX_BLOCKS))
        if len(self.places) > 2 * MAX_PLACES:
            self.places = dict(_frequent(self.places.items(), MAX_PLACES))

    def to_json(self) -> str:
        """For the archive; at most some 60 KB."""
        table = {
            "version": VERSION,
            "pages": self.pages,
            "blocks": dict(_frequent(self.blocks.items(), MAX_BLOCKS)),
            "places": dict(_frequent(self.places.items(), MAX_PLACES)),
            "seen": list(self.seen)[-MAX_PAGES:],
            "habit": astuple(self.habit) if self.habit else None,
        }
        return json.dumps(table, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> SiteTemplate:
        """An empty template for a text that is none, or of another version: it is learnt again within a few pages."""
        try:
            table = json.loads(text)
            if table["version"] != VERSION:
                return cls()
            return cls(
                int(table["pages"]),
                {str(name): int(count) for name, count in table["blocks"].items()},
                {str(name): (int(total), int(known)) for name, (total, known) in table["places"].items()},
                dict.fromkeys(map(str, table["seen"])),
                _habit_from(*table["habit"]) if table["habit"] else None,
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()


def _habit_from(name: str, rule: str, share: float, rings: list[tuple[int, float]]) -> LearnedSelector:
    return LearnedSelector(
        str(name), str(rule), float(share), tuple(ContextBounds(int(most), float(least)) for most, least in rings)
    )


def fingerprints(page: PageBlocks) -> list[BlockFingerprint]:
    """The fingerprint of each block of a page, in its order."""
    places: dict[int, tuple[str, str]] = {}
    found = []
    for block in page.blocks:
        where = places.get(block.box)
        if where is None:
            path = place(page, block.box, 4)
            where = places[block.box] = (path, _digest(path))
        found.append(
            BlockFingerprint(_digest(f"{where[0]}|{block.text[:2_000].casefold()}"), where[1], letters(block.text) >= LONG)
        )
    return found


def _frequent(items: Iterable[tuple[str, Any]], most: int) -> list[tuple[str, Any]]:
    newest_first = list(items)[::-1]
    return sorted(newest_first, key=lambda item: item[1], reverse=True)[:most][::-1]


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
