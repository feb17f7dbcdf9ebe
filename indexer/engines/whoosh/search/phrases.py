"""Find phrases by the positions of their words.

A position is the number `document << 32 | position`, and the positions of a word are sorted. So a phrase is an intersection of
sorted lists: the positions that follow a word at the right distance are looked up among those of the next word. Documents
need not be intersected first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from indexer.engines.fields import FIELDS
from indexer.engines.whoosh.search.docsets import NO_DOCUMENTS
from indexer.engines.whoosh.search.postings import Postings, TermLookup
from indexer.engines.whoosh.snapshot.snapshot import DocIds
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import expand_ranges
from indexer.engines.whoosh.storage.saturated_tf import Floats
from indexer.query.nodes import TermPhrase

_MIN_BISECT_RATIO: Final = 20  # positions for each document, from which on each document is looked up by binary search
_MAX_BISECTED: Final = 300  # positions that are always looked up by binary search
_MIN_SPARSE_RATIO: Final = (
    12  # positions of the other word for each one, from which on they are looked up as well; otherwise both lists are merged
)
_ZERO: Final = np.zeros(1, "i8")
_NO_OCCURRENCES: tuple[DocIds, Array] = NO_DOCUMENTS, np.zeros(0, "i8")


def find_phrase(lookup: TermLookup, node: TermPhrase, among: DocIds | None = None) -> tuple[DocIds, Array]:
    """Return the document and the field of each occurrence of a phrase, in order. `among`: search only these documents."""
    places = [lookup.find_all(terms) for terms in node.places]
    if not places or not all(places):
        return _NO_OCCURRENCES
    keys = [_positions(lookup, postings_of_place, among) for postings_of_place in places]
    side_by_side = node.slop == 0 and all(len(postings_of_place) == 1 for postings_of_place in places)
    if among is not None:
        keys[0] = _within_documents(keys[0], among, lookup.snapshot.size)
    return _restrict_fields(lookup, node, _adjacent(keys, node.gaps) if side_by_side else _within_slop(keys, node))


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
    if len(keys) < _MIN_BISECT_RATIO * len(documents):
        present = np.zeros(size, bool)
        present[documents] = True
        return keys[present.take(keys >> 32)]
    bounds = documents << 32
    first = keys.searchsorted(bounds)
    bounds |= 0xFFFFFFFF
    counts = keys.searchsorted(bounds)
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
