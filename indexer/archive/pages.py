"""The pages: what a source listed, and what became of each address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from operator import attrgetter

from indexer.archive import serialization
from indexer.archive.database import Database, Row
from indexer.archive.serialization import facts_json, placeholders, stored_reason
from indexer.model import Entry
from indexer.reasons import Reason


@dataclass(frozen=True, slots=True)
class PageRecord:
    """An address that a source listed, and what became of it."""

    id: str
    url: str  # "" for an item without an address of its own
    source_id: int
    entry: Entry
    entry_hash: str
    response_id: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    fetched_at: datetime | None = None  # the last attempt, with or without success
    failure: Reason | None = None
    failed_status: int | None = None
    gone_count: int = 0
    document_id: str | None = None
    own_document_id: str | None = None  # the id that its document would have if no other page had the same text
    address: str | None = None  # the address of that document
    extraction_stamp: str | None = None  # version of the extractor and hash of the source's settings
    canonical_note: Reason | None = None  # why it is not at the address that it names


def entry_hash(entry: Entry) -> str:
    """Return a hash of everything that a feed states about an item."""
    return sha256(serialization.to_json(entry).encode("utf-8", "surrogatepass")).hexdigest()


_PLAIN = (
    "id",
    "url",
    "source_id",
    "entry_hash",
    "response_id",
    "etag",
    "last_modified",
    "failed_status",
    "gone_count",
    "document_id",
    "reading",
    "address",
    "made_by",
)  # columns that are stored as they are
_ATTRIBUTES = {"reading": "own_document_id", "made_by": "extraction_stamp"}  # of the columns with other names
_plain_values = attrgetter(*(_ATTRIBUTES.get(name, name) for name in _PLAIN))
_OTHERS = ("entry", "entry_checksum", "guid", "fetched_at", "failure_code", "failure_facts", "remark_code", "remark_facts")
_COLUMNS = (*_PLAIN, *_OTHERS)
_PUT = (
    f"INSERT INTO pages ({', '.join(_COLUMNS)}) VALUES ({placeholders(_COLUMNS)}) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608  # our own names
    + ", ".join(f"{name}=excluded.{name}" for name in _COLUMNS[1:])
)

_SELECTED = ", ".join(
    f"p.{name}"
    for name in (*_PLAIN, "entry_checksum", "fetched_at", "failure_code", "failure_facts", "remark_code", "remark_facts")
)


def select_pages(rest: str) -> str:
    """Return the SQL that reads what `page_from` needs. `rest` follows FROM; the table of pages is called p."""
    return f"SELECT p.rowid AS n, {_SELECTED}, CAST(p.entry AS BLOB) AS stored_entry FROM {rest}"  # noqa: S608  # ours


class Pages:
    """The tables `pages`, `aliases` and `disputed`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, page_id: str) -> PageRecord | None:
        row = self._database.row(select_pages("pages p WHERE p.id = ?"), page_id)
        return page_from(row) if row else None

    def get_many(self, page_ids: Sequence[str]) -> dict[str, PageRecord]:
        """Return the stored ones of these pages, by id. `page_ids` must be few, since each is a parameter of the statement."""
        rows = self._database.rows(select_pages(f"pages p WHERE p.id IN ({placeholders(page_ids)})"), *page_ids)
        return {row["id"]: page_from(row) for row in rows}

    def all(self, source_id: int | None = None) -> Iterator[PageRecord]:
        """Yield pages in the order they were first seen. They are read in batches, so writing meanwhile is safe."""
        last = -1
        of_source = " AND p.source_id = ?2" if source_id is not None else ""
        values = (source_id,) if source_id is not None else ()
        sql = select_pages(f"pages p WHERE p.rowid > ?1{of_source} ORDER BY p.rowid LIMIT 500")
        while rows := self._database.rows(sql, last, *values):
            yield from (page_from(row) for row in rows)
            last = rows[-1]["n"]

    def put(self, page: PageRecord) -> None:
        entry = serialization.to_json(page.entry)
        self._database.execute(
            _PUT,
            *_plain_values(page),
            entry,
            serialization.checksum(entry),
            page.entry.guid,
            serialization.time_text(page.fetched_at),
            page.failure.code if page.failure else None,
            facts_json(page.failure),
            page.canonical_note.code if page.canonical_note else None,
            facts_json(page.canonical_note),
        )

    def put_entry(self, page_id: str, entry: Entry) -> None:
        """Replace a page's entry; the next listing replaces it again."""
        text = serialization.to_json(entry)
        self._database.execute(
            "UPDATE pages SET entry = ?, entry_checksum = ?, entry_hash = '' WHERE id = ?",
            text,
            serialization.checksum(text),
            page_id,
        )

    def forget_lost_documents(self) -> None:
        """Detach the pages that name a missing document."""
        self._database.execute(
            "UPDATE pages SET document_id = NULL, made_by = NULL"
            " WHERE document_id IS NOT NULL AND document_id NOT IN (SELECT id FROM documents)"
        )

    def drop(self, page_id: str) -> None:
        """Remove a page, but not its responses."""
        with self._database.transaction():
            self._database.execute("DELETE FROM pages WHERE id = ?", page_id)
            self._database.execute("DELETE FROM aliases WHERE page_id = ?", page_id)

    def count(self) -> int:
        return self._database.number("SELECT COUNT(*) FROM pages")

    def count_of_source(self, source_id: int) -> int:
        return self._database.number("SELECT COUNT(*) FROM pages WHERE source_id = ?", source_id)

    def outcomes(self, source_id: int) -> list[tuple[str, bool]]:
        """Return the address of each page of a source that was read, and whether it gave a document.

        A page that could not be fetched, or that showed a login for now, tells nothing.
        """
        rows = self._database.rows(
            "SELECT url, document_id FROM pages WHERE source_id = ? AND url <> ''"
            " AND (document_id IS NOT NULL OR response_id IS NOT NULL AND failure_code IS NULL OR failure_code = 'same-text')",
            source_id,
        )
        return [(row["url"], row["document_id"] is not None) for row in rows]

    def damaged(self) -> list[tuple[str, str]]:
        """Return id and URL of the pages whose entry differs from what was stored. Reads all of them."""
        sql = (
            "SELECT rowid AS n, id, CAST(url AS BLOB) AS url, CAST(entry AS BLOB) AS entry, entry_checksum FROM pages"
            " WHERE rowid > ? ORDER BY rowid LIMIT 500"
        )
        damaged, last = [], -1
        while rows := self._database.rows(sql, last):
            for row in rows:
                if serialization.stored_mapping(row["entry"], row["entry_checksum"]) is None:
                    damaged.append((str(row["id"]), bytes(row["url"]).decode("utf-8", "replace")))
            last = rows[-1]["n"]
        return damaged

    # -- pages and documents -----------------------------------------------------------------------------------------

    def of_document(self, document_id: str) -> list[str]:
        """Return the ids of the pages that map to a document, owner first.

        The owner is the page at the document's own URL, otherwise the oldest page whose own extraction yields this id,
        otherwise the oldest. A page that gives nothing any more keeps naming its last document and is left out.
        """
        rows = self._database.rows(
            "SELECT id FROM pages WHERE document_id = ?1 AND reading IS NOT NULL ORDER BY reading != ?1, id != ?1, rowid",
            document_id,
        )
        return [row["id"] for row in rows]

    def claiming(self, document_id: str) -> list[PageRecord]:
        """Return the pages whose own extraction yields this id, oldest first, at most 50."""
        rows = self._database.rows(select_pages("pages p WHERE p.reading = ? ORDER BY p.rowid LIMIT 50"), document_id)
        return [page_from(row) for row in rows]

    def sharing_documents_of(self, source_id: int) -> list[PageRecord]:
        """Return pages of other sources that give documents of this one."""
        rows = self._database.rows(
            select_pages(
                "documents d JOIN pages p ON p.document_id = d.id"
                " WHERE d.source_id = ?1 AND p.source_id != ?1 AND p.reading IS NOT NULL ORDER BY p.rowid"
            ),
            source_id,
        )
        return [page_from(row) for row in rows]

    def move(self, before: str, after: str) -> None:
        """Assign all pages of one document to another one."""
        self._database.execute("UPDATE pages SET document_id = ? WHERE document_id = ?", after, before)

    def with_guid(self, source_id: int, guid: str) -> list[PageRecord]:
        """Return a source's pages whose item has this guid, oldest first, at most 4."""
        rows = self._database.rows(
            select_pages("pages p WHERE p.source_id = ? AND p.guid = ? ORDER BY p.rowid LIMIT 4"), source_id, guid
        )
        return [page_from(row) for row in rows]

    def share_link(self, source_id: int, url: str) -> bool:
        """Return whether a source has listed several items at this address."""
        sql = "SELECT 1 FROM pages WHERE source_id = ? AND url = '' AND address = ?"
        return self._database.row(sql, source_id, url) is not None

    def shared_links(self, source_id: int) -> set[str]:
        """Return the addresses at which a source has listed several items."""
        rows = self._database.rows("SELECT DISTINCT address FROM pages WHERE source_id = ? AND url = ''", source_id)
        return {row["address"] for row in rows if row["address"]}

    def without_document(self) -> list[PageRecord]:
        """Return the pages that name a document which is not there."""
        return [
            page_from(row)
            for row in self._database.rows(
                select_pages(
                    "pages p LEFT JOIN documents d ON d.id = p.document_id WHERE p.document_id IS NOT NULL AND d.id IS NULL"
                )
            )
        ]

    # -- responses and extraction ------------------------------------------------------------------------------------

    def count_with_response(self, source_id: int, most: int) -> int:
        """Return how many of a source's pages have a stored response, counted up to `most`."""
        return self._database.number(
            "SELECT COUNT(*) FROM (SELECT 1 FROM pages WHERE source_id = ? AND response_id IS NOT NULL LIMIT ?) AS part",
            source_id,
            most,
        )

    def failing_of_source(self, source_id: int) -> tuple[int, int]:
        """Return how many of a source's pages failed at their last visit, and how many were visited.

        Removed pages, and those that ask not to be indexed, count as neither.
        """
        row = self._database.row(
            "SELECT COUNT(p.failure_code), COUNT(*) FROM pages p LEFT JOIN visits v ON v.page_id = p.id"
            " WHERE p.source_id = ? AND p.url != '' AND p.fetched_at IS NOT NULL AND v.withdrawn_code IS NULL"
            " AND coalesce(p.failure_code, '') NOT IN ('noindex', 'unavailable-after')",
            source_id,
        )
        assert row is not None  # COUNT always gives a row
        return row[0], row[1]

    def with_other_stamp(self, source_id: int, stamp: str, most: int) -> list[PageRecord]:
        """Return a source's pages that another version or other settings extracted, oldest first."""
        rows = self._database.rows(
            select_pages("pages p WHERE p.source_id = ? AND p.made_by IS NOT ? ORDER BY p.rowid LIMIT ?"), source_id, stamp, most
        )
        return [page_from(row) for row in rows]

    def stamp(self, page_id: str, stamp: str) -> None:
        """Note which version and settings have extracted a page, whatever came of it."""
        self._database.execute("UPDATE pages SET made_by = ? WHERE id = ?", stamp, page_id)

    def mark_for_reassignment(self, page_ids: Iterable[str]) -> None:
        """Mark these pages. The next crawl of their source, or the next re-extraction, assigns them again."""
        with self._database.transaction():
            for page_id in page_ids:
                self._database.execute("UPDATE pages SET made_by = NULL WHERE id = ?", page_id)

    # -- addresses ---------------------------------------------------------------------------------------------------

    def put_aliases(self, page_id: str, keys: Iterable[str]) -> None:
        """Replace the other addresses that lead to a page."""
        new_keys = set(keys)
        stored = {row["key"] for row in self._database.rows("SELECT key FROM aliases WHERE page_id = ?", page_id)}
        if new_keys == stored:
            return
        with self._database.transaction():
            self._database.execute("DELETE FROM aliases WHERE page_id = ?", page_id)
            for key in sorted(new_keys):
                self._database.execute("INSERT INTO aliases VALUES (?, ?)", key, page_id)

    def by_alias(self, key: str) -> list[PageRecord]:
        """Return the pages that an address leads to in addition to their own."""
        sql = select_pages("aliases a JOIN pages p ON p.id = a.page_id WHERE a.key = ? ORDER BY p.rowid")
        return [page_from(row) for row in self._database.rows(sql, key)]

    def dispute(self, key: str, url: str, why: Reason) -> None:
        """Stop trusting pages that name this address as their own."""
        sql = "INSERT INTO disputed (key, url, code, facts) VALUES (?,?,?,?) ON CONFLICT DO NOTHING"
        self._database.execute(sql, key, url, why.code, facts_json(why))

    def disputed(self, key: str) -> Reason | None:
        """Return why pages that name this address as their own are not trusted; None if they are."""
        row = self._database.row("SELECT code, facts FROM disputed WHERE key = ?", key)
        return stored_reason(row["code"], row["facts"]) if row else None


def page_from(row: Row) -> PageRecord:
    """Return the page of a row. A damaged entry is replaced by one that the next listing replaces again."""
    table = serialization.stored_mapping(row["stored_entry"], row["entry_checksum"])
    try:
        entry = serialization.entry_from(table) if table is not None else None
    except (TypeError, ValueError):
        entry = None
    plain = {_ATTRIBUTES.get(name, name): row[name] for name in _PLAIN}
    if entry is None:
        entry, plain["entry_hash"] = Entry(row["url"] or None), ""
    return PageRecord(
        entry=entry,
        fetched_at=serialization.stored_time(row["fetched_at"]),
        failure=stored_reason(row["failure_code"], row["failure_facts"]),
        canonical_note=stored_reason(row["remark_code"], row["remark_facts"]),
        **plain,
    )
