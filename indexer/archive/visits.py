"""Store visits, listings and removals: how pages and feeds have changed so far, and what will be removed from the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from indexer.archive.database import Database, Row
from indexer.archive.pages import PageRecord, page_from, select_pages
from indexer.archive.serialization import facts_json, placeholders, stored_reason, stored_time, time_text, time_value
from indexer.reasons import Reason


@dataclass(frozen=True, slots=True)
class ChangeHistory:
    """How often something has changed between visits. Old visits count less (see `crawl.revisit_policy`)."""

    visits: float = 0.0
    changes: float = 0.0  # the visits that found it changed
    days: float = 0.0  # between the first visit and the last


@dataclass(frozen=True, slots=True)
class Visit:
    """The visits of one page so far."""

    page_id: str
    source_id: int
    due: datetime | None = None  # None: now
    evidence: ChangeHistory = ChangeHistory()
    looked_at: datetime | None = None  # the last visit that saw its text
    text_hash: str | None = None  # of the page's own text, if it is trusted
    failures: int = 0  # in a row, soft errors included
    gone_since: datetime | None = None
    refused_since: datetime | None = None
    suspect: str | None = None  # an answer that is not trusted: the hash of its text, or the kind of error
    suspect_since: datetime | None = None
    suspect_visits: int = 0
    false_alarms: int = 0  # in a row: the listing reported a change, and there was none
    left_at: datetime | None = None  # when its source stopped listing it
    until: datetime | None = None  # the moment after which it asks not to be indexed
    withdrawn: Reason | None = None  # why it was removed from the index


@dataclass(frozen=True, slots=True)
class ListingHistory:
    """The visits of one source's listing so far."""

    source_id: int
    evidence: ChangeHistory = ChangeHistory()
    looked_at: datetime | None = None
    listing_hash: str | None = None


@dataclass(frozen=True, slots=True)
class VisitUpdate:
    """What a visit changes, stored in one transaction with its page."""

    visit: Visit
    removal: Removal | None = None  # decided now
    removed_at: datetime | None = None  # when it was carried out; without both, an earlier decision is cancelled
    accepted: bool = False  # the operator wanted it, so it does not count towards the next question


MAX_PAGES = 1 << 40  # more than any archive has
_PLAIN = ("text_hash", "failures", "suspect", "suspect_looks", "false_alarms")
_TIMES = ("due", "looked_at", "gone_since", "refused_since", "suspect_since", "left_at", "until")
_ATTRIBUTES = {"suspect_looks": "suspect_visits"}  # of the columns with other names
_plain_values, _times = attrgetter(*(_ATTRIBUTES.get(name, name) for name in _PLAIN)), attrgetter(*_TIMES)
_COLUMNS = ("page_id", "source_id", "looks", "changes", "days", *_PLAIN, *_TIMES, "withdrawn_code", "withdrawn_facts")
_PUT_VISIT = (
    f"INSERT INTO visits ({', '.join(_COLUMNS)})"  # noqa: S608  # our own names
    f" SELECT {', '.join(f'?{n}' for n in range(1, len(_COLUMNS) + 1))} WHERE EXISTS (SELECT 1 FROM pages WHERE id = ?1)"
    f" ON CONFLICT (page_id) DO UPDATE SET {', '.join(f'{name}=excluded.{name}' for name in _COLUMNS[1:])}"
)


