"""What the service reads from its data folder: changes of the configuration, and when the next source is due."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from indexer.archive.backends import is_database
from indexer.config import Settings, data_folder, load_settings, open_archive, open_engine, write_template
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


class ConfigurationWatch:
    """Reads the settings again whenever config.toml has changed."""

    def __init__(self, data: Path | str | None, *, is_read: bool = False) -> None:
        """`is_read`: whether the caller has read the present settings, so that only a change counts."""
        self._data = data
        self._path = data_folder(data) / "config.toml"
        self._version = self._file_version() if is_read else None
        self._is_first = not is_read

    def read(self) -> Settings | None:
        """Return the settings at the first call and after each change, otherwise None. Raises SettingsError."""
        version = self._file_version()
        if not self._is_first and version == self._version:
            return None
        self._is_first, self._version = False, version
        return load_settings(self._data)

    @property
    def version(self) -> str:
        """The state of the file at the last reading, the same in all processes."""
        return "-".join(f"{number:x}" for number in self._version or ())

    def _file_version(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns


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
