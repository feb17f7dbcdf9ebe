"""The archive's pages and responses: what a source listed, what the web answered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from indexer.archive import compression as packing
from indexer.archive import serialization as codec
from indexer.archive.transactions import Tables
from indexer.errors import ArchiveDamaged
from indexer.model import Entry, Response
from indexer.reasons import Reason, facts_json, stored_reason


@dataclass(frozen=True, slots=True)
class PageRecord:
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
    failure: Reason | None = None
    failed_status: int | None = None
    gone_count: int = 0
    document_id: str | None = None
    reading: str | None = None  # the id that its document would have if no other page had the same text
    address: str | None = None  # the address of that
    made_by: str | None = None  # version of the extractor and hash of the source's settings
    remark: Reason | None = None  # why it is not at the address that it names


def entry_hash(entry: Entry) -> str:
    return sha256(codec.to_json(entry).encode("utf-8", "surrogatepass")).hexdigest()


VERSIONS_KEPT = 5  # answers of one address, the latest one among them
_DROP_OLD_VERSIONS = """
    DELETE FROM responses WHERE requested_url = ?1 AND NOT EXISTS (SELECT 1 FROM pages WHERE response_id = responses.id)
    AND id NOT IN (SELECT id FROM responses WHERE requested_url = ?1 ORDER BY id DESC LIMIT ?2)"""
_COLUMNS = (
    "id",
    "url",
    "source_id",
    "entry",
    "entry_hash",
    "response_id",
    "etag",
    "last_modified",
    "fetched_at",
    "failure_code",
    "failure_facts",
    "failed_status",
    "gone_count",
    "document_id",
    "guid",
    "reading",
    "address",
    "made_by",
    "remark_code",
    "remark_facts",
)
_PUT_PAGE = " ".join(
    (
        "INSERT INTO pages (",
        ", ".join(_COLUMNS),
        ") VALUES (",
        ", ".join("?" * len(_COLUMNS)),
        ") ON CONFLICT (id) DO UPDATE SET",
        ", ".join(f"{name}=excluded.{name}" for name in _COLUMNS[1:]),
    )
)


class PageTables(Tables):
    """The tables `pages`, `responses` and `dictionaries`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._dictionaries: dict[int, bytes] = {}

    def page(self, page_id: str) -> PageRecord | None:
        row = self._row("SELECT * FROM pages WHERE id = ?", page_id)
        return page_from(row) if row else None

    def pages(self, source_id: int | None = None) -> Iterator[PageRecord]:
        """In the order they were first seen; read in batches, so that writing meanwhile is safe."""
        last = -1
        while rows := self._rows(
            "SELECT rowid AS n, * FROM pages WHERE rowid > ?1 AND (?2 IS NULL OR source_id = ?2) ORDER BY rowid LIMIT 500",
            last,
            source_id,
        ):
            yield from (page_from(row) for row in rows)
            last = rows[-1]["n"]

    def givers(self, document_id: str) -> list[str]:
        """The pages that give this document; it is the first one's: the page that reads so by itself and is at its own address,
        else the eldest that reads so, else the eldest. (A page that gives nothing any more still names what it gave last.)"""
        rows = self._rows(
            "SELECT id FROM pages WHERE document_id = ?1 AND reading IS NOT NULL ORDER BY reading != ?1, id != ?1, rowid",
            document_id,
        )
        return [row["id"] for row in rows]

    def claimants(self, reading: str) -> list[PageRecord]:
        """The pages that read as a document by themselves, the eldest first; 50 at most."""
        rows = self._rows("SELECT * FROM pages WHERE reading = ? ORDER BY rowid LIMIT 50", reading)
        return [page_from(row) for row in rows]

    def with_guid(self, source_id: int, guid: str) -> list[PageRecord]:
        """A source's pages whose item has this guid, the eldest first; 4 at most."""
        rows = self._rows("SELECT * FROM pages WHERE source_id = ? AND guid = ? ORDER BY rowid LIMIT 4", source_id, guid)
        return [page_from(row) for row in rows]

    def pages_with_answer(self, source_id: int, most: int) -> int:
        """How many of a source's pages have a stored answer, counted up to `most`."""
        return self._number(
            "SELECT COUNT(*) FROM (SELECT 1 FROM pages WHERE source_id = ? AND response_id IS NOT NULL LIMIT ?)", source_id, most
        )

    def pages_of(self, response_id: int) -> list[str]:
        """The pages whose answer this is."""
        return [row["id"] for row in self._rows("SELECT id FROM pages WHERE response_id = ?", response_id)]

    def made_otherwise(self, source_id: int, made_by: str, most: int) -> list[PageRecord]:
        """A source's pages that were read by another version or with other settings, the eldest first."""
        rows = self._rows(
            "SELECT * FROM pages WHERE source_id = ? AND made_by IS NOT ? ORDER BY rowid LIMIT ?", source_id, made_by, most
        )
        return [page_from(row) for row in rows]

    def mark_made_by(self, page_id: str, made_by: str) -> None:
        """Note that a page has been read so, whatever came of it."""
        self._do("UPDATE pages SET made_by = ? WHERE id = ?", made_by, page_id)

    def shares_link(self, source_id: int, url: str) -> bool:
        """Whether a source has had several items at this address."""
        return self._row("SELECT 1 FROM pages WHERE source_id = ? AND url = '' AND address = ?", source_id, url) is not None

    def put_page(self, page: PageRecord) -> None:
        self._do(
            _PUT_PAGE,
            page.id,
            page.url,
            page.source_id,
            codec.to_json(page.entry),
            page.entry_hash,
            page.response_id,
            page.etag,
            page.last_modified,
            codec.time_text(page.fetched_at),
            page.failure.code if page.failure else None,
            facts_json(page.failure),
            page.failed_status,
            page.gone_count,
            page.document_id,
            page.entry.guid,
            page.reading,
            page.address,
            page.made_by,
            page.remark.code if page.remark else None,
            facts_json(page.remark),
        )

    def heirs_of(self, source_id: int) -> list[PageRecord]:
        """Pages of other sources that give documents of this one."""
        rows = self._rows(
            "SELECT p.* FROM documents d JOIN pages p ON p.document_id = d.id"
            " WHERE d.source_id = ?1 AND p.source_id != ?1 AND p.reading IS NOT NULL ORDER BY p.rowid",
            source_id,
        )
        return [page_from(row) for row in rows]

    def move_pages(self, before: str, after: str) -> None:
        """All pages that give one document give another one from now on."""
        self._do("UPDATE pages SET document_id = ? WHERE document_id = ?", after, before)

    def drop_page(self, page_id: str) -> None:
        """Remove a page, but not the answers that it gave."""
        with self.batch():
            self._do("DELETE FROM pages WHERE id = ?", page_id)
            self._do("DELETE FROM aliases WHERE page_id = ?", page_id)

    def put_aliases(self, page_id: str, keys: Iterable[str]) -> None:
        """The other addresses that lead to a page, in place of those before."""
        wanted = set(keys)
        known = {row["key"] for row in self._rows("SELECT key FROM aliases WHERE page_id = ?", page_id)}
        if wanted == known:
            return
        with self.batch():
            self._do("DELETE FROM aliases WHERE page_id = ?", page_id)
            for key in sorted(wanted):
                self._do("INSERT INTO aliases VALUES (?, ?)", key, page_id)

    def pages_by_alias(self, key: str) -> list[PageRecord]:
        """The pages that an address leads to beside their own."""
        rows = self._rows("SELECT p.* FROM aliases a JOIN pages p ON p.id = a.page_id WHERE a.key = ? ORDER BY p.rowid", key)
        return [page_from(row) for row in rows]

    def dispute(self, key: str, url: str, why: Reason) -> None:
        """Nobody is to be believed any more who names this address as its own."""
        self._do("INSERT OR IGNORE INTO disputed (key, url, code, facts) VALUES (?,?,?,?)", key, url, why.code, facts_json(why))

    def disputed(self, key: str) -> Reason | None:
        """Why nobody is believed who names an address as its own; None if they are."""
        row = self._row("SELECT code, facts FROM disputed WHERE key = ?", key)
        return stored_reason(row["code"], row["facts"]) if row else None

    def put_response(
        self, response: Response, before: int | None = None, packed: bytes | None = None, source_id: int | None = None
    ) -> int:
        """Store an answer; returns its number. Of each address the last `VERSIONS_KEPT` are kept. When the answer `before` had
        the same body, it is brought up to date instead: most servers give no validators, and a page asked every week would be
        kept every week. (Its body is written again, which mends one that cannot be read.) `packed`: the body, when somebody has
        packed it already; else it is packed for `source_id`."""
        digest, at = sha256(response.body).hexdigest(), codec.time_text(response.fetched_at or datetime.now(UTC))
        with self.batch():
            headers = json.dumps(dict(response.headers))
            body = packed or packing.pack(response.body, self.dictionary(source_id) if source_id is not None else b"")
            if before is not None and self._do(
                "UPDATE responses SET status=?, headers=?, fetched_at=?, permanent_url=?, body=? WHERE id=? AND url=?"
                " AND body_sha256=?",
                response.status,
                headers,
                at,
                response.permanent_url,
                body,
                before,
                response.url,
                digest,
            ):
                return before
            cursor = self._db.execute(
                "INSERT INTO responses (url, requested_url, status, headers, body, body_sha256, fetched_at, permanent_url)"
                " VALUES (?,?,?,?,?,?,?,?)",
                (response.url, response.requested_url, response.status, headers, body, digest, at, response.permanent_url),
            )
            self._do(_DROP_OLD_VERSIONS, response.requested_url, VERSIONS_KEPT)
            return int(cursor.lastrowid or 0)

    def response(self, response_id: int) -> Response | None:
        row = self._row("SELECT * FROM responses WHERE id = ?", response_id)
        if row is None:
            return None
        return Response(
            url=row["url"],
            requested_url=row["requested_url"],
            status=row["status"],
            headers=json.loads(row["headers"]),
            body=packing.unpack(row["body"], self._dictionary_numbered),
            fetched_at=codec.time_value(row["fetched_at"]),
            permanent_url=row["permanent_url"],
        )

    def dictionary(self, source_id: int) -> bytes:
        """What a source's answers are packed with; b"" as long as it has learnt none."""
        if source_id not in self._dictionaries:
            row = self._row("SELECT body FROM dictionaries WHERE source_id = ?", source_id)
            self._dictionaries[source_id] = bytes(row["body"]) if row else b""
        return self._dictionaries[source_id]

    def learn_dictionary(self, source_id: int, bodies: Iterable[bytes]) -> None:
        """Train a source's dictionary, unless it has one."""
        if self.dictionary(source_id) or not (found := packing.trained(bodies)):
            return
        number = packing.number_of(found)
        if self._row("SELECT 1 FROM dictionaries WHERE id = ? AND body != ?", number, found) is None:  # one chance in 2^31
            self._do("INSERT INTO dictionaries VALUES (?,?,?)", source_id, number, found)
            self._dictionaries[source_id] = found

    def _dictionary_numbered(self, number: int) -> bytes:
        row = self._row("SELECT body FROM dictionaries WHERE id = ?", number)
        if row is None:
            raise ArchiveDamaged(f"{self.path}: the dictionary {number} that answers were packed with is lost")
        return bytes(row["body"])

    def unreadable(self) -> list[tuple[int, str, str]]:
        """The stored answers that are not what was stored: the number, the address, and why. Reads them all."""
        found = []
        for (number,) in self._rows("SELECT id FROM responses ORDER BY id"):
            for row in self._rows("SELECT requested_url, body, body_sha256 FROM responses WHERE id = ?", number):
                try:
                    same = sha256(packing.unpack(row["body"], self._dictionary_numbered)).hexdigest() == row["body_sha256"]
                    why = "" if same else "it is another than the one that was stored"
                except ArchiveDamaged as error:
                    why = error.message
                if why:
                    found.append((number, str(row["requested_url"]), why))
        return found

    def responses(self) -> Iterator[Response]:
        """Every stored answer, in the order they came."""
        last = 0
        while rows := self._rows("SELECT id FROM responses WHERE id > ? ORDER BY id LIMIT 500", last):
            yield from (found for row in rows if (found := self.response(row["id"])))
            last = rows[-1]["id"]


def page_from(row: sqlite3.Row) -> PageRecord:
    names = (
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
    )
    return PageRecord(
        entry=codec.entry_from(json.loads(row["entry"])),
        fetched_at=codec.time_value(row["fetched_at"]),
        failure=stored_reason(row["failure_code"], row["failure_facts"]),
        remark=stored_reason(row["remark_code"], row["remark_facts"]),
        **{name: row[name] for name in names},
    )
