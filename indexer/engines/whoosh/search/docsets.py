"""Intersections and unions of sorted lists of documents.

Each function has two methods and chooses by the lengths of the lists: binary search in the longer list, or an array of
marks with one byte for each document of the index.
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
_MIN_BISECT_RATIO: Final = (
    24  # from this ratio on; a binary search takes 40 ns a document, marks take 1.5 ns a document of either list
)
_DENSE_RATIO: Final = 8  # a union of more than 1/8 of all documents is summed in an array with an element for each document


def is_member(documents: DocIds, others: DocIds, size: int) -> Mask:
    """Return which of the documents are among the others. Both lists are sorted; `size` is the number of all documents."""
    if len(documents) * _MIN_BISECT_RATIO < len(others):
        return np.asarray(others.take(others.searchsorted(documents), mode="clip") == documents)
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
    mine = is_member(documents, others, size).nonzero()[0]
    return mine, indices_of(others, documents[mine], size)


def indices_of(others: DocIds, documents: DocIds, size: int) -> Array:
    """Return the indices in `others` of documents that are all in that list."""
    if len(documents) * _MIN_BISECT_RATIO < len(others):
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
            order = np.argsort(joined, kind="stable")
            joined = joined[order]
            first = np.flatnonzero(np.concatenate(([True], joined[1:] != joined[:-1])))[: len(joined)]
            return joined[first], np.add.reduceat(amount_by_posting[order], first) if len(joined) else amount_by_posting
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
