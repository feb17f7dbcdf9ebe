"""The files around an embedded index: the current generation, and state and manifest of each commit.

    index/CURRENT                     {"generation": "g1764020000000", "schema": 306, "analysis": 1}, replaced atomically
    index/g1764020000000/             the files of the index, and for its commit number N:
        state-N.json                  the last change applied, of which archive, and the time
        manifest-N.json               length and CRC-32 of every file of the commit

Each of these files contains its own checksum. State and manifest are written before the commit, so a commit without them is
damaged. Damage is found before it can change an answer.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from indexer.errors import IndexDamaged, IndexInaccessible, index_read_error

POINTER = "CURRENT"
FIRST_SCHEMA_WITH_CHECKSUMS: Final = 300
_CHECKSUM: Final = "crc32"
_GENERATION = re.compile(r"g\d{6,}")
_COMMIT_FILE = re.compile(r"(state|manifest)-(\d+)\.json(\.new)?")


@dataclass(frozen=True, slots=True)
class Pointer:
    """The current generation and the versions it was made with."""

    generation: str
    schema: int
    analysis: int
    previous: Pointer | None = None  # the generation before, if it is kept


@dataclass(frozen=True, slots=True)
class CommitState:
    """What is stored with a commit of the index."""

    position: int
    written: str  # sortable date
    averages: tuple[float, ...] = ()  # average field lengths to rank by
    archive_id: str = ""  # of the archive that the changes come from; earlier versions recorded none


def read_pointer(directory: Path) -> Pointer | None:
    """Return the pointer, or None when there is no index. Raises IndexDamaged."""
    try:
        values, is_sound = read_json_unverified(directory / POINTER)
    except FileNotFoundError:
        return None
    try:
        previous = _pointer(values["previous"]) if values.get("previous") else None
        pointer = replace(_pointer(values), previous=previous)
    except (KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(f"{directory / POINTER} does not name the current index") from error
    if not is_sound and pointer.schema >= FIRST_SCHEMA_WITH_CHECKSUMS:
        raise IndexDamaged(f"{directory / POINTER} fails its checksum")
    if not all(_GENERATION.fullmatch(each.generation) for each in (pointer, previous) if each):
        raise IndexDamaged(f"{directory / POINTER} names a folder that this program does not create")
    return pointer


def write_pointer(directory: Path, pointer: Pointer) -> None:
    values: dict[str, Any] = {"generation": pointer.generation, "schema": pointer.schema, "analysis": pointer.analysis}
    if (previous := pointer.previous) is not None:
        values["previous"] = {"generation": previous.generation, "schema": previous.schema, "analysis": previous.analysis}
    write_json(directory / POINTER, values)


def _pointer(values: Mapping[str, Any]) -> Pointer:
    return Pointer(str(values["generation"]), int(values["schema"]), int(values["analysis"]))


def state_name(number: int) -> str:
    """Return the file name of a commit's state."""
    return f"state-{number}.json"


def read_state(folder: Path, number: int) -> CommitState:
    """Read the state of a commit.

    Raises FileNotFoundError, which may mean that a later commit has replaced this one, and IndexDamaged.
    """
    path = folder / state_name(number)
    values = read_json(path)
    try:
        averages = tuple(map(float, values["averages"]))
        return CommitState(int(values["position"]), str(values["written"]), averages, str(values.get("archive", "")))
    except (KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(f"{path} does not contain the last change in the index") from error


def write_state(folder: Path, number: int, state: CommitState) -> None:
    values = {"position": state.position, "written": state.written, "averages": state.averages, "archive": state.archive_id}
    write_json(folder / state_name(number), values)


def generation_names(directory: Path) -> list[str]:
    """Return the names of all generations, complete or not."""
    try:
        return sorted(entry.name for entry in os.scandir(directory) if _GENERATION.fullmatch(entry.name))
    except FileNotFoundError:
        return []


def create_folder(directory: Path) -> Path:
    """Create an empty folder for a new generation.

    Its number is the time in milliseconds, so no name is used twice, even after the whole index was deleted. Otherwise a
    running `webui` would take the new generation for the one that it has open and answer 304 to old ETags.
    """
    last = max((int(name[1:]) for name in generation_names(directory)), default=0)
    folder = directory / f"g{max(last + 1, time.time_ns() // 1_000_000):06}"
    folder.mkdir(parents=True)
    return folder


def remove_others(directory: Path, keep: Pointer | None) -> None:
    """Remove older generations, and those of killed rebuilds. The current one and the one it keeps remain.

    Open files stay readable until they are closed.
    """
    names = {each.generation for each in (keep, keep and keep.previous) if each}
    for name in generation_names(directory):
        if name not in names:
            shutil.rmtree(directory / name, ignore_errors=True)


def remove_older(folder: Path, number: int) -> None:
    """Remove states and manifests of other commits than `number`."""
    for entry in list(os.scandir(folder)):
        commit_file = _COMMIT_FILE.fullmatch(entry.name)
        if commit_file and (int(commit_file[2]) != number or commit_file[3]):
            Path(entry.path).unlink(missing_ok=True)


# -- files -----------------------------------------------------------------------------------------------------------


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object that `write_json` wrote. Raises FileNotFoundError, and IndexDamaged if the checksum differs."""
    values, is_sound = read_json_unverified(path)
    if not is_sound:
        raise IndexDamaged(f"{path} fails its checksum")
    return values


def read_json_unverified(path: Path) -> tuple[dict[str, Any], bool]:
    """Read a JSON object, and whether its checksum is right. Raises FileNotFoundError and IndexDamaged."""
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise index_read_error(str(path), error) from error
    if not isinstance(values, dict):
        raise IndexDamaged(f"{path} cannot be read")
    crc = values.pop(_CHECKSUM, None)
    return values, crc == _json_checksum(values)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Replace a file atomically: readers see the old or the new content, also after a power cut. It gets a checksum."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump({**values, _CHECKSUM: _json_checksum(values)}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    sync(path.parent)


def _json_checksum(values: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(values, sort_keys=True).encode())


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def size(directory: Path) -> int:
    total = 0
    for folder, _, files in os.walk(directory):
        for name in files:
            try:
                total += os.stat(os.path.join(folder, name)).st_size
            except FileNotFoundError:  # a writer has just removed it
                continue
    return total


# -- manifests ----------------------------------------------------------------------------------------------------------
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
        raise index_read_error(str(path), error) from error
    if (len(data), zlib.crc32(data)) != manifest[name]:
        raise IndexDamaged(f"{path} fails its checksum")
    return data


def damaged_files(folder: Path, manifest: Manifest, *, deep: bool) -> list[str]:
    """Return a message about each damaged file: by its length and, if `deep`, by its checksum. Raises IndexInaccessible."""
    problems = []
    for name, (length, crc) in sorted(manifest.items()):
        path = folder / name
        try:
            actual = path.stat().st_size
            if actual != length:
                problems.append(f"{path} has {actual:,} bytes instead of {length:,}")
            elif deep and checksum(path) != crc:
                problems.append(f"{path} fails its checksum")
        except FileNotFoundError:
            problems.append(f"{path} is missing")
        except OSError as error:
            if isinstance(read_error := index_read_error(str(path), error), IndexInaccessible):
                raise read_error from error
            problems.append(read_error.message)
    return problems


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file."""
    crc = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            crc = zlib.crc32(block, crc)
    return crc
