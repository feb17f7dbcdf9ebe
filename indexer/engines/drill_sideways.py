"""Count facets without one of the filters, for engines that search once for each filter."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from indexer.engines.base import Deadline, Reader, Sideways
from indexer.model import Facets, FacetValue
from indexer.query.nodes import And, Constant, Everything, Node, Scale


def without(tree: Node, filters: Collection[Node]) -> Node:
    """Return the tree without these filters, which are the same objects as in the tree."""
    match tree:
        case And(nodes=nodes):
            rest = tuple([without(node, filters) for node in nodes if not any(node is each for each in filters)])
            return And(rest) if len(rest) > 1 else rest[0] if rest else Constant(Everything())
        case Scale(node=inner, factors=factors):
            return Scale(without(inner, filters), factors)
    return tree


def count_by_searches(reader: Reader, tree: Node, sideways: Sequence[Sideways], deadline: Deadline | None) -> Facets:
    """Return the facets that are counted without a filter, by one search for each filter."""
    counts: dict[str, tuple[FacetValue, ...]] = {}
    for filter_, names in sideways:
        facets = reader.search(without(tree, [filter_]), limit=0, facets=names, deadline=deadline).facets
        counts |= {name: facets[name] for name in names if name in facets}
    return counts