class Visits:
    """The table `visits`."""

    def __init__(self, database: Database, removals: Removals) -> None:
        self._database, self._removals = database, removals

    # -- pages -------------------------------------------------------------------------------------------------------

    def get(self, page_id: str) -> Visit | None:
        row = self._database.row("SELECT * FROM visits WHERE page_id = ?", page_id)
        return _visit(row) if row else None

    def get_many(self, page_ids: Sequence[str]) -> dict[str, Visit]:
        """Return the visits of these pages, by page. `page_ids` must be few, since each is a parameter of the statement."""
        sql = f"SELECT * FROM visits WHERE page_id IN ({placeholders(page_ids)})"  # noqa: S608  # ours
        return {row["page_id"]: _visit(row) for row in self._database.rows(sql, *page_ids)}

    def put(self, visit: Visit) -> None:
        """Store a visit. Nothing is stored for a page that the archive does not hold (it was forgotten)."""
        history = visit.evidence
        self._database.execute(
            _PUT_VISIT,
            visit.page_id,
            visit.source_id,
            history.visits,
            history.changes,
            history.days,
            *_plain_values(visit),
            *map(time_text, _times(visit)),
            visit.withdrawn.code if visit.withdrawn else None,
            facts_json(visit.withdrawn),
        )

    def due(
        self,
        source_id: int,
        now: datetime,
        most: int | None = None,
        *,
        asked_before: bool = False,
        impossible: tuple[datetime, datetime, datetime] | None = None,
    ) -> list[PageRecord]:
        """Return pages with an address that are due, the longest due first; those that were never visited come before (or not at
        all: `asked_before`). Times that only a wrong clock can have stored count as due: a due time between the first two
        `impossible` moments, and a visit after the third."""
        first, last, future = impossible or (now, now, None)
        rows = self._database.rows(
            select_pages(
                "pages p LEFT JOIN visits v ON v.page_id = p.id WHERE p.source_id = ?1 AND p.url != ''"
                " AND (v.due IS NULL OR v.due <= ?2 OR (v.due > ?5 AND v.due < ?6) OR p.fetched_at > ?7)"
                " AND (NOT ?4 OR p.fetched_at IS NOT NULL) ORDER BY v.due NULLS FIRST, p.rowid LIMIT ?3"
            ),
            source_id,
            time_text(now),
            MAX_PAGES if most is None else most,
            asked_before,
            time_text(first),
            time_text(last),
            time_text(future),
        )
        return [page_from(row) for row in rows]

    def note_listing(self, source_id: int, listed: Iterable[str], now: datetime) -> None:
        """Note which pages a source lists now, and since when it does not list the others."""
        ids, at = set(listed), time_text(now)
        with self._database.transaction():
            for row in self._database.rows("SELECT page_id, left_at FROM visits WHERE source_id = ?", source_id):
                there = row["page_id"] in ids
                if there is not (row["left_at"] is None):
                    self._database.execute(
                        "UPDATE visits SET left_at = ? WHERE page_id = ?", None if there else at, row["page_id"]
                    )

    def with_text(self, visit: Visit, text_hash: str, document_id: str | None) -> dict[str, bool]:
        """Return other pages of the source with this text, by id, and whether the text is trusted as theirs; at most 20 of each.

        Pages that give the same document as `document_id` are not among them.
        """
        pages_with = (
            "SELECT v.page_id, {} AS believed FROM visits v JOIN pages p ON p.id = v.page_id WHERE v.source_id = ?1 AND v.{} = ?2"
            " AND v.page_id != ?3 AND p.document_id IS NOT ?4"
        )
        rows = self._database.rows(  # not OR: it would read all pages of the source
            f"{pages_with.format(0, 'suspect')} UNION ALL {pages_with.format(1, 'text_hash')} LIMIT 20",
            visit.source_id,
            text_hash,
            visit.page_id,
            document_id,
        )
        return {row["page_id"]: bool(row["believed"]) for row in rows}

    def look_again(self, page_ids: Iterable[str]) -> None:
        """Make the next crawl fetch these pages without conditional requests: their stored answers are no longer trusted."""
        with self._database.transaction():
            for page_id in page_ids:
                self._database.execute("UPDATE visits SET due = NULL WHERE page_id = ?", page_id)
                self._database.execute("UPDATE pages SET etag = NULL, last_modified = NULL WHERE id = ?", page_id)

    def remember(self, update: VisitUpdate) -> None:
        with self._database.transaction():
            self.put(update.visit)
            if update.removal is not None:
                self._removals.decide(update.removal)
            elif update.removed_at is not None and not update.accepted:
                self._removals.record_done(update.visit.page_id, update.removed_at)
            else:
                self._removals.cancel(update.visit.page_id)


def _visit(row: Row) -> Visit:
    fields: dict[str, Any] = {_ATTRIBUTES.get(name, name): row[name] for name in _PLAIN} | {
        name: stored_time(row[name]) for name in _TIMES
    }
    fields["withdrawn"] = stored_reason(row["withdrawn_code"], row["withdrawn_facts"])
    return Visit(row["page_id"], row["source_id"], evidence=ChangeHistory(row["looks"], row["changes"], row["days"]), **fields)


