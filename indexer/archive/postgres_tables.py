"""What a copy of the archive must know of the tables in PostgreSQL."""

from __future__ import annotations

from typing import Final

from indexer.archive.database import Database
from indexer.archive.postgres_address import PostgresAddress

POSTGRES_ONLY: Final = {"archive_version", "commits", "leases", "claims", "host_turns"}  # tables that SQLite does not have
_COUNTED: Final = (("sources", "id"), ("responses", "id"), ("pages", "rowid"), ("history", "rowid"))


def is_postgres(database: Database) -> bool:
    """Return whether a database is in PostgreSQL."""
    return isinstance(database.location, PostgresAddress)


def boolean_columns(database: Database, table: str) -> set[str]:
    """Return the columns that hold truth values; SQLite stores them as numbers."""
    if not is_postgres(database):
        return set()
    sql = (
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ?"
        " AND data_type = 'boolean'"
    )
    return {str(row[0]) for row in database.rows(sql, table)}


def reset_sequences(database: Database) -> None:
    """Let the next numbers follow the largest ones that are stored."""
    for table, column in _COUNTED:
        database.rows(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), MAX({column})) FROM {table}"  # noqa: S608  # our own names
            f" HAVING MAX({column}) IS NOT NULL"
        )
