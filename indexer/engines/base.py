"""The engine protocol: what search needs of whatever stores the postings.

Rules that every engine follows (`tests/contract` tests them):

- `apply` is idempotent and stores the last change number with its own commit. After a crash between archive and index,
  applying the changes again restores the index.
- A reader is a snapshot: its answers do not change while it is open. `refresh` returns a newer one.
- `total` is exact. Equal scores are ordered by date, newest first (undated last), then by document id.
- Sorting by date: newest first, undated last, then by document id. Sorting by oldest: oldest first, undated last, then by id.
- Terms are those of `indexer.analysis.analyzer`, such as `en/migrat`: the language code, a slash, the stem.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple, Protocol

from indexer.model import NO_FACETS, Change, Document, Facets, Match, Sort
from indexer.query.nodes import Node

MAX_SPLIT_CHARACTERS: Final = 24  # of a word that no document contains and that is looked up in parts
TOO_SLOW = "the search took too long and was cut short; there may be more results"
FACET_NAMES = ("source", "category", "author", "language", "filetype", "year", "month")


class Deadline:
    """The moment until which one search may work. All steps of a search share it and stop early when it has passed."""

    def __init__(self, seconds: float, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        """`is_cancelled`: whether the client has left. Then the deadline has passed, too."""
        self._end, self._is_cancelled = time.monotonic() + seconds, is_cancelled

    @property
    def seconds_left(self) -> float:
        """Return the remaining seconds; negative after the deadline."""
        return self._end - time.monotonic()

    @property
    def has_passed(self) -> bool:
        """Return whether no time is left."""
        return self._end <= time.monotonic() or self._is_cancelled()

    @property
    def is_cancelled(self) -> bool:
        """Return whether the client has left, so that even necessary work may be left out."""
        return self._is_cancelled()


NO_DEADLINE = Deadline(math.inf)


class Matches(NamedTuple):
    """One page of matches."""

    total: int
    matches: tuple[Match, ...]
    facets: Facets = NO_FACETS
    warnings: tuple[str, ...] = ()


class Sideways(NamedTuple):
    """One of the filters of a tree (the same object as there), and the names of the facets that are counted without it.

    So a visitor can add a second value to a selection. Lucene calls this drill sideways.
    """

    filter: Node
    facets: tuple[str, ...]


class WordMatches(NamedTuple):
    """The first page of a query of several words: documents with all words, then documents with some of them.

    `total` counts the documents with all words; if there are none (`is_relaxed`), those with any word. `lacks`: for each partial
    match, the numbers of the words that it lacks. `facets` and `warnings`: as in `Matches`.
    """

    total: int
    full: tuple[Match, ...]
    partial: tuple[Match, ...] = ()
    lacks: tuple[tuple[int, ...], ...] = ()
    is_relaxed: bool = False
    facets: Facets = NO_FACETS
    warnings: tuple[str, ...] = ()


def are_plain(form: str, spellings: Iterable[Sequence[str]]) -> bool:
    """Return whether the spellings of each term are in ASCII and include a word form, if there are any."""
    return all(not forms or (form in forms and "".join(forms).isascii()) for forms in spellings)


class Reader(Protocol):
    """A snapshot of an index, safe to share between threads."""

    generation: str
    position: int  # the number of the last change applied
    archive_id: str  # of the archive that these changes come from; empty in an index of an earlier version
    memo: dict[Hashable, Any]  # what searches remember of this snapshot
    has_word_search: bool  # whether `search_words` takes less time than several searches

    @property
    def document_count(self) -> int: ...

    def languages(self) -> tuple[str, ...]:
        """Return the languages of the documents, the most frequent first."""
        ...

    def search(
        self,
        tree: Node,
        *,
        offset: int = 0,
        limit: int = 10,
        sort: Sort = "relevance",
        facets: bool | Collection[str] = False,
        explain: bool = False,
        counted: bool = True,
        sideways: Sequence[Sideways] = (),
        deadline: Deadline | None = None,
    ) -> Matches:
        """Return one page of matches. After the deadline, return the best ones so far with the warning TOO_SLOW.

        `facets`: whether to count the values of all facets, or which facets are needed. An engine may count more.
        `sideways`: filters of the tree without which some of these facets are counted.
        `counted`: whether the total is needed. Otherwise it may be too low, which saves an engine from reading all matches.
        """
        ...

    def search_words(
        self,
        words: Sequence[Node],
        filters: Sequence[Node],
        slop: int,
        bonus: float,
        limit: int,
        *,
        facets: bool = False,
        sideways: Sequence[Sideways] = (),
        deadline: Deadline | None = None,
    ) -> WordMatches | None:
        """Return the first page of what `search` finds for all of the words under the filters and, if that does not fill it,
        for any of them.

        Documents with all words, in order and with at most `slop` words in between, get the bonus. A single phrase may stand in
        for the words. Facets are counted as by `search`, all of them. Returns None if the engine needs several searches.
        """
        ...

    def count(self, tree: Node, deadline: Deadline | None = None) -> int:
        """Return how many documents match; fewer if the deadline passes."""
        ...

    def select(
        self, trees: Sequence[Node], document_ids: Sequence[str], deadline: Deadline | None = None
    ) -> list[frozenset[str]]:
        """Return for each tree those of these documents that match it."""
        ...

    def document(self, document_id: str) -> Document | None: ...

    def documents(self) -> Iterator[Document]:
        """Yield every document that can be read, in no particular order."""
        ...

    def surfaces(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        """Return up to `limit` folded word forms that begin with `prefix`, sorted, and how many documents contain each."""
        ...

    def surfaces_matching(
        self, prefix: str, pattern: re.Pattern[str] | None, limit: int, deadline: Deadline | None = None
    ) -> tuple[Sequence[tuple[str, int]], int]:
        """Return the `limit` most frequent folded word forms with this prefix (ties by form), and how many forms there are.

        Each comes with the number of documents that contain it. A pattern must match the whole form. It consists of letters, `.`
        and `.*` only. After the deadline, some forms are left out.
        """
        ...

    def surfaces_near(
        self, form: str, distance: int, limit: int, deadline: Deadline | None = None, *, least: int = 0
    ) -> tuple[Sequence[tuple[str, int]], int]:
        """Return the same for the forms that are `within_distance` of this one.

        Forms with fewer documents than `least` may be left out, and are not counted then.
        """
        ...

    def forms(self, term: str) -> Sequence[str]:
        """Return the spellings of a term in the documents, in lower case. They may include spellings of deleted documents."""
        ...

    def surface_frequency(self, form: str) -> int:
        """Return the number of documents that contain this folded word form."""
        ...

    def look_up(self, form: str, terms: tuple[str, ...]) -> tuple[int, bool]:
        """Return the number of documents that contain a folded word form, and whether documents write its terms plainly.

        See `are_plain`. A query asks both of each word.
        """
        ...

    def has_any_surface(self, forms: list[str]) -> bool:
        """Return whether documents contain any of these folded word forms."""
        ...

    def prepare(self, words: Iterable[str], languages: Sequence[str], deadline: Deadline | None = None) -> None:
        """Get ready for a search for these typed words. An engine that is asked over a network looks them up in one request."""
        ...

    def refresh(self) -> Reader:
        """Return a reader of the newest state, `self` when nothing has changed. Cheap enough for every request."""
        ...

    def close(self) -> None: ...


class Writer(Protocol):
    """Applies changes. There is at most one at a time, which the lock of the archive ensures."""

    @property
    def position(self) -> int: ...

    def apply(self, changes: Iterable[Change], position: int) -> None:
        """Apply and commit all of `changes`, and store `position` with the same commit.

        `position` may be larger than the number of the last change. Memory is bounded: changes are read one by one.
        """
        ...

    def close(self) -> None: ...


class Rebuild(Protocol):
    """A new generation being built. Searches use the old one until `publish`."""

    def apply(self, changes: Iterable[Change], position: int) -> None: ...

    def reader(self) -> Reader:
        """Open what was built before it is published. Nothing can be applied afterwards."""
        ...

    def publish(self) -> str:
        """Replace the current generation atomically, and return the new name. The one before is kept or removed."""
        ...


class Verifier(Protocol):
    """Compares the files of an index with their checksums, a few bytes at a time, while it is in use."""

    verified_bytes: int  # of the current pass
    total_bytes: int

    @property
    def damage(self) -> Sequence[str]:
        """Return a message about each damaged file found so far."""
        ...

    def step(self, max_bytes: int) -> int:
        """Verify up to `max_bytes`. Return the bytes read; 0 when a pass is complete. The next step then begins a new pass."""
        ...

    def save(self) -> None:
        """Store progress and damage, so that another process continues from there and reports the damage."""
        ...


class Engine(Protocol):
    """An index. Its methods open readers and writers, rebuild it, and verify it."""

    name: str
    max_running_searches: int  # in one process: 1 if a search keeps a processor busy, more if it waits for other machines

    def reader(self) -> Reader:
        """Open the current index. Raises IndexMissing when there is none, IndexDamaged when it cannot be read."""
        ...

    def writer(self, archive_id: str = "") -> Writer:
        """Open the current generation for writing, or create the first one. Raises IndexDamaged.

        `archive_id`: the archive that the changes come from, recorded with each commit.
        """
        ...

    def rebuild(self, archive_id: str = "") -> AbstractContextManager[Rebuild]:
        """Start a new generation. Nothing of it remains unless it is published. `archive_id`: as for `writer`."""
        ...

    def roll_back(self) -> str:
        """Make the generation before the current one again, and return its name. Another call undoes that.

        Its position may lie before that of the archive. Raises NotFound, and EngineError if it cannot be used.
        """
        ...

    def drop_previous(self) -> None:
        """Remove the generation before, with the texts that only it holds."""
        ...

    def verify(self) -> Sequence[str]:
        """Return a message about each fault of the index; none when it is sound or missing. Reads all of it."""
        ...

    def verifier(self) -> Verifier:
        """Return a verifier for use in the background. It follows new commits."""
        ...

    def known_damage(self) -> Sequence[str]:
        """Return a message about each fault that opening the index or an earlier verification has found. Reads little."""
        ...

    def is_compiled(self) -> bool:
        """Test whether searches use compiled code. The answers are the same without it."""
        ...

    def is_outdated(self) -> bool:
        """Test whether the index was made by another schema or analysis. Searches may still work, but a reindex is due."""
        ...

    def size_bytes(self) -> int:
        """Return the size of the current generation."""
        ...

    def previous_bytes(self) -> int:
        """Return the size of the generation that is kept for `roll_back`."""
        ...
