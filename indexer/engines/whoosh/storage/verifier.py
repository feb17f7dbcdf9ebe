"""Verify the files of the current commit little by little, while searches and crawls go on.

The progress is stored in `verification.json` next to the index, so that many short crawls verify all of it in turn. Damage is
stored there as well: `indexer status` reports it, and the next update rebuilds the index.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from indexer.engines.whoosh.storage.generations import Manifest, read_json, write_json
from indexer.errors import IndexDamaged

RECORD: Final = "verification.json"
_BLOCK_BYTES: Final = 1 << 18

Commit = tuple[Path, Manifest]


@dataclass(slots=True)
class _Progress:
    """How far a pass over the files has come."""

    verified: dict[str, int] = field(default_factory=dict)  # CRC-32 by name, of files that are sound
    name: str = ""  # the file being read
    offset: int = 0
    crc: int = 0
    damage: dict[str, str] = field(default_factory=dict)  # message by file name

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> _Progress:
        """Return the progress of a record. A record that is not one means no progress."""
        try:
            verified = {str(name): int(crc) for name, crc in values["verified"].items()}
            damage = {str(name): str(message) for name, message in values["damage"].items()}
            return cls(verified, str(values["name"]), int(values["offset"]), int(values["crc"]), damage)
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls()

    def to_mapping(self) -> dict[str, Any]:
        return {
            "verified": self.verified,
            "name": self.name,
            "offset": self.offset,
            "crc": self.crc,
            "damage": self.damage,
        }


class FileVerifier:
    """Compares the files of the current commit with their checksums, step by step. Not safe to share between threads."""

    def __init__(self, current: Callable[[], Commit | None]) -> None:
        """`current` returns the folder and the manifest of the newest commit, None without an index. It raises IndexDamaged."""
        self._current = current
        self._folder: Path | None = None
        self._progress = _Progress()
        self._open_problem = ""
        self.verified_bytes, self.total_bytes = 0, 0  # of the current pass

    @property
    def damage(self) -> Sequence[str]:
        """Return a message about each damaged file found so far."""
        return tuple(self._progress.damage.values()) + ((self._open_problem,) if self._open_problem else ())

    def step(self, max_bytes: int) -> int:
        """Verify up to `max_bytes`. Return the bytes read; 0 when a pass is complete. The next step then begins a new pass."""
        try:
            commit = self._current()
        except IndexDamaged as error:
            self._open_problem = error.message
            return 0
        self._open_problem = ""
        if commit is None:
            return 0
        folder, manifest = commit
        if folder != self._folder:
            self._folder, self._progress = folder, _load(folder)
        self._forget_removed(manifest)
        size = 0
        while size < max_bytes and (name := self._next_file(manifest)):
            size += self._read(folder / name, manifest[name], max_bytes - size)
        self.total_bytes = sum(length for length, _ in manifest.values())
        self.verified_bytes = sum(manifest[name][0] for name in self._progress.verified) + self._progress.offset
        if size == 0:
            self._progress.verified.clear()
        return size

    def save(self) -> None:
        """Store progress and damage for other processes. A folder that cannot be written to is left as it is."""
        if self._folder is not None:
            with suppress(OSError):
                write_json(self._folder / RECORD, self._progress.to_mapping())

    def _forget_removed(self, manifest: Manifest) -> None:
        """Forget files that the commit no longer has, and checksums that were of another content."""
        progress = self._progress
        progress.verified = {n: crc for n, crc in progress.verified.items() if n in manifest and manifest[n][1] == crc}
        progress.damage = {n: message for n, message in progress.damage.items() if n in manifest}
        if progress.name not in manifest:
            progress.name, progress.offset, progress.crc = "", 0, 0

    def _next_file(self, manifest: Manifest) -> str:
        progress = self._progress
        if not progress.name:
            remaining = (name for name in sorted(manifest) if name not in progress.verified and name not in progress.damage)
            progress.name, progress.offset, progress.crc = next(remaining, ""), 0, 0
        return progress.name

    def _read(self, path: Path, expected: tuple[int, int], max_bytes: int) -> int:
        """Continue with a file and return the bytes read, at least 1 so that an empty or missing file counts as progress."""
        progress = self._progress
        size = 0
        try:
            with path.open("rb") as file:
                file.seek(progress.offset)
                while size < max_bytes and (block := file.read(min(_BLOCK_BYTES, max_bytes - size))):
                    progress.crc = zlib.crc32(block, progress.crc)
                    size += len(block)
                progress.offset += size
                is_at_end = progress.offset >= os.fstat(file.fileno()).st_size
        except OSError as error:
            self._finish(path, f"{path} cannot be read: {error.strerror}")
            return max(size, 1)
        if is_at_end:
            is_sound = (progress.offset, progress.crc) == expected
            self._finish(path, "" if is_sound else f"{path} fails its checksum")
        return max(size, 1)

    def _finish(self, path: Path, problem: str) -> None:
        """Record the result for a file. Damage counts only while the file is part of the newest commit."""
        progress = self._progress
        crc, progress.name, progress.offset, progress.crc = progress.crc, "", 0, 0
        if not problem:
            progress.verified[path.name] = crc
            return
        commit = self._current()  # a writer may just have replaced the file
        if commit is not None and commit[0] == path.parent and path.name in commit[1]:
            progress.damage[path.name] = problem
            self.save()


def recorded_damage(folder: Path, manifest: Manifest) -> Sequence[str]:
    """Return the damage that an earlier verification found in files of this commit."""
    return tuple(message for name, message in _load(folder).damage.items() if name in manifest)


def forget_damage(folder: Path) -> None:
    """Remove the record after the whole index was verified."""
    with suppress(OSError):
        (folder / RECORD).unlink(missing_ok=True)


def _load(folder: Path) -> _Progress:
    try:
        return _Progress.of(read_json(folder / RECORD))
    except (FileNotFoundError, IndexDamaged):
        return _Progress()
