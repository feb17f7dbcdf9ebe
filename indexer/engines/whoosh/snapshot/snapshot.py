"""Several segments as one index: documents are numbered through all of them, and statistics cover all living documents.

A score depends on the number of documents, average lengths and document frequencies. All of these are computed for the whole
index from the raw counts of the segments, at the time of the query. So a score does not depend on which segment a document lies
in, and a small update cannot leave rankings halfway between old and new.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import repeat
from operator import attrgetter
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from indexer.engines.fields import FIELDS, filter_key
from indexer.engines.scoring import Floats, NormScale, length_norms
from indexer.engines.whoosh.snapshot import kernel
from indexer.engines.whoosh.snapshot.facet_columns import FacetColumn, FacetColumns
from indexer.engines.whoosh.snapshot.kernel import DocumentReader, Kernel
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import (
    BODY_ONLY,
    UNDATED,
    epoch_seconds,
    narrow,
    pack_counts,
    unpack_document,
)
from indexer.engines.whoosh.storage.posting_lists import DocIds, Mask
from indexer.engines.whoosh.storage.segment import Segment
from indexer.model import NO_PARTS, Document, Match, RankingWeights

_SECONDS_A_DAY: Final = 86_400
_MAX_CACHED_MASKS: Final = 64  # of filters; each takes one byte for each document
_MIN_MASK_RATIO: Final = 4  # documents for each match, from which on a filter is evaluated for the matches alone and not cached
_MIN_LONG_LIST_BYTES: Final = 16_000  # bytes
_MAX_LONG_LIST_BYTES, _MAX_SHORT_LIST_BYTES = 44_000_000, 20_000_000  # in all
_MAX_REMEMBERED_FORMS: Final = 20_000  # whose frequency is known
_MAX_REMEMBERED_IDS: Final = 2_000  # of documents that were read: searches come back to them
_MAX_RECENT_DOCUMENTS: Final = 100  # of one call that the next call need not read again
_ENTRY_BYTES: Final = 400  # that an entry takes in addition to its numbers
_id_of: Final = attrgetter("id")
_new: Final = tuple.__new__  # half of the time of calling the class of a named tuple


def matches_of(documents: Iterable[Document], scores: Iterable[float]) -> tuple[Match, ...]:
    """Return a match of each document, without the parts of its score."""
    return tuple(map(_new, repeat(Match), zip(documents, scores, repeat(NO_PARTS))))  # endless


class LruCache:
    """A least-recently-used cache with a limit in bytes. It is not safe to share between threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._bytes = max_bytes, 0
        self._entries: OrderedDict[Hashable, Any] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}  # apart: pairs of value and size would be more objects for the garbage collector

    def get(self, key: Hashable) -> Any:
        """Return the value, or None when it is not cached."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Store a value of `size` bytes and drop the least recently used ones that no longer fit."""
        if key in self._entries or size > self._max_bytes:
            return
        self._entries[key], self._sizes[key] = value, size
        self._bytes += size
        while self._bytes > self._max_bytes:
            oldest, _ = self._entries.popitem(last=False)
            self._bytes -= self._sizes.pop(oldest)


