"""What an engine is: the seam between the search verb and whoever holds the postings.

Rules that every engine keeps, tested by one suite (`tests/contract`):

- `apply` is idempotent and stores the last change number with its own commit, so a crash between archive and index is
  made good by applying again.
- A reader is a snapshot: what it answers does not change while it is open. `refresh` returns a newer one.
- `total` is exact. Equal scores are ordered by date, newest first (undated last), then by document id.
- Sorting by date: newest first, undated last, then by document id.
- Terms are those of `indexer.analysis.analyzer`: `en/migrat`, the language's code, a slash, the stem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from indexer.model import Change, Document, Facets, Match, Sort
from indexer.query.nodes import Node

TOO_SLOW = "the search took too long and was cut short; there may be more results"
FACET_NAMES = ("source", "category", "author", "language", "year")


@dataclass(frozen=True, slots=True)
class Matches:
    """One page of what an engine found."""

    total: int
    matches: tuple[Match, ...]
    facets: Facets = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Reader(Protocol):
    """A snapshot of an index, safe to share between threads."""

    generation: str
    position: int  # the number of the last change applied

    @property
    def document_count(self) -> int: ...

    def languages(self) -> tuple[str, ...]:
        """The languages of the documents, most frequent first."""
        ...

    def search(
        self,
        tree: Node,
        *,
        offset: int = 0,
        limit: int = 10,
        sort: Sort = "relevance",
        facets: bool = False,
        explain: bool = False,
    ) -> Matches: ...

    def count(self, tree: Node) -> int: ...

    def document(self, document_id: str) -> Document | None: ...

    def surfaces(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        """Folded word forms that begin with `prefix`, with the number of documents that hold them, in order of form.
        At most `limit` forms are looked at."""
        ...

    def surfaces_matching(
        self, prefix: str, pattern: re.Pattern[str] | None, limit: int
    ) -> tuple[Sequence[tuple[str, int]], int]:
        """Folded word forms that begin with `prefix` and, where a pattern is given, match it as a whole: the `limit` most
        frequent ones, equal ones by form, with the number of documents that hold them; and how many forms there are.
        The pattern knows letters, `.` and `.*` only."""
        ...

    def surfaces_near(self, form: str, distance: int, limit: int) -> tuple[Sequence[tuple[str, int]], int]:
        """The same for the forms that are `within_distance` of this one."""
        ...

    def forms(self, term: str) -> Sequence[str]:
        """How the term is written in the documents, in lower case; maybe also how it was in documents that are gone."""
        ...

    def surface_frequency(self, form: str) -> int:
        """The number of documents that hold this folded word form."""
        ...

    def refresh(self) -> Reader:
        """A reader of the newest state; `self` when nothing changed. Cheap enough for every request."""
        ...

    def close(self) -> None: ...


class Writer(Protocol):
    """Applies changes. At most one at a time (the archive's lock sees to it)."""

    @property
    def position(self) -> int: ...

    def apply(self, changes: Iterable[Change], position: int) -> None:
        """Apply and commit all of `changes`, and store `position` with the same commit. `position` may be larger than
        the last change's number. Memory is bounded: changes are read one by one."""
        ...

    def close(self) -> None: ...


class Rebuild(Protocol):
    """A new generation in the making; searches go on in the old one until `publish`."""

    def apply(self, changes: Iterable[Change], position: int) -> None: ...

    def publish(self) -> str:
        """Swap it in atomically, remove what no reader can want any more, and return its name."""
        ...


class Engine(Protocol):
    name: str

    def reader(self) -> Reader:
        """Raises IndexMissing when there is none, IndexDamaged when it cannot be read."""
        ...

    def writer(self) -> Writer:
        """Opens the current generation, or makes a first one. Raises IndexDamaged."""
        ...

    def rebuild(self) -> AbstractContextManager[Rebuild]:
        """Left without `publish`, it leaves nothing behind."""
        ...

    def verify(self) -> Sequence[str]:
        """What is wrong with the index, one sentence each; empty when it is sound or when there is none. Reads all."""
        ...

    def is_outdated(self) -> bool:
        """The index was made by another schema or analysis: searches work, but a reindex is due."""
        ...

    def size_bytes(self) -> int: ...
