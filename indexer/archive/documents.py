"""The archive's documents: what we understood, with a numbered log of changes for the index to follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from indexer.archive import codec
from indexer.archive.tables import Tables
from indexer.model import Change, Document


class DocumentTables(Tables):
    """The tables `documents` and `history`."""

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
