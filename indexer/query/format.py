"""Write a query tree as text: the inverse of `indexer.query.parse`."""

from __future__ import annotations

from indexer.query.date_ranges import day_before
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    DateRange,
    Filter,
    Fuzzy,
    HalfTyped,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    TextField,
    Wildcard,
    Word,
)


def format_query(node: Node) -> str:
    """Return text that parses to this tree. Raises TypeError for nodes that cannot be typed."""
    match node:
        case Word(text=text, field=field):
            return _field(field) + text
        case Nothing():
            return ""
        case And(nodes=nodes):
            return " ".join(_grouped(each) for each in nodes)
        case Or(nodes=nodes):
            return " OR ".join(_grouped(each) for each in nodes)
        case Not(node=inner):
            return "-" + _grouped(inner)
        case Boost(node=inner, factor=factor):
            return f"{_grouped(inner)}^{factor:g}"
        case Constant(node=Filter(field=name, value=value)):
            return f'{name}:"{value}"'
        case Constant(node=DateRange(start=start, end=end)):
            if start and end:
                return f"date:{start}..{day_before(end)}"
            return f"after:{start}" if start else f"before:{end}"
        case HalfTyped(text=text):
            return text
        case Prefix(text=text, field=field):
            return f"{_field(field)}{text}*"
        case Wildcard(pattern=pattern, field=field):
            return _field(field) + pattern
        case Fuzzy(text=text, distance=distance, field=field):
            return f"{_field(field)}{text}~{distance}"
        case Phrase(text=text, slop=slop, field=field):
            return f'{_field(field)}"{text}"' + (f"~{slop}" if slop else "")
    raise TypeError(f"{type(node).__name__} has no text")


def _field(field: TextField | None) -> str:
    return f"{field}:" if field else ""


def _grouped(node: Node) -> str:
    return f"({format_query(node)})" if isinstance(node, And | Or) else format_query(node)
