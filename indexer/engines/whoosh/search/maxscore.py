"""Find the top k documents of a union of words without scoring all of them: MaxScore (Turtle and Flood 1995).

There is an upper bound for what each word adds to a document. Once the k-th best document of the rarer words scores higher
than the other words can add up to, a document that contains only those others is not among the top k. It is only counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from indexer.engines.whoosh.search.docsets import NO_DOCUMENTS, NO_SCORES, intersect, sum_by_document
from indexer.engines.whoosh.search.evaluate import Evaluation, NodeMatches
from indexer.engines.whoosh.search.topk import kth_largest, kth_lower_bound, top_k
from indexer.engines.whoosh.snapshot.snapshot import DocIds, Mask
from indexer.engines.whoosh.storage.saturated_tf import Floats
from indexer.query.nodes import Node, Or, Prefer, Surface, Terms

_ROUNDING_MARGIN: Final = 1.0001  # upper bounds are multiplied by this, so that rounding never lowers one
_DENSE_RATIO: Final = (
    4  # where the lists have more than 1/4 of all documents, scores are summed in an array with an element for each document
)


def union_words(evaluation: Evaluation, tree: Node) -> list[NodeMatches] | None:
    """Return the matches of each word if the tree is a union of words, otherwise None."""
    if isinstance(tree, Or) and all(isinstance(n, Terms) or (isinstance(n, Prefer) and _is_word(n)) for n in tree.nodes):
        return evaluation.alternatives(tree.nodes)
    return None


def _is_word(node: Prefer) -> bool:
    return isinstance(node.node, Terms) and all(isinstance(each, Surface) for each in node.better)


def top_k_of_union(evaluation: Evaluation, words: Sequence[NodeMatches], count: int) -> tuple[Mask, DocIds, Floats]:
    """Return the mask of all documents with any of the words, the first `count` of them in order, and their final scores."""
    snapshot, lookup = evaluation.snapshot, evaluation.lookup
    matching = np.zeros(snapshot.size, bool)
    for each in words:
        matching[each.documents] = True
    # One order for all indexes and states of the cache, as the last bit of a score depends on the order of the sum.
    ordered = sorted((each for each in words if each.documents.size), key=lambda each: _static_bound(evaluation, each))
    remaining = [(_max_contribution(evaluation, each), each) for each in ordered]
    if sum(len(each.documents) for each in words) * _DENSE_RATIO > snapshot.size > 2 * count:
        documents, scores = _candidates_dense(evaluation, remaining, matching, count)
    else:
        documents, scores = _candidates(evaluation, remaining, count)
    for _, each in reversed(remaining):
        mine, theirs = intersect(documents, each.documents, snapshot.size)
        if mine.size and each.word is not None:
            scores[mine] += each.word.values_at(lookup, theirs, documents.take(mine)) * np.float32(each.factor)
    page = top_k(snapshot, documents, scores, count)
    return matching, documents[page], scores[page]


def _candidates(evaluation: Evaluation, remaining: list[tuple[float, NodeMatches]], count: int) -> tuple[DocIds, Floats]:
    """Return the documents that may be in the top k, and the sum of what the words with the highest bounds add to them.

    These words are removed from the end of `remaining`, which is sorted by `_static_bound`.
    """
    size = evaluation.snapshot.size
    documents, scores = NO_DOCUMENTS, NO_SCORES
    rest, threshold = sum(limit for limit, _ in remaining), np.float32(0)
    while remaining and not (len(documents) > count and threshold > rest):
        limit, each = remaining.pop()
        rest -= limit
        values = evaluation.contributions(each)
        if documents.size:
            documents, scores = sum_by_document([documents, each.documents], [scores, values], size)
        else:
            documents, scores = each.documents, values
        if len(documents) > count:
            threshold = kth_largest(scores, count)
    if remaining:  # take() copies: the cached values of a word must not change
        candidates = (scores >= threshold - np.float32(rest * _ROUNDING_MARGIN)).nonzero()[0]
        documents, scores = documents.take(candidates), scores.take(candidates)
    return documents, scores


def _candidates_dense(
    evaluation: Evaluation, remaining: list[tuple[float, NodeMatches]], matching: Mask, count: int
) -> tuple[DocIds, Floats]:
    """Do the same in an array with an element for each document. More than `count` documents must match."""
    scores: Floats = np.zeros(len(matching), "f4")
    rest, threshold, scored = sum(limit for limit, _ in remaining), np.float32(0), 0
    while remaining and not threshold > rest:
        limit, each = remaining.pop()
        rest -= limit
        if scored:
            scores[each.documents] += evaluation.contributions(each)
        else:
            scores[each.documents] = evaluation.contributions(each)
        scored += len(each.documents)
        if remaining and scored > count:
            threshold = kth_lower_bound(scores, count)
    lowest = threshold - np.float32(rest * _ROUNDING_MARGIN) if remaining else kth_lower_bound(scores, count)
    documents = (scores >= lowest if lowest > 0 else matching).nonzero()[0]
    return documents, scores.take(documents)


def _max_contribution(evaluation: Evaluation, matches: NodeMatches) -> float:
    """Return an upper bound for what a word adds to a document."""
    return _ROUNDING_MARGIN * matches.factor * matches.word.max_value(evaluation.lookup) if matches.word is not None else 0.0


def _static_bound(evaluation: Evaluation, matches: NodeMatches) -> float:
    """Return an upper bound that depends on nothing but the word and the snapshot."""
    return matches.factor * matches.word.static_max_value(evaluation.lookup) if matches.word is not None else 0.0