class Listings:
    """The table `rhythms`: how often the listings of sources have changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, source_id: int) -> ListingHistory:
        row = self._database.row("SELECT * FROM rhythms WHERE source_id = ?", source_id)
        if row is None:
            return ListingHistory(source_id)
        history = ChangeHistory(row["looks"], row["changes"], row["days"])
        return ListingHistory(source_id, history, stored_time(row["looked_at"]), row["listing_hash"])

    def put(self, rhythm: ListingHistory) -> None:
        history = rhythm.evidence
        self._database.execute(
            "INSERT INTO rhythms (source_id, looks, changes, days, looked_at, listing_hash) VALUES (?,?,?,?,?,?)"
            " ON CONFLICT (source_id) DO UPDATE SET looks=excluded.looks, changes=excluded.changes, days=excluded.days,"
            " looked_at=excluded.looked_at, listing_hash=excluded.listing_hash",
            rhythm.source_id,
            history.visits,
            history.changes,
            history.days,
            time_text(rhythm.looked_at),
            rhythm.listing_hash,
        )


# -- removals ----------------------------------------------------------------------------------------------------------
# Removals: pages that are to leave the index, and the questions that the operator is asked first.


@dataclass(frozen=True, slots=True)
class Removal:
    """A page that is to leave the index, and why."""

    page_id: str
    source_id: int
    why: Reason
    decided_at: datetime


class Removals:
    """The table `removals`, and the questions in `rhythms`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decide(self, removal: Removal) -> None:
        """Note that a page is to leave the index. A repeated decision keeps the day of the first."""
        self._database.execute(
            "INSERT INTO removals (page_id, source_id, code, facts, decided_at) SELECT ?1,?2,?3,?4,?5"
            " WHERE EXISTS (SELECT 1 FROM pages WHERE id = ?1)"
            " ON CONFLICT (page_id) DO UPDATE SET code=excluded.code, facts=excluded.facts, done_at=NULL,"
            " decided_at=CASE WHEN removals.done_at IS NULL"
            " THEN removals.decided_at ELSE excluded.decided_at END",
            removal.page_id,
            removal.source_id,
            removal.why.code,
            facts_json(removal.why),
            time_text(removal.decided_at),
        )

    def cancel(self, page_id: str) -> None:
        """Cancel a pending removal: the page responds normally again."""
        self._database.execute("DELETE FROM removals WHERE page_id = ?", page_id)

    def record_done(self, page_id: str, now: datetime) -> None:
        self._database.execute("UPDATE removals SET done_at = ? WHERE page_id = ?", time_text(now), page_id)

    def get(self, page_id: str) -> Removal | None:
        """Return the pending removal of a page."""
        row = self._database.row("SELECT * FROM removals WHERE page_id = ? AND done_at IS NULL", page_id)
        return _removal(row) if row else None

    def of_source(self, source_id: int) -> list[Removal]:
        """Return the pending removals of a source, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM removals WHERE source_id = ? AND done_at IS NULL ORDER BY decided_at, page_id", source_id
        )
        return [_removal(row) for row in rows]

    def are_pending(self, source_id: int) -> bool:
        """Return whether a source has pending removals, or an open question about them."""
        sql = (
            "SELECT EXISTS (SELECT 1 FROM removals WHERE source_id = ?1 AND done_at IS NULL)"
            " OR EXISTS (SELECT 1 FROM rhythms WHERE source_id = ?1 AND question_code IS NOT NULL)"
        )
        return self._database.number(sql, source_id) > 0

    def count_done_since(self, source_id: int, moment: datetime) -> int:
        """Return how many removals were carried out after `moment`."""
        return self._database.number(
            "SELECT COUNT(*) FROM removals WHERE source_id = ? AND done_at > ?", source_id, time_text(moment)
        )

    def ask(self, source_id: int, question: Reason, since: datetime) -> None:
        """Let `sources` and `status` show that a source waits for the operator."""
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO rhythms (source_id, question_code, question_facts) VALUES (?,?,?) ON CONFLICT (source_id)"
                " DO UPDATE SET question_code=excluded.question_code, question_facts=excluded.question_facts",
                source_id,
                question.code,
                facts_json(question),
            )
            self._database.execute(
                "UPDATE sources SET state = 'asking', error_code = ?, error_facts = ?, error_since = ? WHERE id = ?",
                question.code,
                facts_json(question),
                time_text(since),
                source_id,
            )

    def withdraw_question(self, source_id: int) -> None:
        """Withdraw the question to the operator."""
        self._database.execute(
            "UPDATE rhythms SET question_code = NULL, question_facts = NULL WHERE source_id = ? AND question_code IS NOT NULL",
            source_id,
        )

    def questions(self) -> dict[int, Reason]:
        """Return the open questions to the operator, by the number of the source."""
        rows = self._database.rows(
            "SELECT source_id, question_code, question_facts FROM rhythms WHERE question_code IS NOT NULL ORDER BY source_id"
        )
        reasons = {row["source_id"]: stored_reason(row["question_code"], row["question_facts"]) for row in rows}
        return {source_id: reason for source_id, reason in reasons.items() if reason is not None}


def _removal(row: Row) -> Removal:
    moment = time_value(row["decided_at"])
    assert moment is not None  # the column is NOT NULL
    why = stored_reason(row["code"], row["facts"]) or Reason("other")
    return Removal(row["page_id"], row["source_id"], why, moment)
