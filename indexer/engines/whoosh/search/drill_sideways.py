"""Find the documents that fail one of some filters alone, for facets that are counted without it, where the kernel cannot."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.engines.drill_sideways import without
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.engines.whoosh.search.unions import documents_of_union, union_words
from indexer.engines.whoosh.storage.posting_lists import DocIds
from indexer.query.nodes import Node


def failing_one(evaluation: Evaluation, tree: Node, filters: Sequence[Node]) -> list[DocIds]:
    """Return for each of these filters of the tree the documents that match all of the tree but this filter."""
    rest = without(tree, filters)
    union = union_words(evaluation, rest)
    documents = evaluation.scored(rest, defer=True).documents if union is None else documents_of_union(evaluation, *union)
    return evaluation.split(documents, filters)[1]
