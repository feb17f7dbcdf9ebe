"""The fields of `indexer.model.Document` with their kinds, from which every codec of documents is made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

FieldKind = Literal["text", "optional text", "texts", "moment"]
# Every codec of documents is made from this table: JSON (archive, export), compact (engine) and rows (build workers). A new
# field is appended, so that what was stored before can still be read.
DOCUMENT_FIELDS: Mapping[str, FieldKind] = MappingProxyType(
    {
        "id": "text",
        "url": "text",
        "title": "text",
        "text": "text",
        "summary": "text",
        "language": "text",
        "date": "moment",
        "modified": "moment",
        "authors": "texts",
        "categories": "texts",
        "source": "text",
        "image": "optional text",
        "rule": "text",
        "also": "texts",
    }
)
