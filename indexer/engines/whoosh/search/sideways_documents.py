"""Find the documents that fail one of some filters alone, for facets that are counted without it, where the kernel cannot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.engines.drill_sideways import without
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.engines.whoosh.storage.posting_lists import DocIds
from indexer.query.nodes import Node


def failing_one(evaluation: Evaluation, tree: Node, filters: Sequence[Node]) -> list[DocIds]:
    """Return for each of these filters of the tree the documents that match all of the tree but this filter."""
    documents = evaluation.scored(without(tree, filters), defer=True).documents
    fails = np.array([~evaluation.membership(documents, evaluation.evaluate(each)) for each in filters])
    alone = fails.sum(0) == 1
    return [documents[each & alone] for each in fails]
