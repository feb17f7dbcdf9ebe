"""The database behind the archive's tables: one interface, with SQLite (`sqlite`) or PostgreSQL (`postgres`) behind it.

The tables use `Database` alone and write the SQL that both understand. `postgres_sql` translates what they spell differently.
A transaction that writes excludes every other one, in both: the tables may read, decide and write.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from indexer.archive.postgres_address import PostgresAddress

Location = Path | PostgresAddress  # of an archive: a file of SQLite, or a database of PostgreSQL
LEASE_SECONDS = 60.0  # after this time, another crawler takes over the sources of a dead one
Result = TypeVar("Result")


class Row(Protocol):
    """A row of a result: its values by position or by name."""

    def __getitem__(self, key: int | str, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class Database(ABC):
    """One connection. Not to be shared between threads that write.

    Every statement that writes runs in a transaction: its own, or the surrounding one of `transaction`. Placeholders are `?` in
    order or `?1`, `?2` by number. Every method raises ArchiveError.
    """

    location: Location

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    @abstractmethod
    def lock(self, wait_seconds: float, doing: str, *, shared: bool = False) -> contextlib.AbstractContextManager[None]:
        """Hold the archive's writer lock. `doing`: the command that holds it.

        `shared`: other holders of a shared lock are admitted, if the database serves several machines. Raises ArchiveBusy.
        """

    @abstractmethod
    def following(self, engine: str, wait_seconds: float) -> contextlib.AbstractContextManager[None]:
        """Hold the lock of those who write the archive's changes to an engine. Raises ArchiveBusy."""

    @abstractmethod
    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """Run everything inside in one transaction; nested ones join the outer one."""

    @abstractmethod
    def run(self, work: Callable[[], Result]) -> Result:
        """Call `work` in one transaction and return its result.

        If the connection is lost before the commit, `work` is called again on a new one: it must be free of side effects.
        """

    @abstractmethod
    def rows(self, sql: str, *values: object) -> Sequence[Row]:
        """Return all rows of a query."""

    @abstractmethod
    def row(self, sql: str, *values: object) -> Row | None:
        """Return the first row of a query."""

    @abstractmethod
    def number(self, sql: str, *values: object) -> int:
        """Return the first column of the first row as a number; 0 without a row."""

    @abstractmethod
    def execute(self, sql: str, *values: object) -> int:
        """Run a statement that writes; return how many rows it changed."""

    @abstractmethod
    def execute_many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Run the same statement for each row of values."""

    @abstractmethod
    def insert(self, sql: str, *values: object) -> int:
        """Insert a row into a table with the column `id`, and return its number."""

    @abstractmethod
    def set_patience(self, seconds: float) -> None:
        """Set how long a statement waits for another writer, then ArchiveBusy, or for the server, then ArchiveUnreachable."""

    @abstractmethod
    def overwrite_deleted(self) -> None:
        """Let the current transaction overwrite what it deletes, as far as the database can."""

    @abstractmethod
    def make_durable(self) -> None:
        """Wait until everything that was committed survives a power cut."""

    @abstractmethod
    def copy_to(self, path: Path) -> None:
        """Copy the database to a new file as it is at one moment. Writers go on meanwhile."""

    @abstractmethod
    def integrity_problems(self) -> list[str]:
        """Return what the database's own check finds."""

    @abstractmethod
    def size_bytes(self) -> int:
        """Return the space that the archive takes."""
