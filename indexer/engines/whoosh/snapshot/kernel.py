"""Open a snapshot for the compiled kernel, where it is built. Without it, numpy gives the same answers.

`INDEXER_KERNEL=0` turns it off. It is missing where no compiler was available at installation, and in free-threaded Pythons.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from indexer.engines.scoring import NormScale
from indexer.engines.whoosh.storage import layout
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import FIELD_KINDS, FIELD_NAMES, MIN_STORED_FIELDS, new_decompress
from indexer.engines.whoosh.storage.segment import Segment, StoredSaturations
from indexer.model import NO_PARTS, Document, FacetValue, Match, RankingWeights

_compiled: Any = None
if os.environ.get("INDEXER_KERNEL") != "0":
    try:
        from indexer.engines.whoosh.snapshot import _kernel as _compiled
    except ImportError:
        _compiled = None

IS_AVAILABLE: Final = _compiled is not None  # installed and not turned off
Rows = tuple[int, ...]  # of a word in each segment; -1 where it does not occur
# Of a term or a word form: its rows, how many living documents contain it, and its inverse document frequency. Then, of a term
# alone, where the saturations of each row begin (-1: there are none), and its spellings as lines (None: it is nowhere).
Place = tuple[Rows, int, float, Rows, str | None]
Skips = tuple[bytes, ...]  # for each segment, where the positions of some postings begin
PhrasePlace = tuple[int, Rows, Skips]  # the gap of a word in a phrase, its rows, and its skips
# What documents must fulfil: a value of each document, from the lowest to before the highest, or a table of flags by value.
# The flag at the end says whether the documents that fail it alone are wanted.
Condition = tuple[Array, int, int, Array | None, bool]
# The total, how many of the documents have all words, all of them, their scores, the numbers of the words that each of the others
# lacks, and 1 if none has all. Then what facets need, where wanted: all matching documents, and those that fail one condition.
FirstPage = tuple[int, int, list[int], list[float], tuple[tuple[int, ...], ...], int, Any, list[Any]]
# The values of a facet. For each document an ordinal, where the values of each ordinal begin, and the numbers of these values.
FacetArrays = tuple[list[str], Array, Array, Array]
MAX_SEGMENTS: Final = 256
MAX_WORDS: Final = 64
MAX_FORMS: Final = 4
MAX_CONDITIONS: Final = 16
MAX_FORM_LETTERS: Final = 64
MAX_DISTANCE: Final = 3
MAX_BEST: Final = 100_000
MAX_REMEMBERED_WORDS: Final = 5_000
MAX_SKIP_BYTES: Final = 8_000_000
_ENTRY_BYTES: Final = 200  # that an entry takes in addition to its skips
_FACET_VALUE: Final = ("value", "count")  # the attributes of one
_DICTIONARIES: Final = ("term.text", "term.every", "surface.text", "surface.every", "form.text", "form.starts")


class SnapshotArrays(Protocol):
    """What the kernel needs of a `Snapshot`."""

    segments: list[Segment]
    saturations: list[StoredSaturations | None]
    recode: list[Array | None]
    count_table: Array
    body_codes: int
    living: Array
    any_deleted: bool
    size: int
    scale: NormScale
    weights: RankingWeights

    @property
    def norms(self) -> Array: ...

    @property
    def recency(self) -> Array: ...

    @property
    def field_starts(self) -> Array: ...


class Kernel:
    """The arrays of one snapshot, opened for the kernel. Safe to share between threads."""

    def __init__(self, snapshot: SnapshotArrays) -> None:
        self.plans: dict[int, Any] = {}  # by the identity of a word's node: its plan, whose last item is the node
        self.planned: dict[tuple[object, ...], Any] = {}  # the same by the terms of a word and its exact forms
        self._skips: dict[Rows, Skips] = {}  # of posting lists that phrases needed
        self._skip_bytes = 0
        self.no_skips: Skips = (b"",) * len(snapshot.segments)  # of short lists
        self.terms: dict[str, Place] = {}  # those looked up last, as a search needs each several times
        self.surfaces: dict[str, Place] = {}
        self.rows_of_nothing: Rows = (-1,) * len(snapshot.segments)  # of a word that is nowhere
        segments = []
        for segment, recode, saturations in zip(snapshot.segments, snapshot.recode, snapshot.saturations, strict=True):
            arrays = segment.arrays
            segments.append(
                (
                    segment.size,
                    arrays["posting.starts"],
                    arrays["posting.document"],
                    arrays["posting.code"],
                    recode,
                    *((None, None) if saturations is None else (arrays["saturation.value"], saturations.starts)),
                    arrays["surface.starts"],
                    arrays["surface.document"],
                    arrays["position.starts"],
                    arrays["position"],
                    segment.position_counts,
                    *map(arrays.__getitem__, _DICTIONARIES),
                )
            )
        recency = snapshot.recency if snapshot.weights.recency_bonus else np.ones(snapshot.size, "f4")
        living = snapshot.living if snapshot.any_deleted else None
        norms = np.ascontiguousarray(snapshot.norms)
        self._opened = _compiled.open(
            tuple(segments),
            snapshot.count_table,
            norms,
            recency,
            living,
            snapshot.field_starts,
            snapshot.scale.k1,
            snapshot.body_codes,
            layout.BLOCK_BITS,
        )

    def find_term(self, term: str) -> Place:
        """Return where a term is. Raises ValueError when an array is damaged."""
        place = self.terms.get(term)
        return self._find(term, self.terms, is_surface=False) if place is None else place

    def find_surface(self, form: str) -> Place:
        """Return where a word form is, without spellings. Raises ValueError when an array is damaged."""
        place = self.surfaces.get(form)
        return self._find(form, self.surfaces, is_surface=True) if place is None else place

    def _find(self, word: str, places: dict[str, Place], *, is_surface: bool) -> Place:
        if len(places) >= MAX_REMEMBERED_WORDS:
            places.clear()
        try:
            place: Place = _compiled.find(self._opened, word, is_surface)
        except UnicodeEncodeError:  # half of a character outside of the Basic Multilingual Plane
            place = _compiled.find(self._opened, word.encode("utf-8", "replace"), is_surface)
        places[word] = place
        return place

    def look_up(self, form: str, terms: tuple[str, ...]) -> tuple[int, bool]:
        """Find a word form and its terms at once, and remember them. Return what `Reader.look_up` does.

        Raises ValueError when an array is damaged.
        """
        if len(self.terms) >= MAX_REMEMBERED_WORDS or len(self.surfaces) >= MAX_REMEMBERED_WORDS:
            self.terms.clear()
            self.surfaces.clear()
        places, place, are_plain = _compiled.look_up(self._opened, terms, form)
        self.surfaces[form] = place
        for i, term in enumerate(terms):  # `update` with `zip` takes three times as long
            self.terms[term] = places[i]
        return place[1], are_plain

    def has_any_surface(self, forms: list[str]) -> bool:
        """Return whether living documents contain any of these word forms. Raises ValueError."""
        is_there: bool = _compiled.has_any(self._opened, forms)
        return is_there

    def have_plans(self, nodes: Iterable[object]) -> bool:
        """Return whether all of these are nodes of words that have a plan."""
        for node in nodes:
            plan = self.plans.get(id(node))
            if plan is None or plan[-1] is not node:
                return False
        return True

    def skips(self, rows: Rows) -> Skips:
        """Return where the positions of each 32nd posting of a long list begin. Raises ValueError."""
        skips = self._skips.get(rows)
        if skips is None:
            skips = _compiled.skips(self._opened, rows)
            self._skip_bytes += _ENTRY_BYTES + sum(map(len, skips))
            if self._skip_bytes > MAX_SKIP_BYTES:
                self._skips, self._skip_bytes = {}, 0
            self._skips[rows] = skips
        return skips

    def contains(self, lists: tuple[Rows, ...], documents: Any) -> bytes:
        """Return for each posting list a byte for each of the documents (64-bit integers that ascend). Raises ValueError."""
        flags: bytes = _compiled.contains(self._opened, lists, documents)
        return flags

    def documents(self, words: tuple[Any, ...]) -> Any:
        """Return the documents with all words. Raises ValueError."""
        return np.frombuffer(_compiled.conjunction(self._opened, words, False, False)[0], "i8")

    def conjunction(self, words: tuple[Any, ...], *, wants_columns: bool) -> tuple[Any, Any]:
        """Return the documents with all words, and their scores. Raises ValueError.

        With `wants_columns`, the scores have a row for each document: the score, then what each word adds.
        """
        documents, scores = _compiled.conjunction(self._opened, words, True, wants_columns)
        values = np.frombuffer(scores, "f4")
        return np.frombuffer(documents, "i8"), values.reshape(-1, len(words) + 1) if wants_columns else values

    def phrase(self, places: tuple[PhrasePlace, ...], slop: int, documents: Any) -> Any:
        """Return X of a phrase in each of the documents, which ascend; -1 where it does not occur. Raises ValueError."""
        return np.frombuffer(_compiled.phrase(self._opened, places, slop, np.ascontiguousarray(documents, "i8")), "f4")

    def best(
        self,
        words: tuple[Any, ...],
        *,
        is_any: bool,
        conditions: tuple[Condition, ...],
        phrase: tuple[Any, ...],
        count: int,
        wants_all: bool,
        wants_total: bool,
    ) -> tuple[int, list[int], list[float], Any, list[Any]]:
        """Return the number of matching documents, the best ones of each segment with their scores, and all of them.

        The last item has for each sideways condition the documents that fail it alone.

        The best of a segment are those with the highest scores, equal ones by number. All documents are there if `wants_all`,
        and the number may be too low unless `wants_total`. `phrase` is `()` for none. Raises ValueError.
        """
        total, numbers, scores, matching, sideways = _compiled.best(
            self._opened, words, is_any, conditions, phrase, count, wants_all, wants_total
        )
        if not wants_all:
            return total, numbers, scores, None, []
        documents = np.frombuffer(matching, bool).nonzero()[0] if is_any else np.frombuffer(matching, "i8")
        return total, numbers, scores, documents, [np.frombuffer(each, "i8") for each in sideways]

    def first_page(
        self,
        words: tuple[Any, ...],
        conditions: tuple[Condition, ...],
        places: tuple[PhrasePlace, ...],
        slop: int,
        bonus: float,
        count: int,
        *,
        is_phrase: bool,
        wants_documents: bool,
    ) -> FirstPage | None:
        """Return the first page of some planned words, none of them merged: documents with all words, then with some of them.

        The places are those of the words in a phrase with this slop. Documents that have it get the bonus. With `is_phrase`, no
        other documents match, and the bonus is the score. If no document has all words, the total counts those with any.
        Returns None where dates and ids must decide between equal scores. Raises ValueError.
        """
        page: FirstPage | None = _compiled.first_page(
            self._opened, words, conditions, places, slop, bonus, is_phrase, count, wants_documents
        )
        if page is None or not wants_documents:
            return page
        total, full, numbers, scores, lacks, is_relaxed, matching, sideways = page
        documents = np.frombuffer(matching, bool).nonzero()[0] if is_relaxed else np.frombuffer(matching, "i8")
        return total, full, numbers, scores, lacks, is_relaxed, documents, [np.frombuffer(each, "i8") for each in sideways]


def nearest_forms(
    segment: Segment, form: str, distance: int, *, least: int, most: int, limit: int
) -> tuple[list[tuple[str, int]], int] | None:
    """Return the most frequent forms of a segment within this edit distance, up to `limit`, and how many there are.

    Forms with fewer documents than `least` are left out. Returns None if more than `most` forms must be compared, or without
    kernel. Raises ValueError when an array is damaged.
    """
    if not IS_AVAILABLE or len(form) > MAX_FORM_LETTERS or distance > MAX_DISTANCE:
        return None
    forms: tuple[list[tuple[str, int]], int] | None = _compiled.near(
        *segment.surfaces.text_and_ends, *segment.form_signatures, form, distance, least, most, limit
    )
    return forms


class DocumentReader(NamedTuple):
    """Reads stored documents. Both functions raise the same errors as Python does."""

    documents: Callable[[list[int]], list[Document]]
    matches: Callable[[list[int], list[float]], tuple[Match, ...]]


def document_reader(places: tuple[tuple[int, int, int, Array], ...]) -> DocumentReader | None:
    """Return what reads the documents with some numbers, or matches of them and their scores; None on Windows.

    A place is that of the documents of a segment: an open file, the offset there, the size in bytes, and where each one ends.
    """
    if not hasattr(_compiled, "read_documents"):
        return None
    opened = _compiled.open_documents(
        Document, FIELD_NAMES, FIELD_KINDS, MIN_STORED_FIELDS, datetime.fromisoformat, new_decompress, places
    )
    return DocumentReader(
        partial(_compiled.read_documents, opened),
        partial(_compiled.read_matches, opened, Match, NO_PARTS),
    )


def most_frequent_values(
    columns: tuple[tuple[FacetArrays, Array | None], ...], documents: Array | None, most: int
) -> tuple[tuple[FacetValue, ...], ...]:
    """Return for each column the most frequent values of these documents (None: of all) and of its further ones.

    The highest counts come first, equal ones in the order of the values. Raises ValueError when an array is damaged.
    """
    counts: tuple[tuple[FacetValue, ...], ...] = _compiled.most_frequent(FacetValue, _FACET_VALUE, columns, documents, most)
    return counts
