"""How the last crawls of each source went, and how many documents there were on each day.

Both tables have a maximum of rows, so that years of crawls do not fill the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from indexer.archive.database import Database
from indexer.archive.serialization import stored_reason, stored_time, time_text
from indexer.reasons import Reason

MAX_CRAWLS_PER_SOURCE: Final = 30
MAX_DOCUMENT_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class CrawlCounts:
    """What one crawl of a source did: documents added, changed and removed, and pages that failed."""

    added: int
    changed: int
    removed: int
    failed: int


@dataclass(frozen=True, slots=True)
class PastCrawl:
    """One crawl of a source. `state`: of the source after it, "ok", "partial" or "failing"."""

    at: datetime
    state: str
    error: Reason | None
    counts: CrawlCounts


class CrawlHistory:
    """The tables `crawls` and `document_days`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, source_id: int, at: datetime, counts: CrawlCounts) -> None:
        """Add a crawl with the state that its source has now, and delete the oldest ones above the maximum."""
        with self._database.transaction():
            self._database.execute("DELETE FROM crawls WHERE source_id = ? AND at = ?", source_id, time_text(at))
            self._database.execute(
                "INSERT INTO crawls (source_id, at, state, error_code, error_facts, added, changed, removed, failed)"
                " SELECT id, ?, state, error_code, error_facts, ?, ?, ?, ? FROM sources WHERE id = ?",
                *(time_text(at), counts.added, counts.changed, counts.removed, counts.failed, source_id),
            )
            self._database.execute(
                "DELETE FROM crawls WHERE source_id = ? AND at NOT IN"
                " (SELECT at FROM crawls WHERE source_id = ? ORDER BY at DESC LIMIT ?)",
                *(source_id, source_id, MAX_CRAWLS_PER_SOURCE),
            )

    def by_source(self) -> dict[int, list[PastCrawl]]:
        """Return the last crawls of each source, oldest first."""
        crawls: dict[int, list[PastCrawl]] = {}
        for row in self._database.rows("SELECT * FROM crawls ORDER BY source_id, at"):
            if at := stored_time(row["at"]):
                counts = CrawlCounts(row["added"], row["changed"], row["removed"], row["failed"])
                error = stored_reason(row["error_code"], row["error_facts"])
                crawls.setdefault(row["source_id"], []).append(PastCrawl(at, row["state"], error, counts))
        return crawls

    def record_documents(self, now: datetime, documents: int) -> None:
        """Store the number of documents of a day. The last number of the day counts."""
        day = now.strftime("%Y-%m-%d")
        with self._database.transaction():
            self._database.execute("DELETE FROM document_days WHERE day = ?", day)
            self._database.execute("INSERT INTO document_days (day, documents) VALUES (?, ?)", day, documents)
            self._database.execute(
                "DELETE FROM document_days WHERE day NOT IN (SELECT day FROM document_days ORDER BY day DESC LIMIT ?)",
                MAX_DOCUMENT_DAYS,
            )

    def documents_by_day(self) -> dict[str, int]:
        """Return the number of documents at the end of each day with a crawl, oldest first."""
        return {row["day"]: row["documents"] for row in self._database.rows("SELECT * FROM document_days ORDER BY day")}
