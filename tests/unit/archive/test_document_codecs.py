"""One table of fields makes every codec of documents: none of them mixes up, drops or shortens a field."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from indexer.archive import serialization
from indexer.document_fields import DOCUMENT_FIELDS, FieldKind
from indexer.engines.whoosh.storage.layout import pack_document, unpack_document
from indexer.engines.whoosh.write.build_workers import from_row, to_row
from indexer.ipc import LENGTH, framed, unframed
from indexer.model import Document

_TYPES: dict[FieldKind, object] = {
    "text": str, "optional text": str | None, "texts": tuple[str, ...], "moment": datetime | None,
}  # fmt: skip


def value(number: int, kind: FieldKind) -> object:
    match kind:
        case "texts":
            return (f"first {number}", f"second {number}")
        case "moment":
            return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
        case _:
            return f"text {number}"


DIFFERENT = Document(**{name: value(number, kind) for number, (name, kind) in enumerate(DOCUMENT_FIELDS.items())})  # type: ignore[arg-type]  # a value for each kind
SPARSE = Document("id", "", "", "")
LONG = dataclasses.replace(DIFFERENT, text="A long text. " * 500)

CODECS: dict[str, Callable[[Document], Document]] = {
    "json": lambda document: serialization.document_from(json.loads(serialization.to_json(document))),
    "compact": lambda document: unpack_document(pack_document(document)),
    "row": lambda document: from_row(unframed(framed(to_row(document))[LENGTH.size :])),
}


def test_the_table_names_every_field_in_order_with_its_type() -> None:
    assert tuple(DOCUMENT_FIELDS) == tuple(field.name for field in dataclasses.fields(Document))
    assert {name: _TYPES[kind] for name, kind in DOCUMENT_FIELDS.items()} == typing.get_type_hints(Document)


@pytest.mark.parametrize("document", [DIFFERENT, SPARSE, LONG], ids=["every field differs", "sparse", "long"])
@pytest.mark.parametrize("codec", CODECS)
def test_a_document_comes_back_whole(codec: str, document: Document) -> None:
    assert CODECS[codec](document) == document


@pytest.mark.parametrize("name", [name for name in DOCUMENT_FIELDS if name != "id"])
@pytest.mark.parametrize("codec", CODECS)
def test_each_field_comes_back_alone(codec: str, name: str) -> None:
    document = dataclasses.replace(SPARSE, **{name: getattr(DIFFERENT, name)})
    assert CODECS[codec](document) == document
