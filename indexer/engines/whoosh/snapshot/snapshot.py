"""Some segments as one index: numbers through all of them, statistics over all living documents.

Every number that a score depends on (documents, average lengths, how many documents hold a word) is that of the whole
index at the time of the query, worked out from the segments' raw counts. So it makes no difference to a score in which
segments the documents lie, and a small update cannot leave rankings between old and new.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from indexer.engines.scoring import FIELDS, filter_key
from indexer.engines.whoosh.snapshot.facets import FacetColumn
from indexer.engines.whoosh.snapshot.postings_cache import PostingsCache
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.docstore import unpack_document
from indexer.engines.whoosh.storage.layout import BODY_ONLY, UNDATED, pack_counts, seconds_of, smallest
from indexer.engines.whoosh.storage.saturated_tf import Floats, NormScale, norms_of
from indexer.engines.whoosh.storage.segment import Segment
from indexer.model import Document, RankingWeights

DocIds = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_SECONDS_A_DAY: Final = 86_400
_MASKS_KEPT: Final = 64  # of filters; each takes a byte per document
_FEW: Final = 4  # times as many documents there are: then a filter is asked of those alone


class Snapshot:
    """Read-only; safe to share between threads."""

    def __init__(
        self,
        segments: Sequence[Segment],
        deleted: Sequence[Iterable[int]],
        written: str,
        scale: NormScale,
        weights: RankingWeights,
    ) -> None:
        """`deleted`: the numbers of each segment's deleted documents; `written`: when, as a sortable date."""
        self.segments = list(segments)
        self.scale, self.weights = scale, weights
        self.shares = [s.shares if s.shares and s.shares.scale == scale.meta else None for s in segments]  # those of today
        self.offsets: list[int] = []
        self.size = 0  # documents, with the deleted ones
        for segment in segments:
            self.offsets.append(self.size)
            self.size += segment.size
        self.ends = [*self.offsets[1:], self.size] if segments else []
        self.living: Mask = np.ones(self.size, bool)
        self.dead: list[bool] = []  # whether a segment has deleted documents
        for offset, gone in zip(self.offsets, deleted, strict=True):
            numbers = np.fromiter(gone, "i8")
            self.living[offset + numbers] = False
            self.dead.append(bool(numbers.size))
        self.any_dead = any(self.dead)
        self.document_count = int(np.count_nonzero(self.living))
        self._written = written
        self.hot = PostingsCache()
        self._facets: dict[str, FacetColumn] = {}
        self._masks: OrderedDict[tuple[str, ...], Mask] = OrderedDict()
        self._set_counts()

    # -- what scores depend on -----------------------------------------------------------------------------------------

    def _set_counts(self) -> None:
        """One table of counts by field for all segments, and what each segment's codes are in it."""
        packed = [pack_counts(segment.counts) for segment in self.segments]
        different = np.unique(np.concatenate(packed)) if packed else np.zeros(0, "u8")
        self.body_codes = int(np.searchsorted(different, BODY_ONLY))  # codes below are of postings in the body alone
        same = len(self.segments) == 1
        self.recode: list[Array | None] = [None if same else smallest(np.searchsorted(different, p)) for p in packed]
        table = np.zeros((len(different), len(FIELDS)), "u4")
        for codes, segment in zip(packed, self.segments, strict=True):
            table[np.searchsorted(different, codes)] = segment.counts
        self.count_table = np.ascontiguousarray(table.T.astype("f4"))  # [field][code]

    @cached_property
    def norms(self) -> Floats:
        """[field, document]: what one occurrence adds to BM25F's X. Few queries ask where segments hold their shares."""
        return norms_of([self._joined([s.lengths[i] for s in self.segments]) for i in range(len(FIELDS))], self.scale)

    def _joined(self, arrays: Sequence[Array]) -> Array:
        if len(arrays) == 1:
            return arrays[0]
        return np.concatenate(arrays) if arrays else np.zeros(0, "u4")

    @cached_property
    def dates(self) -> npt.NDArray[np.int64]:
        """Seconds since 1970."""
        return self._joined([segment.dates for segment in self.segments]).astype("i8", copy=False)

    @cached_property
    def _field_starts(self) -> Array:
        """[field, document]: the first position of each field after the first."""
        fields = range(1, len(FIELDS))
        return np.array([self._joined([segment.field_starts[field] for segment in self.segments]) for field in fields], "u4")

    def fields_at(self, documents: DocIds, positions: Array) -> Array:
        """The number of the field that each of these positions is in."""
        return np.asarray((self._field_starts.take(documents, 1) <= positions).sum(0))

    @cached_property
    def recency(self) -> Floats:
        """The factor for each document, see `indexer.engines.scoring`."""
        weights, dates = self.weights, self.dates
        written = _written_seconds(self._written)
        known = dates[self.living & (dates <= written) & (dates != UNDATED)]
        factors = np.ones(self.size, "f4")
        dated = np.flatnonzero(dates != UNDATED)
        if not known.size:  # all documents are dated in the future
            factors[dated] = 1 + weights.recency_bonus
            return factors
        age = np.maximum(known.max() // _SECONDS_A_DAY - dates[dated] // _SECONDS_A_DAY, 0)
        factors[dated] = 1 + weights.recency_bonus * 0.5 ** (age / max(weights.recency_half_life_days, 0.001))
        return factors

    # -- documents -----------------------------------------------------------------------------------------------------

    def place(self, number: int) -> tuple[Segment, int]:
        """The segment that holds the document, and its number there."""
        at = bisect_right(self.offsets, number) - 1
        return self.segments[at], number - self.offsets[at]

    def document(self, number: int) -> Document:
        return self.documents([number])[0]

    def documents(self, numbers: Iterable[int]) -> list[Document]:
        segments, offsets = self.segments, self.offsets
        found = []
        for number in numbers:
            at = bisect_right(offsets, number) - 1
            found.append(unpack_document(segments[at].stored(number - offsets[at])))
        return found

    def id_of(self, number: int) -> bytes:
        segment, local = self.place(number)
        return segment.text("id", local)

    def number_of(self, document_id: str) -> int:
        """-1 when there is no such document."""
        key = document_id.encode("utf-8", "replace")
        for segment, offset in zip(self.segments, self.offsets, strict=True):
            for local in segment.numbers_of(key):
                if self.living[offset + local]:
                    return offset + local
        return -1

    # -- values --------------------------------------------------------------------------------------------------------

    def facet(self, name: str) -> FacetColumn:
        """Made when it is first asked for: a first search need not wait for all of them."""
        if name not in self._facets:
            pairs = [segment.facet(name) for segment in self.segments]
            self._facets[name] = FacetColumn([texts for texts, _ in pairs], [ordinals for _, ordinals in pairs])
        return self._facets[name]

    # Filters. `among`: of which living documents it is asked; then an answer for each of these.

    def having(self, name: str, value: str, among: DocIds | None = None) -> Mask:
        """The living documents whose facet has this value, whatever its case and accents."""
        return self._mask((name, filter_key(value)), lambda few: self.facet(name).having(filter_key(value), few), among)

    def urls_with(self, part: str, among: DocIds | None = None) -> Mask:
        def find(few: DocIds | None) -> Mask:
            found = np.zeros(self.size, bool)
            for segment, offset in zip(self.segments, self.offsets, strict=True):
                found[[offset + number for number in segment.urls_with(part.encode("utf-8", "replace"))]] = True
            return found if few is None else found.take(few)

        return self._mask(("url", part), find, among)

    def dated(self, start: int | None, end: int | None, among: DocIds | None = None) -> Mask:
        """The living documents dated in [start, end), in seconds."""

        def find(few: DocIds | None) -> Mask:
            dates = self.dates if few is None else self.dates.take(few)
            found: Mask = dates != UNDATED
            if start is not None:
                found &= dates >= start
            if end is not None:
                found &= dates < end
            return found

        return self._mask(("date", str(start), str(end)), find, among)

    def _mask(self, key: tuple[str, ...], find: Callable[[DocIds | None], Mask], among: DocIds | None) -> Mask:
        """What a filter lets through, worked out for all documents and kept; but of a few documents nothing is kept."""
        known = self._masks.get(key)
        if known is None and among is not None and len(among) * _FEW < self.size:
            return find(among)
        if known is None:
            known = find(None)
            if self.any_dead:
                known &= self.living
            self._masks[key] = known
            while len(self._masks) > _MASKS_KEPT:
                self._masks.popitem(last=False)
        return known if among is None else known.take(among)


def _written_seconds(written: str) -> int:
    return seconds_of(datetime.fromisoformat(written).replace(tzinfo=UTC)) if written else UNDATED
