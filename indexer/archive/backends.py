"""Open the database at a location: the only module that chooses between SQLite and PostgreSQL."""

from __future__ import annotations

from indexer.archive.database import Database, Location
from indexer.archive.postgres_address import PostgresAddress
from indexer.archive.sqlite import SqliteDatabase, is_database_file


def open_database(location: Location, *, create: bool = True, purpose: str = "archive") -> Database:
    """Open and migrate a database.

    `create`: whether a missing or empty one is created. `purpose`: transactions of another purpose are not excluded, if the
    database allows that. Raises ArchiveMissing, ArchiveTooNew, ArchiveDamaged, ArchiveUnreachable, ArchiveError, SettingsError.
    """
    if isinstance(location, PostgresAddress):
        from indexer.archive.postgres import PostgresDatabase  # needs the extra "postgres"

        return PostgresDatabase(location, create=create, purpose=purpose)
    return SqliteDatabase(location, create=create)


def is_database(location: Location) -> bool:
    """Return whether there is an archive at a location. Raises ArchiveUnreachable, SettingsError."""
    if isinstance(location, PostgresAddress):
        from indexer.archive.postgres import has_archive

        return has_archive(location)
    return is_database_file(location)
