"""A document as bytes and back: all of it, fields apart by a control character that no document holds.

Reading one costs 4 us; JSON costs 12. Texts of some length are compressed, as unpacking them costs little beside marking.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any, Final

from indexer.engines.array_layout import ITEM_SEPARATOR, SEPARATOR
from indexer.model import Document

COMPRESSED_FROM: Final = 4_000  # bytes; below, unpacking would take longer than all the rest of a hit
_PLAIN, _ZLIB = b"p", b"z"


def pack_document(document: Document) -> bytes:
    fields: tuple[str, ...] = (
        document.id, document.url, document.title, document.text, document.summary, document.language,
        document.date.isoformat() if document.date else "", document.modified.isoformat() if document.modified else "",
        ITEM_SEPARATOR.join(document.authors), ITEM_SEPARATOR.join(document.categories), document.source,
        document.image or "", document.rule,
    )  # fmt: skip
    if document.also:
        fields += (ITEM_SEPARATOR.join(document.also),)
    joined = SEPARATOR.join(fields)
    if joined.count(SEPARATOR) != len(fields) - 1:  # the separator is no character of a text: one that has it loses it
        joined = SEPARATOR.join(field.replace(SEPARATOR, " ") for field in fields)
    data = joined.encode("utf-8", "replace")
    return _PLAIN + data if len(data) < COMPRESSED_FROM else _ZLIB + zlib.compress(data, 3)


class _Unfrozen:
    """A document before it is frozen. Setting the fields of a frozen one takes 1.4 us, this and giving it its class 0.5."""

    __slots__ = Document.__slots__

    def __init__(
        self, id_: str, url: str, title: str, text: str, summary: str, language: str, date: datetime | None,
        modified: datetime | None, authors: tuple[str, ...], categories: tuple[str, ...], source: str, image: str | None,
        rule: str, also: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.id, self.url, self.title, self.text, self.summary, self.language = id_, url, title, text, summary, language
        self.date, self.modified, self.authors, self.categories = date, modified, authors, categories
        self.source, self.image, self.rule, self.also = source, image, rule, also


def unpack_document(packed: bytes) -> Document:
    """Raises ValueError and zlib.error on what `pack_document` has not made."""
    data = packed[1:] if packed[:1] == _PLAIN else zlib.decompress(packed[1:])
    id_, url, title, text, summary, language, date, modified, authors, categories, source, image, rule, *also = (
        data.decode().split(SEPARATOR)
    )
    document: Any = _Unfrozen(
        id_, url, title, text, summary, language,
        datetime.fromisoformat(date) if date else None,
        datetime.fromisoformat(modified) if modified else None,
        tuple(authors.split(ITEM_SEPARATOR)) if authors else (),
        tuple(categories.split(ITEM_SEPARATOR)) if categories else (),
        source, image or None, rule, tuple(also[0].split(ITEM_SEPARATOR)) if also else (),
    )  # fmt: skip
    document.__class__ = Document
    return document  # type: ignore[no-any-return]
