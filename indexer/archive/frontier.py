"""What a source's past is known to hold: where the walk through it goes on, and which of its pages wait to be asked for.

A page waits when it was never asked for, or was listed anew since: its `entry_hash` is NOT_ASKED then, which is no entry's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from indexer.archive.store import Archive, PageRecord, page_from

NOT_ASKED = ""
_WAITS = "source_id = ? AND (fetched_at IS NULL OR entry_hash = '') AND url != ''"


class Frontier:
    """The listed pages of one source. (A part of the archive like `Archive` itself, hence its look behind that.)"""

    def __init__(self, archive: Archive, source_id: int) -> None:
        self._archive, self._source_id = archive, source_id

    @property
    def memo(self) -> dict[str, Any] | None:
        row = self._archive._row("SELECT memo FROM source_memo WHERE source_id = ?", self._source_id)
        return dict(json.loads(row["memo"])) if row else None

    @memo.setter
    def memo(self, memo: Mapping[str, Any]) -> None:
        self._archive._do(
            "INSERT INTO source_memo VALUES (?,?) ON CONFLICT (source_id) DO UPDATE SET memo = excluded.memo",
            self._source_id,
            json.dumps(memo),
        )

    def waiting(self) -> int:
        """How many pages wait to be asked for."""
        return self._archive._number(f"SELECT COUNT(*) FROM pages WHERE {_WAITS}", self._source_id)  # noqa: S608  # ours

    def some_waiting(self, after: int, most: int) -> tuple[list[PageRecord], int]:
        """Pages that wait, in the order in which they were listed, behind the row `after`; and the last one's row."""
        rows = self._archive._rows(
            f"SELECT rowid AS n, * FROM pages WHERE {_WAITS} AND rowid > ? ORDER BY rowid LIMIT ?",  # noqa: S608  # ours
            self._source_id,
            after,
            most,
        )
        return [page_from(row) for row in rows], int(rows[-1]["n"]) if rows else after

    def some_urls(self, most: int) -> list[str]:
        """Addresses of pages that the source has, the latest first."""
        rows = self._archive._rows(
            "SELECT url FROM pages WHERE source_id = ? AND url != '' ORDER BY rowid DESC LIMIT ?", self._source_id, most
        )
        return [str(row["url"]) for row in rows]
