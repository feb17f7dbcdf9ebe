"""Backup and restore: everything in the archive and the configuration, in one compressed file with checksums.

    FILE = Zstandard( tar( backup.json, config.toml, templates/…, static/…, archive.db ) )

`backup.json` names each file with its size and SHA-256. The archive is copied with SQLite's backup API: the copy is the state at
one moment, while crawls and searches go on. The index is left out: `restore` builds it from the archive.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import zstandard

from indexer.archive.store import Archive
from indexer.errors import IndexerError, SettingsError, write_error

FORMAT_VERSION = 1
MANIFEST, ARCHIVE, WORK = "backup.json", "archive.db", ".restoring"
_CONFIGURATION = ("config.toml", "curation.toml", "synonyms*.txt", "templates", "static")  # what a person edits
# The files that a backup may hold; a forged one must not write elsewhere, such as into the index.
_NAME = re.compile(
    r"config\.toml|curation\.toml|synonyms[^/]*\.txt|archive\.db|(?:templates|static)(?:/(?!\.\.?(?:/|$))[^/\0]+)+"
)
MAX_MANIFEST_BYTES = 1 << 24
_COPYING = ".copying"  # the end of the name of a folder in which a backup works
_PIECE = 1 << 20


class BackupDamaged(IndexerError):
    """A backup is not what was written."""

    exit_code = 3


def back_up(archive: Archive, folder: Path, file: Path) -> dict[str, Any]:
    """Write a backup of a data folder, and return its manifest. `file` appears when it is complete.

    Raises ArchiveError, DiskFull, SettingsError.
    """
    if str(file) == "-":  # other commands mean standard output by it, where no incomplete backup could be removed
        raise SettingsError("a backup is not written to standard output", remedy="name a file, such as site.backup")
    if file.is_dir():
        raise SettingsError(f"{file} is a folder", remedy="name a file in it")
    if not file.parent.is_dir():
        raise SettingsError(f"there is no folder {file.parent}", remedy="create it, or name another file")
    if file.exists() and not file.is_file():  # the backup would replace /dev/null or a pipe
        raise SettingsError(f"{file} is a device or a pipe", remedy="name a file")
    partial = file.with_name(f".{file.name}.partial")
    try:
        with _disk(file), _scratch_folder(file) as scratch:
            copy = scratch / ARCHIVE
            archive.copy_to(copy)
            files = [(name, path) for name, path in _configuration(folder)] + [(ARCHIVE, copy)]
            manifest = {
                "format": FORMAT_VERSION,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                **archive.counts(),
                "files": [{"name": name, "bytes": path.stat().st_size, "sha256": _digest(path)} for name, path in files],
            }
            compressor = zstandard.ZstdCompressor(write_checksum=True)
            with open(partial, "wb", opener=_private) as raw:
                with compressor.stream_writer(raw, closefd=False) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
                    _add(tar, MANIFEST, io.BytesIO(json.dumps(manifest, indent=1).encode()), None)
                    for name, path in files:
                        with path.open("rb") as source:
                            _add(tar, name, source, path.stat().st_size)
                raw.flush()
                os.fsync(raw.fileno())
            partial.replace(file)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return manifest


@contextlib.contextmanager
def _scratch_folder(file: Path) -> Iterator[Path]:
    """Make a folder for the copy of the archive, and remove those that killed backups to the same file have left.

    A folder is locked while its backup runs. The operating system frees the lock however the process ends.
    """
    for leftover in file.parent.glob(f".{glob.escape(file.name)}.*{_COPYING}"):
        with contextlib.suppress(OSError), _locked(leftover):
            shutil.rmtree(leftover)
    with (
        tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.", suffix=_COPYING) as name,
        _locked(Path(name)),
    ):
        yield Path(name)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder. Raises BlockingIOError if another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def restore_files(file: Path, folder: Path) -> dict[str, Any]:
    """Write the files of a backup into a new folder, and return the manifest.

    Raises BackupDamaged, DiskFull, SettingsError.
    """
    with _disk(folder):
        folder.mkdir(parents=True)
        try:
            decompressor = zstandard.ZstdDecompressor()
            with (
                file.open("rb") as raw,
                decompressor.stream_reader(raw, closefd=False) as packed,
                tarfile.open(fileobj=packed, mode="r|") as tar,
            ):
                return _unpack(tar, file, folder)
        except (zstandard.ZstdError, tarfile.TarError, EOFError) as error:
            raise BackupDamaged(f"{file} is not an intact backup: {error}") from error


def _unpack(tar: tarfile.TarFile, file: Path, folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = {}
    expected: dict[str, dict[str, Any]] = {}
    for member in tar:
        content = tar.extractfile(member)
        if content is None:
            continue
        if not manifest:
            manifest = _manifest(member.name, content, file)
            expected = {each["name"]: each for each in manifest["files"]}
            continue
        entry = expected.pop(member.name, None)
        target = folder / member.name
        if entry is None or member.size != entry["bytes"] or not _is_inside(target, folder):
            raise BackupDamaged(f"{file} is not an intact backup: it holds an unexpected file {member.name!r}")
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with open(target, "wb", opener=_private if member.name == "config.toml" else None) as out:
            while piece := content.read(_PIECE):
                digest.update(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != entry["sha256"]:
            raise BackupDamaged(f"{file} is damaged: {member.name} differs from what was backed up")
    if not manifest or expected:
        raise BackupDamaged(f"{file} is not an intact backup: it ends early")
    return manifest


def _manifest(name: str, content: IO[bytes], file: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(content.read(MAX_MANIFEST_BYTES)) if name == MANIFEST else None
    except (ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), list):
        raise BackupDamaged(f"{file} is not a backup of this program")
    if manifest.get("format") != FORMAT_VERSION:
        raise BackupDamaged(f"{file} was written by a later version")
    try:
        names = [each["name"] for each in manifest["files"] if isinstance(each["bytes"], int) and each["sha256"]]
        datetime.fromisoformat(manifest["created"])
        is_sound = isinstance(manifest["documents"], int) and ARCHIVE in names and all(map(_NAME.fullmatch, names))
    except (KeyError, TypeError, ValueError):
        names, is_sound = [], False
    if not is_sound or len(names) != len(manifest["files"]):
        raise BackupDamaged(f"{file} is not an intact backup: it names files that a backup does not hold")
    return manifest


def _private(path: str, flags: int) -> int:
    """Open a file for its owner alone: the configuration may hold the admin token, the archive addresses with secrets."""
    return os.open(path, flags, 0o600)


def _is_inside(target: Path, folder: Path) -> bool:
    return target.resolve().is_relative_to(folder.resolve())


def work_folder(folder: Path) -> Path:
    """Return the folder in which a restore works until it is complete, without what an interrupted one has left there.

    Raises SettingsError if the data folder holds anything else.
    """
    work = folder / WORK
    is_free = not folder.exists() or (folder.is_dir() and (not any(folder.iterdir()) or work.exists()))
    if not is_free or (folder / ARCHIVE).exists():
        raise SettingsError(f"{folder} is not empty", remedy="name an empty or new folder with --data")
    with _disk(folder):
        shutil.rmtree(work, ignore_errors=True)
    return work


@contextlib.contextmanager
def without_leftovers(work: Path) -> Iterator[None]:
    """Remove the work folder after a restore that fails."""
    try:
        yield
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        with contextlib.suppress(OSError):  # it is removed only if it is empty
            work.parent.rmdir()
        raise


def move_into_place(work: Path, folder: Path) -> None:
    """Move the restored files into the data folder; the archive comes last and makes it complete."""
    with _disk(folder):
        for path in sorted(work.iterdir(), key=lambda each: each.name == ARCHIVE):
            target = folder / path.name
            if target.is_dir():  # an interrupted restore has moved it
                shutil.rmtree(target)
            path.replace(target)
        work.rmdir()


def _configuration(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in (path for name in _CONFIGURATION for path in sorted(folder.glob(name))):
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path] if path.is_file() else []
        yield from ((str(each.relative_to(folder)), each) for each in files)


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int | None) -> None:
    info = tarfile.TarInfo(name)
    info.size = size if size is not None else len(content.read())
    content.seek(0)
    tar.addfile(info, content)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _disk(where: Path) -> Iterator[None]:
    """Raise DiskFull or SettingsError instead of OSError."""
    try:
        yield
    except OSError as error:
        raise write_error(str(error.filename or where), error, "choose another file or folder") from error
