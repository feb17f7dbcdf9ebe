"""Removals: pages that are to leave the index, and the questions that the operator is asked first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from indexer.archive.database import Database, Row
from indexer.archive.serialization import time_text, time_value
from indexer.reasons import Reason, facts_json, stored_reason


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
            " decided_at=CASE WHEN done_at IS NULL THEN decided_at ELSE excluded.decided_at END",
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
