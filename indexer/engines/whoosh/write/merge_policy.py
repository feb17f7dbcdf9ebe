"""Decide which segments are merged, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indexer.engines.whoosh.storage.layout import MAX_SEGMENT_DOCUMENTS

# A merge of up to this many documents takes some 0.1 s and runs before an update is published; larger ones run after it.
MAX_QUICK_MERGE_DOCUMENTS: Final = 4_096
# A segment has at least this many times the documents of all smaller segments together. A higher ratio means fewer segments,
# each of which costs a query 15 us, and more merging. For updates of 10 in 100,000 documents these two ratios give 4.4
# segments in the mean, 5 at most, and 5 ms of merging an update. A ratio of 4 for all segments gives 5.1, 7 and 2 ms.
_MIN_SIZE_RATIO: Final = 4
_MIN_SIZE_RATIO_OF_SMALL: Final = 16  # where the merge would be a quick one
_MAX_DELETED_FRACTION: Final = 0.2  # of a segment's documents; a segment with more is rewritten


def plan_merge(sizes: Sequence[tuple[int, int]]) -> list[int]:
    """Choose the segments to merge into one. Return their indices, smallest first, or [] when no merge is due.

    `sizes` has the number of living and of deleted documents of each segment. The smallest segments are merged until the
    next larger one has the minimum ratio to their sum. A document is therefore rewritten some 28 times in its life, and
    an index has a handful of segments however many updates it receives.

    >>> plan_merge([(1000, 0), (1, 0)])
    []
    >>> plan_merge([(2000, 0), (90, 0), (4, 0)])
    []
    >>> plan_merge([(2000, 0), (90, 0), (4, 0), (1, 0)])
    [3, 2]
    >>> plan_merge([(1000, 0), (30, 0), (9, 0), (3, 0)])
    [3, 2, 1]
    >>> plan_merge([(900, 300), (10, 0)])
    [0]
    >>> plan_merge([(240_000, 0), (80_000, 0)])
    []
    """
    chosen: list[int] = []
    total = 0
    for i in sorted(range(len(sizes)), key=lambda i: (sizes[i][0], -i)):
        ratio = _MIN_SIZE_RATIO_OF_SMALL if sizes[i][0] + total <= MAX_QUICK_MERGE_DOCUMENTS else _MIN_SIZE_RATIO
        if chosen and (sizes[i][0] >= ratio * total or sizes[i][0] + total > MAX_SEGMENT_DOCUMENTS):
            break
        chosen.append(i)
        total += sizes[i][0]
    if len(chosen) >= 2:
        return chosen
    wasteful = [i for i, (living, deleted) in enumerate(sizes) if deleted > _MAX_DELETED_FRACTION * (living + deleted)]
    return wasteful[:1]
