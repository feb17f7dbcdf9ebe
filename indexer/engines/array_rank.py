"""Which of the matches are on the page, and in what order: the best by score or the newest, without sorting all.

The order is that of `engines.base`: score, then date (newest first, undated last), then id. A segment's documents are
numbered in the order of date and id, so among equal scores the first numbers of each segment suffice.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from indexer.engines.array_file import Array
from indexer.engines.array_query import Better, Evaluation, Scored
from indexer.engines.array_snapshot import Floats, Numbers, Snapshot
from indexer.query.nodes import Surface, TermPhrase

_FEW: Final = 512  # documents that are asked first
_AT_ONCE: Final = 4  # times as many are asked without further ado
_CHUNK: Final = 20_000  # of them asked between two looks at the clock
_BLOCKS: Final = 64  # of which the largest values are looked at first


def best(snapshot: Snapshot, documents: Numbers, scores: Floats | None, count: int) -> Array:
    """The indices of the first `count` documents, in order. `scores` None: by date."""
    if count <= 0 or not documents.size:
        return np.zeros(0, "i8")
    if scores is None:
        chosen = _first_of_each_segment(snapshot, documents, np.arange(len(documents)), count)
    elif len(documents) > count:
        bound = kth_largest(scores, count)
        chosen = (scores >= bound).nonzero()[0]
        if len(chosen) > count:  # some are equal to the last
            equal = (scores == bound).nonzero()[0]
            above = (scores > bound).nonzero()[0]
            chosen = np.concatenate((above, _first_of_each_segment(snapshot, documents, equal, count)))
    else:
        chosen = np.arange(len(documents))
    return _ordered(snapshot, documents, scores, chosen)[:count]


def kth_largest(values: Floats, k: int) -> np.float32:
    """The k-th largest of more than k values. The largest of each of some hundred blocks tell, at the speed of memory, a
    value that it cannot be below; only the few above that are then sorted."""
    if len(values) >= 4 * k * _BLOCKS or len(values) >= 8192 > 8 * k:
        columns = max(2 * k, len(values) // _BLOCKS)
        rows = len(values) // columns
        tops = values[: rows * columns].reshape(rows, columns).max(0)
        values = values[values >= np.partition(tops, columns - k)[columns - k]]
    values = values.copy()
    values.partition(len(values) - k)
    found: np.float32 = values[len(values) - k]
    return found


def _first_of_each_segment(snapshot: Snapshot, documents: Numbers, indices: Array, count: int) -> Array:
    if len(snapshot.segments) == 1 or len(indices) <= count:
        return indices[:count] if len(snapshot.segments) == 1 else indices
    borders = np.searchsorted(documents[indices], [0, *snapshot.ends])
    return np.concatenate([indices[a:b][:count] for a, b in pairwise(borders)])


def _ordered(snapshot: Snapshot, documents: Numbers, scores: Floats | None, chosen: Array) -> Array:
    if len(snapshot.segments) == 1:
        chosen = np.sort(chosen)
        return chosen if scores is None else chosen[np.argsort(-scores[chosen], kind="stable")]
    worth = scores[chosen] if scores is not None else np.zeros(len(chosen), "f4")
    if scores is not None:
        order = (-worth).argsort(kind="stable")
        ranked = worth[order]
        if not (ranked[1:] == ranked[:-1]).any():
            return chosen[order]
    dates = snapshot.dates[documents[chosen]]
    order = np.lexsort((documents[chosen], -dates, -worth))
    chosen, dates, worth = chosen[order], dates[order], worth[order]
    same = (dates[1:] == dates[:-1]) & (worth[1:] == worth[:-1])
    if not same.any():
        return chosen
    numbers = chosen.tolist()  # by id where all else is equal
    start = 0
    for end in [*(np.flatnonzero(~same) + 1).tolist(), len(numbers)]:
        if end - start > 1:
            numbers[start:end] = sorted(numbers[start:end], key=lambda i: snapshot.id_of(int(documents[i])))
        start = end
    return np.array(numbers, "i8")


def refine(evaluation: Evaluation, scored: Scored, count: int) -> Floats:
    """The final scores; documents that cannot be among the first `count` may keep what they have without preferences.

    What preferences (exact forms, nearness, recency) can add to a document at most is known beforehand: a phrase begins at
    most as often as its first word stands there, so its X is at most that word's. The most promising documents are asked
    first; of the others only those that could still get in.
    """
    scores, documents = scored.scores, scored.documents
    few = max(_FEW, count)
    if len(documents) <= _AT_ONCE * few:
        return final_scores(evaluation, scored, None) if documents.size else scores
    bounds = scores
    for better in scored.better:
        bounds = bounds + _bound(evaluation, scored, better)
    if not float(bounds.max()):
        return scores
    asked = (bounds >= kth_largest(bounds, few)).nonzero()[0]
    if len(asked) > 4 * few:  # many equal ones: any of them will do
        asked = asked[: 4 * few]
    exact = final_scores(evaluation, scored, asked)
    scores = scores.copy()
    scores[asked] = exact
    least = np.partition(exact, len(exact) - count)[len(exact) - count]
    most = np.float32(1 + max(evaluation.weights.recency_bonus, 0.0))
    open_ = bounds * most >= least
    open_[asked] = False
    rest = open_.nonzero()[0]
    for start in range(0, len(rest), _CHUNK):
        if evaluation.expired():
            break
        chunk = rest[start : start + _CHUNK]
        scores[chunk] = final_scores(evaluation, scored, chunk)
    return scores


def final_scores(evaluation: Evaluation, scored: Scored, indices: Array | None) -> Floats:
    """The final scores of the documents with these indices (None: of all)."""
    scores, documents = scored.scores, scored.documents
    if indices is not None:
        scores, documents = scores[indices], documents[indices]
    for better in scored.better:
        scores = scores + evaluation.bonus(better, scored, indices)
    if evaluation.weights.recency_bonus:
        scores = scores * evaluation.snapshot.recency.take(documents)
    return scores


def _bound(evaluation: Evaluation, scored: Scored, better: Better) -> Floats | np.float32:
    """What a preference adds to each document at most."""
    node = better.node
    if isinstance(node, Surface):
        return np.float32(evaluation.exact(node)[1])
    if not isinstance(node, TermPhrase):
        return evaluation.bonus(better, scored, None)
    most = np.float32(node.boost * (evaluation.weights.k1 + 1) * evaluation.rarity(node))
    share = scored.shares.get(node.places[0])
    return most if share is None else share * most
