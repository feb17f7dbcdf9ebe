"""Select the documents of a page without sorting, or even scoring, all matches: the top k by score or by date.

The order is the one that `engines.base` defines: score, then date (newest first, undated last), then id. Within a segment,
documents are numbered in the order of date and id. So of several documents with equal scores, only the first numbers of each
segment need to be considered.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from indexer.engines.scoring import Floats
from indexer.engines.whoosh.search.kernel_queries import ROUNDING_MARGIN
from indexer.engines.whoosh.search.node_matches import Scored
from indexer.engines.whoosh.search.postings import indices_of
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import UNDATED
from indexer.engines.whoosh.storage.posting_lists import DocIds
from indexer.query.nodes import Node, TermPhrase

_MIN_RESCORED: Final = 48  # documents whose preferences are computed first
_RESCORE_ALL_RATIO: Final = 4  # preferences are computed for all matches if there are no more than this many times the first ones
_RESCORED_PER_CHECK: Final = 20_000  # documents between two checks of the time
_MAX_SORTED: Final = 300  # documents; more of them are first reduced to those with the k-th largest score or a higher one
_MIN_BLOCKS: Final = 64  # of values; the largest value of each block gives a lower bound for the k-th largest


def top_k(snapshot: Snapshot, documents: DocIds, scores: Floats | None, count: int) -> Array:
    """Return the indices of the first `count` documents, in order: by score, or by date when `scores` is None."""
    if count <= 0 or not documents.size:
        return np.zeros(0, "i8")
    if scores is None:
        chosen = _first_of_each_segment(snapshot, documents, np.arange(len(documents)), count)
    elif len(documents) > max(count, _MAX_SORTED):
        bound = kth_largest(scores, count)
        chosen = (scores >= bound).nonzero()[0]
        if len(chosen) > count:  # there are ties at the k-th score
            equal = (scores == bound).nonzero()[0]
            above = (scores > bound).nonzero()[0]
            chosen = np.concatenate((above, _first_of_each_segment(snapshot, documents, equal, count)))
            chosen.sort()
    elif len(snapshot.segments) == 1:
        order: Array = (-scores).argsort(kind="stable")[:count]
        return order
    else:
        chosen = np.arange(len(documents))
    return _sort(snapshot, documents, scores, chosen, count)[:count]


def merge_segments(snapshot: Snapshot, numbers: list[int], scores: list[float], count: int) -> tuple[list[int], list[float]]:
    """Return the first `count` documents and their scores, given the best of each of several segments."""
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[: count + 1]
    ranked = [scores[i] for i in order]
    if len(set(ranked)) < len(ranked):  # dates and ids decide between equal scores
        order = sorted(range(len(scores)), key=numbers.__getitem__)
        documents, values = np.array([numbers[i] for i in order], "i8"), np.array([scores[i] for i in order], "f4")
        page = top_k(snapshot, documents, values, count)
        return documents[page].tolist(), values[page].tolist()
    return [numbers[i] for i in order[:count]], ranked[:count]


def newest_k(snapshot: Snapshot, documents: DocIds, count: int) -> Array:
    """Return the indices of the `count` newest documents, newest first, undated last, equal dates by id."""
    return top_k(snapshot, documents, None, count)


def oldest_k(snapshot: Snapshot, documents: DocIds, count: int) -> Array:
    """Return the indices of the `count` oldest documents, oldest first, undated last, equal dates by id."""
    if count <= 0 or not documents.size:
        return np.zeros(0, "i8")
    dates = snapshot.dates[documents]
    dates[dates == UNDATED] = np.iinfo("i8").max
    chosen = np.arange(len(documents))
    if len(documents) > count:
        bound = np.partition(dates, count - 1)[count - 1]
        equal = _first_of_each_segment(snapshot, documents, (dates == bound).nonzero()[0], count)
        chosen = np.concatenate(((dates < bound).nonzero()[0], equal))
    chosen = chosen[np.lexsort((documents[chosen], dates[chosen]))]
    return _by_id_where_equal(snapshot, documents, chosen, [dates[chosen]])[:count]


def kth_largest(values: Floats, k: int) -> np.float32:
    """Return the k-th largest of more than k values.

    The maxima of some hundred blocks give a lower bound for it at the speed of memory. Only the few values above the bound are
    then partitioned.
    """
    if len(values) >= 4 * k * _MIN_BLOCKS or len(values) >= 8192 > 8 * k:
        values = values[values >= kth_lower_bound(values, k)]
    values = -values  # among many equal values, `partition` finds the k-th smallest up to 25 times as fast as the k-th largest
    values.partition(k - 1)
    value: np.float32 = -values[k - 1]
    return value


def kth_lower_bound(values: Floats, k: int) -> np.float32:
    """Return a lower bound for the k-th largest of more than 2 * k values."""
    columns = max(2 * k, len(values) // _MIN_BLOCKS)
    rows = len(values) // columns
    tops = -values[: rows * columns].reshape(rows, columns).max(0)
    tops.partition(k - 1)
    value: np.float32 = -tops[k - 1]
    return value


def _first_of_each_segment(snapshot: Snapshot, documents: DocIds, indices: Array, count: int) -> Array:
    if len(snapshot.segments) == 1 or len(indices) <= count:
        return indices[:count] if len(snapshot.segments) == 1 else indices
    borders = np.searchsorted(documents[indices], [0, *snapshot.ends])
    return np.concatenate([indices[a:b][:count] for a, b in pairwise(borders)])


def _sort(snapshot: Snapshot, documents: DocIds, scores: Floats | None, chosen: Array, count: int) -> Array:
    """Return the chosen indices, which ascend, in the order of the page."""
    if len(snapshot.segments) == 1:
        return chosen if scores is None else chosen.take((-scores.take(chosen)).argsort(kind="stable"))
    chosen_scores = scores[chosen] if scores is not None else np.zeros(len(chosen), "f4")
    if scores is not None:
        order = (-chosen_scores).argsort(kind="stable")[: count + 1]
        ranked = chosen_scores[order]
        if not (ranked[1:] == ranked[:-1]).any():
            return chosen[order]
    dates = snapshot.dates[documents[chosen]]
    order = np.lexsort((documents[chosen], -dates, -chosen_scores))
    return _by_id_where_equal(snapshot, documents, chosen[order], [dates[order], chosen_scores[order]])


def _by_id_where_equal(snapshot: Snapshot, documents: DocIds, chosen: Array, keys: Sequence[Array]) -> Array:
    """Return sorted indices with those in the order of their ids whose keys are all equal."""
    tied = np.logical_and.reduce([key[1:] == key[:-1] for key in keys])
    if not tied.any():
        return chosen
    numbers = chosen.tolist()
    start = 0
    for end in [*(np.flatnonzero(~tied) + 1).tolist(), len(numbers)]:
        if end - start > 1:
            numbers[start:end] = sorted(numbers[start:end], key=lambda i: snapshot.id_of(int(documents[i])))
        start = end
    return np.array(numbers, "i8")


def rescore(evaluation: Evaluation, scored: Scored, count: int) -> Floats:
    """Return the final scores. Documents that cannot be among the first `count` may keep their score without preferences.

    There is an upper bound for what a preference (words near one another) adds to a document: a phrase occurs at most as often
    as its first word, so its X is at most the X of that word. Preferences are computed for the documents with the highest bounds
    first, and then only for those that could still get among the first `count`.
    """
    scores, documents = scored.scores, scored.documents
    probes = max(_MIN_RESCORED, count)
    if count <= 0:  # only the documents are counted
        return scores
    if not scored.better or len(documents) <= _RESCORE_ALL_RATIO * probes:
        return evaluation.final_scores(scored, None)
    bounds = scores
    for node in scored.better:
        bounds = bounds + _bound(evaluation, node, scored)
    rescored = (bounds >= kth_largest(bounds, probes)).nonzero()[0]
    if len(rescored) > 4 * probes:  # many ties: any of them will do
        rescored = rescored[: 4 * probes]
    exact = evaluation.final_scores(scored, rescored)
    scores = scores.copy()
    scores[rescored] = exact
    contenders = bounds >= np.partition(exact, len(exact) - count)[len(exact) - count]
    contenders[rescored] = False
    rest = contenders.nonzero()[0]
    for start in range(0, len(rest), _RESCORED_PER_CHECK):
        if evaluation.expired():
            break
        chunk = rest[start : start + _RESCORED_PER_CHECK]
        scores[chunk] = evaluation.final_scores(scored, chunk)
    return scores


def _bound(evaluation: Evaluation, node: Node, scored: Scored) -> Floats | np.float32:
    """Return an upper bound for what a preference adds to each document."""
    if not isinstance(node, TermPhrase):
        return evaluation.bonus(node, scored.documents)
    max_score = evaluation.phrase_factor(node)
    column = next((c for c in scored.columns if (c.word.terms, c.word.fields) == (node.places[0], node.fields)), None)
    if column is not None:
        return column.values * np.float32(ROUNDING_MARGIN * max_score / column.max_text_score)
    first = next((w for w in scored.words if (w.word.terms, w.word.fields) == (node.places[0], node.fields)), None)
    if first is None:
        return np.float32(max_score * max(1 + evaluation.weights.recency_bonus, 1))
    # The word adds at most `max_text_score` through its X, in the same proportion to X as the phrase.
    documents, factor = scored.documents, np.float32(ROUNDING_MARGIN * max_score / first.max_text_score)
    indices = indices_of(first.documents, documents, evaluation.snapshot.size)
    return first.values_at(evaluation.lookup, indices, documents) * factor
