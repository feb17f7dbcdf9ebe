"""Posting lists of one snapshot: which documents hold a term, how much of it, and at which positions.

`X` is that of BM25F (`indexer.engines.scoring`): the sum over fields of weight * tf / (1 - b + b * length / average).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from indexer.engines.scoring import FIELDS, MAX_TERMS
from indexer.engines.whoosh.search.docsets import NO_DOCUMENTS
from indexer.engines.whoosh.snapshot.snapshot import DocIds, Mask, Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import spread
from indexer.engines.whoosh.storage.saturated_tf import Floats, is_long, saturate, x_of
from indexer.engines.whoosh.storage.segment import Segment
from indexer.query.nodes import TextField

OFTEN: Final = 3  # times that parts of a long list are worked out before all of it is
_SHORT: Final = 20_000  # documents of a list that is worked out as a whole, as it may well come again
_BYTES: Final = 9  # that a kept posting takes: a document's number and a code


@dataclass(slots=True)
class SegmentPostings:
    """One segment's share of a posting list: the segment, its first document's number, the row of the term, and which of
    its postings are of living documents (None: all)."""

    segment: Segment
    offset: int
    row: int
    kept: Array | None
    size: int


@dataclass(slots=True)
class Postings:
    """The living documents that hold a term in any field, in order, and the codes of their counts by field."""

    term: str
    documents: DocIds
    codes: Array
    parts: tuple[SegmentPostings, ...]
    shares: Floats | None = None  # as the segments hold them
    uses: int = 0  # how often some of its positions were asked for


class TermLookup:
    """Looks up terms, once a query each; the snapshot keeps them at hand for the next query."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._known: dict[str, Postings | None] = {}

    def find(self, term: str) -> Postings | None:
        """None when no living document holds the term."""
        if term in self._known:
            return self._known[term]
        hot = self.snapshot.hot
        found: Postings | None = hot.get(term)
        if found is None:
            found = self._find(term)
            if found is not None:
                hot.put(term, found, len(found.documents) * _BYTES)
        self._known[term] = found
        return found

    def find_all(self, terms: Iterable[str]) -> list[Postings]:
        """Those of the terms that there are; no more than MAX_TERMS are looked up."""
        wanted = tuple(terms)[:MAX_TERMS]
        if len(wanted) == 1:
            return [] if (only := self.find(wanted[0])) is None else [only]
        return [found for term in dict.fromkeys(wanted) if (found := self.find(term)) is not None]

    def gather(self, terms: Sequence[str]) -> tuple[DocIds, Array]:
        """The postings of many terms one after the other, documents repeated: for the hundreds that a pattern stands for, which
        one by one would take 10 us each."""
        snapshot = self.snapshot
        documents: list[DocIds] = [NO_DOCUMENTS]
        codes: list[Array] = [np.zeros(0, "u1")]
        keys = [term.encode("utf-8", "replace") for term in dict.fromkeys(terms[:MAX_TERMS])]
        for i, segment in enumerate(snapshot.segments):
            rows = np.array([row for key in keys if (row := segment.terms.find(key)) >= 0], "i8")
            at, numbers = segment.holders.of_rows(rows)
            own, recode = segment.codes[at], snapshot.recode[i]
            numbers += snapshot.offsets[i]
            if snapshot.dead[i]:
                kept = snapshot.living[numbers]
                numbers, own = numbers[kept], own[kept]
            documents.append(numbers)
            codes.append(own if recode is None else recode[own])
        return np.concatenate(documents), np.concatenate(codes)

    def _find(self, term: str) -> Postings | None:
        snapshot, key = self.snapshot, term.encode("utf-8", "replace")
        parts: list[SegmentPostings] = []
        documents: list[DocIds] = []
        codes: list[Array] = []
        shares: list[Floats | None] = []
        for i, segment in enumerate(snapshot.segments):
            row = segment.terms.find(key)
            if row < 0:
                continue
            first, last = segment.holders.bounds(row)
            offset, recode = snapshot.offsets[i], snapshot.recode[i]
            numbers = segment.holders.of(row, offset)
            own = segment.codes[first:last]
            kept = None
            if snapshot.dead[i]:
                kept = np.flatnonzero(snapshot.living[numbers])
                if not kept.size:
                    continue
                numbers, own = numbers[kept], own[kept]
            parts.append(SegmentPostings(segment, offset, row, kept, len(numbers)))
            documents.append(numbers)
            codes.append(own if recode is None else recode[own])
            shares.append(self._stored_shares(i, row, kept))
        if not parts:
            return None
        if len(parts) == 1:
            return Postings(term, documents[0], codes[0], (parts[0],), shares[0])
        joined = None
        if any(each is not None for each in shares) and all(map(self._soon, shares, documents)):
            lists = zip(shares, documents, codes, strict=True)
            joined = np.concatenate([self.shares(numbers, own) if held is None else held for held, numbers, own in lists])
        return Postings(term, np.concatenate(documents), np.concatenate(codes), tuple(parts), joined)

    def _stored_shares(self, i: int, row: int, kept: Array | None) -> Floats | None:
        """What a segment holds of them."""
        stored = self.snapshot.shares[i]
        shares = None if stored is None else stored.of(row)
        return shares if shares is None or kept is None else shares[kept]

    @staticmethod
    def _soon(shares: Floats | None, documents: DocIds) -> bool:
        """Whether these shares are there, or worked out in no time."""
        return shares is not None or not is_long(len(documents))

    def surface(self, form: str) -> DocIds:
        """The living documents that hold this word form."""
        snapshot, key, found = self.snapshot, form.encode("utf-8", "replace"), []
        for i, segment in enumerate(snapshot.segments):
            row = segment.surfaces.find(key)
            if row >= 0:
                numbers = segment.users.of(row, snapshot.offsets[i])
                found.append(numbers[snapshot.living[numbers]] if snapshot.dead[i] else numbers)
        if len(found) == 1:
            return found[0]
        return np.concatenate(found) if found else NO_DOCUMENTS

    # -- weights -------------------------------------------------------------------------------------------------------

    def x(self, documents: DocIds, codes: Array, fields: Sequence[TextField] = FIELDS) -> Floats:
        """X of each posting, over these fields."""
        snapshot, table, norms = self.snapshot, self.snapshot.count_table, self.snapshot.norms
        if len(fields) == len(FIELDS):
            return x_of(table, snapshot.body_codes, norms, documents, codes)
        total: Floats = np.zeros(len(documents), "f4")
        for row in map(FIELDS.index, fields):
            total += table[row].take(codes) * norms[row].take(documents)
        return total

    def shares(self, documents: DocIds, codes: Array) -> Floats:
        """X / (k1 + X) of each posting, over all fields."""
        return saturate(self.x(documents, codes), self.snapshot.scale.k1)

    def holding(self, codes: Array, fields: Sequence[TextField]) -> Mask:
        """Which postings are in any of the fields."""
        rows = [FIELDS.index(name) for name in fields]
        return np.asarray(np.any(self.snapshot.count_table[rows] > 0, 0))[codes]

    # -- positions -----------------------------------------------------------------------------------------------------

    def positions(self, postings: Postings, among: DocIds | None = None) -> DocIds:
        """The positions of a term, as sorted numbers: document << 32 | position. `among`: no others than those in these documents
        are needed."""
        hot, key = self.snapshot.hot, f"positions of {postings.term}"
        known: DocIds | None = hot.get(key)
        if known is not None:
            return known
        count, at = len(postings.documents), None
        if among is not None and count > _SHORT and len(among) * 8 < count and postings.uses < OFTEN:
            postings.uses += 1
            at = postings.documents.searchsorted(among)
            at = at[postings.documents.take(at, mode="clip") == among]
        found = [self._positions(postings, part, start, at) for part, start in _with_starts(postings.parts)]
        known = found[0] if len(found) == 1 else np.concatenate(found)
        if at is None:
            hot.put(key, known, known.nbytes)
        return known

    def _positions(self, postings: Postings, part: SegmentPostings, start: int, at: Array | None) -> DocIds:
        """In one segment. `at`: of the postings with these indices."""
        segment, end = part.segment, start + part.size
        first, last = segment.holders.bounds(part.row)
        positions, counts = segment.positions_of(part.row), None
        if len(positions) > last - first:  # it stands somewhere more than once
            counts = segment.totals.take(segment.codes[first:last])
        if at is None:
            documents, local = postings.documents[start:end], part.kept
        else:
            at = at[slice(*at.searchsorted((start, end)))]
            documents, local = postings.documents.take(at), at - start if part.kept is None else part.kept.take(at - start)
        if local is not None:
            if counts is None:
                positions = positions.take(local)
            else:
                begins, counts = counts.cumsum() - counts, counts.take(local)
                positions = positions.take(spread(begins.take(local), counts))
        keys = documents << 32
        if counts is not None:
            keys = keys.repeat(counts)
        keys |= positions
        return keys


def _with_starts(parts: Iterable[SegmentPostings]) -> Iterator[tuple[SegmentPostings, int]]:
    """Each part, and where its postings begin among all."""
    start = 0
    for part in parts:
        yield part, start
        start += part.size
