"""The filters of a request, and how a query is narrowed by them."""

from __future__ import annotations

from indexer.errors import SettingsError
from indexer.model import SearchRequest
from indexer.query.dates import span
from indexer.query.nodes import And, Constant, DateRange, Everything, Filter, Node, Nothing, Or


def request_filters(request: SearchRequest) -> tuple[Node, ...]:
    """Return one node for each kind of filter; the values of one kind are alternatives.

    Raises SettingsError if a date is not YYYY, YYYY-MM or YYYY-MM-DD.
    """
    given = request.sources or request.categories or request.authors or request.languages
    if not (given or request.date_from or request.date_to):
        return ()
    alternatives = (
        tuple(Filter("source", value) for value in request.sources),
        tuple(Filter("category", value) for value in request.categories),
        tuple(Filter("author", value) for value in request.authors),
        tuple(Filter("language", value) for value in request.languages),
    )
    nodes: list[Node] = [values[0] if len(values) == 1 else Or(values) for values in alternatives if values]
    start, end = _bound(request.date_from, 0), _bound(request.date_to, 1)
    if start or end:
        nodes.append(DateRange(start, end))
    return tuple(Constant(node) for node in nodes)


def narrow(tree: Node | None, typed: Node, filters: tuple[Node, ...]) -> Node:
    """Return `tree`, the understood form of `typed`, under the filters.

    An empty query lists all documents that pass the filters. Without a filter it finds nothing.
    """
    if isinstance(typed, Nothing) or tree is None:
        if not filters or not isinstance(typed, Nothing):
            return Nothing()
        tree = Constant(Everything())
    return And((tree, *filters)) if filters else tree


def _bound(text: str | None, side: int) -> str | None:
    """Return the first day of a typed date (`side` 0) or the first day after it (`side` 1)."""
    if not text:
        return None
    interval = span(text)
    if interval is None:
        raise SettingsError(f"{text!r} is not a date", remedy="write YYYY, YYYY-MM or YYYY-MM-DD")
    return interval[side]
