"""Write a query tree of any stage as short text, so that tests can compare whole trees.

wall                     a typed word, or the tokens of one; several tokens are joined by +
<en/wall|de/wall>        terms; title:<...> in one field, and <...>*2 with a boost
<en/border>_<en/wall>    a phrase of terms; ~8 with a slop; two signs _ for a gap
(a b), (a | b), -a       and, or, not
a^0.5, =a, [a]           boosted, constant, labelled
a >> b, c                a preferred with b and with c
"""

from __future__ import annotations

import itertools

from indexer.query.format import format_query
from indexer.query.nodes import (
    TEXT_FIELDS,
    And,
    Boost,
    Constant,
    DateRange,
    Everything,
    Filter,
    IdFilter,
    Labelled,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefer,
    Scale,
    Surface,
    TermPhrase,
    Terms,
    TextField,
    Tokens,
)


def tree_text(node: Node | None) -> str:
    """Return the text of a tree; "" if there is none."""
    match node:
        case None:
            return ""
        case Nothing():
            return "nothing"
        case Everything():
            return "everything"
        case And(nodes=nodes):
            return f"({' '.join(map(tree_text, nodes))})"
        case Or(nodes=nodes):
            return f"({' | '.join(map(tree_text, nodes))})"
        case Not(node=inner):
            return f"-{tree_text(inner)}"
        case Boost(node=inner, factor=factor):
            return f"{tree_text(inner)}^{factor:g}"
        case Constant(node=inner):
            return f"={tree_text(inner)}"
        case Labelled(node=inner, text=text):
            return f"[{tree_text(inner)}]" if tree_text(inner) == text else f"[{text}: {tree_text(inner)}]"
        case Prefer(node=inner, better=better):
            return f"({tree_text(inner)} >> {', '.join(map(tree_text, better))})"
        case Filter(field=name, value=value):
            return f"{name}={value}"
        case DateRange(start=start, end=end):
            return f"date={start or ''}..{end or ''}"
        case IdFilter(ids=ids):
            return f"ids={','.join(ids)}"
        case Scale(node=inner, factors=factors):
            return f"{{{tree_text(inner)} * {', '.join(f'{tree_text(each)}^{factor:g}' for each, factor in factors)}}}"
        case Surface(form=form, boost=boost):
            return f"{form}!{_boost(boost)}"
        case Terms(terms=terms, fields=fields, boost=boost):
            return f"{_fields(fields)}<{'|'.join(terms)}>{_boost(boost)}"
        case TermPhrase(places=places, gaps=gaps, fields=fields, slop=slop, boost=boost):
            words = [f"<{'|'.join(place)}>" for place in places]
            steps = ["", *("_" * (after - before) for before, after in itertools.pairwise(gaps))]
            text = "".join(step + word for step, word in zip(steps, words, strict=True))
            return f"{_fields(fields)}{text}{f'~{slop}' if slop else ''}{_boost(boost)}"
        case Tokens(typed=typed, tokens=tokens):
            text = "+".join(token.surface for token in tokens)
            text = f'"{text}"' if isinstance(typed, Phrase) else text
            return f"{typed.field}:{text}" if typed.field else text
    return format_query(node)


def _fields(fields: tuple[TextField, ...]) -> str:
    return "" if fields == TEXT_FIELDS else f"{','.join(fields)}:"


def _boost(boost: float) -> str:
    return "" if boost == 1 else f"*{boost:g}"
