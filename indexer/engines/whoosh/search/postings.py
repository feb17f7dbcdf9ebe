"""Posting lists of one snapshot: which documents contain a term, how often, and at which positions.

X is the term frequency of BM25F (`indexer.engines.scoring`): the sum over fields of weight * count / length norm.

Intersections and unions of lists have two methods and choose by the lengths of the lists: binary search in the longer list, or
an array of marks with one byte for each document of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from indexer.engines.fields import FIELDS
from indexer.engines.scoring import MAX_TERMS, Floats
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import expand_ranges
from indexer.engines.whoosh.storage.posting_lists import DocIds, Mask, is_stored, saturate, weighted_tf
from indexer.engines.whoosh.storage.segment import Segment
from indexer.query.nodes import TextField

MIN_USES_TO_CACHE: Final = 3  # partial uses of a long list after which all of it is computed and cached
_MAX_SHORT_LIST_DOCUMENTS: Final = 20_000  # a list of up to this length is always computed as a whole
_POSTING_BYTES: Final = 9  # that a cached posting takes: the number of a document and a code


@dataclass(slots=True)
class SegmentPostings:
    """The part of a posting list that lies in one segment.

    `offset` is the number of the segment's first document, `row` the row of the term, `living` the indices of the postings of
    living documents (None: all), and `size` their number.
    """

    segment: Segment
    offset: int
    row: int
    living: Array | None
    size: int


@dataclass(slots=True)
class Postings:
    """The living documents that contain a term in any field, in order, and the codes of their counts by field."""

    term: str
    documents: DocIds
    codes: Array
    parts: tuple[SegmentPostings, ...]
    saturations: Floats | None = None  # as stored in the segments
    uses: int = 0  # how often some of its positions were requested


class TermLookup:
    """Looks up terms for one query. The snapshot caches the results for later queries."""

    def __init__(self, snapshot: Snapshot, may_stop: Callable[[], bool] = lambda: False) -> None:
        """`may_stop` tells long loops that the time of the query is over."""
        self.snapshot, self.may_stop = snapshot, may_stop
        self._results: dict[str, Postings | None] = {}

    def find(self, term: str) -> Postings | None:
        """Return the postings of a term, or None when no living document contains it."""
        if term in self._results:
            return self._results[term]
        cache = self.snapshot.postings_cache
        result: Postings | None = cache.get(term)
        if result is None:
            result = self._find(term)
            if result is not None:
                cache.put(term, result, len(result.documents) * _POSTING_BYTES)
        self._results[term] = result
        return result

    def find_all(self, terms: Iterable[str]) -> list[Postings]:
        """Return the postings of those terms that exist. At most MAX_TERMS are looked up."""
        requested = tuple(terms)[:MAX_TERMS]
        if len(requested) == 1:
            return [] if (only := self.find(requested[0])) is None else [only]
        return [result for term in dict.fromkeys(requested) if (result := self.find(term)) is not None]

    def find_many(self, terms: Sequence[str]) -> tuple[DocIds, Array]:
        """Return the concatenated postings of many terms; documents repeat.

        This is for the hundreds of terms that a pattern expands to. Looking them up one by one would take 10 us each.
        """
        snapshot = self.snapshot
        documents: list[DocIds] = [NO_DOCUMENTS]
        codes: list[Array] = [np.zeros(0, "u1")]
        keys = [term.encode("utf-8", "replace") for term in dict.fromkeys(terms[:MAX_TERMS])]
        for i, segment in enumerate(snapshot.segments):
            rows = np.array([row for key in keys if (row := segment.terms.find(key)) >= 0], "i8")
            at, numbers = segment.term_lists.postings_of(rows)
            own, recode = segment.codes[at], snapshot.recode[i]
            numbers += snapshot.offsets[i]
            if snapshot.has_deleted[i]:
                living = snapshot.living[numbers]
                numbers, own = numbers[living], own[living]
            documents.append(numbers)
            codes.append(own if recode is None else recode[own])
        return np.concatenate(documents), np.concatenate(codes)

    def _find(self, term: str) -> Postings | None:
        snapshot, key = self.snapshot, term.encode("utf-8", "replace")
        parts: list[SegmentPostings] = []
        documents: list[DocIds] = []
        codes: list[Array] = []
        saturations: list[Floats | None] = []
        for i, segment in enumerate(snapshot.segments):
            row = segment.terms.find(key)
            if row < 0:
                continue
            first, last = segment.term_lists.bounds(row)
            offset, recode = snapshot.offsets[i], snapshot.recode[i]
            numbers = segment.term_lists.documents(row, offset)
            own = segment.codes[first:last]
            living = None
            if snapshot.has_deleted[i]:
                living = np.flatnonzero(snapshot.living[numbers])
                if not living.size:
                    continue
                numbers, own = numbers[living], own[living]
            parts.append(SegmentPostings(segment, offset, row, living, len(numbers)))
            documents.append(numbers)
            codes.append(own if recode is None else recode[own])
            saturations.append(self._stored_saturations(i, row, living))
        if not parts:
            return None
        if len(parts) == 1:
            return Postings(term, documents[0], codes[0], (parts[0],), saturations[0])
        joined = None
        if any(each is not None for each in saturations) and all(map(self._is_cheap, saturations, documents)):
            lists = zip(saturations, documents, codes, strict=True)
            joined = np.concatenate(
                [self.saturations_of(numbers, own) if stored is None else stored for stored, numbers, own in lists]
            )
        return Postings(term, np.concatenate(documents), np.concatenate(codes), tuple(parts), joined)

    def _stored_saturations(self, i: int, row: int, living: Array | None) -> Floats | None:
        """Return the saturations that a segment stores for a term, if they are valid for this snapshot."""
        stored = self.snapshot.saturations[i]
        saturations = None if stored is None else stored.of(row)
        return saturations if saturations is None or living is None else saturations[living]

    @staticmethod
    def _is_cheap(saturations: Floats | None, documents: DocIds) -> bool:
        """Test whether saturations are stored or the list is so short that computing them takes no time."""
        return saturations is not None or not is_stored(len(documents))

    def surface_documents(self, form: str) -> DocIds:
        """Return the living documents that contain a word form."""
        snapshot, key, result = self.snapshot, form.encode("utf-8", "replace"), []
        for i, segment in enumerate(snapshot.segments):
            row = segment.surfaces.find(key)
            if row >= 0:
                numbers = segment.surface_lists.documents(row, snapshot.offsets[i])
                result.append(numbers[snapshot.living[numbers]] if snapshot.has_deleted[i] else numbers)
        if len(result) == 1:
            return result[0]
        return np.concatenate(result) if result else NO_DOCUMENTS

    # -- weights -------------------------------------------------------------------------------------------------------

    def weighted_tf(self, documents: DocIds, codes: Array, fields: Sequence[TextField] = FIELDS) -> Floats:
        """Return X of each posting over these fields."""
        snapshot, table, norms = self.snapshot, self.snapshot.count_table, self.snapshot.norms
        if len(fields) == len(FIELDS):
            return weighted_tf(table, snapshot.body_codes, norms, documents, codes)
        total: Floats = np.zeros(len(documents), "f4")
        for row in map(FIELDS.index, fields):
            total += table[row].take(codes) * norms[row].take(documents)
        return total

    def saturations_of(self, documents: DocIds, codes: Array) -> Floats:
        """Return X / (k1 + X) of each posting over all fields."""
        return saturate(self.weighted_tf(documents, codes), self.snapshot.scale.k1)

    def documents_in_fields(self, postings: Postings, fields: tuple[TextField, ...]) -> DocIds:
        """Return the documents that contain the term in any of the fields."""
        if len(fields) == len(FIELDS):
            return postings.documents
        return postings.documents[self.field_mask(postings.codes, fields)]

    def field_mask(self, codes: Array, fields: Sequence[TextField]) -> Mask:
        """Return which postings are in any of the fields."""
        rows = [FIELDS.index(name) for name in fields]
        return np.asarray(np.any(self.snapshot.count_table[rows] > 0, 0))[codes]

    # -- positions -----------------------------------------------------------------------------------------------------

    def positions(self, postings: Postings, among: DocIds | None = None) -> DocIds:
        """Return the positions of a term as sorted numbers: document << 32 | position.

        `among`: only the positions in these documents are needed; the result may contain others.
        """
        cache, key = self.snapshot.postings_cache, f"positions of {postings.term}"
        positions: DocIds | None = cache.get(key)
        if positions is not None:
            return positions
        count, at = len(postings.documents), None
        if (
            among is not None
            and count > _MAX_SHORT_LIST_DOCUMENTS
            and len(among) * 8 < count
            and postings.uses < MIN_USES_TO_CACHE
        ):
            postings.uses += 1
            at = postings.documents.searchsorted(among)
            at = at[postings.documents.take(at, mode="clip") == among]
        result = [self._positions(postings, part, start, at) for part, start in _with_starts(postings.parts)]
        positions = result[0] if len(result) == 1 else np.concatenate(result)
        if at is None:
            cache.put(key, positions, positions.nbytes)
        return positions

    def positions_in(self, postings: Postings, document: int) -> list[int]:
        """Return the positions of a term in one document; none if the document does not contain it."""
        index = int(postings.documents.searchsorted(document))
        if index == len(postings.documents) or postings.documents[index] != document:
            return []
        for part, start in _with_starts(postings.parts):
            if index < start + part.size:
                break
        local = index - start if part.living is None else int(part.living[index - start])
        first, last = part.segment.term_lists.bounds(part.row)
        positions, counts = part.segment.positions_of(part.row), part.segment.position_counts
        if len(positions) == last - first:  # no document contains the term more than once
            return [int(positions[local])]
        begin = int(counts.take(part.segment.codes[first : first + local]).sum())
        numbers: list[int] = positions[begin : begin + int(counts[part.segment.codes[first + local]])].tolist()
        return numbers

    def _positions(self, postings: Postings, part: SegmentPostings, start: int, at: Array | None) -> DocIds:
        """Return the positions in one segment. `at`: only of the postings with these indices."""
        segment, end = part.segment, start + part.size
        first, last = segment.term_lists.bounds(part.row)
        positions, counts = segment.positions_of(part.row), None
        if len(positions) > last - first:  # some document contains the term more than once
            counts = segment.position_counts.take(segment.codes[first:last])
        if at is None:
            documents, local = postings.documents[start:end], part.living
        else:
            at = at[slice(*at.searchsorted((start, end)))]
            documents, local = postings.documents.take(at), at - start if part.living is None else part.living.take(at - start)
        if local is not None:
            if counts is None:
                positions = positions.take(local)
            else:
                begins, counts = counts.cumsum() - counts, counts.take(local)
                positions = positions.take(expand_ranges(begins.take(local), counts))
        keys = documents << 32
        if counts is not None:
            keys = keys.repeat(counts)
        keys |= positions
        return keys


def _with_starts(parts: Iterable[SegmentPostings]) -> Iterator[tuple[SegmentPostings, int]]:
    """Yield each part with the index of its first posting in the whole list."""
    start = 0
    for part in parts:
        yield part, start
        start += part.size


# -- intersections and unions of sorted lists of documents --------------------------------------------------------------
NO_DOCUMENTS: Final = np.zeros(0, "i8")
NO_SCORES: Final = np.zeros(0, "f4")
# From these ratios on, binary search is quicker. It takes 40 ns a document. Marks take 1.5 ns a document of either list, and the
# time of a binary search for each so many documents of the index.
_MIN_BISECT_RATIO: Final = 24
_MARKED_PER_BISECT: Final = 1_024
_DENSE_RATIO: Final = 8  # a union of more than 1/8 of all documents is summed in an array with an element for each document


def is_member(documents: DocIds, others: DocIds, size: int) -> Mask:
    """Return which of the documents are among the others, which are sorted. `size` is the number of all documents."""
    if _is_short(documents, others, size):
        if not len(others):
            return np.zeros(len(documents), bool)
        mask: Mask = others.take(others.searchsorted(documents), mode="clip") == documents
        return mask
    present = np.zeros(size, bool)
    present[others] = True
    return present.take(documents)


def intersect(documents: DocIds, others: DocIds, size: int) -> tuple[Array, Array]:
    """Return the indices of the common documents in the first list and in the second. Both lists are sorted."""
    if not others.size or not documents.size:
        return np.zeros(0, "i8"), np.zeros(0, "i8")
    if len(others) < len(documents):
        theirs, mine = intersect(others, documents, size)
        return mine, theirs
    if _is_short(documents, others, size):
        at = others.searchsorted(documents)
        mine = (others.take(at, mode="clip") == documents).nonzero()[0]
        return mine, at.take(mine)
    mine = is_member(documents, others, size).nonzero()[0]
    return mine, indices_of(others, documents.take(mine), size)


def _is_short(documents: DocIds, others: DocIds, size: int) -> bool:
    """Return whether binary search is quicker than marks."""
    return len(documents) * _MIN_BISECT_RATIO < len(others) + size * _MIN_BISECT_RATIO // _MARKED_PER_BISECT


def indices_of(others: DocIds, documents: DocIds, size: int) -> Array:
    """Return the indices in `others` of documents that are all in that list."""
    if _is_short(documents, others, size):
        return others.searchsorted(documents)
    return is_member(others, documents, size).nonzero()[0]


def sum_by_document(
    documents: Iterable[DocIds], values: Iterable[Floats], size: int, *, repeated: bool = False
) -> tuple[DocIds, Floats]:
    """Add up the values of each document over several lists. With `repeated`, one list may contain a document several times."""
    lists, amounts = list(documents), list(values)
    if not lists:
        return NO_DOCUMENTS, NO_SCORES
    if len(lists) == 1 and not repeated:
        return lists[0], amounts[0]
    count = sum(map(len, lists))
    if repeated or count * _DENSE_RATIO < size:
        joined, amount_by_posting = np.concatenate(lists), np.concatenate(amounts)
        if count * _DENSE_RATIO < size:
            if not joined.size:
                return joined, amount_by_posting
            order = joined.argsort(kind="stable")
            joined = joined.take(order)
            is_first = np.ones(len(joined), bool)
            np.not_equal(joined[1:], joined[:-1], out=is_first[1:])
            first = is_first.nonzero()[0]
            return joined.take(first), np.add.reduceat(amount_by_posting.take(order), first)
        present = np.zeros(size, bool)
        present[joined] = True
        present = np.flatnonzero(present)
        return present, np.bincount(joined, amount_by_posting, size)[present].astype("f4")
    total: Floats = np.zeros(size, "f4")
    for numbers, amount in zip(lists, amounts, strict=True):
        total[numbers] += amount
    present = total > 0
    for numbers, amount in zip(lists, amounts, strict=True):
        if amount.size and amount.min() <= 0:  # the documents of a filter have no value
            present[numbers] = True
    present = present.nonzero()[0]
    return present, total[present]
