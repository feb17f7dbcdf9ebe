"""The query tree.

`indexer.query.parse` makes a tree from text, and `indexer.query.format` turns a tree back into text. Query understanding
(`indexer.search.query_understanding`) replaces the leaves that hold typed words (`Word`, `Phrase`, `Prefix`, `Wildcard`,
`Fuzzy`) by leaves that hold index terms (`Terms`, `TermPhrase`, `Surface`). Engines accept only the latter. If the `field`
of a leaf is None, the leaf applies to all text fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar, dataclass_transform

from indexer.model import QueryToken

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True)
def _node(cls: type[_Class]) -> type[_Class]:
    """Make a class of nodes that never change. Only mypy checks that, as making a dataclass that checks it takes three times as
    long, and a query has some twenty nodes."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


TextField = Literal["title", "summary", "body", "categories", "authors"]
TEXT_FIELDS: tuple[TextField, ...] = ("title", "summary", "body", "categories", "authors")
FilterField = Literal["category", "author", "source", "language", "filetype", "url"]

# -- leaves as typed -------------------------------------------------------------------------------------------------


@_node
class Word:
    text: str
    field: TextField | None = None


@_node
class Phrase:
    """Words in this order, with at most `slop` other words between them in total."""

    text: str
    slop: int = 0
    field: TextField | None = None


@_node
class Prefix:
    text: str
    field: TextField | None = None


@_node
class Wildcard:
    """`*` matches any letters, `?` exactly one."""

    pattern: str
    field: TextField | None = None


@_node
class Fuzzy:
    text: str
    distance: int = 1
    field: TextField | None = None


@_node
class HalfTyped:
    """A word that is still being typed: the whole word, or any that begins with it."""

    text: str


# -- leaves that need no analysis ------------------------------------------------------------------------------------


@_node
class Filter:
    """Documents with this facet value, ignoring case and accents. For `url`: documents whose address contains it."""

    field: FilterField
    value: str


@_node
class DateRange:
    """Documents dated in [start, end), given as sortable ISO dates or times in UTC. None means unlimited."""

    start: str | None = None
    end: str | None = None


@_node
class IdFilter:
    """The documents with these ids."""

    ids: tuple[str, ...]


@_node
class Everything:
    """All documents."""


@_node
class Nothing:
    """No document."""


# -- leaves as analysed ----------------------------------------------------------------------------------------------


@_node
class Tokens:
    """The words of a typed leaf, each with its index terms. Query understanding makes these and replaces them."""

    typed: Word | Phrase
    tokens: tuple[QueryToken, ...]


# -- leaves that engines accept instead of words -----------------------------------------------------------------------


@_node
class Terms:
    """Any of these index terms in any of the fields. They are variants of one word: one for each language, or the expansion
    of a pattern."""

    terms: tuple[str, ...]
    fields: tuple[TextField, ...]
    boost: float = 1.0


@_node
class TermPhrase:
    """Places in this order, with any of the terms at each place. `gaps[i]` is the distance in positions from place 0, as a stop
    word that is not indexed leaves a gap."""

    places: tuple[tuple[str, ...], ...]
    gaps: tuple[int, ...]
    fields: tuple[TextField, ...]
    slop: int = 0
    boost: float = 1.0


@_node
class Surface:
    """The folded, unstemmed form of a word, used to prefer exact forms."""

    form: str
    boost: float = 1.0


# -- branches --------------------------------------------------------------------------------------------------------


@_node
class And:
    nodes: tuple[Node, ...]


@_node
class Or:
    nodes: tuple[Node, ...]


@_node
class Not:
    node: Node


@_node
class Boost:
    node: Node
    factor: float


@_node
class Constant:
    """The same documents as `node`, without adding to the score. For filters."""

    node: Node


@_node
class Labelled:
    """The same as `node`, with the text of what was typed. Query understanding keeps it until all passes have run."""

    node: Node
    text: str


@_node
class Prefer:
    """The documents of `node`. The score of each node in `better` that matches is added."""

    node: Node
    better: tuple[Node, ...]


@_node
class Scale:
    """The documents of `node`. The score of those that match a filter in `factors` is multiplied by its factor."""

    node: Node
    factors: tuple[tuple[Filter | IdFilter, float], ...]


LeafAsTyped = Word | Phrase | Prefix | Wildcard | Fuzzy | HalfTyped
Leaf = LeafAsTyped | Filter | DateRange | IdFilter | Everything | Nothing | Tokens | Terms | TermPhrase | Surface
Node = Leaf | And | Or | Not | Boost | Constant | Labelled | Prefer | Scale
