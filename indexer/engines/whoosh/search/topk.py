"""Which of the matches are on the page, and in what order: the best by score or the newest, without sorting all.

The order is that of `engines.base`: score, then date (newest first, undated last), then id. A segment's documents are
numbered in the order of date and id, so among equal scores the first numbers of each segment suffice.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from indexer.engines.whoosh.search.docsets import places_in
from indexer.engines.whoosh.search.evaluate import Evaluation, Scored
from indexer.engines.whoosh.snapshot.snapshot import DocIds, Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.saturated_tf import Floats
from indexer.query.nodes import Node, TermPhrase

_FEW: Final = 48  # documents that are asked first
_AT_ONCE: Final = 4  # times as many are asked without further ado
_CHUNK: Final = 20_000  # of them asked between two looks at the clock
_ABOVE: Final = 1.0001  # bounds are rounded up
_SORTED: Final = 300  # documents that are sorted at once
_BLOCKS: Final = 64  # of which the largest values are looked at first


def best(snapshot: Snapshot, documents: DocIds, scores: Floats | None, count: int) -> Array:
    """The indices of the first `count` documents, in order. `scores` None: by date."""
    if count <= 0 or not documents.size:
        return np.zeros(0, "i8")
    if scores is None:
        chosen = _first_of_each_segment(snapshot, documents, np.arange(len(documents)), count)
    elif len(documents) > max(count, _SORTED):
        bound = kth_largest(scores, count)
        chosen = (scores >= bound).nonzero()[0]
        if len(chosen) > count:  # some are equal to the last
            equal = (scores == bound).nonzero()[0]
            above = (scores > bound).nonzero()[0]
            chosen = np.concatenate((above, _first_of_each_segment(snapshot, documents, equal, count)))
    else:
        chosen = np.arange(len(documents))
    return _ordered(snapshot, documents, scores, chosen, count)[:count]


def kth_largest(values: Floats, k: int) -> np.float32:
    """The k-th largest of more than k values. The largest of each of some hundred blocks tell, at the speed of memory, a
    value that it cannot be below; only the few above that are then sorted."""
    if len(values) >= 4 * k * _BLOCKS or len(values) >= 8192 > 8 * k:
        values = values[values >= not_above_kth(values, k)]
    values = -values  # among many equal ones, `partition` finds the k-th least up to 25 times as quickly as the k-th largest
    values.partition(k - 1)
    found: np.float32 = -values[k - 1]
    return found


def not_above_kth(values: Floats, k: int) -> np.float32:
    """A value that the k-th largest of more than 2 * k is not below."""
    columns = max(2 * k, len(values) // _BLOCKS)
    rows = len(values) // columns
    tops = -values[: rows * columns].reshape(rows, columns).max(0)
    tops.partition(k - 1)
    found: np.float32 = -tops[k - 1]
    return found


def _first_of_each_segment(snapshot: Snapshot, documents: DocIds, indices: Array, count: int) -> Array:
    if len(snapshot.segments) == 1 or len(indices) <= count:
        return indices[:count] if len(snapshot.segments) == 1 else indices
    borders = np.searchsorted(documents[indices], [0, *snapshot.ends])
    return np.concatenate([indices[a:b][:count] for a, b in pairwise(borders)])


def _ordered(snapshot: Snapshot, documents: DocIds, scores: Floats | None, chosen: Array, count: int) -> Array:
    if len(snapshot.segments) == 1:
        chosen = np.sort(chosen)
        return chosen if scores is None else chosen[np.argsort(-scores[chosen], kind="stable")]
    worth = scores[chosen] if scores is not None else np.zeros(len(chosen), "f4")
    if scores is not None:
        order = (-worth).argsort(kind="stable")[: count + 1]
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

    What a preference (words near one another) can add to a document at most is known beforehand: a phrase begins at most as
    often as its first word stands there, so its X is at most that word's. The most promising documents are asked first; of
    the others only those that could still get in.
    """
    scores, documents = scored.scores, scored.documents
    few = max(_FEW, count)
    if not scored.better or len(documents) <= _AT_ONCE * few:
        return evaluation.final(scored, None)
    bounds = scores
    for node in scored.better:
        bounds = bounds + _bound(evaluation, node, scored)
    asked = (bounds >= kth_largest(bounds, few)).nonzero()[0]
    if len(asked) > 4 * few:  # many equal ones: any of them will do
        asked = asked[: 4 * few]
    exact = evaluation.final(scored, asked)
    scores = scores.copy()
    scores[asked] = exact
    open_ = bounds >= np.partition(exact, len(exact) - count)[len(exact) - count]
    open_[asked] = False
    rest = open_.nonzero()[0]
    for start in range(0, len(rest), _CHUNK):
        if evaluation.expired():
            break
        chunk = rest[start : start + _CHUNK]
        scores[chunk] = evaluation.final(scored, chunk)
    return scores


def _bound(evaluation: Evaluation, node: Node, scored: Scored) -> Floats | np.float32:
    """What a preference adds to each document at most."""
    if not isinstance(node, TermPhrase):
        return evaluation.bonus(node, scored.documents)
    most = evaluation.phrase_factor(node)
    first = next((w for w in scored.words if (w.word.terms, w.word.fields) == (node.places[0], node.fields)), None)
    if first is None:
        return np.float32(most * max(1 + evaluation.weights.recency_bonus, 1))
    # Of what the word adds, a part that is as large as `unit` at most grows with its X as the phrase does.
    documents, factor = scored.documents, np.float32(_ABOVE * most / first.unit)
    indices = places_in(first.documents, documents, evaluation.snapshot.size)
    return first.at(evaluation.lookup, indices, documents) * factor
