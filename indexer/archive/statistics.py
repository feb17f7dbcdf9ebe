"""Statistics of the whole archive, from counts and samples: cheap on 100,000 documents.

Reads through a connection of its own, which sees what was last committed and keeps no writer waiting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from indexer.archive import serialization as codec
from indexer.archive.backends import open_database
from indexer.archive.database import Location
from indexer.archive.serialization import placeholders, stored_reason
from indexer.reasons import Reason

MAX_FAILING = 2_000  # pages of one source whose reasons are read
MIN_SAMPLE_DOCUMENTS = 40  # documents of each source in a sample
_TAG = re.compile(r"<[^<>]*>")
_WHITE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class FailingPage:
    """A page whose last attempt failed."""

    source_id: int
    url: str
    failure: Reason
    status: int | None
    gone_count: int
    tried: datetime | None
    last_good: datetime | None  # when the answer that we hold came; None: it was never had


@dataclass(frozen=True, slots=True)
class DocumentSample:
    """What quality checks compare of a document. Lengths in characters of visible text."""

    id: str
    url: str
    title: str
    source_id: int
    language: str
    rule: str
    length: int
    feed_length: int  # of the item's text in the feed
    fingerprint: int  # of the text: the same for the same text, within this process
    has_page: bool  # made of a fetched page, not of the feed's item alone


class ArchiveStatistics:
    """Reads through its own connection; close it, as with `with closing(ArchiveStatistics(path))`."""

    def __init__(self, location: Location) -> None:
        self._database = open_database(location, create=False)

    def close(self) -> None:
        self._database.close()

    def entries(self) -> dict[int, int]:
        """Return the number of pages of each source."""
        return {row[0]: row[1] for row in self._database.rows("SELECT source_id, COUNT(*) FROM pages GROUP BY source_id")}

    def documents(self) -> dict[int, int]:
        """Return the number of documents of each source."""
        sql = "SELECT source_id, COUNT(*) FROM documents WHERE document IS NOT NULL GROUP BY source_id"
        return {row[0]: row[1] for row in self._database.rows(sql) if row[0] is not None}

    def failing(self) -> dict[int, int]:
        """Return the number of failing pages of each source."""
        sql = "SELECT source_id, COUNT(*) FROM pages WHERE failure_code IS NOT NULL GROUP BY source_id"
        return {row[0]: row[1] for row in self._database.rows(sql)}

    def failing_by_reason(self) -> dict[str, int]:
        """Return the number of failing pages of each reason code, the most frequent first. Removed sources do not count."""
        sql = (
            "SELECT p.failure_code, COUNT(*) AS pages FROM pages p JOIN sources s ON s.id = p.source_id AND s.state != 'removed'"
            " WHERE p.failure_code IS NOT NULL GROUP BY p.failure_code ORDER BY pages DESC, p.failure_code"
        )
        return {row[0]: row[1] for row in self._database.rows(sql)}

    def waiting(self) -> int:
        """Return the number of listed pages that have not been fetched yet."""
        return self._database.number("SELECT COUNT(*) FROM pages WHERE fetched_at IS NULL OR entry_hash = ''")

    def failing_pages(self, source_id: int) -> list[FailingPage]:
        rows = self._database.rows(
            "SELECT p.url, p.failure_code, p.failure_facts, p.failed_status, p.gone_count, p.fetched_at, r.fetched_at AS good"
            " FROM pages p LEFT JOIN responses r ON r.id = p.response_id WHERE p.source_id = ?"
            " AND p.failure_code IS NOT NULL LIMIT ?",
            source_id,
            MAX_FAILING,
        )
        return [
            FailingPage(
                source_id,
                row["url"],
                stored_reason(row["failure_code"], row["failure_facts"]) or Reason("other"),
                row["failed_status"],
                row["gone_count"],
                codec.stored_time(row["fetched_at"]),
                codec.stored_time(row["good"]),
            )
            for row in rows
        ]

    def neighbours(self, source_id: int, page_id: str, most: int) -> list[DocumentSample]:
        """Return a page's document, and others of its source."""
        own = [row[0] for row in self._database.rows("SELECT rowid FROM pages WHERE id = ?", page_id)]
        numbers = [
            r[0] for r in self._database.rows("SELECT rowid FROM pages WHERE source_id = ? ORDER BY rowid DESC", source_id)
        ]
        return list(self._unique([*own, *(number for number in _spread(numbers, most) if number not in own)]).values())

    def answered_by(self, address: str) -> str | None:
        """Return the listed address whose last good response came from this one, after redirects."""
        rows = self._database.rows(
            "SELECT p.url FROM responses r JOIN pages p ON p.response_id = r.id WHERE r.url = ? LIMIT 1", address
        )
        return str(rows[0][0]) if rows else None

    def versions(self, url: str) -> list[dict[str, object]]:
        """Return the stored responses of an address, newest first."""
        rows = self._database.rows(
            "SELECT fetched_at, status, url, substr(body_sha256, 1, 12) AS digest FROM responses WHERE requested_url = ?"
            " ORDER BY id DESC LIMIT 20",
            url,
        )
        return [{"at": row["fetched_at"], "status": row["status"], "url": row["url"], "sha256": row["digest"]} for row in rows]

    def sample(self, most: int | None) -> Iterator[list[DocumentSample]]:
        """Yield documents of each source, a list for each: the newest half and others spread over its past.

        `most`: how many of all sources together, but some of each; None for all. Pages that share a document count once.
        """
        counts = self.entries()
        each = None if most is None else max(MIN_SAMPLE_DOCUMENTS, most // max(1, len(counts)))
        for source_id in counts:
            yield list(self._unique(_spread(self._page_numbers(source_id), each)).values())

    def _page_numbers(self, source_id: int) -> list[int]:
        """Return the row numbers of a source's pages, newest first."""
        rows = self._database.rows("SELECT rowid FROM pages WHERE source_id = ? ORDER BY rowid DESC", source_id)
        return [int(row[0]) for row in rows]

    def _unique(self, numbers: list[int]) -> dict[str, DocumentSample]:
        return {one.id: one for part in _parts(numbers) for one in self._sampled(part)}

    def _sampled(self, numbers: list[int]) -> Iterator[DocumentSample]:
        sql = (
            "SELECT d.id, d.url, d.document, p.source_id, p.entry, p.response_id IS NOT NULL AS had FROM pages p"  # noqa: S608  # ours
            " JOIN documents d ON d.id = p.document_id AND d.document IS NOT NULL"
            f" WHERE p.rowid IN ({placeholders(numbers)}) ORDER BY p.rowid"
        )
        for row in self._database.rows(sql, *numbers):
            document, entry = json.loads(row["document"]), json.loads(row["entry"])
            text = document.get("text") or ""
            parts = (entry.get("content_html") or "", entry.get("summary_html") or "")
            yield DocumentSample(
                row["id"],
                row["url"],
                document.get("title") or "",
                row["source_id"],
                document.get("language") or "und",
                document.get("rule") or "",
                len(text),
                max(len(_WHITE.sub(" ", _TAG.sub("", part)).strip()) for part in parts),
                hash(text),
                bool(row["had"]),
            )


def _spread(numbers: list[int], most: int | None) -> list[int]:
    """Return the first half of `most`, and the other half at equal distances from the rest."""
    if most is None or len(numbers) <= most:
        return numbers
    half = most // 2
    rest = numbers[half:]
    return numbers[:half] + [rest[at * len(rest) // (most - half)] for at in range(most - half)]


def _parts(numbers: list[int], size: int = 500) -> Iterable[list[int]]:
    return (numbers[at : at + size] for at in range(0, len(numbers), size))
