"""Take a query tree apart: what it requires, what it excludes, and what it prefers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from indexer.query.nodes import And, Constant, DateRange, Filter, Node, Not, Or, Prefer, Surface, Terms

_FILTERS: Final = (Filter, DateRange)


def flatten(node: Node, required: list[Node], excluded: list[Node], better: list[Node]) -> None:
    """Flatten a tree of And and Prefer into three lists: nodes that must match, that must not, and that are preferred."""
    match node:
        case And(nodes=nodes):
            for each in nodes:
                flatten(each, required, excluded, better)
        case Prefer(node=Terms(), better=preferred) if len(surfaces_of(preferred)) == len(preferred):
            required.append(node)
        case Prefer(node=inner, better=preferred):
            flatten(inner, required, excluded, better)
            better.extend(preferred)
        case Not(node=inner):
            excluded.append(inner)
        case Constant(node=Filter() | DateRange() as inner):  # filters add nothing anyway
            required.append(inner)
        case Constant(node=Or() as inner) if choice_of(inner):
            required.append(inner)
        case _:
            required.append(node)


def is_filter(node: Node) -> bool:
    """Return whether a node is a filter: of one value or several values of a facet, or of a range of dates."""
    return isinstance(node, _FILTERS) or bool(choice_of(node))


def without_constants(nodes: Iterable[Node]) -> list[Node]:
    """Return the filters of a request as `flatten` returns them: filters add nothing to a score anyway."""
    return [node.node if isinstance(node, Constant) else node for node in nodes]


def choice_of(node: Node) -> list[Filter]:
    """Return the filters of a node that selects several values of one facet; nothing for any other node."""
    if not isinstance(node, Or):
        return []
    filters = [each for each in node.nodes if isinstance(each, Filter) and each.field != "url"]
    is_choice = len(filters) == len(node.nodes) and len({each.field for each in filters}) == 1
    return filters if is_choice else []


def surfaces_of(better: Sequence[Node]) -> list[Surface]:
    """Return the exact forms among the preferred nodes."""
    return [each for each in better if isinstance(each, Surface)]
