"""The best of the documents that hold any of some words, without scoring all of them (MaxScore; Turtle and Flood 1995).

What a word adds to a document at most is known beforehand. So when the best documents of the rarer words score higher than all
the others could add up to, a document that holds only these others is not among the best: it is counted, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from indexer.engines.whoosh.search.docsets import NO_DOCUMENTS, NO_SCORES, added_up, common
from indexer.engines.whoosh.search.evaluate import Evaluation, NodeMatches
from indexer.engines.whoosh.search.topk import best, kth_largest, not_above_kth
from indexer.engines.whoosh.snapshot.snapshot import DocIds, Mask
from indexer.engines.whoosh.storage.saturated_tf import Floats
from indexer.query.nodes import Node, Or, Prefer, Surface, Terms

_ABOVE: Final = 1.0001  # bounds are rounded up
_DENSE: Final = 4  # scores of words that stand in more than 1/4 of all documents are added up in an array of all


def words_of(evaluation: Evaluation, tree: Node) -> list[NodeMatches] | None:
    """The words of a query that any of them satisfies; None when it is not of that kind."""
    if isinstance(tree, Or) and all(isinstance(n, Terms) or (isinstance(n, Prefer) and _is_word(n)) for n in tree.nodes):
        return evaluation.alternatives(tree.nodes)
    return None


def _is_word(node: Prefer) -> bool:
    return isinstance(node.node, Terms) and all(isinstance(each, Surface) for each in node.better)


def best_of_any(evaluation: Evaluation, words: Sequence[NodeMatches], count: int) -> tuple[Mask, DocIds, Floats]:
    """Which documents hold any of the words; the first `count` of them in order, and their final scores."""
    snapshot, lookup = evaluation.snapshot, evaluation.lookup
    held = np.zeros(snapshot.size, bool)
    for each in words:
        held[each.documents] = True
    left = sorted(((_most(evaluation, each), each) for each in words if each.documents.size), key=lambda pair: pair[0])
    if sum(len(each.documents) for each in words) * _DENSE > snapshot.size > 2 * count:
        documents, scores = _hopeful_of_all(evaluation, left, held, count)
    else:
        documents, scores = _hopeful(evaluation, left, count)
    for _, each in left:
        mine, theirs = common(documents, each.documents, snapshot.size)
        if mine.size and each.word is not None:
            scores[mine] += each.word.at(lookup, theirs, documents.take(mine)) * np.float32(each.factor)
    page = best(snapshot, documents, scores, count)
    return held, documents[page], scores[page]


def _hopeful(evaluation: Evaluation, left: list[tuple[float, NodeMatches]], count: int) -> tuple[DocIds, Floats]:
    """The documents that may be among the best, and what the words add to their scores that were taken out of `left`: the most
    telling, which are last."""
    size = evaluation.snapshot.size
    documents, scores = NO_DOCUMENTS, NO_SCORES
    more, bound = sum(most for most, _ in left), np.float32(0)
    while left and not (len(documents) > count and bound > more):
        most, each = left.pop()
        more -= most
        values = evaluation.values(each)
        if documents.size:
            documents, scores = added_up([documents, each.documents], [scores, values], size)
        else:
            documents, scores = each.documents, values
        if len(documents) > count:
            bound = kth_largest(scores, count)
    if left:  # what is taken is a copy: the values of a word are kept
        hopeful = (scores >= bound - np.float32(more * _ABOVE)).nonzero()[0]
        documents, scores = documents.take(hopeful), scores.take(hopeful)
    return documents, scores


def _hopeful_of_all(
    evaluation: Evaluation, left: list[tuple[float, NodeMatches]], held: Mask, count: int
) -> tuple[DocIds, Floats]:
    """The same, added up in an array of all documents, of which more than `count` there must be."""
    scores: Floats = np.zeros(len(held), "f4")
    more, bound, taken = sum(most for most, _ in left), np.float32(0), 0
    while left and not bound > more:
        most, each = left.pop()
        more -= most
        if taken:
            scores[each.documents] += evaluation.values(each)
        else:
            scores[each.documents] = evaluation.values(each)
        taken += len(each.documents)
        if left and taken > count:
            bound = not_above_kth(scores, count)
    lowest = bound - np.float32(more * _ABOVE) if left else not_above_kth(scores, count)
    documents = (scores >= lowest if lowest > 0 else held).nonzero()[0]
    return documents, scores.take(documents)


def _most(evaluation: Evaluation, found: NodeMatches) -> float:
    """What a word adds to a document at most."""
    return _ABOVE * found.factor * found.word.most(evaluation.lookup) if found.word is not None else 0.0
