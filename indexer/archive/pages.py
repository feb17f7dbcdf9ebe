"""The archive's pages and responses: what a source listed, what the web answered."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from indexer.archive import codec
from indexer.archive.tables import Tables
from indexer.model import Entry, Response


@dataclass(frozen=True, slots=True)
class Page:
    """An address that a source listed, and what became of it."""

    id: str
    url: str
    source_id: int
    entry: Entry
    entry_hash: str
    response_id: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    fetched_at: datetime | None = None  # when it was last asked for, with or without success
    failure: str | None = None
    failed_status: int | None = None
    gone_count: int = 0
    document_id: str | None = None


def entry_hash(entry: Entry) -> str:
    return sha256(codec.to_json(entry).encode("utf-8", "surrogatepass")).hexdigest()


VERSIONS_KEPT = 5  # answers of one address, the latest one among them
_DROP_OLD_VERSIONS = """
    DELETE FROM responses WHERE requested_url = ?1 AND NOT EXISTS (SELECT 1 FROM pages WHERE response_id = responses.id)
    AND id NOT IN (SELECT id FROM responses WHERE requested_url = ?1 ORDER BY id DESC LIMIT ?2)"""


class PageTables(Tables):
    """The tables `pages` and `responses`."""

    def page(self, page_id: str) -> Page | None:
        row = self._row("SELECT * FROM pages WHERE id = ?", page_id)
        return page_from(row) if row else None

    def pages(self, source_id: int | None = None) -> Iterator[Page]:
        """In the order they were first seen; read in batches, so that writing meanwhile is safe."""
        last = -1
        while rows := self._rows(
            "SELECT rowid AS n, * FROM pages WHERE rowid > ?1 AND (?2 IS NULL OR source_id = ?2) ORDER BY rowid LIMIT 500",
            last, source_id,
        ):  # fmt: skip
            yield from (page_from(row) for row in rows)
            last = rows[-1]["n"]

    def givers(self, document_id: str) -> list[str]:
        """The pages that give this document; it is the first one's: the page at its own address, else the eldest."""
        rows = self._rows("SELECT id FROM pages WHERE document_id = ?1 ORDER BY id != ?1, rowid", document_id)
        return [row["id"] for row in rows]

    def put_page(self, page: Page) -> None:
        self._do(
            "INSERT INTO pages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET url=excluded.url,"
            " source_id=excluded.source_id, entry=excluded.entry, entry_hash=excluded.entry_hash,"
            " response_id=excluded.response_id, etag=excluded.etag, last_modified=excluded.last_modified,"
            " fetched_at=excluded.fetched_at, failure=excluded.failure, failed_status=excluded.failed_status,"
            " gone_count=excluded.gone_count, document_id=excluded.document_id",
            page.id, page.url, page.source_id, codec.to_json(page.entry), page.entry_hash, page.response_id, page.etag,
            page.last_modified, codec.time_text(page.fetched_at), page.failure, page.failed_status, page.gone_count,
            page.document_id,
        )  # fmt: skip

    def put_response(self, response: Response, before: int | None = None, packed: bytes | None = None) -> int:
        """Store an answer; returns its number. Of each address the last `VERSIONS_KEPT` are kept. When the answer `before` had
        the same body, it is brought up to date instead: most servers give no validators, and a page asked every week would be
        kept every week. `packed`: the body in zlib's format, when somebody has packed it already."""
        digest, at = sha256(response.body).hexdigest(), codec.time_text(response.fetched_at or datetime.now(UTC))
        with self.batch():
            headers = json.dumps(dict(response.headers))
            if before is not None and self._do(
                "UPDATE responses SET status=?, headers=?, fetched_at=? WHERE id=? AND url=? AND body_sha256=?",
                response.status, headers, at, before, response.url, digest,
            ):  # fmt: skip
                return before
            body = packed or zlib.compress(response.body, 6)
            cursor = self._db.execute(
                "INSERT INTO responses (url, requested_url, status, headers, body, body_sha256, fetched_at)"
                " VALUES (?,?,?,?,?,?,?)",
                (response.url, response.requested_url, response.status, headers, body, digest, at),
            )
            self._do(_DROP_OLD_VERSIONS, response.requested_url, VERSIONS_KEPT)
            return int(cursor.lastrowid or 0)

    def response(self, response_id: int) -> Response | None:
        row = self._row("SELECT * FROM responses WHERE id = ?", response_id)
        if row is None:
            return None
        return Response(
            url=row["url"], requested_url=row["requested_url"], status=row["status"],
            headers=json.loads(row["headers"]),
            body=zlib.decompress(row["body"]), fetched_at=codec.time_value(row["fetched_at"]),
        )  # fmt: skip

    def responses(self) -> Iterator[Response]:
        """Every stored answer, in the order they came."""
        last = 0
        while rows := self._rows("SELECT id FROM responses WHERE id > ? ORDER BY id LIMIT 500", last):
            yield from (found for row in rows if (found := self.response(row["id"])))
            last = rows[-1]["id"]


def page_from(row: sqlite3.Row) -> Page:
    names = ("id", "url", "source_id", "entry_hash", "response_id", "etag", "last_modified", "failure", "failed_status",
             "gone_count", "document_id")  # fmt: skip
    return Page(entry=codec.entry_from(json.loads(row["entry"])), fetched_at=codec.time_value(row["fetched_at"]),
                **{name: row[name] for name in names})  # fmt: skip
