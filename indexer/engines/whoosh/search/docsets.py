"""Sorted lists of documents: which are in both, and sums over several.

Two ways each, by the lists' lengths: by halving in the longer one, or by marks in an array of all documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from indexer.engines.whoosh.snapshot.snapshot import DocIds, Mask
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.saturated_tf import Floats

NO_DOCUMENTS: Final = np.zeros(0, "i8")
NO_SCORES: Final = np.zeros(0, "f4")
_HALVED: Final = 24  # times as many of the others: halving takes 40 ns a document, marking 1.5 a document of either list
_DENSE: Final = 8  # a union of more than 1/8 of all documents is added up in an array of all


def inside(documents: DocIds, others: DocIds, size: int) -> Mask:
    """Which documents are among the others."""
    if len(documents) * _HALVED < len(others):
        return np.asarray(others.take(others.searchsorted(documents), mode="clip") == documents)
    held = np.zeros(size, bool)
    held[others] = True
    return held.take(documents)


def common(documents: DocIds, others: DocIds, size: int) -> tuple[Array, Array]:
    """The indices of the common documents in both lists; both are sorted."""
    if not others.size or not documents.size:
        return np.zeros(0, "i8"), np.zeros(0, "i8")
    if len(others) < len(documents):
        theirs, mine = common(others, documents, size)
        return mine, theirs
    mine = inside(documents, others, size).nonzero()[0]
    return mine, places_in(others, documents[mine], size)


def places_in(others: DocIds, documents: DocIds, size: int) -> Array:
    """The indices of documents that are all among the others."""
    if len(documents) * _HALVED < len(others):
        return others.searchsorted(documents)
    return inside(others, documents, size).nonzero()[0]


def added_up(documents: Iterable[DocIds], values: Iterable[Floats], size: int, *, twice: bool = False) -> tuple[DocIds, Floats]:
    """The sum of the values by document. `twice`: one list may name a document more than once."""
    lists, amounts = list(documents), list(values)
    if not lists:
        return NO_DOCUMENTS, NO_SCORES
    if len(lists) == 1 and not twice:
        return lists[0], amounts[0]
    count = sum(map(len, lists))
    if twice or count * _DENSE < size:
        joined, added = np.concatenate(lists), np.concatenate(amounts)
        if count * _DENSE < size:
            order = np.argsort(joined, kind="stable")
            joined = joined[order]
            first = np.flatnonzero(np.concatenate(([True], joined[1:] != joined[:-1])))[: len(joined)]
            return joined[first], np.add.reduceat(added[order], first) if len(joined) else added
        held = np.zeros(size, bool)
        held[joined] = True
        present = np.flatnonzero(held)
        return present, np.bincount(joined, added, size)[present].astype("f4")
    total: Floats = np.zeros(size, "f4")
    for numbers, amount in zip(lists, amounts, strict=True):
        total[numbers] += amount
    held = total > 0
    for numbers, amount in zip(lists, amounts, strict=True):
        if amount.size and amount.min() <= 0:  # filters add nothing
            held[numbers] = True
    present = held.nonzero()[0]
    return present, total[present]
