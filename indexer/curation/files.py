"""Read the files of curation again when they change.

stat of each file, at most once a second  ->  the same as before?  ->  the rules that were read before
                                          ->  otherwise            ->  read and check; after an error keep the earlier rules
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from indexer.curation.curation import Curation, field_boosts, folded_stop_words
from indexer.curation.rules import RuleTable, parse_rules
from indexer.curation.settings import CurationSettings
from indexer.curation.synonyms import SynonymRule, SynonymTable, parse_synonyms
from indexer.errors import IndexerError, SettingsError

CHECK_SECONDS: Final = 1.0
RULES_NAME: Final = "curation.toml"
MAX_FILE_BYTES: Final = 20_000_000
_SYNONYMS_NAME: Final = re.compile(r"synonyms(?:\.([a-z]{2}))?\.txt")

Report = Callable[[str], None]
_State = tuple[tuple[str, int, int], ...]  # name, time stamp and size of each file


class CurationFiles:
    """The curation of one data folder. Safe to share between threads."""

    def __init__(self, folder: Path, config_name: str, settings: Callable[[], CurationSettings], report: Report | None) -> None:
        """`settings` reads `[curation]`. `report` gets an error of a changed file once; without it, errors are raised."""
        self._folder, self._config_name, self._settings, self._report = folder, config_name, settings, report
        self._state: _State | None = None
        self._curation = Curation()
        self._checked = 0.0
        self._reading = threading.Lock()

    def current(self) -> Curation:
        """Return the rules, read again if a file has changed. Raises SettingsError unless errors are reported."""
        if self._state is not None and time.monotonic() - self._checked < CHECK_SECONDS:
            return self._curation
        with self._reading:
            state = self._file_states()
            if state != self._state:
                self._read(state)
            self._checked = time.monotonic()
            return self._curation

    def _read(self, state: _State) -> None:
        try:
            self._curation = load_curation(self._folder, self._settings())
        except IndexerError as error:
            if self._report is None:
                raise
            self._report(f"{error}; the rules that were read before stay in force")
        self._state = state

    def _file_states(self) -> _State:
        states = []
        for path in (self._folder / self._config_name, *_files(self._folder)):
            try:
                stat = path.stat()
            except OSError:
                continue
            states.append((path.name, stat.st_mtime_ns, stat.st_size))
        return tuple(states)


def load_curation(folder: Path, settings: CurationSettings) -> Curation:
    """Read and check all rules of a data folder. Raises SettingsError that names the file and the line."""
    digest = hashlib.blake2b(repr(settings).encode(), digest_size=8)
    synonyms: list[SynonymRule] = []
    rules = RuleTable()
    is_empty = settings == CurationSettings()
    for path in _files(folder):
        if (text := _text(path)) is None:
            continue
        is_empty = False
        digest.update(f"{path.name} {len(text)} {text}".encode())
        if path.name == RULES_NAME:
            rules = RuleTable(parse_rules(text, path))
        elif name := _SYNONYMS_NAME.fullmatch(path.name):
            synonyms += parse_synonyms(text, str(path), name[1] or "")
    return Curation(
        SynonymTable(synonyms),
        rules,
        folded_stop_words(settings.stop_words),
        field_boosts(settings),
        "" if is_empty else digest.hexdigest(),
    )


def _files(folder: Path) -> list[Path]:
    """Return the files of rules that exist, in a stable order."""
    try:
        return sorted(path for path in folder.iterdir() if path.name == RULES_NAME or _SYNONYMS_NAME.fullmatch(path.name))
    except OSError:
        return []


def _text(path: Path) -> str | None:
    """Return the content of a file, or None if it is gone. Raises SettingsError."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SettingsError(f"{path} is larger than {MAX_FILE_BYTES} bytes", remedy="remove rules that are not needed")
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}", remedy="make it a readable text file in UTF-8"
        ) from error
