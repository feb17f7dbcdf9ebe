"""Posting lists of one snapshot: which documents hold a term, with what weight, and where phrases stand.

`X` is that of BM25F (`indexer.engines.postings`): the sum over fields of weight * tf / (1 - b + b * length / average).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from indexer.engines.array_file import Array
from indexer.engines.array_layout import BODY, spread
from indexer.engines.array_segment import Segment
from indexer.engines.array_snapshot import Floats, Mask, Numbers, Snapshot
from indexer.engines.postings import FIELDS, MAX_TERMS
from indexer.query.nodes import TermPhrase, TextField

HOT_FROM: Final = 1_000  # documents; shorter lists are read as quickly as they are remembered
NO_DOCUMENTS: Final = np.zeros(0, "i8")


@dataclass(frozen=True, slots=True)
class Part:
    """One segment's share of a posting list: the segment, its first document's number, the row of the term, and which of
    its postings are of living documents (None: all)."""

    segment: Segment
    offset: int
    row: int
    kept: Array | None
    size: int


@dataclass(slots=True)
class Postings:
    """The living documents that hold a term in any field, in order, and the codes of their counts by field. `share` (see
    `saturated`) and `begins` (for each part, how many positions each posting has and where they begin) are worked out when
    first needed."""

    documents: Numbers
    codes: Array
    parts: tuple[Part, ...]
    share: Floats | None = None
    begins: dict[int, tuple[Array, Array]] = field(default_factory=dict)


class Terms:
    """Looks up terms, once a query each; those of many documents stay at hand in the snapshot for the next query."""

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
            found = self._find(term.encode("utf-8", "replace"))
            if found is not None and len(found.documents) >= HOT_FROM:
                hot.put(term, found, len(found.documents))
        self._known[term] = found
        return found

    def find_all(self, terms: Iterable[str]) -> list[Postings]:
        """Those of the terms that there are; no more than MAX_TERMS are looked up."""
        wanted = tuple(terms)[:MAX_TERMS]
        return [found for term in dict.fromkeys(wanted) if (found := self.find(term)) is not None]

    def gather(self, terms: Sequence[str]) -> tuple[Numbers, Array]:
        """The postings of many terms one after the other, documents repeated: for the hundreds that a pattern stands for, which
        one by one would take 10 us each."""
        snapshot = self.snapshot
        documents: list[Numbers] = [NO_DOCUMENTS]
        codes: list[Array] = [np.zeros(0, "u1")]
        keys = [term.encode("utf-8", "replace") for term in dict.fromkeys(terms[:MAX_TERMS])]
        for i, segment in enumerate(snapshot.segments):
            rows = np.array([row for key in keys if (row := segment.terms.find(key)) >= 0], "i8")
            starts = segment.posting_starts[rows].astype("i8")
            at = spread(starts, segment.posting_starts[rows + 1] - starts)
            numbers, own, recode = segment.documents[at].astype("i8"), segment.codes[at], snapshot.recode[i]
            numbers += snapshot.offsets[i]
            if snapshot.dead[i]:
                kept = snapshot.living[numbers]
                numbers, own = numbers[kept], own[kept]
            documents.append(numbers)
            codes.append(own if recode is None else recode[own])
        return np.concatenate(documents), np.concatenate(codes)

    def _find(self, term: bytes) -> Postings | None:
        snapshot = self.snapshot
        parts: list[Part] = []
        documents: list[Numbers] = []
        codes: list[Array] = []
        for i, segment in enumerate(snapshot.segments):
            row = segment.terms.find(term)
            if row < 0:
                continue
            first, last = segment.postings(row)
            offset, recode = snapshot.offsets[i], snapshot.recode[i]
            numbers = segment.documents[first:last].astype("i8")
            if offset:
                numbers += offset
            own = segment.codes[first:last]
            kept = None
            if snapshot.dead[i]:
                kept = np.flatnonzero(snapshot.living[numbers])
                if not kept.size:
                    continue
                numbers, own = numbers[kept], own[kept]
            parts.append(Part(segment, offset, row, kept, len(numbers)))
            documents.append(numbers)
            codes.append(own if recode is None else recode[own])
        if not parts:
            return None
        if len(parts) == 1:
            return Postings(documents[0], codes[0], (parts[0],))
        return Postings(np.concatenate(documents), np.concatenate(codes), tuple(parts))

    def surface(self, form: str) -> Numbers:
        """The living documents that hold this word form."""
        snapshot, key, found = self.snapshot, form.encode("utf-8", "replace"), []
        for i, segment in enumerate(snapshot.segments):
            row = segment.surfaces.find(key)
            if row >= 0:
                numbers = segment.holders(row).astype("i8")
                if snapshot.offsets[i]:
                    numbers += snapshot.offsets[i]
                found.append(numbers[snapshot.living[numbers]] if snapshot.dead[i] else numbers)
        if len(found) == 1:
            return found[0]
        return np.concatenate(found) if found else NO_DOCUMENTS

    # -- weights -------------------------------------------------------------------------------------------------------

    def x(self, documents: Numbers, codes: Array, fields: Sequence[TextField] = FIELDS) -> Floats:
        """X of each posting, over these fields."""
        snapshot, table, norms = self.snapshot, self.snapshot.count_table, self.snapshot.norms
        if len(fields) < len(FIELDS):
            total: Floats = np.zeros(len(documents), "f4")
            for row in map(FIELDS.index, fields):
                total += table[row].take(codes) * norms[row].take(documents)
            return total
        total = table[BODY].take(codes)
        total *= norms[BODY].take(documents)
        mixed = (codes >= snapshot.body_codes).nonzero()[0]
        if mixed.size:
            shares = table.take(codes[mixed], 1)
            shares *= norms.take(documents[mixed], 1)
            total[mixed] = shares.sum(0)
        return total

    def saturated(self, x: Floats) -> Floats:
        """X / (k1 + X), which a score is a multiple of: from 0 to 1."""
        return np.asarray(x / (x + np.float32(self.snapshot.weights.k1)))

    def share_of(self, postings: Postings, at: Array | None) -> Floats:
        """The saturated X of a term's postings (of those with these indices), over all fields."""
        if postings.share is None:
            if at is not None and 4 * len(at) < len(postings.documents):
                return self.saturated(self.x(postings.documents[at], postings.codes[at]))
            postings.share = self.saturated(self.x(postings.documents, postings.codes))
        return postings.share if at is None else postings.share[at]

    def holding(self, codes: Array, fields: Sequence[TextField]) -> Mask | None:
        """Which postings are in any of the fields; None: all."""
        if len(fields) == len(FIELDS):
            return None
        rows = [FIELDS.index(name) for name in fields]
        return np.asarray(np.any(self.snapshot.count_table[rows] > 0, 0))[codes]

    # -- positions -----------------------------------------------------------------------------------------------------

    def positions(self, postings: Postings, wanted: Array) -> Array:
        """The positions in the postings with these indices, as sorted numbers: place in `wanted` << 32 | position."""
        keys: list[Array] = []
        start = 0
        for part in postings.parts:
            first, last = (0, len(wanted)) if len(postings.parts) == 1 else wanted.searchsorted((start, start + part.size))
            local = wanted[first:last] - start if start else wanted[first:last]
            start += part.size
            if not local.size:
                continue
            if part.kept is not None:
                local = part.kept[local]
            totals, begins = _positions_of(postings, part)
            counts, begins = totals.take(local), begins.take(local)
            which = np.arange(first, last, dtype="i8")
            if int(counts.max()) > 1:  # else each stands there once
                which, begins = which.repeat(counts), spread(begins, counts)
            which <<= 32
            which |= part.segment.positions.take(begins)
            keys.append(which)
        return keys[0] if len(keys) == 1 else np.concatenate([np.zeros(0, "i8"), *keys])

    def phrase(self, node: TermPhrase, among: Numbers | None) -> tuple[Numbers, Numbers, Array]:
        """Where the phrase stands: the documents looked at, and for each place that it begins at, the index of the document
        among them and the field. `among`: only these documents are looked at, all of those that hold each of its words
        otherwise."""
        places = [self.find_all(terms) for terms in node.places]
        nothing = NO_DOCUMENTS, NO_DOCUMENTS, NO_DOCUMENTS
        if not places or not all(places):
            return nothing
        if all(len(found) == 1 for found in places):
            documents, at = together([found[0].documents for found in places], among, self.snapshot.size)
            if not documents.size:
                return nothing
            keys = [self.positions(found[0], indices) for found, indices in zip(places, at, strict=True)]
            return documents, *self.matching(node, documents, keys)
        documents, _ = together([_union(found) for found in places], among, self.snapshot.size)
        if not documents.size:
            return nothing
        return documents, *self.matching(node, documents, [self._keys(found, documents) for found in places])

    def matching(self, node: TermPhrase, documents: Numbers, keys: Sequence[Array]) -> tuple[Numbers, Array]:
        """The places where the phrase begins, given the positions of each of its words in the documents.

        The rule is that of `postings.phrase_count`: from each start the nearest position at or after the gap, place by
        place, for all starts at once by `np.searchsorted`.
        """
        starts = here = keys[0]
        for i in range(1, len(keys)):
            if not starts.size or not keys[i].size:
                starts = starts[:0]
                break
            at = keys[i].searchsorted(here + (node.gaps[i] - node.gaps[i - 1]))
            here = keys[i].take(at, mode="clip")
            reached = here - starts <= node.slop + (node.gaps[i] - node.gaps[0])
            reached &= at < len(keys[i])
            starts, here = starts[reached], here[reached]
        which = (starts >> 32).astype("i8")
        fields = np.zeros(len(starts), "i8")
        if not starts.size:
            return which, fields
        holders, position = documents[which], starts & 0xFFFFFFFF
        for begins in self.snapshot.field_starts[1:]:
            fields += position >= begins.take(holders)
        if len(node.fields) == len(FIELDS):
            return which, fields
        wanted = np.zeros(len(FIELDS), bool)
        wanted[[FIELDS.index(name) for name in node.fields]] = True
        asked = wanted[fields]
        return which[asked], fields[asked]

    def _keys(self, found: Sequence[Postings], documents: Numbers) -> Array:
        """The positions of any of these terms in the documents, as sorted numbers: index << 32 | position."""
        keys = []
        for postings in found:
            held, here = common(documents, postings.documents, self.snapshot.size)
            key = self.positions(postings, here)
            if len(held) < len(documents):
                key = (held[key >> 32] << 32) | (key & 0xFFFFFFFF)
            keys.append(key)
        if len(keys) == 1:
            return keys[0]
        joined = np.concatenate([np.zeros(0, "i8"), *keys])
        joined.sort()
        return joined


