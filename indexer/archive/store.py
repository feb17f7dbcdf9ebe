"""The archive: everything ever fetched, what became of it, and a numbered log of changes for the index to follow.

Every method that writes does so in one transaction; `batch` puts several into one. Reading needs no lock (WAL).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from indexer.archive import serialization as codec
from indexer.archive.documents import DocumentTables
from indexer.archive.pages import PageRecord, PageTables, entry_hash, page_from
from indexer.model import Source
from indexer.reasons import Reason, facts_json, stored_reason

__all__ = ["Archive", "PageRecord", "SourceState", "entry_hash", "page_from"]


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
    last_error: Reason | None
    error_since: datetime | None


class Archive(PageTables, DocumentTables):
    """`archive.db` of a data folder. Not to be shared between threads that write."""

    # -- sources -----------------------------------------------------------------------------------------------------

    def add_source(self, source: Source) -> bool:
        """True when it is new, or had been removed; the settings of a known one are brought up to date."""
        with self.batch():
            known = self.find_source(source.url)
            settings = (source.kind, source.language, source.category, source.include, source.exclude, source.keep, source.pdf)
            if known is None:
                into = "INSERT INTO sources (url, name, kind, language, category, include, exclude, keep, pdf)"
                self._do(into + " VALUES (?,?,?,?,?,?,?,?,?)", source.url, source.name, *settings)
                return True
            self._do(
                "UPDATE sources SET name=?, kind=?, language=?, category=?, include=?, exclude=?, keep=?, pdf=?, "
                "state = CASE state WHEN 'removed' THEN 'new' ELSE state END WHERE id=?",
                source.name or known.source.name,
                *settings,
                known.id,
            )
            return known.state == "removed"

    def sources(self, *, removed: bool = False) -> list[SourceState]:
        rows = self._rows("SELECT * FROM sources WHERE state != 'removed' OR ? ORDER BY id", removed)
        return [_source_state(row) for row in rows]

    def source_ids(self) -> set[int]:
        """Of the sources that are crawled; without what else is known of them, which may be long."""
        return {row["id"] for row in self._rows("SELECT id FROM sources WHERE state != 'removed'")}

    def find_source(self, url_or_name: str) -> SourceState | None:
        """By address, else by name."""
        row = self._row("SELECT * FROM sources WHERE url = ?1 OR name = ?1 ORDER BY url != ?1, id", url_or_name)
        return _source_state(row) if row else None

    def remove_source(self, source_id: int) -> None:
        """It keeps its documents; added again it is due at once."""
        self._do(
            "UPDATE sources SET state = 'removed', etag = NULL, last_modified = NULL, next_crawl = NULL, failures = 0,"
            " error_code = NULL, error_facts = NULL, error_since = NULL WHERE id = ?",
            source_id,
        )

    def put_template(self, source_id: int, template: str) -> None:
        self._do("UPDATE sources SET template = ? WHERE id = ?", template, source_id)

    def host_states(self) -> list[dict[str, object]]:
        """How hosts behaved at the end of the last crawl, as `put_host_states` was given it."""
        return [json.loads(row["state"]) for row in self._rows("SELECT state FROM hosts ORDER BY host")]

    def put_host_states(self, states: Mapping[str, Mapping[str, object]]) -> None:
        """By host; replaces what was known of all hosts."""
        with self.batch():
            self._do("DELETE FROM hosts")
            for host, state in states.items():
                self._do("INSERT INTO hosts VALUES (?,?)", host, json.dumps(state))

    def source_crawled(
        self,
        source_id: int,
        now: datetime,
        *,
        next_crawl: datetime,
        error: Reason | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> None:
        """Note how a crawl of a source went. Validators are kept only from crawls that were stored whole."""
        at, later = codec.time_text(now), codec.time_text(next_crawl)
        if error is None:
            self._do(
                "UPDATE sources SET state='ok', last_crawl=?, next_crawl=?, failures=0, error_code=NULL, error_facts=NULL,"
                " error_since=NULL, etag=?, last_modified=? WHERE id=?",
                at,
                later,
                etag,
                last_modified,
                source_id,
            )
        else:
            self._do(
                "UPDATE sources SET state='failing', last_crawl=?, next_crawl=?, failures=failures+1, error_code=?,"
                " error_facts=?, error_since=COALESCE(error_since, ?) WHERE id=?",
                at,
                later,
                error.code,
                facts_json(error),
                at,
                source_id,
            )

    def entries_of(self, source_id: int) -> int:
        return self._number("SELECT COUNT(*) FROM pages WHERE source_id = ?", source_id)

    def documents_of(self, source_id: int) -> int:
        return self._number("SELECT COUNT(*) FROM documents WHERE source_id = ? AND document IS NOT NULL", source_id)

    # -- to forget ---------------------------------------------------------------------------------------------------

    def forget(self, ids: list[str], url: str) -> None:
        """Remove documents, pages and responses for good; only the ids are kept, to know them again."""
        with self.batch():
            for id_ in ids:
                self.remove_document(id_, Reason("forgotten"))
                pages = self._drop_pages("id = ?1 OR document_id = ?1", id_)
                for each in {id_, *pages}:
                    self._do("INSERT OR IGNORE INTO forgotten VALUES (?,?,?)", each, url, codec.time_text(datetime.now(UTC)))

    def drop_documents_of(self, source_id: int) -> int:
        """Remove a source's documents and pages; returns how many documents. Adding it again fetches them again."""
        with self.batch():
            ids = [row[0] for row in self._rows("SELECT id FROM documents WHERE source_id = ?", source_id)]
            dropped = sum(self.remove_document(id_, Reason("source-removed")) for id_ in ids)
            self._drop_pages("source_id = ?1", source_id)
            self._do("DELETE FROM source_memo WHERE source_id = ?", source_id)
        return dropped

    def _drop_pages(self, which: str, value: object) -> list[str]:
        """Remove pages with every answer that their addresses ever gave, not only the latest; returns their ids."""
        with self.batch():
            rows = self._rows(f"SELECT id, response_id, url FROM pages WHERE {which}", value)  # noqa: S608  # two texts, both ours
            for page_id, response_id, url in rows:
                self.drop_page(page_id)
                self._do("DELETE FROM responses WHERE id = ? OR requested_url = ?", response_id, url)
        return [row["id"] for row in rows]

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
        """What SQLite's own check finds, pages whose document is missing, and answers that cannot be read."""
        found = [row[0] for row in self._rows("PRAGMA integrity_check(20)") if row[0] != "ok"]
        lost = self._number(
            "SELECT COUNT(*) FROM pages p LEFT JOIN documents d ON d.id = p.document_id"
            " WHERE p.document_id IS NOT NULL AND d.id IS NULL"
        )
        found += [f"{lost} pages name a document that is not there"] if lost else []
        if not found and (answers := self.unreadable()):
            _, url, why = answers[0]
            many = f"{len(answers):,} stored answers, the first of them that of {url}, cannot be read"
            found.append(f"{many if len(answers) > 1 else f'the stored answer of {url} cannot be read'} ({why})")
        return found

    # -- what people searched ----------------------------------------------------------------------------------------

    def top_queries(self, limit: int) -> list[dict[str, object]]:
        """The most frequent ones; `clickable` are those of the page and the API, where an opening can be noted."""
        rows = self._rows(
            "SELECT query, COUNT(*) AS count, MAX(rowid), total, SUM(opened) AS opened,"  # the latest one's total
            " SUM(channel IN ('page', 'api')) AS clickable FROM queries GROUP BY query ORDER BY count DESC, query LIMIT ?",
            limit,
        )
        return [{name: row[name] for name in ("query", "count", "total", "opened", "clickable")} for row in rows]


def _source_state(row: sqlite3.Row) -> SourceState:
    names = ("url", "name", "kind", "language", "category", "include", "exclude", "keep", "template")
    texts = {name: row[name] for name in names}
    source = Source(**texts, pdf=bool(row["pdf"]))
    return SourceState(
        id=row["id"],
        source=source,
        state=row["state"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        last_crawl=codec.time_value(row["last_crawl"]),
        next_crawl=codec.time_value(row["next_crawl"]),
        failures=row["failures"],
        last_error=stored_reason(row["error_code"], row["error_facts"]),
        error_since=codec.time_value(row["error_since"]),
    )
