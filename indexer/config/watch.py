"""Notice that config.toml has changed, and read it again."""

from __future__ import annotations

from pathlib import Path

from indexer.config.loader import load_settings
from indexer.config.settings import CONFIG_NAME, Settings, data_folder


class ConfigurationWatch:
    """Reads the settings again whenever config.toml has changed."""

    def __init__(self, data: Path | str | None, *, is_read: bool = False) -> None:
        """`is_read`: whether the caller has read the present settings, so that only a change counts."""
        self._data = data
        self._path = data_folder(data) / CONFIG_NAME
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
        """Return the state of the file at the last reading, the same in all processes."""
        return "-".join(f"{number:x}" for number in self._version or ())

    def _file_version(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns
