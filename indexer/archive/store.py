"""The archive: everything ever fetched, what became of it, and a numbered log of changes for the index to follow.

Every method that writes does so in one transaction; `batch` puts several into one. Reading needs no lock (WAL).
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from indexer.archive import codec
from indexer.archive.database import Row, connect, translated, writer_lock
from indexer.model import Change, Document, Entry, Response, Source

VERSIONS_KEPT = 5  # answers of one address, the latest one among them
_DROP_OLD_VERSIONS = """
    DELETE FROM responses WHERE requested_url = ?1 AND NOT EXISTS (SELECT 1 FROM pages WHERE response_id = responses.id)
    AND id NOT IN (SELECT id FROM responses WHERE requested_url = ?1 ORDER BY id DESC LIMIT ?2)"""


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source and how its crawls went."""

    id: int
    source: Source
    state: str  # new, ok, failing, removed
    etag: str | None
    last_modified: str | None
    last_crawl: datetime | None
    next_crawl: datetime | None
    failures: int
    last_error: str | None
    error_since: datetime | None


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


class Archive:
    """`archive.db` of a data folder. Not to be shared between threads that write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = connect(path)
        self._depth = 0

    def close(self) -> None:
        self._db.close()

    def lock(self, wait_seconds: float, doing: str) -> contextlib.AbstractContextManager[None]:
        """The writer's lock of the data folder; raises ArchiveBusy."""
        return writer_lock(self.path.parent, wait_seconds, doing)

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """One transaction around everything inside; nested ones join the outer."""
        with translated(self.path):
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def _rows(self, sql: str, *values: object) -> list[Row]:
        with translated(self.path):
            return self._db.execute(sql, values).fetchall()

    def _row(self, sql: str, *values: object) -> Row | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None

    def _number(self, sql: str, *values: object) -> int:
        row = self._row(sql, *values)
        return int(row[0] or 0) if row else 0

    def _do(self, sql: str, *values: object) -> int:
        with self.batch():
            return self._db.execute(sql, values).rowcount

    # -- sources -----------------------------------------------------------------------------------------------------

    def add_source(self, source: Source) -> bool:
        """True when it is new, or had been removed; the settings of a known one are brought up to date."""
        with self.batch():
            known = self.find_source(source.url)
            if known is None:
                self._do(
                    "INSERT INTO sources (url, name, kind, language, category, include, exclude) VALUES (?,?,?,?,?,?,?)",
                    source.url, source.name, source.kind, source.language, source.category, source.include, source.exclude,
                )  # fmt: skip
                return True
            self._do(
                "UPDATE sources SET name=?, kind=?, language=?, category=?, include=?, exclude=?, "
                "state = CASE state WHEN 'removed' THEN 'new' ELSE state END WHERE id=?",
                source.name or known.source.name, source.kind, source.language, source.category, source.include,
                source.exclude, known.id,
            )  # fmt: skip
            return known.state == "removed"

    def sources(self, *, removed: bool = False) -> list[SourceState]:
        rows = self._rows("SELECT * FROM sources WHERE state != 'removed' OR ? ORDER BY id", removed)
        return [_source_state(row) for row in rows]

    def find_source(self, url_or_name: str) -> SourceState | None:
        """By address, else by name."""
        row = self._row("SELECT * FROM sources WHERE url = ?1 OR name = ?1 ORDER BY url != ?1, id", url_or_name)
        return _source_state(row) if row else None

    def remove_source(self, source_id: int) -> None:
        """It keeps its documents; added again it is due at once."""
        self._do(
            "UPDATE sources SET state = 'removed', etag = NULL, last_modified = NULL, next_crawl = NULL, failures = 0,"
            " last_error = NULL, error_since = NULL WHERE id = ?", source_id,
        )  # fmt: skip

    def source_crawled(
        self, source_id: int, now: datetime, *, next_crawl: datetime, error: str | None = None,
        etag: str | None = None, last_modified: str | None = None,
    ) -> None:  # fmt: skip
        """Note how a crawl of a source went. Validators are kept only from crawls that were stored whole."""
        at, later = codec.time_text(now), codec.time_text(next_crawl)
        if error is None:
            self._do(
                "UPDATE sources SET state='ok', last_crawl=?, next_crawl=?, failures=0, last_error=NULL, error_since=NULL,"
                " etag=?, last_modified=? WHERE id=?", at, later, etag, last_modified, source_id,
            )  # fmt: skip
        else:
            self._do(
                "UPDATE sources SET state='failing', last_crawl=?, next_crawl=?, failures=failures+1, last_error=?,"
                " error_since=COALESCE(error_since, ?) WHERE id=?", at, later, error, at, source_id,
            )  # fmt: skip

    def entries_of(self, source_id: int) -> int:
        return self._number("SELECT COUNT(*) FROM pages WHERE source_id = ?", source_id)

    def documents_of(self, source_id: int) -> int:
        return self._number("SELECT COUNT(*) FROM documents WHERE source_id = ? AND document IS NOT NULL", source_id)

    # -- pages and responses -----------------------------------------------------------------------------------------

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

    # -- documents and their numbered changes ------------------------------------------------------------------------

    def put_document(self, document: Document, source_id: int | None, extractor: int, why: str = "") -> bool:
        """Store a document as the next change; False (and no change) when it is what we had."""
        text = codec.to_json(document)
        with self.batch():
            row = self._row("SELECT document, extractor FROM documents WHERE id = ?", document.id)
            if row and row["document"] == text:
                return False
            self._change(document.id, document.url, source_id, text, extractor, why or ("changed" if row else "new"))
        return True

    def remove_document(self, document_id: str, why: str) -> bool:
        """Leave a tombstone as the next change; False when there was no such document."""
        with self.batch():
            row = self._row("SELECT * FROM documents WHERE id = ? AND document IS NOT NULL", document_id)
            if row is None:
                return False
            self._change(document_id, row["url"], row["source_id"], None, row["extractor"], why)
        return True

    def _change(self, id_: str, url: str, source_id: int | None, text: str | None, extractor: int, why: str) -> None:
        now = codec.time_text(datetime.now(UTC))
        self._do("UPDATE counter SET value = value + 1 WHERE name = 'change'")
        self._do(
            "INSERT INTO documents VALUES (?,?,?,?,?,(SELECT value FROM counter WHERE name = 'change'),?,?)"
            " ON CONFLICT (id) DO UPDATE SET url=excluded.url, source_id=excluded.source_id,"
            " document=excluded.document,"
            " extractor=excluded.extractor, change=excluded.change, changed_at=excluded.changed_at, why=excluded.why",
            id_, url, source_id, text, extractor, now, why,
        )  # fmt: skip
        self._do("INSERT INTO history VALUES (?,?,?)", id_, now, why)

    def changes_since(self, number: int) -> Iterator[Change]:
        """The latest change of each document after `number`, in order; tombstones included."""
        while rows := self._rows("SELECT id, document, change FROM documents WHERE change > ? ORDER BY change LIMIT 500", number):
            for row in rows:
                found = codec.document_from(json.loads(row["document"])) if row["document"] else None
                yield Change(row["change"], row["id"], found)
            number = rows[-1]["change"]

    def documents(self) -> Iterator[Document]:
        return (change.document for change in self.changes_since(-1) if change.document is not None)

    def document(self, document_id: str) -> Document | None:
        row = self._row("SELECT document FROM documents WHERE id = ? AND document IS NOT NULL", document_id)
        return codec.document_from(json.loads(row["document"])) if row else None

    def extractor_of(self, document_id: str) -> int | None:
        """The version of the extractor that made a document which is there."""
        row = self._row("SELECT extractor FROM documents WHERE id = ? AND document IS NOT NULL", document_id)
        return int(row[0]) if row else None

    def find_document(self, url: str) -> str | None:
        """The id of the document, tombstone or page with exactly this address."""
        row = self._row("SELECT id FROM documents WHERE url = ?1 OR id = ?1", url) or self._row(
            "SELECT document_id FROM pages WHERE url = ? AND document_id IS NOT NULL", url
        )
        return str(row[0]) if row else None

    @property
    def last_change(self) -> int:
        return self._number("SELECT value FROM counter WHERE name = 'change'")

    def pending(self, position: int) -> int:
        """How many documents have changed after `position`."""
        return self._number("SELECT COUNT(*) FROM documents WHERE change > ?", position)

    def history(self, document_id: str) -> list[tuple[str, str]]:
        """(time, what happened), oldest first."""
        return [(r["at"], r["what"]) for r in self._rows("SELECT * FROM history WHERE document_id = ?", document_id)]

    def forget(self, ids: list[str], url: str) -> None:
        """Remove documents, pages and responses for good; only the ids are kept, to know them again."""
        with self.batch():
            for id_ in ids:
                self.remove_document(id_, "forgotten on request")
                self._drop_pages("id = ?1 OR document_id = ?1", id_)
                self._do("INSERT OR IGNORE INTO forgotten VALUES (?,?,?)", id_, url, codec.time_text(datetime.now(UTC)))

    def drop_documents_of(self, source_id: int) -> int:
        """Remove a source's documents and pages; returns how many documents. Adding it again fetches them again."""
        with self.batch():
            ids = [row[0] for row in self._rows("SELECT id FROM documents WHERE source_id = ?", source_id)]
            dropped = sum(self.remove_document(id_, "its source was removed") for id_ in ids)
            self._drop_pages("source_id = ?1", source_id)
            self._do("DELETE FROM source_memo WHERE source_id = ?", source_id)
        return dropped

    def _drop_pages(self, which: str, value: object) -> None:
        """Remove pages with every answer that their addresses ever gave, not only the latest."""
        with self.batch():
            rows = self._rows(f"SELECT id, response_id, url FROM pages WHERE {which}", value)  # noqa: S608  # two texts, both ours
            for page_id, response_id, url in rows:
                self._do("DELETE FROM pages WHERE id = ?", page_id)
                self._do("DELETE FROM responses WHERE id = ? OR requested_url = ?", response_id, url)

    def is_forgotten(self, document_id: str) -> bool:
        return self._row("SELECT 1 FROM forgotten WHERE id = ?", document_id) is not None

    # -- counts ------------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        return {
            "documents": self._number("SELECT COUNT(*) FROM documents WHERE document IS NOT NULL"),
            "sources": self._number("SELECT COUNT(*) FROM sources WHERE state != 'removed'"),
            "pages": self._number("SELECT COUNT(*) FROM pages"),
        }

    def size_bytes(self) -> int:
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def integrity_problems(self) -> list[str]:
        """What SQLite's own check finds, and pages whose document is missing."""
        found = [row[0] for row in self._rows("PRAGMA integrity_check(20)") if row[0] != "ok"]
        lost = self._number(
            "SELECT COUNT(*) FROM pages p LEFT JOIN documents d ON d.id = p.document_id"
            " WHERE p.document_id IS NOT NULL AND d.id IS NULL"
        )
        return found + ([f"{lost} pages name a document that is not there"] if lost else [])

    # -- what people searched ----------------------------------------------------------------------------------------

    def top_queries(self, limit: int) -> list[dict[str, object]]:
        """The most frequent ones; `clickable` are those of the page and the API, where an opening can be noted."""
        rows = self._rows(
            "SELECT query, COUNT(*) AS count, MAX(rowid), total, SUM(opened) AS opened,"  # the latest one's total
            " SUM(channel IN ('page', 'api')) AS clickable FROM queries GROUP BY query ORDER BY count DESC, query LIMIT ?", limit,
        )  # fmt: skip
        return [{name: row[name] for name in ("query", "count", "total", "opened", "clickable")} for row in rows]


def _source_state(row: sqlite3.Row) -> SourceState:
    source = Source(**{k: row[k] for k in ("url", "name", "kind", "language", "category", "include", "exclude")})
    return SourceState(
        id=row["id"], source=source, state=row["state"], etag=row["etag"], last_modified=row["last_modified"],
        last_crawl=codec.time_value(row["last_crawl"]), next_crawl=codec.time_value(row["next_crawl"]),
        failures=row["failures"], last_error=row["last_error"], error_since=codec.time_value(row["error_since"]),
    )  # fmt: skip


def page_from(row: sqlite3.Row) -> Page:
    names = ("id", "url", "source_id", "entry_hash", "response_id", "etag", "last_modified", "failure", "failed_status",
             "gone_count", "document_id")  # fmt: skip
    return Page(entry=codec.entry_from(json.loads(row["entry"])), fetched_at=codec.time_value(row["fetched_at"]),
                **{name: row[name] for name in names})  # fmt: skip
