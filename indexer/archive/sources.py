"""The sources and how their crawls went, and how hosts behaved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from indexer.archive.database import Database, Row
from indexer.archive.serialization import facts_json, stored_reason, stored_time, time_text
from indexer.model import Source
from indexer.reasons import Reason


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source and how its crawls went."""

    id: int
    source: Source
    state: str  # new, ok, partial (most pages fail), failing, asking, removed
    etag: str | None
    last_modified: str | None
    last_crawl: datetime | None
    next_crawl: datetime | None
    failures: int
    last_error: Reason | None
    error_since: datetime | None


class Sources:
    """The table `sources`. A removed source keeps its row, so that its documents keep their source."""

    def __init__(self, database: Database, timezone: str = "") -> None:
        """`timezone`: of all sources, an IANA name."""
        self._database, self._timezone = database, timezone

    def add(self, source: Source) -> bool:
        """Add a source, or update the settings of a known one. Return True when it is new or had been removed."""
        with self._database.transaction():
            state = self.find(source.url)
            texts = (source.kind, source.language, source.category, source.include, source.exclude, source.keep)
            settings = (*texts, source.pdf, source.office, source.every_seconds, "\n".join(source.alternates))
            if state is None:
                columns = "url, name, kind, language, category, include, exclude, keep, pdf, office, every_seconds, alternates"
                into = f"INSERT INTO sources ({columns})"
                self._database.execute(into + " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", source.url, source.name, *settings)
                return True
            self._database.execute(
                "UPDATE sources SET name=?, kind=?, language=?, category=?, include=?, exclude=?, keep=?, pdf=?, office=?, "
                "every_seconds=?, alternates=?, state = CASE state WHEN 'removed' THEN 'new' ELSE state END WHERE id=?",
                source.name or state.source.name,
                *settings,
                state.id,
            )
            return state.state == "removed"

    def all(self, *, removed: bool = False) -> list[SourceState]:
        rows = self._database.rows("SELECT * FROM sources WHERE state != 'removed' OR ? ORDER BY id", removed)
        return [_source_state(row, self._timezone) for row in rows]

    def ids(self) -> set[int]:
        """Return the numbers of the sources that are crawled."""
        return {row["id"] for row in self._database.rows("SELECT id FROM sources WHERE state != 'removed'")}

    def find(self, url_or_name: str) -> SourceState | None:
        """Return the source with this address, otherwise the one with this name."""
        row = self._database.row("SELECT * FROM sources WHERE url = ?1 OR name = ?1 ORDER BY url != ?1, id", url_or_name)
        return _source_state(row, self._timezone) if row else None

    def remove(self, source_id: int) -> None:
        """Mark a source as removed. Its documents stay; if it is added again, it is due immediately."""
        self._database.execute(
            "UPDATE sources SET state = 'removed', etag = NULL, last_modified = NULL, next_crawl = NULL, failures = 0,"
            " error_code = NULL, error_facts = NULL, error_since = NULL WHERE id = ?",
            source_id,
        )

    def put_template(self, source_id: int, template: str) -> None:
        self._database.execute("UPDATE sources SET template = ? WHERE id = ?", template, source_id)

    def make_due_within(self, source_id: int, seconds: int) -> None:
        """Bring the next crawl forward, to at most some seconds after the last one."""
        with self._database.transaction():
            row = self._database.row("SELECT last_crawl FROM sources WHERE id = ?", source_id)
            if last_crawl := stored_time(row["last_crawl"] if row else None):
                due = time_text(last_crawl + timedelta(seconds=seconds))
                self._database.execute("UPDATE sources SET next_crawl = ? WHERE id = ? AND next_crawl > ?", due, source_id, due)

    def record_crawl(
        self,
        source_id: int,
        now: datetime,
        *,
        next_crawl: datetime,
        error: Reason | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        pages_fail: bool = False,
    ) -> None:
        """Note how a crawl of a source went. Validators are kept only from crawls that were stored whole.

        `pages_fail`: the source itself was read, but most of its pages fail; its state is then "partial".
        """
        at, later = time_text(now), time_text(next_crawl)
        if error is None:
            self._database.execute(
                "UPDATE sources SET state=?, last_crawl=?, next_crawl=?, failures=0, error_code=NULL, error_facts=NULL,"
                " error_since=NULL, etag=?, last_modified=? WHERE id=?",
                "partial" if pages_fail else "ok",
                at,
                later,
                etag,
                last_modified,
                source_id,
            )
        else:
            self._database.execute(
                "UPDATE sources SET state='failing', last_crawl=?, next_crawl=?, failures=failures+1, error_code=?,"
                " error_facts=?, error_since=COALESCE(error_since, ?) WHERE id=?",
                at,
                later,
                error.code,
                facts_json(error),
                at,
                source_id,
            )


class Hosts:
    """The table `hosts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[dict[str, object]]:
        """Return how hosts behaved at the end of the last crawl, as `put` stored it."""
        return [state for row in self._database.rows("SELECT state FROM hosts ORDER BY host") if (state := _json(row["state"]))]

    def put(self, states: Mapping[str, Mapping[str, object]]) -> None:
        """Replace the states of all hosts. `states`: by host."""
        with self._database.transaction():
            self._database.execute("DELETE FROM hosts")
            for host, state in states.items():
                self._database.execute("INSERT INTO hosts VALUES (?,?)", host, json.dumps(state))


def _source_state(row: Row, timezone: str) -> SourceState:
    names = ("url", "name", "kind", "language", "category", "include", "exclude", "keep", "template")
    texts = {name: row[name] for name in names}
    if texts["template"] and _json(texts["template"]) is None:
        texts["template"] = ""
    alternates = tuple(row["alternates"].split())
    source = Source(
        **texts,
        pdf=bool(row["pdf"]),
        office=bool(row["office"]),
        every_seconds=row["every_seconds"],
        alternates=alternates,
        timezone=timezone,
    )
    return SourceState(
        id=row["id"],
        source=source,
        state=row["state"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        last_crawl=stored_time(row["last_crawl"]),
        next_crawl=stored_time(row["next_crawl"]),
        failures=row["failures"],
        last_error=stored_reason(row["error_code"], row["error_facts"]),
        error_since=stored_time(row["error_since"]),
    )


def _json(stored: str) -> dict[str, object] | None:
    """Return a stored JSON object; None when it is damaged: the crawl learns it again."""
    try:
        table = json.loads(stored)
    except ValueError:
        return None
    return table if isinstance(table, dict) else None


# -- history ------------------------------------------------------------------------------------------------------------
# How the last crawls of each source went, and how many documents there were on each day. Both tables have a maximum of rows, so
# that years of crawls do not fill the disk.
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
