"""What people searched, and which searches led to a page: counts for `indexer queries`, nothing about who it was."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from indexer.archive import serialization as codec
from indexer.archive.database import Database
from indexer.errors import ArchiveBusy, IndexerError
from indexer.model import LoggedClick, LoggedSearch

MAX_QUERY = 200  # characters that are kept
MAX_OPENINGS = 50  # of one search: nobody opens more, so more would be a program at play


class QueryLog:
    """Writes through a connection of its own: one that waits for the crawler must not keep the status page waiting.
    Not to be shared between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path)

    def note(self, notes: Iterable[LoggedSearch | LoggedClick], patience_seconds: float) -> None:
        """All of them in one transaction, in order. Raises ArchiveBusy when somebody else writes for longer than that;
        then nothing is noted.

        An opening counts for the latest search of its query. Without such a search it is none: so only what was asked is
        kept, however many openings a stranger invents.
        """
        self._database.set_patience(patience_seconds)
        with self._database.transaction():
            for note in notes:
                query = note.query[:MAX_QUERY].encode("utf-8", "replace").decode()
                if isinstance(note, LoggedSearch):
                    sql = "INSERT INTO queries (at, channel, query, total) VALUES (?,?,?,?)"
                    self._database.execute(sql, codec.time_text(note.at), note.channel, query, note.total)
                else:
                    self._database.execute(
                        "UPDATE queries SET opened = opened + 1 WHERE opened < ?2"
                        " AND rowid = (SELECT MAX(rowid) FROM queries WHERE query = ?1)",
                        query,
                        MAX_OPENINGS,
                    )

    def close(self) -> None:
        self._database.close()


class QueryLogWriter:
    """Writes to the query log from any thread, and opens it with the first entry. Never raises: losing an entry is better
    than failing a search."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log: QueryLog | None = None
        self._writing = threading.Lock()

    def write(self, entries: Sequence[LoggedSearch | LoggedClick], patience_seconds: float) -> bool:
        """Write searches and clicks in one transaction.

        Returns False if another writer held the archive for all that time: nothing is written then, and the caller may try
        again. Entries that cannot be written for another reason are lost.
        """
        if not self._path.exists():
            return True
        with self._writing:
            try:
                self._log = self._log or QueryLog(self._path)
                self._log.note(entries, patience_seconds)
            except ArchiveBusy:
                return False
            except IndexerError as error:
                logging.getLogger(__name__).warning("cannot write the query log: %s", error)
            return True
