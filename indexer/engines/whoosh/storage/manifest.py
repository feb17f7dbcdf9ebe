"""The manifest of a commit: length and CRC-32 of each of its files, so that damage is found before it is read."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from indexer.engines.whoosh.storage.generations import read_json, write_json
from indexer.errors import IndexDamaged

Manifest = Mapping[str, tuple[int, int]]  # by file name: length in bytes, CRC-32

_NAME: Final = re.compile(r"manifest-\d+\.json")
_BLOCK_BYTES: Final = 1 << 20


def write_manifest(folder: Path, number: int, names: Iterable[str], contents: Mapping[str, bytes]) -> None:
    """Write the manifest of a commit: the files with these names, and files that will have these contents.

    Array files never change, so their checksums are copied from earlier manifests.
    """
    previous: dict[str, Any] = {}
    for entry in os.scandir(folder):
        if _NAME.fullmatch(entry.name):
            try:
                previous.update(read_json(Path(entry.path)))
            except (IndexDamaged, FileNotFoundError):
                continue
    entries: dict[str, Any] = {name: [len(data), zlib.crc32(data)] for name, data in contents.items()}
    for name in names:
        length, reusable = (folder / name).stat().st_size, previous.get(name)
        is_known = name.endswith(".arrays") and reusable is not None and reusable[0] == length
        entries[name] = reusable if is_known else [length, checksum(folder / name)]
    write_json(folder / f"manifest-{number}.json", dict(sorted(entries.items())))


def read_manifest(folder: Path, number: int) -> Manifest:
    """Read the manifest of a commit. Raises IndexDamaged, also when it is missing."""
    path = folder / f"manifest-{number}.json"
    try:
        return {str(name): (int(length), int(crc)) for name, (length, crc) in read_json(path).items()}
    except FileNotFoundError as error:
        raise IndexDamaged(f"{path} is missing") from error
    except (TypeError, ValueError) as error:
        raise IndexDamaged(f"{path} is not a list of the files of the index") from error


def read_verified(folder: Path, manifest: Manifest, name: str) -> bytes:
    """Read a whole file after comparing its length and checksum. Raises IndexDamaged."""
    path = folder / name
    if name not in manifest:
        raise IndexDamaged(f"{path} is not in the manifest of its commit")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{path} cannot be read: {error}") from error
    if (len(data), zlib.crc32(data)) != manifest[name]:
        raise IndexDamaged(f"{path} fails its checksum")
    return data


def damaged_files(folder: Path, manifest: Manifest, *, deep: bool) -> list[str]:
    """Return a message about each damaged file: by its length and, if `deep`, by its checksum."""
    problems = []
    for name, (length, crc) in sorted(manifest.items()):
        path = folder / name
        try:
            actual = path.stat().st_size
        except OSError:
            problems.append(f"{path} is missing")
            continue
        if actual != length:
            problems.append(f"{path} has {actual:,} bytes instead of {length:,}")
        elif deep and checksum(path) != crc:
            problems.append(f"{path} fails its checksum")
    return problems


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file."""
    crc = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            crc = zlib.crc32(block, crc)
    return crc
