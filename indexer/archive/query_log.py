"""Count what people search for, and which searches lead to a page, without keeping what a single person searched for.

    search -> totals of the day
           -> its text is stored already?                      -> count of the day
           -> searched before, on another day or by another client? -> store the text
           -> otherwise                                        -> candidate: a keyed digest instead of the text

Clients are told apart by a digest that the caller makes with a key of the day. It stays in memory and is never stored.
Every table has a maximum of rows, so random queries from outside cannot fill the disk.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from indexer.archive.backends import is_database, open_database
from indexer.archive.database import Database, Location
from indexer.errors import ArchiveBusy, ArchiveUnreachable, IndexerError

MAX_QUERY_CHARACTERS: Final = 200
MAX_CLICKS_PER_SEARCH: Final = 50  # more come from a program
MAX_NEW_QUERIES_PER_DAY: Final = 1_000  # texts that are stored for the first time
MAX_QUERIES_PER_DAY: Final = 2_000
MAX_CANDIDATES: Final = 100_000
MAX_CLIENTS: Final = 100_000  # of candidates of today, in memory
MAX_TIMES_MS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)  # classes of search times
OPERATOR: Final = "cli"  # the channel of the operator's own searches, whose text is stored with the first


class LoggedSearch(NamedTuple):
    """A search, for `indexer queries`. (A tuple is made in a third of the time of a frozen dataclass.)"""

    channel: str  # page, api, rss, cli
    query: str
    total: int
    at: datetime
    client: str = ""  # a digest with a key of the day; it is compared in memory and never stored
    took_ms: float | None = None


@dataclass(frozen=True, slots=True)
class LoggedClick:
    """A click on a hit of a query."""

    query: str


class QueryLog:
    """The tables of searches. It writes through its own connection, so that it can wait for a crawl while others read.

    Do not share it between threads.
    """

    def __init__(self, location: Location, keep_days: int = 90) -> None:
        """`keep_days`: days after which a search is deleted; 0 stores no searches."""
        self.location, self._keep_days = location, keep_days
        self._database = open_database(location, create=False, purpose="query log")
        self._key = bytes(self._database.rows("SELECT value FROM search_key")[0][0])
        self._today = ""
        self._clients: dict[int, str] = {}  # digest of a candidate of today -> its client

    def write(self, entries: Iterable[LoggedSearch | LoggedClick], patience_seconds: float) -> None:
        """Count searches and clicks in one transaction. Raises ArchiveBusy if another writer holds the archive for longer."""
        self._database.set_patience(patience_seconds)
        entries = list(entries)
        with self._database.transaction():
            if self._keep_days <= 0:
                self._delete_all()
                return
            searches = [entry for entry in entries if isinstance(entry, LoggedSearch)]
            for day, channel, total, without_result in _totals(searches):
                self._begin_day(day)
                self._count_day(day, channel, total, without_result)
            for (day, at_most_ms), count in _times(searches).items():
                self._count_time(day, at_most_ms, count)
            for group in _groups(searches):
                self._count_group(group)
            for entry in entries:
                if isinstance(entry, LoggedClick):
                    self._count_click(_clean(entry.query))
            self._trim()

    def forget(self, query: str) -> int:
        """Delete a query, in any case of its letters. Return the number of stored texts that were deleted."""
        folded = _clean(query).casefold()
        with self._database.transaction():
            self._database.overwrite_deleted()
            texts = [row[0] for row in self._database.rows("SELECT DISTINCT query FROM search_queries")]
            matching = [text for text in texts if text.casefold() == folded]
            self._database.execute_many("DELETE FROM search_queries WHERE query = ?", [(text,) for text in matching])
            self._database.execute("DELETE FROM search_candidates WHERE digest = ?", self._digest(folded))
        return len(matching)

    def forget_all(self) -> None:
        """Delete all searches and their counts."""
        with self._database.transaction():
            self._database.overwrite_deleted()
            self._delete_all()

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    # -- counting ----------------------------------------------------------------------------------------------------

    def _count_day(self, day: str, channel: str, total: int, without_result: int) -> None:
        self._database.execute(
            "INSERT INTO search_days VALUES (?1, ?2, ?3, ?4, 0)"
            " ON CONFLICT (day, channel) DO UPDATE"
            " SET searches = search_days.searches + ?3, without_result = search_days.without_result + ?4",
            *(day, channel, total, without_result),
        )

    def _count_time(self, day: str, at_most_ms: int, count: int) -> None:
        key = (day, at_most_ms)
        if not self._database.execute(
            "UPDATE search_times SET searches = searches + ? WHERE day = ? AND at_most_ms = ?", count, *key
        ):
            self._database.execute("INSERT INTO search_times (day, at_most_ms, searches) VALUES (?, ?, ?)", *key, count)

    def _count_group(self, group: _QueryGroup) -> None:
        """Count the searches for one query on one day. Store its text, or a candidate in its place."""
        is_stored = self._database.row("SELECT 1 FROM search_queries WHERE query = ? LIMIT 1", group.query) is not None
        counts = (group.count, group.total, 0, group.clickable)
        if is_stored or group.is_operators:
            self._store(group.query, group.day, counts, is_new=not is_stored)
            return
        digest = self._digest(group.query.casefold())
        candidate = self._database.row("SELECT day, count, opened FROM search_candidates WHERE digest = ?", digest)
        clients = group.clients | ({self._clients[digest]} if candidate is not None and digest in self._clients else set())
        if (candidate is not None and candidate["day"] != group.day) or len(clients) > 1:
            if candidate is not None:
                self._database.execute("DELETE FROM search_candidates WHERE digest = ?", digest)
                before = (candidate["count"], group.total, candidate["opened"], candidate["count"])
                self._store(group.query, candidate["day"], before, is_new=True)
            self._store(group.query, group.day, counts, is_new=True)
            return
        self._clients[digest] = next(iter(clients))
        self._database.execute(
            "INSERT INTO search_candidates VALUES (?1, ?2, ?3, 0)"
            " ON CONFLICT (digest) DO UPDATE SET count = search_candidates.count + ?3",
            *(digest, group.day, group.count),
        )

    def _store(self, query: str, day: str, counts: tuple[int, int, int, int], *, is_new: bool) -> None:
        """Add counts to a query on a day. A day that has its maximum of queries takes no further ones."""
        columns = "count = count + ?3, total = ?4, opened = opened + ?5, clickable = clickable + ?6"
        if self._database.execute(f"UPDATE search_queries SET {columns} WHERE query = ?1 AND day = ?2", query, day, *counts):  # noqa: S608  # constants
            return
        limit = MAX_NEW_QUERIES_PER_DAY if is_new else MAX_QUERIES_PER_DAY
        if self._database.number("SELECT COUNT(*) FROM search_queries WHERE day = ?", day) < limit:
            self._database.execute("INSERT INTO search_queries VALUES (?,?,?,?,?,?)", query, day, *counts)

    def _count_click(self, query: str) -> None:
        """Count a click for the latest search of its query. Without such a search it is ignored: a stranger invented it."""
        opened = "SET opened = opened + 1 WHERE opened < count * ?2 AND"
        changed = self._database.execute(
            f"UPDATE search_queries {opened} query = ?1 AND day = (SELECT MAX(day) FROM search_queries WHERE query = ?1)",  # noqa: S608  # constants
            *(query, MAX_CLICKS_PER_SEARCH),
        ) or self._database.execute(
            f"UPDATE search_candidates {opened} digest = ?1",  # constants
            *(self._digest(query.casefold()), MAX_CLICKS_PER_SEARCH),
        )
        if changed:
            self._database.execute(
                "UPDATE search_days SET opened = opened + 1"
                " WHERE day = ?1"
                " AND channel = (SELECT MIN(channel) FROM search_days WHERE day = ?1 AND channel IN ('page', 'api'))",
                self._today,
            )

    # -- limits ------------------------------------------------------------------------------------------------------

    def _begin_day(self, day: str) -> None:
        """On another day, delete what is too old and start to tell the clients of this day apart.

        A day may come before the last one: the clock of the server was wrong.
        """
        if day == self._today:
            return
        self._today = day
        self._clients.clear()
        oldest = (datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) - timedelta(days=self._keep_days)).strftime("%Y-%m-%d")
        for table in ("search_days", "search_queries", "search_candidates", "search_times"):
            self._database.execute(f"DELETE FROM {table} WHERE day <= ?", oldest)  # noqa: S608  # constants

    def _trim(self) -> None:
        surplus = self._database.number("SELECT COUNT(*) FROM search_candidates") - MAX_CANDIDATES
        if surplus > 0:
            self._database.execute(
                "DELETE FROM search_candidates WHERE digest IN (SELECT digest FROM search_candidates ORDER BY day LIMIT ?)",
                surplus,
            )
        if len(self._clients) > MAX_CLIENTS:
            self._clients.clear()

    def _delete_all(self) -> None:
        for table in ("search_days", "search_queries", "search_candidates", "search_times"):
            self._database.execute(f"DELETE FROM {table}")  # noqa: S608  # constants

    def _digest(self, folded: str) -> int:
        value = hashlib.blake2b(folded.encode("utf-8", "replace"), key=self._key, digest_size=8).digest()
        return int.from_bytes(value, "big", signed=True)


@dataclass
class _QueryGroup:
    """The searches for one query on one day."""

    query: str
    day: str
    count: int = 0
    clickable: int = 0
    total: int = 0  # results of the last one
    is_operators: bool = False
    clients: set[str] = field(default_factory=set)


def _groups(searches: Iterable[LoggedSearch]) -> Iterable[_QueryGroup]:
    """Group searches by query and day, so that a popular query costs one statement for a batch."""
    groups: dict[tuple[str, str], _QueryGroup] = {}
    for each in searches:
        key = (_clean(each.query), _day(each))
        group = groups.setdefault(key, _QueryGroup(*key))
        group.count += 1
        group.clickable += each.channel in ("page", "api")
        group.total = each.total
        group.is_operators |= each.channel == OPERATOR
        group.clients.add(each.client)
    return sorted(groups.values(), key=lambda group: group.day)


def _totals(searches: Iterable[LoggedSearch]) -> Iterable[tuple[str, str, int, int]]:
    """Yield day, channel, number of searches and number of searches without result, oldest day first."""
    counts = Counter((_day(each), each.channel, each.total == 0) for each in searches)
    for day, channel in sorted({(day, channel) for day, channel, _ in counts}):
        without = counts[day, channel, True]
        yield day, channel, counts[day, channel, False] + without, without


def _times(searches: Iterable[LoggedSearch]) -> Counter[tuple[str, int]]:
    """Count searches by day and class of time: the smallest of MAX_TIMES_MS that is not exceeded, otherwise 0."""
    return Counter(
        (_day(each), next((limit for limit in MAX_TIMES_MS if each.took_ms <= limit), 0))
        for each in searches
        if each.took_ms is not None
    )


def _day(search: LoggedSearch) -> str:
    return search.at.date().isoformat()  # in a third of the time of `strftime`


class QueryLogWriter:
    """Writes to the query log from any thread, and opens it with the first entry.

    It never raises: to lose an entry is better than to fail a search.
    """

    def __init__(self, location: Location, keep_days: int = 90) -> None:
        """`keep_days`: days after which a search is deleted; 0 stores no searches."""
        self._location, self._keep_days = location, keep_days
        self._log: QueryLog | None = None
        self._problem = ""  # that was reported last
        self._writing = threading.Lock()

    def keep(self, days: int) -> None:
        """Keep searches for another number of days from now on; 0 stores none, and the next entry deletes the stored ones."""
        with self._writing:
            if days != self._keep_days and self._log is not None:
                self._log.close()
                self._log = None  # the next entry opens it with the new number
            self._keep_days = days

    def write(self, entries: Sequence[LoggedSearch | LoggedClick], patience_seconds: float) -> bool:
        """Write searches and clicks in one transaction.

        Returns False if another writer held the archive for all that time, or its server did not answer: nothing is written
        then, and the caller may try again. Entries that cannot be written for another reason are lost.
        """
        with self._writing:
            try:
                if self._log is None:
                    if not is_database(self._location):
                        return True
                    self._log = QueryLog(self._location, self._keep_days)
                self._log.write(entries, patience_seconds)
                self._problem = ""
            except (ArchiveBusy, ArchiveUnreachable):
                return False
            except IndexerError as error:
                if str(error) != self._problem:  # a server writes every second, and reports a problem once
                    self._problem = str(error)
                    import logging  # 2 ms, and writing hardly ever fails

                    logging.getLogger(__name__).warning("cannot write the query log: %s", error)
            return True


def top_queries(database: Database, limit: int) -> list[dict[str, object]]:
    """Return the most frequent queries. `clickable` counts searches whose hits can be clicked, on the page or in a widget."""
    rows = database.rows(
        "SELECT query, SUM(count) AS count, SUM(opened) AS opened, SUM(clickable) AS clickable,"
        " (SELECT total FROM search_queries AS l WHERE l.query = q.query ORDER BY day DESC LIMIT 1) AS total"
        " FROM search_queries AS q GROUP BY query ORDER BY 2 DESC, query LIMIT ?",
        limit,
    )
    return [{name: row[name] for name in ("query", "count", "total", "opened", "clickable")} for row in rows]


def searches_by_day(database: Database) -> list[dict[str, object]]:
    """Return for each day, oldest first, the searches, those without result, and the clicks."""
    rows = database.rows(
        "SELECT day, SUM(searches) AS searches, SUM(without_result) AS without_result, SUM(opened) AS opened"
        " FROM search_days GROUP BY day ORDER BY day"
    )
    return [{name: row[name] for name in ("day", "searches", "without_result", "opened")} for row in rows]


def search_times_by_day(database: Database) -> dict[str, dict[int, int]]:
    """Return for each day, oldest first, the number of searches of each class of MAX_TIMES_MS; 0 stands for longer ones."""
    days: dict[str, dict[int, int]] = {}
    for row in database.rows("SELECT day, at_most_ms, searches FROM search_times ORDER BY day, at_most_ms = 0, at_most_ms"):
        days.setdefault(row["day"], {})[row["at_most_ms"]] = row["searches"]
    return days


def _clean(query: str) -> str:
    text = " ".join(query.split())[:MAX_QUERY_CHARACTERS]
    return text.encode("utf-8", "replace").decode()