class PostingsCache:
    """A cache for posting lists, safe to share between threads.

    Frequent words occur in every third query. Long lists take longest to compute and short ones are the most numerous, so each
    kind has a cache of its own and does not evict the other.
    """

    def __init__(self, max_long_bytes: int = _MAX_LONG_LIST_BYTES, max_short_bytes: int = _MAX_SHORT_LIST_BYTES) -> None:
        self._long, self._short = LruCache(max_long_bytes), LruCache(max_short_bytes)
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """Return the value, or None when it is not cached."""
        with self._lock:
            value = self._short.get(key)
            return self._long.get(key) if value is None else value

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Store a value of about `size` bytes."""
        with self._lock:
            (self._long if size > _MIN_LONG_LIST_BYTES else self._short).put(key, value, size + _ENTRY_BYTES)


class Snapshot:
    """All documents of a commit. Read-only and safe to share between threads."""

    def __init__(
        self,
        segments: Sequence[Segment],
        deleted: Sequence[Iterable[int]],
        written: str,
        scale: NormScale,
        weights: RankingWeights,
        *,
        compiled: bool = True,
    ) -> None:
        """`deleted`: the numbers of each segment's deleted documents; `written`: the time of the commit, as a sortable date.

        `compiled`: use the compiled kernel where it is available.
        """
        self.segments = list(segments)
        self.scale, self.weights, self._compiled = scale, weights, compiled
        self.saturations = [
            s.saturations if s.saturations and s.saturations.scale == scale.meta else None for s in segments
        ]  # None where they were computed for other averages or weights
        self.offsets: list[int] = []
        self.size = 0  # number of documents, including deleted ones
        for segment in segments:
            self.offsets.append(self.size)
            self.size += segment.size
        self.ends = [*self.offsets[1:], self.size] if segments else []
        self.living: Mask = np.ones(self.size, bool)
        self.has_deleted: list[bool] = []  # whether a segment has deleted documents
        for offset, own_deleted in zip(self.offsets, deleted, strict=True):
            numbers = np.fromiter(own_deleted, "i8")
            self.living[offset + numbers] = False
            self.has_deleted.append(bool(numbers.size))
        self.any_deleted = any(self.has_deleted)
        self.document_count = int(np.count_nonzero(self.living))
        self._written = written
        self.postings_cache = PostingsCache()
        self._masks: OrderedDict[tuple[str, ...], Mask] = OrderedDict()
        self._surface_frequencies: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._recent: dict[int, Document] = {}  # by number; never changed, as threads share it
        self._spare_sums: list[Floats] = []  # see `borrow_sums`
        self.recent_words: dict[int, tuple[object, Any]] = {}  # by the identity of a node: the node, and its impacts
        self._set_counts()

    @property
    def has_kernel(self) -> bool:
        """Return whether the compiled kernel is available for this snapshot."""
        return self._compiled and kernel.IS_AVAILABLE and len(self.segments) <= kernel.MAX_SEGMENTS

    @cached_property
    def kernel(self) -> Kernel | None:
        """Return the snapshot opened for the compiled kernel, None where it is not available."""
        return Kernel(self) if self.has_kernel else None

    # -- what scores depend on -----------------------------------------------------------------------------------------

    def _set_counts(self) -> None:
        """Make one table of counts by field for all segments, and map the codes of each segment to it."""
        packed = [pack_counts(segment.counts) for segment in self.segments]
        ordered = np.sort(np.concatenate([np.zeros(0, "u8"), *packed]))
        is_first = np.append(ordered[:1] >= 0, ordered[1:] != ordered[:-1])
        distinct = ordered[is_first]  # `np.unique` would import numpy.ma, which takes 5 ms
        self.body_codes = int(np.searchsorted(distinct, BODY_ONLY))  # lower codes are postings in the body alone
        same = len(self.segments) == 1
        self.recode: list[Array | None] = [None if same else narrow(np.searchsorted(distinct, p)) for p in packed]
        table = np.zeros((len(distinct), len(FIELDS)), "u4")
        for codes, segment in zip(packed, self.segments, strict=True):
            table[np.searchsorted(distinct, codes)] = segment.counts
        self.count_table = np.ascontiguousarray(table.T.astype("f4"))  # [field][code]

    @cached_property
    def norms(self) -> Floats:
        """Compute by [field, document] what one occurrence adds to X. Few queries need it where segments store saturations."""
        return length_norms([self._concatenate([s.lengths[i] for s in self.segments]) for i in range(len(FIELDS))], self.scale)

    def _concatenate(self, arrays: Sequence[Array]) -> Array:
        if len(arrays) == 1:
            return arrays[0]
        return np.concatenate(arrays) if arrays else np.zeros(0, "u4")

    @cached_property
    def dates(self) -> npt.NDArray[np.int64]:
        """Return the dates of all documents in seconds since 1970."""
        return self._concatenate([segment.dates for segment in self.segments]).astype("i8", copy=False)

    @cached_property
    def field_starts(self) -> Array:
        """Return by [field, document] the first position of each field after the first."""
        fields = range(1, len(FIELDS))
        return np.array([self._concatenate([segment.field_starts[field] for segment in self.segments]) for field in fields], "u4")

    def fields_at(self, documents: DocIds, positions: Array) -> Array:
        """Return the number of the field that contains each of these positions."""
        return np.asarray((self.field_starts.take(documents, 1) <= positions).sum(0))

    @cached_property
    def recency(self) -> Floats:
        """Return the recency factor of each document, see `indexer.engines.scoring`."""
        weights, dates = self.weights, self.dates
        written = _written_seconds(self._written)
        mask = dates[self.living & (dates <= written) & (dates != UNDATED)]
        factors = np.ones(self.size, "f4")
        date_mask = np.flatnonzero(dates != UNDATED)
        if not mask.size:  # all documents are dated in the future
            factors[date_mask] = 1 + weights.recency_bonus
            return factors
        age = np.maximum(mask.max() // _SECONDS_A_DAY - dates[date_mask] // _SECONDS_A_DAY, 0)
        factors[date_mask] = 1 + weights.recency_bonus / (1 + age / max(weights.recency_half_life_days, 0.001))
        return factors

    def borrow_sums(self) -> Floats:
        """Return an array with 0 for each document, which takes longer to make than a short list to add up.

        Give it back by `return_sums` with all numbers set to 0 again. After an error it need not be given back.
        """
        try:
            return self._spare_sums.pop()
        except IndexError:
            return np.zeros(self.size, "f4")

    def return_sums(self, sums: Floats) -> None:
        """Keep an array of `borrow_sums` for the next search."""
        if not self._spare_sums:
            self._spare_sums.append(sums)

    # -- documents -----------------------------------------------------------------------------------------------------

    def locate(self, number: int) -> tuple[Segment, int]:
        """Return the segment of a document and its number there."""
        at = bisect_right(self.offsets, number) - 1
        return self.segments[at], number - self.offsets[at]

    def document(self, number: int) -> Document:
        return self.documents([number])[0]

    def documents(self, numbers: list[int]) -> list[Document]:
        """Read the stored documents with these numbers. Partial matches repeat those of the call before."""
        recent = self._recent
        missing = [number for number in numbers if number not in recent] if recent else numbers
        documents = self._read(missing) if missing else []
        by_number = dict(zip(missing, documents, strict=True))
        self._recent = by_number if len(missing) <= _MAX_RECENT_DOCUMENTS else {}
        if len(missing) == len(numbers):
            return documents
        return [by_number.get(number) or recent[number] for number in numbers]

    def matches(self, numbers: list[int], scores: list[float]) -> tuple[Match, ...]:
        """Return a match of each of these documents, without remembering them."""
        if self._read_documents is not None:
            return self._read_documents.matches(numbers, scores)
        return matches_of(self._read(numbers), scores)

    def _read(self, numbers: list[int]) -> list[Document]:
        if self._read_documents is not None:
            result = self._read_documents.documents(numbers)
        elif len(self.segments) == 1:
            result = list(map(unpack_document, self.segments[0].stored(numbers)))
        else:
            located = map(self.locate, numbers)
            result = [unpack_document(packed) for segment, own in located for packed in segment.stored([own])]
        if self.any_deleted:
            ids = {document.id: number for document, number in zip(result, numbers, strict=True) if self.living[number]}
            self._numbers.update(ids)
        else:
            self._numbers.update(zip(map(_id_of, result), numbers, strict=True))
        if len(self._numbers) > _MAX_REMEMBERED_IDS:
            self._numbers = {}
        return result

    @cached_property
    def _read_documents(self) -> DocumentReader | None:
        """Return what reads stored documents by the compiled kernel, None where it is not available."""
        return None if self.kernel is None else kernel.document_reader(tuple([each.stored_place for each in self.segments]))

    def id_of(self, number: int) -> bytes:
        segment, local = self.locate(number)
        return segment.text("id", local)

    def number_with_id(self, document_id: str) -> int:
        """Return the number of the living document with this id, or -1."""
        if (number := self._numbers.get(document_id)) is not None:
            return number
        key = document_id.encode("utf-8", "replace")
        for segment, offset in zip(self.segments, self.offsets, strict=True):
            for local in segment.numbers_with_id(key):
                if self.living[offset + local]:
                    return offset + local
        return -1

    def surface_frequency(self, form: str) -> int:
        """Return how many living documents contain a word form."""
        if self.kernel is not None:
            return (self.kernel.surfaces.get(form) or self.kernel.find_surface(form))[1]
        frequency = self._surface_frequencies.get(form)
        if frequency is None:
            if len(self._surface_frequencies) >= _MAX_REMEMBERED_FORMS:
                self._surface_frequencies.clear()
            frequency = self._surface_frequencies[form] = self._count_surface(form.encode("utf-8", "replace"))
        return frequency

    def _count_surface(self, form: bytes) -> int:
        frequency = 0
        for segment, offset, has_deleted in zip(self.segments, self.offsets, self.has_deleted, strict=True):
            row = segment.surfaces.find(form)
            if row >= 0 and has_deleted:
                frequency += int(np.count_nonzero(self.living[segment.surface_lists.documents(row, offset)]))
            elif row >= 0:
                start, end = segment.surface_lists.bounds(row)
                frequency += end - start
        return frequency

    # -- values --------------------------------------------------------------------------------------------------------

    @cached_property
    def facets(self) -> FacetColumns:
        return FacetColumns(self.segments, lambda: self.dates, compiled=self.kernel is not None)

    def facet(self, name: str) -> FacetColumn:
        """Return a facet column. It is made on first use."""
        return self.facets.column(name)

    # Filters. With `among` (living documents), the mask has an element for each of these, otherwise for all documents.
    def value_mask(self, name: str, value: str, among: DocIds | None = None) -> Mask:
        """Return which documents are living and have this value in a facet, ignoring case and accents."""
        return self._mask((name, filter_key(value)), lambda subset: self.facet(name).value_mask(filter_key(value), subset), among)

    def url_mask(self, part: str, among: DocIds | None = None) -> Mask:
        """Return which documents are living and have this text in their folded address."""

        def find(subset: DocIds | None) -> Mask:
            result = np.zeros(self.size, bool)
            for segment, offset in zip(self.segments, self.offsets, strict=True):
                result[[offset + number for number in segment.numbers_with_url_part(part.encode("utf-8", "replace"))]] = True
            return result if subset is None else result.take(subset)

        return self._mask(("url", part), find, among)

    def date_mask(self, start: int | None, end: int | None, among: DocIds | None = None) -> Mask:
        """Return which documents are living and dated in [start, end), in seconds since 1970."""

        def find(subset: DocIds | None) -> Mask:
            dates = self.dates if subset is None else self.dates.take(subset)
            result: Mask = dates != UNDATED
            if start is not None:
                result &= dates >= start
            if end is not None:
                result &= dates < end
            return result

        return self._mask(("date", str(start), str(end)), find, among)

    def _mask(self, key: tuple[str, ...], find: Callable[[DocIds | None], Mask], among: DocIds | None) -> Mask:
        """Compute the mask of a filter for all documents and cache it, or compute it for a few documents only."""
        mask = self._masks.get(key)
        if mask is None and among is not None and len(among) * _MIN_MASK_RATIO < self.size:
            return find(among)
        if mask is None:
            mask = find(None)
            if self.any_deleted:
                mask &= self.living
            self._masks[key] = mask
            while len(self._masks) > _MAX_CACHED_MASKS:
                self._masks.popitem(last=False)
        return mask if among is None else mask.take(among)


def _written_seconds(written: str) -> int:
    return epoch_seconds(datetime.fromisoformat(written).replace(tzinfo=UTC)) if written else UNDATED
