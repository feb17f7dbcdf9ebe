"""Share a crawl between several crawlers: who crawls which source until when, and when a host may be requested again.

A worker leases a source, renews its leases by a heartbeat, and gives them back. A connection holds a lock for as long as the
worker lives. Without that lock its sources are free immediately, and otherwise when their leases end: a machine without power
closes no connection. A later worker on the same data folder frees them immediately, too. All times are those of the database's
clock, so the clocks of the machines do not matter.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from indexer.archive.backends import open_database
from indexer.archive.database import LEASE_SECONDS, Database, Row
from indexer.archive.postgres_address import PostgresAddress
from indexer.errors import ArchiveError

CONNECT_SECONDS: Final = 10.0  # to wait for the lock of a name that is unique
_HEARTBEATS_PER_LEASE: Final = 4
_TURN_CONNECTIONS: Final = 4


class Leases:
    """The leases of one worker, in a table of PostgreSQL. A context manager: its thread renews them while it is open.

    Its connections are its own, and its methods may be called from any thread. They raise ArchiveError.
    """

    def __init__(self, location: PostgresAddress, worker: str, seconds: float = LEASE_SECONDS, place: str = "") -> None:
        """`worker`: a name that no other crawler has. `seconds`: after which the sources of a dead worker are free.

        `place`: of a data folder whose writer lock the caller holds. So an earlier worker of that place is dead.
        """
        from indexer.archive.postgres import PostgresDatabase  # needs the extra "postgres"

        self.worker, self._seconds, self._place = f"{worker}:{place}" if place else worker, seconds, place
        self._database, self._beats = PostgresDatabase(location), PostgresDatabase(location)
        self._alive = self._beats.session_lock(_life_of(self.worker), CONNECT_SECONDS)
        # Each turn is a commit that waits for the disk. Several at a time wait for the same write.
        self._turns: SimpleQueue[Database] = SimpleQueue()
        for _ in range(_TURN_CONNECTIONS):
            self._turns.put(open_database(location))
        self._using = threading.Lock()
        self._ending = threading.Event()
        self._heartbeat = threading.Thread(target=self._beat, name="lease heartbeat", daemon=True)

    def __enter__(self) -> Leases:
        self._alive.__enter__()
        if self._place:
            self._rows("UPDATE leases SET until = '-infinity' WHERE worker LIKE ? RETURNING 1", f"%:{self._place}")
        self._heartbeat.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End the heartbeat and give all leases back."""
        self._ending.set()
        if self._heartbeat.is_alive():
            self._heartbeat.join()
        self._alive.__exit__(None, None, None)
        try:
            self._database.set_patience(0)  # otherwise they end by themselves
            self._rows("UPDATE leases SET until = '-infinity' WHERE worker = ? RETURNING 1", self.worker)
            self._rows(
                "DELETE FROM claims WHERE NOT EXISTS (SELECT 1 FROM leases WHERE source_id = claims.source_id"
                " AND worker = claims.worker AND until > '-infinity') RETURNING 1"
            )
        except ArchiveError as problem:
            logging.getLogger(__name__).warning("cannot give the sources back: %s", problem)
        finally:
            for database in (self._database, self._beats, *(self._turns.get() for _ in range(_TURN_CONNECTIONS))):
                database.close()

    # -- sources -----------------------------------------------------------------------------------------------------

    def take(self, source_ids: Sequence[int], most: int) -> list[int]:
        """Lease up to `most` of the sources that no other worker has, the first ones first; return their numbers.

        A lease whose time has passed is noted first, and taken over half a lease later: after an outage of the server all
        leases have passed, and their workers renew them as soon as they reach it again.
        """
        if not source_ids or most <= 0:
            return []
        self._rows(
            "INSERT INTO leases SELECT each, '', '-infinity' FROM unnest(?::bigint[]) AS each ON CONFLICT DO NOTHING RETURNING 1",
            list(source_ids),
        )
        self._free_sources_of_the_dead()
        self._rows(
            "UPDATE leases SET overdue_since = now() WHERE until > '-infinity' AND until < now() AND overdue_since IS NULL"
            " RETURNING 1"
        )
        rows = self._rows(
            "WITH free AS (SELECT source_id FROM leases WHERE source_id = ANY(?1::bigint[]) AND"
            " (until = '-infinity' OR (until < now() AND overdue_since + make_interval(secs => ?4 / 2) < now()))"
            " ORDER BY array_position(?1::bigint[], source_id) LIMIT ?2 FOR UPDATE SKIP LOCKED)"
            " UPDATE leases SET worker = ?3, until = now() + make_interval(secs => ?4), overdue_since = NULL"
            " FROM free WHERE leases.source_id = free.source_id RETURNING leases.source_id",
            list(source_ids),
            most,
            self.worker,
            float(self._seconds),
        )
        return sorted((int(row[0]) for row in rows), key=list(source_ids).index)

    def _free_sources_of_the_dead(self) -> None:
        """End the leases of workers without a connection. A restart of the server has ended all connections: that one waits."""
        rows = self._rows(
            "SELECT DISTINCT worker FROM leases WHERE until > now() AND worker <> ?"
            " AND pg_postmaster_start_time() < now() - make_interval(secs => ? / 2)",
            self.worker,
            float(self._seconds),
        )
        with self._using:
            dead = [str(row[0]) for row in rows if not self._database.is_held(_life_of(str(row[0])))]
        for worker in dead:
            self._rows("UPDATE leases SET until = '-infinity', overdue_since = NULL WHERE worker = ? RETURNING 1", worker)

    def give_back(self, source_id: int) -> None:
        """End the lease of a source."""
        self._rows("UPDATE leases SET until = '-infinity' WHERE source_id = ? AND worker = ? RETURNING 1", source_id, self.worker)

    def renew(self) -> None:
        """Renew the leases that no other worker has taken over."""
        self._beats.rows(
            "UPDATE leases SET until = now() + make_interval(secs => ?), overdue_since = NULL"
            " WHERE worker = ? AND until > '-infinity' RETURNING 1",
            float(self._seconds),
            self.worker,
        )

    def _beat(self) -> None:
        while not self._ending.wait(self._seconds / _HEARTBEATS_PER_LEASE):
            try:
                self.renew()
            except ArchiveError as error:  # the leases may end meanwhile: `held_sources` tells when something is stored
                logging.getLogger(__name__).warning("cannot renew the leases: %s", error)

    # -- pages -------------------------------------------------------------------------------------------------------

    def claim(self, page_id: str, source_id: int) -> bool:
        """Claim a page for a source that this worker has, until it is stored; report whether no other worker fetches it.

        Two sources may list one page. A claim ends with the lease of its source: who takes the source over fetches its pages.
        """
        return bool(
            self._rows(
                "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT (page_id) DO UPDATE SET worker = excluded.worker,"
                " source_id = excluded.source_id WHERE claims.worker = excluded.worker OR NOT EXISTS"
                " (SELECT 1 FROM leases WHERE source_id = claims.source_id AND worker = claims.worker AND until > '-infinity')"
                " RETURNING 1",
                page_id,
                self.worker,
                source_id,
            )
        )

    def release(self, page_ids: Iterable[str]) -> None:
        """End the claims of pages that are stored, or are not fetched after all."""
        ids = list(page_ids)
        self._rows("DELETE FROM claims WHERE page_id = ANY(?::text[]) AND worker = ? RETURNING 1", ids, self.worker)

    # -- hosts -------------------------------------------------------------------------------------------------------

    def take_turn(self, host: str, most_seconds: float) -> float:
        """Take the turn at a host, for at most `most_seconds`; return 0.0, or the seconds until it may be free."""
        rows = self._turn_rows(
            "INSERT INTO host_turns (host, next_turn) VALUES (?1, clock_timestamp() + make_interval(secs => ?2))"
            " ON CONFLICT (host) DO UPDATE SET next_turn = excluded.next_turn WHERE host_turns.next_turn <= clock_timestamp()"
            " RETURNING 0.0::float8",
            host,
            float(most_seconds),
        ) or self._turn_rows(
            "SELECT GREATEST(0.001, EXTRACT(EPOCH FROM next_turn - clock_timestamp()))::float8 FROM host_turns WHERE host = ?",
            host,
        )
        return float(rows[0][0])

    def end_turn(self, host: str, pause_seconds: float, *, is_known: bool) -> None:
        """End the turn: the next one begins after the host's pause.

        `is_known`: the pause follows from its robots.txt. Otherwise the pause that another worker knows counts if it is longer.
        """
        self._turn_rows(
            "UPDATE host_turns SET pause = CASE WHEN ?3 THEN ?2 ELSE pause END,"
            " next_turn = clock_timestamp() + make_interval(secs => CASE WHEN ?3 THEN ?2 ELSE GREATEST(?2, pause) END)"
            " WHERE host = ?1 RETURNING 1",
            host,
            float(pause_seconds),
            is_known,
        )

    def _turn_rows(self, sql: str, *values: object) -> Sequence[Row]:
        database = self._turns.get()
        try:
            return database.rows(sql, *values)
        finally:
            self._turns.put(database)

    def _rows(self, sql: str, *values: object) -> Sequence[Row]:
        with self._using:
            return self._database.rows(sql, *values)


def place_of(folder: Path) -> str:
    """Return what tells a data folder from every other one on all machines; "" if the system cannot say it.

    It changes when the machine is restarted. Machines that are copies of each other have other boot ids.
    """
    try:
        boot, status = Path("/proc/sys/kernel/random/boot_id").read_bytes(), folder.stat()
    except OSError:
        return ""
    return blake2b(b"%s %d %d" % (boot, status.st_dev, status.st_ino), digest_size=8).hexdigest()


def _life_of(worker: str) -> str:
    """Return the name of the lock that a worker holds for as long as it lives."""
    return f"life of {worker}"


def held_sources(database: Database, worker: str, source_ids: Sequence[int]) -> set[int]:
    """Return which of the sources a worker has leased. No other worker takes them over before the transaction ends."""
    rows = database.rows(
        "SELECT source_id FROM leases WHERE source_id = ANY(?::bigint[]) AND worker = ? FOR UPDATE",
        list(source_ids),
        worker,
    )
    return {int(row[0]) for row in rows}
