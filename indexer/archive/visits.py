"""How pages and listings have changed so far: what the crawler's schedule and its doubts go by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from indexer.archive.database import Row
from indexer.archive.serialization import time_text, time_value
from indexer.archive.store import Archive, PageRecord
from indexer.reasons import Reason, facts_json, stored_reason


@dataclass(frozen=True, slots=True)
class ChangeHistory:
    """What is known of the rhythm of something that was looked at now and then. Old looks count less (see `crawl.rate`)."""

    looks: float = 0.0
    changes: float = 0.0  # how many of them found it changed
    days: float = 0.0  # between the first look and the last


@dataclass(frozen=True, slots=True)
class Visit:
    """What is remembered of a page's visits."""

    page_id: str
    source_id: int
    due: datetime | None = None  # None: now
    evidence: ChangeHistory = ChangeHistory()
    looked_at: datetime | None = None  # the last time that its text was seen
    text_hash: str | None = None  # of the page's own text, as it is believed
    failures: int = 0  # in a row, faults of the answer included
    gone_since: datetime | None = None
    refused_since: datetime | None = None
    suspect: str | None = None  # an answer that is not believed: the hash of its text, or what it is
    suspect_since: datetime | None = None
    suspect_looks: int = 0
    false_alarms: int = 0  # in a row: its listing said that it had changed, and it had not
    left_at: datetime | None = None  # since when its source does not list it
    until: datetime | None = None  # it asks not to be in an index after that
    withdrawn: Reason | None = None  # why it has left the index


@dataclass(frozen=True, slots=True)
class ListingHistory:
    """The same of a source's listing."""

    source_id: int
    evidence: ChangeHistory = ChangeHistory()
    looked_at: datetime | None = None
    listing_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """A page that is to leave the index, and why."""

    page_id: str
    source_id: int
    why: Reason
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class VisitUpdate:
    """What is to be remembered of a visit, in one transaction with its page."""

    visit: Visit
    removal: Removal | None = None  # decided upon
    settled_at: datetime | None = None  # the decision is carried out; one that was made before is void if neither is there
    accepted: bool = False  # carried out as the operator wished, so it does not count towards the next question


_PLAIN = ("text_hash", "failures", "suspect", "suspect_looks", "false_alarms")
_TIMES = ("due", "looked_at", "gone_since", "refused_since", "suspect_since", "left_at", "until")
_COLUMNS = ("page_id", "source_id", "looks", "changes", "days", *_PLAIN, *_TIMES, "withdrawn_code", "withdrawn_facts")
_EXISTS = " WHERE EXISTS (SELECT 1 FROM pages WHERE id = ?1)"
_PUT_VISIT = f"INSERT OR REPLACE INTO visits ({', '.join(_COLUMNS)}) SELECT {', '.join('?' * len(_COLUMNS))}{_EXISTS}"


