"""Rank unions of words.

A union of words is ranked by MaxScore (Turtle and Flood 1995). There is an upper bound for what each word adds to a document.
At some point, the k-th best document of the rarer words scores higher than the other words can add up to. From then on, a
document that contains only the other words cannot be among the top k. It is only counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np

from indexer.engines.scoring import Floats
from indexer.engines.whoosh.search.impacts import Impacts
from indexer.engines.whoosh.search.kernel_queries import ROUNDING_MARGIN
from indexer.engines.whoosh.search.node_matches import is_one_of, is_word
from indexer.engines.whoosh.search.postings import NO_DOCUMENTS, NO_SCORES, TermLookup, intersect
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.engines.whoosh.search.topk import kth_largest, kth_lower_bound, top_k
from indexer.engines.whoosh.search.tree_parts import flatten, is_filter
from indexer.engines.whoosh.storage.posting_lists import DocIds, Mask
from indexer.query.nodes import And, Node, Or

_DENSE_RATIO: Final = 4  # where the lists have more than 1/4 of all documents, whole arrays are compared to find the best

# Returns which of some documents pass the filters of a query, or which of all documents (None).
Allowed = Callable[[DocIds | None], Mask]


def union_words(evaluation: Evaluation, tree: Node) -> tuple[list[Impacts], Allowed | None] | None:
    """Return the impacts of each word, and the filters if there are any, for a union of words. Otherwise None."""
    if not isinstance(tree, Or) and not (isinstance(tree, And) and any([isinstance(n, And | Or) for n in tree.nodes])):  # noqa: C419
        return None
    union: Node = tree
    filters: list[Node] = []
    if isinstance(tree, And):
        required, excluded, better = list[Node](), list[Node](), list[Node]()
        flatten(tree, required, excluded, better)
        filters = list(filter(is_filter, required))
        others = [node for node in required if not is_one_of(node, filters)]
        union = others[0] if len(others) == 1 and not excluded and not better else tree
    if isinstance(union, Or) and all(map(is_word, union.nodes)):
        words = [each.word for each in evaluation.alternatives(union.nodes) if each.word is not None]
        return words, passing_all(evaluation, filters)
    return None


def passing_all(evaluation: Evaluation, filters: Sequence[Node]) -> Allowed | None:
    """Return what tests which documents pass all of some filters; None without filters."""
    return partial(_pass_all, evaluation, filters) if filters else None


def _pass_all(evaluation: Evaluation, filters: Sequence[Node], documents: DocIds | None) -> Mask:
    """Return which of the documents pass all filters."""
    masks = [evaluation.passes(each, documents) for each in filters]
    return masks[0] if len(masks) == 1 else np.asarray(np.logical_and.reduce(masks))


def top_k_of_union(
    evaluation: Evaluation, words: Sequence[Impacts], allowed: Allowed | None, count: int, matching: Mask | None = None
) -> tuple[DocIds, Floats]:
    """Return the first `count` documents with any of the words in order, and their final scores.

    `allowed`: the documents that pass the filters. `matching`: the mask of all matching documents, where it is known.
    """
    snapshot, lookup = evaluation.snapshot, evaluation.lookup
    # One order for all indexes and states of the cache, as the last bit of a score depends on the order of the sum.
    ordered = sorted([each for each in words if each.documents.size], key=lambda each: each.static_max_value(lookup))
    remaining = [(ROUNDING_MARGIN * each.max_value(lookup), each) for each in ordered]
    if matching is not None and sum([len(each.documents) for each in words]) * _DENSE_RATIO > snapshot.size > 2 * count:
        mask = None if allowed is None else allowed(None)
        documents, scores = _candidates_dense(lookup, remaining, matching, mask, count)
    else:
        documents, scores = _candidates(lookup, remaining, allowed, count)
    for _, each in reversed(remaining):
        mine, theirs = intersect(documents, each.documents, snapshot.size)
        if mine.size:
            scores[mine] += each.values_at(lookup, theirs, documents.take(mine))
    page = top_k(snapshot, documents, scores, count)
    return documents[page], scores[page]


def documents_of_union(evaluation: Evaluation, words: Sequence[Impacts], allowed: Allowed | None) -> DocIds:
    """Return the documents with any of the words that pass the filters."""
    return any_of(words, evaluation.snapshot.size, allowed).nonzero()[0]


def any_of(words: Sequence[Impacts], size: int, allowed: Allowed | None) -> Mask:
    """Return the mask of the documents with any of the words that pass the filters."""
    matching = np.zeros(size, bool)
    for each in words:
        matching[each.documents] = True
    if allowed is not None and sum([len(each.documents) for each in words]) * _DENSE_RATIO > size:
        matching &= allowed(None)
    elif allowed is not None:
        documents = matching.nonzero()[0]
        matching[documents[~allowed(documents)]] = False
    return matching


def _candidates(
    lookup: TermLookup, remaining: list[tuple[float, Impacts]], allowed: Allowed | None, count: int
) -> tuple[DocIds, Floats]:
    """Return the documents that may be in the top k, and the sum of what the words with the highest bounds add to them.

    These words are removed from the end of `remaining`, which is sorted by their static bounds. The values are summed in an array
    of all documents, of which only the places of the words are visited. The k-th largest sum of one word's documents is a lower
    bound for the k-th score.
    """
    lists, totals = list[DocIds](), NO_SCORES
    rest, threshold, sums = sum([limit for limit, _ in remaining]), np.float32(0), lookup.snapshot.borrow_sums()
    highest = 0.0
    while remaining and not threshold > rest:
        limit, each = remaining.pop()
        rest, highest = max(rest - limit, 0.0), highest + limit  # rounding could make it negative
        numbers, totals = each.documents, each.all_values(lookup)
        if allowed is not None:
            own = allowed(numbers).nonzero()[0]
            numbers, totals = numbers.take(own), totals.take(own)
        if lists:
            totals = sums.take(numbers) + totals
        sums[numbers] = totals
        lists.append(numbers)
        if highest > rest and len(numbers) > count:
            threshold = max(threshold, kth_largest(totals, count))
    if len(lists) > 1 and len(lists[0]) > count:  # other words have added to what the rarest word adds
        threshold = max(threshold, kth_largest(sums.take(lists[0]), count))
    lowest = threshold - np.float32(rest * ROUNDING_MARGIN) if remaining else threshold
    chosen = [numbers[sums.take(numbers) >= lowest] for numbers in lists]
    documents = _distinct(np.concatenate(chosen)) if len(chosen) > 1 else chosen[0] if chosen else NO_DOCUMENTS
    scores = sums.take(documents)
    for numbers in lists:
        sums[numbers] = 0
    lookup.snapshot.return_sums(sums)
    return documents, scores


def _distinct(documents: DocIds) -> DocIds:
    """Return each of these documents once, in order."""
    documents.sort()
    is_first = np.ones(len(documents), bool)
    np.not_equal(documents[1:], documents[:-1], out=is_first[1:])
    return documents[is_first]


def _candidates_dense(
    lookup: TermLookup, remaining: list[tuple[float, Impacts]], matching: Mask, allowed: Mask | None, count: int
) -> tuple[DocIds, Floats]:
    """Do the same where the lists have a large part of all documents: compare whole arrays."""
    scores: Floats = np.zeros(len(matching), "f4")
    rest, threshold, scored = sum([limit for limit, _ in remaining]), np.float32(0), 0
    while remaining and not threshold > rest:
        limit, each = remaining.pop()
        rest = max(rest - limit, 0.0)  # rounding could make it negative
        if scored:
            scores[each.documents] += each.all_values(lookup)
        else:
            scores[each.documents] = each.all_values(lookup)
        scored += len(each.documents)
        if remaining and scored > count:
            threshold = kth_lower_bound(scores if allowed is None else scores * allowed, count)
    if allowed is not None:
        scores *= allowed
    lowest = threshold - np.float32(rest * ROUNDING_MARGIN) if remaining else kth_lower_bound(scores, count)
    documents = (scores >= lowest if lowest > 0 else matching).nonzero()[0]
    return documents, scores.take(documents)
