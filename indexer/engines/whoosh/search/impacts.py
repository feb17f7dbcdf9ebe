"""Impacts: what a word or a phrase of a query adds to the final score of each document that contains it.

They depend only on the word and the snapshot, whose statistics cover the whole index, so the snapshot caches the recently used
ones. The score of a query of words is a sum of impacts. Where only a few documents of a long list are needed, only these are
computed, until the list has been used several times.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from indexer.engines.fields import FIELDS
from indexer.engines.scoring import Floats, idf, max_contribution, phrase_starts
from indexer.engines.whoosh.search.postings import (
    MIN_USES_TO_CACHE,
    NO_DOCUMENTS,
    NO_SCORES,
    Postings,
    TermLookup,
    is_member,
    sum_by_document,
)
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from indexer.engines.whoosh.storage import layout
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import expand_ranges
from indexer.engines.whoosh.storage.posting_lists import DocIds, saturate
from indexer.query import nodes
from indexer.query.nodes import TermPhrase

_MAX_SEPARATE_TERMS: Final = 8  # terms of a word that are looked up separately; more of them are looked up in one go
_MAX_SHORT_LIST_DOCUMENTS: Final = 4_000  # the values of a list of up to this length are always computed as a whole
_VALUE_BYTES: Final = 4  # that a cached value takes in addition to its posting


@dataclass(slots=True)
class Impacts:
    """The living documents that contain a word, in order, and what it adds to the final score of each.

    `max_text_score` is an upper bound without exact forms and recency. `values` holds the values of all documents once they are
    computed. Until then, `codes` holds the counts, `saturations` the stored saturations if there are any, and `uses` how often
    some of the values were requested. `highest` is the highest of the values, -1 before it is requested.
    """

    word: nodes.Terms
    exact: tuple[nodes.Surface, ...]
    documents: DocIds
    max_text_score: float = 0.0
    values: Floats | None = None
    codes: Array | None = None
    saturations: Floats | None = None
    uses: int = 0
    highest: float = -1.0

    def all_values(self, lookup: TermLookup) -> Floats:
        """Return the values of all documents."""
        if self.values is None and self.codes is not None:
            saturations = lookup.saturations_of(self.documents, self.codes) if self.saturations is None else self.saturations
            self.values = _final_values(self, lookup, self.documents, saturations)
        return NO_SCORES if self.values is None else self.values

    def values_at(self, lookup: TermLookup, indices: Array, documents: DocIds) -> Floats:
        """Return the values of the documents at these indices."""
        if self.values is None and self.codes is not None:
            self.uses += 1
            count = len(self.documents)
            if self.uses < MIN_USES_TO_CACHE and count > _MAX_SHORT_LIST_DOCUMENTS and len(indices) * 4 < count:
                if self.saturations is not None:
                    return _final_values(self, lookup, documents, self.saturations.take(indices))
                return _final_values(self, lookup, documents, lookup.saturations_of(documents, self.codes.take(indices)))
        return self.all_values(lookup).take(indices)

    def max_value(self, lookup: TermLookup) -> float:
        """Return an upper bound for what the word adds to a document."""
        if self.values is None:
            return self.static_max_value(lookup)
        if self.highest < 0:
            self.highest = float(self.values.max(initial=0))
        return self.highest

    def static_max_value(self, lookup: TermLookup) -> float:
        """Return an upper bound that does not depend on what was computed before. Words are summed in its order."""
        snapshot = lookup.snapshot
        return max_contribution(
            self.max_text_score, sum([form.boost for form in self.exact]), snapshot.document_count, snapshot.weights
        )


def compute_values(lookup: TermLookup, words: Sequence[Impacts]) -> None:
    """Compute the values of all short lists at once: with a thousand postings, calls of numpy cost as much as the numbers."""
    pending = [
        each
        for each in words
        if each.values is None
        and each.codes is not None
        and each.saturations is None
        and len(each.documents) <= _MAX_SHORT_LIST_DOCUMENTS
    ]
    if len(pending) < 2:
        return
    documents = np.concatenate([each.documents for each in pending])
    codes = np.concatenate([each.codes for each in pending if each.codes is not None])
    saturations = lookup.saturations_of(documents, codes)
    end = 0
    for each in pending:
        start, end = end, end + len(each.documents)
        each.values = _final_values(each, lookup, each.documents, saturations[start:end])


def find_impacts(lookup: TermLookup, word: nodes.Terms, exact: tuple[nodes.Surface, ...] = ()) -> Impacts:
    """Return the impacts of a word. `exact`: word forms that are preferred."""
    if len(word.terms) > _MAX_SEPARATE_TERMS:
        return _merge_variants(lookup, word, exact, *lookup.find_many(word.terms))
    flat: list[Hashable] = [word.fields, word.boost, *word.terms]
    for form in exact:
        flat += (form.form, form.boost)
    cache, key = (
        lookup.snapshot.postings_cache,
        tuple(flat),
    )  # one flat tuple: nested ones would be more objects for the garbage collector
    result: Impacts | None = cache.get(key)
    if result is None:
        result = _find(lookup, word, exact)
        cache.put(key, result, len(result.documents) * _VALUE_BYTES)
    return result


def _find(lookup: TermLookup, word: nodes.Terms, exact: tuple[nodes.Surface, ...]) -> Impacts:
    postings = lookup.find_all(word.terms)
    if not postings:
        return Impacts(word, exact, NO_DOCUMENTS)
    if len(postings) == 1 and len(word.fields) == len(FIELDS):
        documents = postings[0].documents
        only = postings[0]
        return Impacts(
            word,
            exact,
            documents,
            _max_text_score(lookup, word, documents),
            codes=only.codes,
            saturations=only.saturations,
        )
    documents = np.concatenate([each.documents for each in postings])
    return _merge_variants(lookup, word, exact, documents, np.concatenate([each.codes for each in postings]))


def _merge_variants(
    lookup: TermLookup, word: nodes.Terms, exact: tuple[nodes.Surface, ...], documents: DocIds, codes: Array
) -> Impacts:
    """Merge the postings of variants of one word: their counts are added. A document may occur several times."""
    if len(word.fields) < len(FIELDS):
        selected = lookup.field_mask(codes, word.fields)
        documents, codes = documents[selected], codes[selected]
    if not documents.size:
        return Impacts(word, exact, NO_DOCUMENTS)
    x = lookup.weighted_tf(documents, codes, word.fields)
    documents, x = sum_by_document([documents], [x], lookup.snapshot.size, repeated=True)
    result = Impacts(word, exact, documents, _max_text_score(lookup, word, documents))
    result.values = _final_values(result, lookup, documents, saturate(x, lookup.snapshot.scale.k1))
    return result


def merged_tf(lookup: TermLookup, word: nodes.Terms) -> tuple[DocIds, Floats]:
    """Return the documents that contain any term of a word, and its X in each of them."""
    postings = lookup.find_all(word.terms)
    documents, codes = (np.concatenate([getattr(each, name) for each in postings]) for name in ("documents", "codes"))
    return sum_by_document([documents], [lookup.weighted_tf(documents, codes)], lookup.snapshot.size, repeated=True)


def merged_postings(snapshot: Snapshot, word: nodes.Terms) -> tuple[tuple[Array, Array, Array], int]:
    """Merge the postings of several terms for the kernel: where each block begins, the documents and their saturations.

    Return also the number of documents.
    """
    documents, x = merged_tf(TermLookup(snapshot), word)
    saturate(x, snapshot.scale.k1)
    block, first_documents = 1 << layout.BLOCK_BITS, list[int]()
    for offset, segment in zip(snapshot.offsets, snapshot.segments, strict=True):
        first_documents += range(offset, offset + max(segment.size, 1), block)
    starts = documents.searchsorted([*first_documents, snapshot.size]).astype("i8")
    lows = documents - np.repeat(first_documents, np.diff(starts))
    return (starts, lows.astype("u2"), np.ascontiguousarray(x, "f4")), len(documents)


def _max_text_score(lookup: TermLookup, word: nodes.Terms, documents: DocIds) -> float:
    snapshot = lookup.snapshot
    return word.boost * (snapshot.weights.k1 + 1) * idf(snapshot.document_count, len(documents))


def _final_values(of: Impacts, lookup: TermLookup, documents: DocIds, saturations: Floats) -> Floats:
    """Compute what is added to the scores of these documents from their saturations."""
    snapshot = lookup.snapshot
    values: Floats = saturations * np.float32(of.max_text_score)
    for form in of.exact:
        holders = lookup.surface_documents(form.form)
        bonus = np.float32(form.boost * idf(snapshot.document_count, len(holders)))
        if len(holders) == len(documents) and (holders == documents).all():  # the word has no other form
            values += bonus
        else:
            values += is_member(documents, holders, snapshot.size) * bonus
    if snapshot.weights.recency_bonus:
        values *= snapshot.recency.take(documents)
    return values


# -- phrases, found by the positions of their words ---------------------------------------------------------------------
_MIN_BISECT_RATIO: Final = 20  # positions for each document, from which on each document is looked up by binary search
_MAX_CUT_ONE_BY_ONE: Final = 16  # documents whose positions are cut out one by one
_MAX_FOUND_ONE_BY_ONE: Final = 2  # documents in which a phrase is looked for one by one
_MAX_BISECTED: Final = 300  # positions that are always looked up by binary search
_MIN_SPARSE_RATIO: Final = (
    12  # from this ratio of the lengths of two position lists on, the longer one is searched; below it, both are merged
)
_ZERO: Final = np.zeros(1, "i8")
_NO_OCCURRENCES: tuple[DocIds, Array] = NO_DOCUMENTS, np.zeros(0, "i8")


def find_phrase(lookup: TermLookup, node: TermPhrase, among: DocIds | None = None) -> tuple[DocIds, Array]:
    """Return the document and the field of each occurrence of a phrase, in order. `among`: search only these documents."""
    places = [lookup.find_all(terms) for terms in node.places]
    if not places or not all(places):
        return _NO_OCCURRENCES
    are_single = all([len(postings_of_place) == 1 for postings_of_place in places])  # noqa: C419 # a list takes half of the time
    if among is not None and are_single and len(among) <= _MAX_FOUND_ONE_BY_ONE:
        several = [only for (only,) in places]
        starts = [start for document in among.tolist() for start in _starts_in(lookup, node, several, document)]
        return _restrict_fields(lookup, node, np.array(starts, "i8"))
    keys = [_positions(lookup, postings_of_place, among) for postings_of_place in places]
    side_by_side = node.slop == 0 and are_single and not _repeats_positions(node, keys)
    if among is not None:
        keys[0] = _within_documents(keys[0], among, lookup.snapshot.size)
    return _restrict_fields(lookup, node, _adjacent(keys, node.gaps) if side_by_side else _within_slop(keys, node))


def _repeats_positions(node: TermPhrase, keys: Sequence[DocIds]) -> bool:
    """Return whether a term stands twice at one position, as letters of a script without spaces may.

    Each of them is an occurrence. `_adjacent` expects each position once.
    """
    return any(
        [  # noqa: C419 # a list takes half of the time
            not "".join(terms).isascii() and bool((positions[1:] == positions[:-1]).any())
            for terms, positions in zip(node.places, keys, strict=True)
        ]
    )


def _starts_in(lookup: TermLookup, node: TermPhrase, several: Sequence[Postings], document: int) -> list[int]:
    """Return the starts of the phrase in one document, without reading the positions of the others."""
    places = []
    for postings in several:
        positions = lookup.positions_in(postings, document)
        if not positions:
            return []
        places.append(positions)
    return [document << 32 | start for start in phrase_starts(places, node.gaps, node.slop)]


def _adjacent(keys: Sequence[DocIds], gaps: Sequence[int]) -> DocIds:
    """Return the starts of the phrase where each word stands exactly at its gap. The rarest word is looked up first."""
    order = sorted(range(len(keys)), key=lambda i: len(keys[i]))
    starts = keys[order[0]] - gaps[order[0]]
    for i in order[1:]:
        if not (starts.size and keys[i].size):
            return NO_DOCUMENTS
        starts = _intersect_shifted(starts, keys[i], gaps[i])
    return starts


def _intersect_shifted(starts: DocIds, keys: DocIds, gap: int) -> DocIds:
    """Return the starts for which `start + gap` is among the keys. Both lists are sorted."""
    targets: DocIds = starts + gap if gap else starts
    if len(starts) < _MAX_BISECTED or len(keys) > _MIN_SPARSE_RATIO * len(starts):
        at: Array = keys.searchsorted(targets)
        return starts[np.equal(keys.take(at, mode="clip"), targets)]
    both = np.concatenate((targets, keys))
    both.sort(kind="stable")  # a stable sort merges two sorted runs
    postings_of_place: DocIds = both[1:][both[1:] == both[:-1]]
    postings_of_place -= gap
    return postings_of_place


def _within_slop(keys: Sequence[DocIds], node: TermPhrase) -> DocIds:
    """Return the positions from which each place follows in order within the slop.

    The rule is that of `scoring.phrase_count`: from each start take the nearest position at or after the gap, place by place.
    Here `np.searchsorted` does it for all starts in one call.
    """
    starts = here = keys[0]
    for i in range(1, len(keys)):
        if not (starts.size and keys[i].size):
            return NO_DOCUMENTS
        at = keys[i].searchsorted(here + (node.gaps[i] - node.gaps[i - 1]))
        here = keys[i].take(at, mode="clip")
        reached = here - starts <= node.slop + (node.gaps[i] - node.gaps[0])
        reached &= at < len(keys[i])
        starts, here = starts[reached], here[reached]
    return starts


def _restrict_fields(lookup: TermLookup, node: TermPhrase, starts: DocIds) -> tuple[DocIds, Array]:
    if not starts.size:
        return _NO_OCCURRENCES
    holders = starts >> 32
    fields = lookup.snapshot.fields_at(holders, starts & 0xFFFFFFFF)
    if len(node.fields) == len(FIELDS):
        return holders, fields
    targets = np.zeros(len(FIELDS), bool)
    targets[[FIELDS.index(name) for name in node.fields]] = True
    selected = targets[fields]
    return holders[selected], fields[selected]


def _positions(lookup: TermLookup, postings_of_place: Sequence[Postings], among: DocIds | None) -> DocIds:
    """Return the sorted positions of any of these terms."""
    if len(postings_of_place) == 1:
        return lookup.positions(postings_of_place[0], among)
    lists = [lookup.positions(postings, among) for postings in postings_of_place if not lookup.may_stop()]
    joined = np.concatenate([NO_DOCUMENTS, *lists])
    joined.sort()
    return joined


def _within_documents(keys: DocIds, documents: DocIds, size: int) -> DocIds:
    """Return the positions in these documents, which are sorted."""
    if len(keys) < _MIN_BISECT_RATIO * len(documents) and len(documents) > _MAX_CUT_ONE_BY_ONE:
        present = np.zeros(size, bool)
        present[documents] = True
        return keys[present.take(keys >> 32)]
    bounds = documents << 32
    first = keys.searchsorted(bounds)
    bounds |= 0xFFFFFFFF
    counts = keys.searchsorted(bounds)
    if len(documents) <= _MAX_CUT_ONE_BY_ONE:
        parts = [keys[start:end] for start, end in zip(first.tolist(), counts.tolist(), strict=True)]
        return parts[0] if len(parts) == 1 else np.concatenate([NO_DOCUMENTS, *parts])
    counts -= first
    return keys.take(expand_ranges(first, counts))


def phrase_tf(lookup: TermLookup, holders: DocIds, fields: Array) -> tuple[DocIds, Floats]:
    """Return the documents that contain the phrase, and its X in each."""
    if not holders.size:
        return NO_DOCUMENTS, np.zeros(0, "f4")
    norms = lookup.snapshot.norms[fields, holders]
    repeated = holders[1:] == holders[:-1]
    if not repeated.any():
        return holders, norms
    first = np.concatenate((_ZERO, (~repeated).nonzero()[0] + 1))
    return holders[first], np.add.reduceat(norms, first)