class Visits:
    """The tables `visits`, `rhythms` and `removals` of an archive. What writes joins the archive's batch."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    # -- pages -------------------------------------------------------------------------------------------------------

    def get(self, page_id: str) -> Visit | None:
        row = self._archive._row("SELECT * FROM visits WHERE page_id = ?", page_id)
        if row is None:
            return None
        fields: dict[str, Any] = {name: row[name] for name in _PLAIN} | {name: time_value(row[name]) for name in _TIMES}
        fields["withdrawn"] = stored_reason(row["withdrawn_code"], row["withdrawn_facts"])
        return Visit(
            row["page_id"], row["source_id"], evidence=ChangeHistory(row["looks"], row["changes"], row["days"]), **fields
        )

    def put(self, visit: Visit) -> None:
        """Of a page that the archive does not hold (it was forgotten) nothing is remembered."""
        known = visit.evidence
        self._archive._do(
            _PUT_VISIT,
            visit.page_id,
            visit.source_id,
            known.looks,
            known.changes,
            known.days,
            *(getattr(visit, name) for name in _PLAIN),
            *(time_text(getattr(visit, name)) for name in _TIMES),
            visit.withdrawn.code if visit.withdrawn else None,
            facts_json(visit.withdrawn),
        )

    def due(self, source_id: int, now: datetime, most: int | None = None, *, asked_before: bool = False) -> list[PageRecord]:
        """Pages with an address that are due, the longest due first; those that were never visited come before (or not at all:
        `asked_before`)."""
        rows = self._archive._rows(
            "SELECT p.id FROM pages p LEFT JOIN visits v ON v.page_id = p.id WHERE p.source_id = ?1 AND p.url != ''"
            " AND (v.due IS NULL OR v.due <= ?2) AND (NOT ?4 OR p.fetched_at IS NOT NULL) ORDER BY v.due, p.rowid LIMIT ?3",
            source_id,
            time_text(now),
            -1 if most is None else most,
            asked_before,
        )
        return [page for row in rows if (page := self._archive.page(row["id"]))]

    def note_listing(self, source_id: int, listed: Iterable[str], now: datetime) -> None:
        """Which pages a source lists now; of the others it is noted since when it does not."""
        ids, at = set(listed), time_text(now)
        with self._archive.batch():
            for row in self._archive._rows("SELECT page_id, left_at FROM visits WHERE source_id = ?", source_id):
                there = row["page_id"] in ids
                if there is not (row["left_at"] is None):
                    self._archive._do("UPDATE visits SET left_at = ? WHERE page_id = ?", None if there else at, row["page_id"])

    def with_text(self, visit: Visit, text_hash: str, document_id: str | None) -> dict[str, bool]:
        """Some other pages of the source that have the very text, and whether it is believed of them. Pages that give the same
        document are twins, not others."""
        found = (
            "SELECT v.page_id, {} AS believed FROM visits v JOIN pages p ON p.id = v.page_id WHERE v.source_id = ?1 AND v.{} = ?2"
            " AND v.page_id != ?3 AND p.document_id IS NOT ?4"
        )
        rows = self._archive._rows(  # not OR: it would read all pages of the source
            f"{found.format(0, 'suspect')} UNION ALL {found.format(1, 'text_hash')} LIMIT 20",
            visit.source_id,
            text_hash,
            visit.page_id,
            document_id,
        )
        return {row["page_id"]: bool(row["believed"]) for row in rows}

    def look_again(self, page_ids: Iterable[str]) -> None:
        """Let pages be fetched whole with the next crawl, as what is believed of them has become doubtful."""
        with self._archive.batch():
            for page_id in page_ids:
                self._archive._do("UPDATE visits SET due = NULL WHERE page_id = ?", page_id)
                self._archive._do("UPDATE pages SET etag = NULL, last_modified = NULL WHERE id = ?", page_id)

    def remember(self, memo: VisitUpdate) -> None:
        with self._archive.batch():
            self.put(memo.visit)
            if memo.removal is not None:
                self.decide(memo.removal)
            elif memo.settled_at is not None and not memo.accepted:
                self.done(memo.visit.page_id, memo.settled_at)
            else:
                self.cancel(memo.visit.page_id)

    # -- listings ----------------------------------------------------------------------------------------------------

    def rhythm(self, source_id: int) -> ListingHistory:
        row = self._archive._row("SELECT * FROM rhythms WHERE source_id = ?", source_id)
        if row is None:
            return ListingHistory(source_id)
        known = ChangeHistory(row["looks"], row["changes"], row["days"])
        return ListingHistory(source_id, known, time_value(row["looked_at"]), row["listing_hash"])

    def put_rhythm(self, rhythm: ListingHistory) -> None:
        known = rhythm.evidence
        self._archive._do(
            "INSERT INTO rhythms (source_id, looks, changes, days, looked_at, listing_hash) VALUES (?,?,?,?,?,?)"
            " ON CONFLICT (source_id) DO UPDATE SET looks=excluded.looks, changes=excluded.changes, days=excluded.days,"
            " looked_at=excluded.looked_at, listing_hash=excluded.listing_hash",
            rhythm.source_id,
            known.looks,
            known.changes,
            known.days,
            time_text(rhythm.looked_at),
            rhythm.listing_hash,
        )

    # -- what is to leave the index ----------------------------------------------------------------------------------

    def decide(self, removal: Removal) -> None:
        """Note that a page is to leave; decided again it stays what it was."""
        self._archive._do(
            "INSERT INTO removals (page_id, source_id, code, facts, decided_at) SELECT ?1,?2,?3,?4,?5"
            " WHERE EXISTS (SELECT 1 FROM pages WHERE id = ?1)"
            " ON CONFLICT (page_id) DO UPDATE SET code=excluded.code, facts=excluded.facts, done_at=NULL,"
            " decided_at=CASE WHEN done_at IS NULL THEN decided_at ELSE excluded.decided_at END",
            removal.page_id,
            removal.source_id,
            removal.why.code,
            facts_json(removal.why),
            time_text(removal.decided_at),
        )

    def cancel(self, page_id: str) -> None:
        """The page is well again."""
        self._archive._do("DELETE FROM removals WHERE page_id = ?", page_id)

    def done(self, page_id: str, now: datetime) -> None:
        self._archive._do("UPDATE removals SET done_at = ? WHERE page_id = ?", time_text(now), page_id)

    def removal(self, page_id: str) -> Removal | None:
        """The decision that waits for a page."""
        row = self._archive._row("SELECT * FROM removals WHERE page_id = ? AND done_at IS NULL", page_id)
        return _removal(row) if row else None

    def removals(self, source_id: int) -> list[Removal]:
        """Decisions that are not carried out, oldest first."""
        rows = self._archive._rows(
            "SELECT * FROM removals WHERE source_id = ? AND done_at IS NULL ORDER BY decided_at, page_id", source_id
        )
        return [_removal(row) for row in rows]

    def removed_since(self, source_id: int, moment: datetime) -> int:
        """How many decisions were carried out after `moment`."""
        return self._archive._number(
            "SELECT COUNT(*) FROM removals WHERE source_id = ? AND done_at > ?", source_id, time_text(moment)
        )

    def ask(self, source_id: int, question: Reason, since: datetime) -> None:
        """Let `sources` and `status` show that a source waits for the operator."""
        with self._archive.batch():
            self._archive._do(
                "INSERT INTO rhythms (source_id, question_code, question_facts) VALUES (?,?,?) ON CONFLICT (source_id)"
                " DO UPDATE SET question_code=excluded.question_code, question_facts=excluded.question_facts",
                source_id,
                question.code,
                facts_json(question),
            )
            self._archive._do(
                "UPDATE sources SET state = 'asking', error_code = ?, error_facts = ?, error_since = ? WHERE id = ?",
                question.code,
                facts_json(question),
                time_text(since),
                source_id,
            )

    def answered(self, source_id: int) -> None:
        """There is nothing to be asked (any more)."""
        self._archive._do(
            "UPDATE rhythms SET question_code = NULL, question_facts = NULL WHERE source_id = ? AND question_code IS NOT NULL",
            source_id,
        )

    def questions(self) -> dict[int, Reason]:
        """What the operator is asked, by the source's number."""
        rows = self._archive._rows(
            "SELECT source_id, question_code, question_facts FROM rhythms WHERE question_code IS NOT NULL ORDER BY source_id"
        )
        reasons = {row["source_id"]: stored_reason(row["question_code"], row["question_facts"]) for row in rows}
        return {source_id: reason for source_id, reason in reasons.items() if reason is not None}


def _removal(row: Row) -> Removal:
    moment = time_value(row["decided_at"])
    assert moment is not None  # the column is NOT NULL
    why = stored_reason(row["code"], row["facts"]) or Reason("other")
    return Removal(row["page_id"], row["source_id"], why, moment)
