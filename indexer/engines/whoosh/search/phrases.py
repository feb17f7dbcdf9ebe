"""Where phrases stand, by the positions of their words: numbers `document << 32 | position`, all of a word's in order.

So a phrase is an intersection of lists: what follows a word at the right distance is looked up among the positions of the
next, and documents need not be intersected first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from indexer.engines.scoring import FIELDS
from indexer.engines.whoosh.search.docsets import NO_DOCUMENTS
from indexer.engines.whoosh.search.postings import Postings, TermLookup
from indexer.engines.whoosh.snapshot.snapshot import DocIds
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import spread
from indexer.engines.whoosh.storage.saturated_tf import Floats
from indexer.query.nodes import TermPhrase

_MARKED: Final = 20  # times as many positions as documents are asked one by one
_FEW: Final = 300  # positions, and
_SPARSE: Final = 12  # times as many of the other word, from which on each is looked up by halving; else both lists are merged
_ZERO: Final = np.zeros(1, "i8")
_NOWHERE: tuple[DocIds, Array] = NO_DOCUMENTS, np.zeros(0, "i8")


def phrase(lookup: TermLookup, node: TermPhrase, among: DocIds | None = None) -> tuple[DocIds, Array]:
    """For each place that the phrase begins at, in order: the document and the field. `among`: only these documents are
    looked at."""
    places = [lookup.find_all(terms) for terms in node.places]
    if not places or not all(places):
        return _NOWHERE
    keys = [_positions(lookup, found, among) for found in places]
    side_by_side = node.slop == 0 and all(len(found) == 1 for found in places)
    if among is not None:
        keys[0] = _inside(keys[0], among, lookup.snapshot.size)
    return _fields(lookup, node, _exact(keys, node.gaps) if side_by_side else _following(keys, node))


def _exact(keys: Sequence[DocIds], gaps: Sequence[int]) -> DocIds:
    """Where each word stands at its gap, beginning with the rarest word."""
    order = sorted(range(len(keys)), key=lambda i: len(keys[i]))
    starts = keys[order[0]] - gaps[order[0]]
    for i in order[1:]:
        if not (starts.size and keys[i].size):
            return NO_DOCUMENTS
        starts = _in_both(starts, keys[i], gaps[i])
    return starts


def _in_both(starts: DocIds, keys: DocIds, gap: int) -> DocIds:
    """Which of the starts are among the keys, `gap` further on; both are sorted."""
    wanted: DocIds = starts + gap if gap else starts
    if len(starts) < _FEW or len(keys) > _SPARSE * len(starts):
        at: Array = keys.searchsorted(wanted)
        return starts[np.equal(keys.take(at, mode="clip"), wanted)]
    both = np.concatenate((wanted, keys))
    both.sort(kind="stable")  # which merges two sorted runs
    found: DocIds = both[1:][both[1:] == both[:-1]]
    found -= gap
    return found


def _following(keys: Sequence[DocIds], node: TermPhrase) -> DocIds:
    """The positions from which each place follows. The rule is that of `postings.phrase_count`: from each start the nearest
    position at or after the gap, place by place, for all starts at once by `np.searchsorted`."""
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


def _fields(lookup: TermLookup, node: TermPhrase, starts: DocIds) -> tuple[DocIds, Array]:
    if not starts.size:
        return _NOWHERE
    holders = starts >> 32
    fields = lookup.snapshot.fields_at(holders, starts & 0xFFFFFFFF)
    if len(node.fields) == len(FIELDS):
        return holders, fields
    wanted = np.zeros(len(FIELDS), bool)
    wanted[[FIELDS.index(name) for name in node.fields]] = True
    asked = wanted[fields]
    return holders[asked], fields[asked]


def _positions(lookup: TermLookup, found: Sequence[Postings], among: DocIds | None) -> DocIds:
    """Those of any of these terms."""
    if len(found) == 1:
        return lookup.positions(found[0], among)
    joined = np.concatenate([lookup.positions(postings, among) for postings in found])
    joined.sort()
    return joined


def _inside(keys: DocIds, documents: DocIds, size: int) -> DocIds:
    """The positions in these documents, which are in order."""
    if len(keys) < _MARKED * len(documents):
        held = np.zeros(size, bool)
        held[documents] = True
        return keys[held.take(keys >> 32)]
    bounds = documents << 32
    first = keys.searchsorted(bounds)
    bounds |= 0xFFFFFFFF
    counts = keys.searchsorted(bounds)
    counts -= first
    return keys.take(spread(first, counts))


def weights(lookup: TermLookup, holders: DocIds, fields: Array) -> tuple[DocIds, Floats]:
    """The documents that hold a phrase, and its X in each."""
    if not holders.size:
        return NO_DOCUMENTS, np.zeros(0, "f4")
    norms = lookup.snapshot.norms[fields, holders]
    again = holders[1:] == holders[:-1]
    if not again.any():
        return holders, norms
    first = np.concatenate((_ZERO, (~again).nonzero()[0] + 1))
    return holders[first], np.add.reduceat(norms, first)
