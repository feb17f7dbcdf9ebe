"""The files around an embedded index: the current generation, the state of a commit, and the manifest for verification.

    index/CURRENT                     {"generation": "g1764020000000", "schema": 206, "analysis": 1}, replaced atomically
    index/g1764020000000/             the files of the index, and for its commit number N:
        state-N.json                  written before commit N: the last change applied, and the time
        manifest-N.json               written after commit N: length and CRC-32 of every file

A crash between a commit and its manifest leaves an index without a manifest, which is intact. A manifest that does not agree
with the files means damage.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import IndexDamaged

POINTER = "CURRENT"
_GENERATION = re.compile(r"g\d{6,}")
_COMMIT_FILE = re.compile(r"(state|manifest)-(\d+)\.json(\.new)?")


@dataclass(frozen=True, slots=True)
class Pointer:
    """The current generation and the versions it was made with."""

    generation: str
    schema: int
    analysis: int


@dataclass(frozen=True, slots=True)
class CommitState:
    """What is stored with a commit of the index."""

    position: int
    written: str  # sortable date
    averages: tuple[float, ...] = ()  # average field lengths to rank by


def read_pointer(directory: Path) -> Pointer | None:
    """Return the pointer, or None when there is no index. Raises IndexDamaged."""
    try:
        values = read_json(directory / POINTER)
    except FileNotFoundError:
        return None
    try:
        pointer = Pointer(str(values["generation"]), int(values["schema"]), int(values["analysis"]))
    except (KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(f"{directory / POINTER} does not name the current index") from error
    if not _GENERATION.fullmatch(pointer.generation):
        raise IndexDamaged(f"{directory / POINTER} names a folder that this program does not create")
    return pointer


def write_pointer(directory: Path, pointer: Pointer) -> None:
    values = {"generation": pointer.generation, "schema": pointer.schema, "analysis": pointer.analysis}
    write_json(directory / POINTER, values)


def read_state(folder: Path, number: int) -> CommitState:
    """Read the state of a commit.

    Raises FileNotFoundError, which may mean that a later commit has replaced this one, and IndexDamaged.
    """
    path = folder / f"state-{number}.json"
    values = read_json(path)
    try:
        return CommitState(int(values["position"]), str(values["written"]), tuple(map(float, values["averages"])))
    except (KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(f"{path} does not contain the last change in the index") from error


def write_state(folder: Path, number: int, state: CommitState) -> None:
    values = {"position": state.position, "written": state.written, "averages": state.averages}
    write_json(folder / f"state-{number}.json", values)


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


def remove_others(directory: Path, keep: str | None) -> None:
    """Remove other generations: older ones and those of killed rebuilds. Open files stay readable until they are closed."""
    for name in generation_names(directory):
        if name != keep:
            shutil.rmtree(directory / name, ignore_errors=True)


def remove_older(folder: Path, number: int) -> None:
    """Remove states and manifests of other commits than `number`."""
    for entry in list(os.scandir(folder)):
        commit_file = _COMMIT_FILE.fullmatch(entry.name)
        if commit_file and (int(commit_file[2]) != number or commit_file[3]):
            Path(entry.path).unlink(missing_ok=True)


# -- verification -----------------------------------------------------------------------------------------------------


def write_manifest(folder: Path, number: int, belongs: Callable[[str], bool] = lambda name: True) -> None:
    """Write lengths and checksums of all files of a commit.

    Segments never change, so their checksums are copied from the last manifest. `belongs` tests by name whether a file is part
    of this commit: files of older ones may still exist.
    """
    previous: dict[str, Any] = {}
    for entry in os.scandir(folder):
        if entry.name.startswith("manifest-") and entry.name.endswith(".json"):
            try:
                previous.update(read_json(Path(entry.path)))
            except (IndexDamaged, FileNotFoundError):
                continue
    checksums = {}
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if not _is_listed(entry, number) or not belongs(entry.name):
            continue
        length = entry.stat().st_size
        reusable_entry = previous.get(entry.name)
        reusable = reusable_entry is not None and reusable_entry[0] == length and entry.name.endswith(".arrays")
        checksums[entry.name] = reusable_entry if reusable else [length, checksum(Path(entry.path))]
    write_json(folder / f"manifest-{number}.json", checksums)


def _is_listed(entry: os.DirEntry[str], number: int) -> bool:
    if not entry.is_file() or entry.name.endswith(".new"):
        return False
    commit_file = _COMMIT_FILE.fullmatch(entry.name)
    return commit_file is None or (commit_file[1] == "state" and int(commit_file[2]) == number)


def read_manifest(folder: Path, number: int) -> Mapping[str, tuple[int, int]] | None:
    """Return (length, CRC-32) by file name, or None when the commit has no manifest. Raises IndexDamaged."""
    path = folder / f"manifest-{number}.json"
    try:
        values = read_json(path)
        return {str(name): (int(length), int(crc)) for name, (length, crc) in values.items()}
    except FileNotFoundError:
        return None
    except (TypeError, ValueError) as error:
        raise IndexDamaged(f"{path} is not a list of the files of the index") from error


def damaged_files(folder: Path, manifest: Mapping[str, tuple[int, int]], *, deep: bool) -> list[str]:
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
    crc = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            crc = zlib.crc32(block, crc)
    return crc


# -- files -----------------------------------------------------------------------------------------------------------


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object. Raises FileNotFoundError and IndexDamaged."""
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{path} cannot be read") from error
    if not isinstance(values, dict):
        raise IndexDamaged(f"{path} cannot be read")
    return values


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Replace a file atomically: readers see the old or the new content, also after a power cut."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    sync(path.parent)


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
