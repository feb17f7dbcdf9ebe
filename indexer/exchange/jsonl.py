"""The verbs that carry documents in and out: JSON lines, and WARC 1.1 of the stored responses.

WARC: ISO 28500:2017, "WARC file format", version 1.1.
"""

from __future__ import annotations

import gzip
import http
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from indexer import html
from indexer.analysis.languages import MIN_CERTAIN_LETTERS, detect, majority
from indexer.archive import serialization as codec
from indexer.archive.documents import OnDamage
from indexer.archive.store import Archive
from indexer.errors import IndexerError
from indexer.extract import EXTRACTOR_VERSION
from indexer.model import Document, Response
from indexer.reasons import Reason
from indexer.urls import document_id, resolve

# What the server's answer was wrapped in, when the body we hold is not.
HOP_HEADERS = {"content-encoding", "transfer-encoding", "content-length", "connection", "keep-alive"}

MAX_SAMPLE_LINES = 2_000  # from which the language of the file is taken

# What `html.clean_text` would change in a text of printable ASCII.
_UNTIDY = ("  ", "\n ", " \n", "\n\n\n")


def export_lines(archive: Archive, on_damage: OnDamage) -> Iterator[str]:
    """One document a line, as JSON."""
    return (codec.to_json(document) for document in archive.documents.all(on_damage))


def import_lines(archive: Archive, lines: Iterable[str], name: str) -> tuple[int, list[str]]:
    """Store documents from JSON lines; returns how many changed, and what was wrong with the others."""
    changed, problems = 0, []
    source = iter(lines)
    first = list(islice(source, MAX_SAMPLE_LINES))
    language = majority(list(_undeclared_texts(first)))
    for number, line in enumerate(chain(first, source), 1):
        if not line.strip():
            continue
        try:
            document = imported(json.loads(line), name, language)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            problems.append(f"{name}, line {number}: {error}")
            continue
        if archive.is_forgotten(document.id):
            problems.append(f"{name}, line {number}: {document.url or document.id} was forgotten on request")
            continue
        changed += archive.documents.put(document, None, EXTRACTOR_VERSION, Reason("imported", name))
    return changed, problems


def _undeclared_texts(lines: Iterable[str]) -> Iterator[str]:
    """Yield the texts of lines that declare no language."""
    for line in lines:
        try:
            table = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if (
            isinstance(table, dict)
            and not table.get("language")
            and isinstance(text := table.get("text") or table.get("title"), str)
        ):
            yield text


def tidied(text: str) -> str:
    """`html.clean_text`, without its work for plain texts that are clean already, as those of `export`: 2 us instead of 80."""
    plain = text.isascii() and text.replace("\n", "").isprintable() and text == text.strip()
    return text if plain and not any(untidy in text for untidy in _UNTIDY) else html.clean_text(text)


def imported(table: object, name: str, language: str | None = None) -> Document:
    """Return the document of one line. Raises ValueError or TypeError with what is wrong.

    `language`: of nearly all documents of the file; a text too short to tell is in it.
    """
    if not isinstance(table, dict):
        raise ValueError("each line must be a JSON object")
    texts = {}
    for field in ("id", "url", "title", "text", "summary", "language", "source", "rule"):
        value = table.get(field) or ""
        if not isinstance(value, str):
            raise ValueError(f'"{field}" must be a text')
        texts[field] = tidied(value) if field != "id" else value
    for field in ("authors", "categories"):
        value = table.get(field) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError(f'"{field}" must be a list of texts')
    for field in ("date", "modified"):
        try:
            codec.time_value(table.get(field) or None)
        except (TypeError, ValueError):
            raise ValueError(f'"{field}" cannot be {table[field]!r}: write it as in 2020-05-27T09:06:39Z') from None
    url = resolve(texts["url"]) or ""
    if not url and not texts["id"]:
        raise ValueError('a document needs a "url" (http or https) or an "id"')
    if not texts["title"] and not texts["text"]:
        raise ValueError('a document needs a "title" or a "text"')
    texts |= {"url": url, "id": texts["id"] or document_id(url), "source": texts["source"] or Path(name).stem}
    texts["title"] = texts["title"] or texts["text"][:80]
    texts["language"] = texts["language"] or detect(texts["text"] or texts["title"], language, MIN_CERTAIN_LETTERS)
    texts["rule"] = texts["rule"] or "import"
    return codec.document_from({**table, **texts})


def write_warc(archive: Archive, path: Path) -> int:
    """Write the stored responses, one gzip member a record as the standard recommends; returns how many."""
    count = 0
    try:
        with path.open("wb") as file:
            info = b"software: feed-search\r\nformat: WARC File Format 1.1\r\n"
            now = datetime.now(UTC)
            file.write(gzip.compress(_record("warcinfo", None, now, "application/warc-fields", info)))
            for response in archive.responses.all():
                at = response.fetched_at or now
                kind = "application/http;msgtype=response"
                file.write(gzip.compress(_record("response", response.url, at, kind, _http(response))))
                count += 1
    except OSError as error:
        raise IndexerError(f"cannot write {path}: {error.strerror}") from error
    return count


def _http(response: Response) -> bytes:
    try:
        phrase = http.HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    headers = {name: value for name, value in response.headers.items() if name not in HOP_HEADERS}
    headers["content-length"] = str(len(response.body))
    each = (f"{name}: {line}" for name, value in headers.items() for line in value.splitlines() or [""])
    lines = [f"HTTP/1.1 {response.status} {phrase}", *each]
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + response.body


def _record(kind: str, url: str | None, at: datetime, content_type: str, block: bytes) -> bytes:
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{uuid5(NAMESPACE_URL, f'{kind} {url} {moment}')}>",
        f"WARC-Date: {moment}",
        *([f"WARC-Target-URI: {url}"] if url else []),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"
