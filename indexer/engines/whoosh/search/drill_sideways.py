"""Find the documents that fail one of some filters alone, for facets that are counted without it, where the kernel cannot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.engines.drill_sideways import without
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.engines.whoosh.storage.posting_lists import DocIds, Mask
from indexer.query.nodes import Constant, DateRange, Filter, Node


def failing_one(evaluation: Evaluation, tree: Node, filters: Sequence[Node]) -> list[DocIds]:
    """Return for each of these filters of the tree the documents that match all of the tree but this filter."""
    documents = evaluation.scored(without(tree, filters), defer=True).documents
    fails = np.array([~_passes(evaluation, each, documents) for each in filters])
    alone = fails.sum(0) == 1
    return [documents[each & alone] for each in fails]


def _passes(evaluation: Evaluation, node: Node, documents: DocIds) -> Mask:
    """Return which of the documents pass a filter. A mask for all documents is not made for a few of them."""
    inner = node.node if isinstance(node, Constant) else node
    if isinstance(inner, Filter | DateRange):
        return evaluation.filter_mask(inner, documents)
    return evaluation.membership(documents, evaluation.evaluate(inner))
