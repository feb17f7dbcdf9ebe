"""The query tree.

`indexer.query.parse` makes a tree from text, and `indexer.query.format` turns a tree back into text. Query understanding
(`indexer.search.query_understanding`) replaces the leaves that hold typed words (`Word`, `Phrase`, `Prefix`, `Wildcard`,
`Fuzzy`) by leaves that hold index terms (`Terms`, `TermPhrase`, `Surface`). Engines accept only the latter. If the `field`
of a leaf is None, the leaf applies to all text fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from indexer.model import QueryToken

TextField = Literal["title", "summary", "body", "categories", "authors"]
TEXT_FIELDS: tuple[TextField, ...] = ("title", "summary", "body", "categories", "authors")
FilterField = Literal["category", "author", "source", "language", "url"]

# -- leaves as typed -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    field: TextField | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in this order; `slop` is how many other words may stand between them in all."""

    text: str
    slop: int = 0
    field: TextField | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    text: str
    field: TextField | None = None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` stands for any letters, `?` for one."""

    pattern: str
    field: TextField | None = None


@dataclass(frozen=True, slots=True)
class Fuzzy:
    text: str
    distance: int = 1
    field: TextField | None = None


# -- leaves that need no analysis ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filter:
    """The document's facet value is `value`, whatever its case and accents (for `url`: the address contains it)."""

    field: FilterField
    value: str


@dataclass(frozen=True, slots=True)
class DateRange:
    """Documents dated in [start, end): ISO dates or times in UTC as sortable strings; None is open."""

    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """All documents."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No document."""


# -- leaves as analysed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a typed leaf, each with its index terms. Query understanding makes these and replaces them."""

    typed: Word | Phrase
    tokens: tuple[QueryToken, ...]


# -- leaves that engines know instead of words -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Terms:
    """Any of these index terms (variants of one word: one a language, or the expansion of a pattern), in any of the
    fields."""

    terms: tuple[str, ...]
    fields: tuple[TextField, ...]
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class TermPhrase:
    """One after the other; at each place any of the terms. `gaps[i]` is the distance in positions from place 0 (a stop
    word that is not indexed leaves a gap)."""

    places: tuple[tuple[str, ...], ...]
    gaps: tuple[int, ...]
    fields: tuple[TextField, ...]
    slop: int = 0
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Surface:
    """The folded, unstemmed form of a word; only to prefer exact forms."""

    form: str
    boost: float = 1.0


# -- branches --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class And:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True)
class Boost:
    node: Node
    factor: float


@dataclass(frozen=True, slots=True)
class Constant:
    """The same documents as `node`, which adds nothing to the score: filters."""

    node: Node


@dataclass(frozen=True, slots=True)
class Prefer:
    """The documents of `node`; those that match some of `better` score higher by what these score."""

    node: Node
    better: tuple[Node, ...]


Leaf = (
    Word | Phrase | Prefix | Wildcard | Fuzzy | Filter | DateRange | Everything | Nothing | Tokens | Terms | TermPhrase | Surface
)
Node = Leaf | And | Or | Not | Boost | Constant | Prefer
