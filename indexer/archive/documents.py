"""The documents: what extraction made of the pages, with a numbered log of changes for the index to follow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from indexer.archive import serialization
from indexer.archive.database import Database, Row
from indexer.archive.serialization import facts_json, placeholders, stored_reason
from indexer.model import Change, Document
from indexer.reasons import Reason
from indexer.urls import document_id, url_form_key

_COUNT = "(SELECT COUNT(*) FROM (SELECT 1 FROM sketches WHERE value = ? LIMIT ?) AS s)"

_DOCUMENT = "id, CAST(url AS BLOB) AS url, CAST(document AS BLOB) AS document, checksum"
OnDamage = Callable[[str, str], None]  # id and URL of a damaged document


def _ignore(id_: str, url: str) -> None:
    """Report nothing: `check` names damaged documents."""


@dataclass(frozen=True, slots=True)
class DatedChange:
    """A change of the archive, and when it was made (ISO 8601 in UTC)."""

    change: Change
    changed_at: str


class Documents:
    """The tables `documents`, `history` and `sketches`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        document: Document,
        source_id: int | None,
        extractor: int,
        why: Reason | None = None,
        minhash: Iterable[int] | None = None,
    ) -> bool:
        """Store a document as the next change; False (and no change) when it is what is stored already.

        `minhash`: the hashes by which documents of the same text find one another.
        """
        text = serialization.to_json(document)
        with self._database.transaction():
            row = self._database.row(
                "SELECT CAST(document AS BLOB) AS document, checksum FROM documents WHERE id = ?", document.id
            )
            data = text.encode("utf-8", "surrogatepass")
            stored = row is None or row["document"] != data or row["checksum"] != serialization.checksum(data)
            if stored:
                self._change(document.id, document.url, source_id, text, extractor, why or Reason("changed" if row else "new"))
            if minhash is not None:
                self._put_minhash(document.id, set(minhash), is_new=row is None)
        return stored

    def _put_minhash(self, document_id: str, values: set[int], *, is_new: bool = False) -> None:
        sql = "SELECT value FROM sketches WHERE document_id = ?"
        stored = set() if is_new else {row["value"] for row in self._database.rows(sql, document_id)}
        if stored == values:
            return
        if surplus := [(value, document_id) for value in stored - values]:
            self._database.execute_many("DELETE FROM sketches WHERE value = ? AND document_id = ?", surplus)
        rows = [(value, document_id) for value in values - stored]  # of a document that was lost, some may be left
        self._database.execute_many("INSERT INTO sketches VALUES (?, ?) ON CONFLICT DO NOTHING", rows)

    def sharing_hashes(self, values: Sequence[int], *, max_documents: int, min_share: float, most: int) -> list[str]:
        """Return the documents whose MinHash sketches share hashes with these, at most `most`, those with most of them first.

        Hashes that `max_documents` or more have do not count. Of the others, `min_share` must be shared. The database counts: in
        a collection whose texts share passages, five hundred rows were read for each page.
        """
        values = list(dict.fromkeys(values))
        if not values:
            return []
        each = (part for value in values for part in (value, max_documents))
        columns = ", ".join(f"{_COUNT} AS count{number}" for number in range(len(values)))
        counts = self._database.rows(f"SELECT {columns}", *each)[0]
        rare = [(value, count) for value, count in zip(values, counts, strict=True) if count < max_documents]
        least = max(1, math.ceil(min_share * len(rare)))
        if sum(count > 0 for _, count in rare) < least:
            return []
        sketches = " UNION ALL ".join(["SELECT document_id FROM sketches WHERE value = ?"] * len(rare))
        rows = self._database.rows(
            f"SELECT document_id FROM ({sketches}) AS s GROUP BY document_id HAVING COUNT(*) >= ?"  # noqa: S608  # ours
            " ORDER BY COUNT(*) DESC, document_id LIMIT ?",
            *(value for value, _ in rare),
            least,
            most,
        )
        return [row["document_id"] for row in rows]

    def at_other_forms_of(self, url: str, most: int = 8) -> list[str]:
        """Return the documents at other forms of this address (AMP, print, www), at most `most`."""
        rows = self._database.rows(
            "SELECT id FROM documents WHERE twin = ? AND document IS NOT NULL ORDER BY id LIMIT ?", url_form_key(url), most
        )
        return [row["id"] for row in rows]

    def remove(self, document_id: str, why: Reason) -> bool:
        """Replace a document by a tombstone, as the next change; return False if no document has this id."""
        with self._database.transaction():
            row = self._database.row("SELECT * FROM documents WHERE id = ? AND document IS NOT NULL", document_id)
            if row is None:
                return False
            self._change(document_id, row["url"], row["source_id"], None, row["extractor"], why)
            self._put_minhash(document_id, set())
        return True

    def _change(self, id_: str, url: str, source_id: int | None, text: str | None, extractor: int, why: Reason) -> None:
        now = serialization.time_text(datetime.now(UTC))
        self._database.execute("UPDATE counter SET value = value + 1 WHERE name = 'change'")
        self._database.execute(
            "INSERT INTO documents"
            " (id, url, source_id, document, extractor, change, changed_at, why_code, why_facts, twin, checksum)"
            " VALUES (?,?,?,?,?,(SELECT value FROM counter WHERE name = 'change'),?,?,?,?,?)"
            " ON CONFLICT (id) DO UPDATE SET url=excluded.url, source_id=excluded.source_id, document=excluded.document,"
            " extractor=excluded.extractor, change=excluded.change, changed_at=excluded.changed_at, why_code=excluded.why_code,"
            " why_facts=excluded.why_facts,"
            " twin=excluded.twin, checksum=excluded.checksum",
            id_,
            url,
            source_id,
            text,
            extractor,
            now,
            why.code,
            facts_json(why),
            url_form_key(url) if url else None,
            serialization.checksum(text),
        )
        self._database.execute(
            "INSERT INTO history (document_id, at, code, facts) VALUES (?,?,?,?)", id_, now, why.code, facts_json(why)
        )

    def changes_since(self, number: int, on_damage: OnDamage = _ignore) -> Iterator[Change]:
        """Yield the latest change of each document after `number`, in order; tombstones included.

        A damaged document is left out. `on_damage` gets its id and its URL.
        """
        sql = f"SELECT {_DOCUMENT}, change FROM documents WHERE change > ? ORDER BY change LIMIT 500"  # noqa: S608  # ours
        while rows := self._database.rows(sql, number):
            for row in rows:
                if row["document"] is None:
                    yield Change(row["change"], row["id"], None)
                elif (document := _document(row)) is not None:
                    yield Change(row["change"], row["id"], document)
                else:
                    on_damage(_text(row["id"]), _text(row["url"]))
            number = rows[-1]["change"]

    def latest_changes(self, since: int, before: int, limit: int) -> list[DatedChange]:
        """Return the latest change of each document with a number between these two, newest first. Damaged ones are left out."""
        sql = (
            f"SELECT {_DOCUMENT}, change, changed_at FROM documents WHERE change > ? AND change < ? ORDER BY change DESC LIMIT ?"  # noqa: S608  # ours
        )
        dated = []
        for row in self._database.rows(sql, since, before, limit):
            document = None if row["document"] is None else _document(row)
            if row["document"] is None or document is not None:
                dated.append(DatedChange(Change(row["change"], _text(row["id"]), document), row["changed_at"]))
        return dated

    def all(self, on_damage: OnDamage = _ignore) -> Iterator[Document]:
        """Yield every document in the order of its latest change."""
        return (change.document for change in self.changes_since(-1, on_damage) if change.document is not None)

    def damaged(self) -> list[tuple[str, str]]:
        """Return id and URL of the documents that differ from what was stored. Reads all of them."""
        damaged: list[tuple[str, str]] = []
        for _ in self.changes_since(-1, lambda id_, url: damaged.append((id_, url))):
            pass
        return damaged

    def get(self, document_id: str) -> Document | None:
        """Return a document; None if there is none, or only a damaged one."""
        row = self._database.row(f"SELECT {_DOCUMENT} FROM documents WHERE id = ? AND document IS NOT NULL", document_id)  # noqa: S608  # ours
        return _document(row) if row else None

    def count(self) -> int:
        return self._database.number("SELECT COUNT(*) FROM documents WHERE document IS NOT NULL")

    def count_of_source(self, source_id: int) -> int:
        return self._database.number("SELECT COUNT(*) FROM documents WHERE source_id = ? AND document IS NOT NULL", source_id)

    def ids_of_source(self, source_id: int) -> list[str]:
        """Return the ids of a source's documents and tombstones."""
        return [str(row["id"]) for row in self._database.rows("SELECT id FROM documents WHERE source_id = ?", source_id)]

    def source_of(self, document_id: str) -> int | None:
        """Return the number of the source that a document or tombstone belongs to."""
        row = self._database.row("SELECT source_id FROM documents WHERE id = ?", document_id)
        return int(row[0]) if row and row[0] is not None else None

    def extractor_of(self, document_id: str) -> int | None:
        """Return the version of the extractor that made a document; None if there is no such document."""
        row = self._database.row("SELECT extractor FROM documents WHERE id = ? AND document IS NOT NULL", document_id)
        return int(row[0]) if row else None

    def find(self, url: str) -> str | None:
        """Return the id of the document or tombstone that an address leads to: its own, its page's, or that of an alias."""
        key = document_id(url)
        for sql in (
            "SELECT id FROM documents WHERE document IS NOT NULL AND (id IN (?1, ?2) OR url = ?1)",
            "SELECT document_id FROM pages WHERE (id = ?2 OR url = ?1) AND document_id IS NOT NULL ORDER BY id != ?2",
            "SELECT id FROM documents WHERE id IN (?1, ?2) OR url = ?1",
            "SELECT p.document_id FROM pages p WHERE p.reading = ?2 AND document_id IS NOT NULL",
            "SELECT p.document_id FROM aliases a JOIN pages p ON p.id = a.page_id WHERE a.key = ?2 AND p.document_id IS NOT NULL",
        ):
            if row := self._database.row(sql, url, key):
                return str(row[0])
        return None

    # -- ids that are never fetched again ----------------------------------------------------------------------------

    def is_forgotten(self, id_: str) -> bool:
        """Return whether the operator had a document or page removed for good."""
        return self._database.row("SELECT 1 FROM forgotten WHERE id = ?", id_) is not None

    def forgotten_among(self, ids: Sequence[str]) -> set[str]:
        """Return which of some ids the operator had removed for good."""
        rows = self._database.rows(f"SELECT id FROM forgotten WHERE id IN ({placeholders(ids)})", *ids)  # noqa: S608  # ours
        return {row["id"] for row in rows}

    def forgotten(self) -> list[dict[str, str]]:
        """Return what was forgotten: id, URL and when."""
        rows = self._database.rows("SELECT id, url, at FROM forgotten ORDER BY at, id")
        return [{name: str(row[name]) for name in ("id", "url", "at")} for row in rows]

    def put_forgotten(self, id_: str, url: str, at: datetime | None = None) -> None:
        """Record that an id is never fetched again. `at`: when the operator decided so, otherwise now."""
        moment = serialization.time_text(at or datetime.now(UTC))
        self._database.execute("INSERT INTO forgotten VALUES (?,?,?) ON CONFLICT DO NOTHING", id_, url, moment)

    # -- the numbered log --------------------------------------------------------------------------------------------

    def move_change_number(self, number: int) -> None:
        """Let the next change have a number after this one, so that an index at this position applies it."""
        self._database.execute("UPDATE counter SET value = max(value, ?) WHERE name = 'change'", number)

    @property
    def last_change(self) -> int:
        return self._database.number("SELECT value FROM counter WHERE name = 'change'")

    def pending(self, position: int) -> int:
        """Return how many documents have changed after `position`."""
        return self._database.number("SELECT COUNT(*) FROM documents WHERE change > ?", position)

    def history(self, document_id: str) -> list[tuple[str, Reason]]:
        """Return what happened to a document and when, oldest first."""
        rows = self._database.rows("SELECT at, code, facts FROM history WHERE document_id = ? ORDER BY at, rowid", document_id)
        return [(row["at"], stored_reason(row["code"], row["facts"]) or Reason("other")) for row in rows]

    def replace_history(self, document_id: str, history: Iterable[tuple[str, Reason]]) -> None:
        """Replace what happened to a document, as when it is imported with its history."""
        with self._database.transaction():
            self._database.execute("DELETE FROM history WHERE document_id = ?", document_id)
            self._database.execute_many(
                "INSERT INTO history (document_id, at, code, facts) VALUES (?,?,?,?)",
                [(document_id, at, why.code, facts_json(why)) for at, why in history],
            )

    def inherit_history(self, heir: str, before: str) -> None:
        """Add the history of a document to that of the document that replaces it."""
        self._database.execute(
            "INSERT INTO history (document_id, at, code, facts) SELECT ?1, at, code, facts FROM history AS h"
            " WHERE document_id = ?2 AND NOT EXISTS (SELECT 1 FROM history"
            " WHERE document_id = ?1 AND at = h.at AND code = h.code AND facts IS h.facts)"
            " ORDER BY at, rowid",
            heir,
            before,
        )


def _document(row: Row) -> Document | None:
    table = serialization.stored_mapping(row["document"], row["checksum"])
    try:
        return serialization.document_from(table) if table is not None else None
    except (TypeError, ValueError):
        return None


def _text(stored: str | bytes) -> str:
    return stored.decode("utf-8", "replace") if isinstance(stored, bytes) else str(stored)
