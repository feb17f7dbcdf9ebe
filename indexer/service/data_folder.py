"""Create the data folder of the service, and read from it when the next source is due."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from indexer.archive.backends import is_database
from indexer.config import Settings, data_folder, open_archive, open_engine, write_template
from indexer.errors import write_error
from indexer.reindex import require_no_index
from indexer.urls import resolve


def create_data_folder(data: Path | str | None) -> Path:
    """Create the data folder with a commented config.toml if it does not exist, and return its path."""
    folder = data_folder(data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_new = not any(folder.iterdir())
    except OSError as error:
        raise write_error(f"cannot create {folder}", error, "choose another folder with --data") from error
    if is_new:
        write_template(folder / "config.toml")
    return folder


def next_due(settings: Settings, now: datetime) -> datetime | None:
    """Return when the next source is due (`now` at the earliest), or None if there is no source.

    Raises ArchiveError, also if the archive is missing or empty while there is an index.
    """
    if not is_database(settings.archive_location):
        require_no_index(settings.archive_location, open_engine(settings))
        return now if settings.sources else None
    archive = open_archive(settings, create=False)
    try:
        states = [state for state in archive.sources.all() if state.state != "removed"]
        leased = archive.leased_until()
    finally:
        archive.close()
    if {resolve(source.url) for source in settings.sources} - {state.source.url for state in states}:
        return now  # the crawl takes new sources of config.toml into the archive
    return max(now, min(leased.get(state.id) or state.next_crawl or now for state in states)) if states else None