def _positions_of(postings: Postings, part: Part) -> tuple[Array, Array]:
    """How many positions each posting of a part has, and where they begin."""
    known = postings.begins.get(part.offset)
    if known is None:
        segment = part.segment
        first, last = segment.postings(part.row)
        totals = segment.totals.take(segment.codes[first:last])
        begins = totals.cumsum()
        begins -= totals
        begins += segment.first_position(part.row)
        known = postings.begins[part.offset] = totals, begins
    return known


def _union(found: Sequence[Postings]) -> Numbers:
    if len(found) == 1:
        return found[0].documents
    if not found:
        return NO_DOCUMENTS
    return np.unique(np.concatenate([postings.documents for postings in found]))


def inside(documents: Numbers, others: Numbers, size: int) -> Mask:
    """Which documents are among the others."""
    if len(documents) * 24 < len(others):
        return np.asarray(others.take(others.searchsorted(documents), mode="clip") == documents)
    held = np.zeros(size, bool)
    held[others] = True
    return held.take(documents)


def common(documents: Numbers, others: Numbers, size: int) -> tuple[Array, Array]:
    """The indices of the common documents in both lists; both are sorted."""
    if not others.size or not documents.size:
        return np.zeros(0, "i8"), np.zeros(0, "i8")
    if len(others) < len(documents):
        theirs, mine = common(others, documents, size)
        return mine, theirs
    mine = inside(documents, others, size).nonzero()[0]
    both = documents[mine]
    if len(both) * 8 < len(others):
        return mine, others.searchsorted(both)
    return mine, inside(others, both, size).nonzero()[0]


def together(lists: Sequence[Numbers], among: Numbers | None, size: int) -> tuple[Numbers, list[Array]]:
    """The documents that are in all lists (and among these), and their indices in each list."""
    order = sorted(range(len(lists)), key=lambda i: len(lists[i]))
    documents = lists[order[0]] if among is None else among
    at: dict[int, Array] = {}
    for i in order:
        if among is None and i == order[0]:
            at[i] = np.arange(len(documents))
            continue
        mine, theirs = common(documents, lists[i], size)
        documents = documents[mine]
        at = {j: indices[mine] for j, indices in at.items()}
        at[i] = theirs
    return documents, [at[i] for i in range(len(lists))]
