"""How a document is laid out in Whoosh.

Whoosh is handed finished postings: no analyzer, no field lengths, no stored values of its own. What it does for us is
sorting, packing and finding posting lists, and committing them in segments.

    title summary body categories authors    postings with positions
    surface                                   folded word forms; which documents hold them, nothing more
    id source category author language        exact values, folded (but for the id)
    columns                                   a value per document: id, url (folded), date, lengths, facets, stored
"""

# Whoosh is typed in part only; what it is given and gives back is checked by the contract suite.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from whoosh.columns import FixedBytesColumn, VarBytesColumn
from whoosh.fields import FieldType, Schema
from whoosh.formats import Existence, Format

from indexer.engines.postings import (
    FIELDS,
    FILTERS,
    analyse_document,
    document_from_json,
    document_to_json,
    facet_values,
    filter_key,
    filter_values,
    sortable_date,
)
from indexer.model import Document

SCHEMA_VERSION: Final = 1
SEPARATOR: Final = "\x1f"  # between the values of one facet; texts of documents hold no control characters
UNDATED: Final = b" " * 19  # sorts before every date
FACET_COLUMNS: Final = ("source", "category", "author", "language")  # years are the beginning of dates
_LENGTHS: Final = struct.Struct(f">{len(FIELDS)}I")


class PackedPositions(Format):  # type: ignore[misc, unused-ignore]
    """Positions as differences, each a character of UTF-8: packing and unpacking run in C, and no pickle is read.

    >>> unpack_positions(pack_positions([3, 5, 200_000]))
    [3, 5, 200000]
    """

    posting_size = -1


def pack_positions(positions: Sequence[int]) -> bytes:
    last = 0
    steps = []
    for position in positions:
        steps.append(min(position - last, 0x10FFFF))
        last = position
    return "".join(map(chr, steps)).encode("utf-8", "surrogatepass")


def unpack_positions(packed: bytes) -> list[int]:
    return list(accumulate(map(ord, packed.decode("utf-8", "surrogatepass"))))


class PositionsField(FieldType):  # type: ignore[misc, unused-ignore]
    """Takes positions by term."""

    def __init__(self) -> None:
        super().__init__(format=PackedPositions(), analyzer=None)  # type: ignore[arg-type, unused-ignore]

    def index(self, value: Mapping[str, list[int]], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:  # type: ignore[override]
        for term, positions in value.items():
            count = len(positions)
            yield term.encode("utf-8", "replace"), count, float(count), pack_positions(positions)


class ValuesField(FieldType):  # type: ignore[misc, unused-ignore]
    """Takes the values that a document is found by."""

    def __init__(self) -> None:
        super().__init__(format=Existence(), analyzer=None)  # type: ignore[arg-type, unused-ignore]

    def index(self, value: Iterable[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:  # type: ignore[override]
        for text in value:
            yield text.encode("utf-8", "replace"), 1, 1.0, b""


class ColumnField(FieldType):  # type: ignore[misc, unused-ignore]
    """Not searched; a value of bytes per document."""

    indexed = False

    def __init__(self, column: Any) -> None:
        super().__init__(format=None, analyzer=None, sortable=column)  # type: ignore[arg-type, unused-ignore]

    def to_column_value(self, value: bytes) -> bytes:
        return value


def make_schema() -> Schema:
    fields: dict[str, FieldType] = {name: PositionsField() for name in FIELDS}
    fields |= {name: ValuesField() for name in ("surface", "id", *(f"is_{name}" for name in FILTERS))}
    fields |= {f"col_{name}": ColumnField(VarBytesColumn()) for name in ("id", "url", "stored", *FACET_COLUMNS)}
    fields["col_date"] = ColumnField(FixedBytesColumn(len(UNDATED), UNDATED))
    fields["col_lengths"] = ColumnField(FixedBytesColumn(_LENGTHS.size))
    return Schema(**fields)


def lay_out(document: Document) -> dict[str, Any]:
    """The fields of a document, for Whoosh's `add_document`."""
    analysed = analyse_document(document)
    laid: dict[str, Any] = {name: terms for name, terms in analysed.positions.items() if terms}
    laid["surface"] = analysed.surfaces
    laid["id"] = [document.id]
    for name, values in filter_values(document).items():
        laid[f"is_{name}"] = values
    for name, facet in facet_values(document).items():
        if name in FACET_COLUMNS:
            laid[f"col_{name}"] = SEPARATOR.join(facet).encode("utf-8", "replace")
    laid["col_id"] = document.id.encode("utf-8", "replace")
    laid["col_url"] = filter_key(document.url).encode("utf-8", "replace")
    laid["col_date"] = sortable_date(document.date).encode().ljust(len(UNDATED))
    laid["col_lengths"] = _LENGTHS.pack(*analysed.lengths)
    laid["col_stored"] = zlib.compress(document_to_json(document).encode("utf-8", "replace"), 3)
    return laid


def read_stored(packed: bytes) -> Document:
    return document_from_json(zlib.decompress(packed).decode())


def unpack_lengths(packed: bytes) -> list[Sequence[int]]:
    """The lengths of all documents, by field, out of their column's bytes."""
    numbers = array("I")
    numbers.frombytes(packed)
    numbers.byteswap() if _is_little_endian() else None
    return [numbers[i :: len(FIELDS)] for i in range(len(FIELDS))]


def _is_little_endian() -> bool:
    return array("H", [1]).tobytes()[0] == 1
