"""The URL frontier: which pages of a source wait to be fetched, and where the backfill of its archive goes on.

A page waits if it was never fetched, or if it was listed again since: its `entry_hash` is then NOT_REQUESTED, which no entry has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from indexer.archive.database import Database
from indexer.archive.pages import PageRecord, page_from, select_pages

NOT_REQUESTED = ""
_WAITS = "source_id = ? AND (fetched_at IS NULL OR entry_hash = '') AND url != ''"


class Frontier:
    """The waiting pages of one source, and its backfill cursor (the table `source_memo`)."""

    def __init__(self, database: Database, source_id: int) -> None:
        self._database, self._source_id = database, source_id

    @property
    def cursor(self) -> dict[str, Any] | None:
        """Return where the backfill continues; None before the first one."""
        row = self._database.row("SELECT memo FROM source_memo WHERE source_id = ?", self._source_id)
        try:
            return dict(json.loads(row["memo"])) if row else None
        except (TypeError, ValueError):  # damaged: the backfill begins again
            return None

    @cursor.setter
    def cursor(self, cursor: Mapping[str, Any]) -> None:
        self._database.execute(
            "INSERT INTO source_memo VALUES (?,?) ON CONFLICT (source_id) DO UPDATE SET memo = excluded.memo",
            self._source_id,
            json.dumps(cursor),
        )

    def waiting(self) -> int:
        """Return how many pages wait to be fetched."""
        return self._database.number(f"SELECT COUNT(*) FROM pages WHERE {_WAITS}", self._source_id)  # noqa: S608  # ours

    def next_batch(self, after: int, most: int) -> tuple[list[PageRecord], int]:
        """Return waiting pages after the row `after`, in the order in which they were listed, and the row of the last one."""
        rows = self._database.rows(
            select_pages(f"pages p WHERE {_WAITS} AND p.rowid > ? ORDER BY p.rowid LIMIT ?"),
            self._source_id,
            after,
            most,
        )
        return [page_from(row) for row in rows], int(rows[-1]["n"]) if rows else after

    def sample_urls(self, most: int) -> list[str]:
        """Return addresses of the source's pages, latest first."""
        rows = self._database.rows(
            "SELECT url FROM pages WHERE source_id = ? AND url != '' ORDER BY rowid DESC LIMIT ?", self._source_id, most
        )
        return [str(row["url"]) for row in rows]
