"""Write documents, entries and reasons as JSON and read them: for the archive's columns, `export`, `import` and workers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sized
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, cast
from zlib import crc32

from indexer.archive.database import Location, Row
from indexer.document_fields import DOCUMENT_FIELDS
from indexer.errors import ArchiveDamaged
from indexer.model import Document, Entry
from indexer.reasons import CODES, Reason, ReasonCode

_NAMES = {kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in (Document, Entry)}
_KINDS = {
    Document: DOCUMENT_FIELDS,
    Entry: {"published": "moment", "updated": "moment", "authors": "texts", "categories": "texts"},
}
_TIMES = {noun: {name for name, kind in kinds.items() if kind == "moment"} for noun, kinds in _KINDS.items()}
_TUPLES = {noun: {name for name, kind in kinds.items() if kind == "texts"} for noun, kinds in _KINDS.items()}
_texts = attrgetter(*(name for name, kind in DOCUMENT_FIELDS.items() if kind == "text"))
_values = {kind: attrgetter(*names) for kind, names in _NAMES.items()}
_ONLY_WHEN_SET = {kind: tuple({"also", "shared_url", "key"}.intersection(names)) for kind, names in _NAMES.items()}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def time_text(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 in UTC with a Z, to the second. It sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:-6] + "Z" if moment else None


def moment_text(moment: datetime) -> str:
    """Return a publisher's moment as ISO 8601 to the second with its own offset, by which its day is shown.

    >>> moment_text(datetime.fromisoformat("2024-01-01T00:30:00+02:00")), moment_text(datetime(2024, 1, 1, tzinfo=UTC))
    ('2024-01-01T00:30:00+02:00', '2024-01-01T00:00:00Z')
    """
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def time_value(text: str | None) -> datetime | None:
    """Return the moment of an ISO 8601 text with its offset; a text without one is in UTC. Raises ValueError."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if not 1 < moment.year < 9999:  # it may have no form in UTC
        raise ValueError(f"{text} is too far away")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stored_time(text: str | None) -> datetime | None:
    """Return the moment of a column; None when it is damaged."""
    try:
        return time_value(text)
    except (TypeError, ValueError):
        return None


def stored_number(row: Row | None, location: Location) -> int:
    """Return the first column of a row as a number; 0 without a row. Raises ArchiveDamaged."""
    try:
        return int(row[0] or 0) if row else 0
    except (TypeError, ValueError) as error:
        raise ArchiveDamaged(f"{location} is damaged: {error}") from error


def placeholders(values: Sized) -> str:
    """Return a placeholder for each value of a statement.

    >>> placeholders(["a", "b", "c"])
    '?, ?, ?'
    """
    return ", ".join("?" * len(values))


def checksum(text: str | bytes | None) -> int | None:
    """Return the CRC-32 of a text as it is stored, in UTF-8."""
    return crc32(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text) if text is not None else None


def stored_mapping(stored: bytes | None, expected: int | None) -> dict[str, Any] | None:
    """Return the table of a stored JSON text; None when it is not what was stored."""
    if stored is None or checksum(stored) != expected:
        return None
    try:
        table = json.loads(stored.decode("utf-8", "surrogatepass"))  # of bytes, it would guess the encoding
    except ValueError:
        return None
    return table if isinstance(table, dict) else None


def to_mapping(noun: Document | Entry) -> dict[str, Any]:
    """Return its fields as JSON values."""
    kind = type(noun)
    table: dict[str, Any] = dict(zip(_NAMES[kind], _values[kind](noun), strict=True))
    for name in _ONLY_WHEN_SET[kind]:  # most documents have none, and stay what they were before there was such a field
        if not table[name]:
            del table[name]
    for name in _TIMES[kind]:
        if table[name] is not None:
            table[name] = moment_text(table[name])
    for name in _TUPLES[kind] & table.keys():
        table[name] = list(table[name])
    return table


def to_json(noun: Document | Entry) -> str:
    return _encode(to_mapping(noun))


def _fields(kind: type[Document] | type[Entry], table: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: table[name] for name in _NAMES[kind] if name in table}  # `dataclasses.fields` would take 9 us each time
    for name in _TIMES[kind] & fields.keys():
        fields[name] = time_value(fields[name])
    for name in _TUPLES[kind] & fields.keys():
        fields[name] = tuple(fields[name] or ())
    return fields


def document_from(table: Mapping[str, Any]) -> Document:
    """Return the document of a table. Raises TypeError or ValueError when a field is missing or has the wrong form."""
    document = Document(**_fields(Document, table))
    texts = (*_texts(document), *document.authors, *document.categories, *document.also)
    if set(map(type, texts)) != {str} or type(document.image) not in (
        str,
        type(None),
    ):  # it would stop the index from being built
        raise TypeError("a field of the document is not text")
    return document


def entry_from(table: Mapping[str, Any]) -> Entry:
    return Entry(**_fields(Entry, table))


# -- reasons --------------------------------------------------------------------------------------------------------


def reason_mapping(reason: Reason) -> dict[str, Any]:
    """Return the fields that are set, as JSON values."""
    table: dict[str, Any] = {"code": reason.code}
    for name in ("detail", "url", "since"):
        if value := getattr(reason, name):
            table[name] = value
    if reason.cause is not None:
        table["cause"] = reason_mapping(reason.cause)
    return table


def reason_from(table: Mapping[str, Any]) -> Reason:
    """Return the inverse of `reason_mapping`. A code of another version becomes "other"."""
    code = table["code"] if table["code"] in CODES else "other"
    cause = table.get("cause")
    facts = {name: str(table.get(name) or "") for name in ("detail", "url", "since")}
    if code != table["code"]:
        facts["detail"] = facts["detail"] or str(table["code"])
    return Reason(cast(ReasonCode, code), **facts, cause=reason_from(cause) if cause else None)


def facts_json(reason: Reason | None) -> str | None:
    """Return what is stored in addition to the code: a JSON object of the other fields; None when they are empty."""
    table = reason_mapping(reason) if reason is not None else {}
    table.pop("code", None)
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")) if table else None


def stored_reason(code: str | None, facts: str | None) -> Reason | None:
    """Return a reason from its two columns, without damaged facts; None without a code."""
    if not code:
        return None
    try:
        return reason_from({**(json.loads(facts) if facts else {}), "code": code})
    except (AttributeError, KeyError, TypeError, ValueError):
        return reason_from({"code": code})
