"""The files around an embedded index: which generation is the current one, what belongs to it, is it whole.

    index/CURRENT                     {"generation": "g1764020000000", "schema": 1, "analysis": 1}, replaced in one step
    index/g1764020000000/             the index's own files, and beside them, for its commit number N:
        state-N.json                  written before commit N: the last change applied, and when
        manifest-N.json               written after commit N: length and CRC-32 of every file

A crash between a commit and its manifest leaves an index without a manifest, which is whole all the same; a manifest that
does not agree with the files is damage.
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
_OURS = re.compile(r"(state|manifest)-(\d+)\.json(\.new)?")


@dataclass(frozen=True, slots=True)
class Pointer:
    """The current generation and what it was made with."""

    generation: str
    schema: int
    analysis: int


@dataclass(frozen=True, slots=True)
class CommitState:
    """What a commit of the index says about itself."""

    position: int
    written: str  # sortable date
    averages: tuple[float, ...] = ()  # lengths of fields by which it ranks


def read_pointer(directory: Path) -> Pointer | None:
    """None when there is no index. Raises IndexDamaged."""
    try:
        values = read_json(directory / POINTER)
    except FileNotFoundError:
        return None
    try:
        pointer = Pointer(str(values["generation"]), int(values["schema"]), int(values["analysis"]))
    except (KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(f"{directory / POINTER} does not say which index is the current one") from error
    if not _GENERATION.fullmatch(pointer.generation):
        raise IndexDamaged(f"{directory / POINTER} names no index that this program makes")
    return pointer


def write_pointer(directory: Path, pointer: Pointer) -> None:
    values = {"generation": pointer.generation, "schema": pointer.schema, "analysis": pointer.analysis}
    write_json(directory / POINTER, values)


def read_state(folder: Path, number: int) -> CommitState:
    """Raises FileNotFoundError, which may mean that a later commit has replaced this one; and IndexDamaged."""
    path = folder / f"state-{number}.json"
    values = read_json(path)
    try:
        return CommitState(int(values["position"]), str(values["written"]), tuple(map(float, values["averages"])))
    except (KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(f"{path} does not say how far the index has read") from error


def write_state(folder: Path, number: int, state: CommitState) -> None:
    values = {"position": state.position, "written": state.written, "averages": state.averages}
    write_json(folder / f"state-{number}.json", values)


def names(directory: Path) -> list[str]:
    """All generations there are, finished or not."""
    try:
        return sorted(entry.name for entry in os.scandir(directory) if _GENERATION.fullmatch(entry.name))
    except FileNotFoundError:
        return []


def create(directory: Path) -> Path:
    """An empty folder for a new generation.

    Its number is the time in milliseconds, so that no name comes twice, even after somebody has deleted the whole index:
    a running `webui` would take the new generation for the one that it has open, and answer 304 to old ETags.
    """
    last = max((int(name[1:]) for name in names(directory)), default=0)
    folder = directory / f"g{max(last + 1, time.time_ns() // 1_000_000):06}"
    folder.mkdir(parents=True)
    return folder


def remove_others(directory: Path, keep: str | None) -> None:
    """Older generations and left-overs of rebuilds that were killed. Who has one open goes on reading it: the files
    live on until they are closed."""
    for name in names(directory):
        if name != keep:
            shutil.rmtree(directory / name, ignore_errors=True)


def remove_older(folder: Path, number: int) -> None:
    """States and manifests of other commits than `number`."""
    for entry in list(os.scandir(folder)):
        ours = _OURS.fullmatch(entry.name)
        if ours and (int(ours[2]) != number or ours[3]):
            Path(entry.path).unlink(missing_ok=True)


# -- is it whole -----------------------------------------------------------------------------------------------------


def write_manifest(folder: Path, number: int, belongs: Callable[[str], bool] = lambda name: True) -> None:
    """Segments never change, so the sums of the files that the last manifest names are not worked out again. `belongs` says
    which files are this commit's, by name: older ones may still be there."""
    known: dict[str, Any] = {}
    for entry in os.scandir(folder):
        if entry.name.startswith("manifest-") and entry.name.endswith(".json"):
            try:
                known.update(read_json(Path(entry.path)))
            except (IndexDamaged, FileNotFoundError):
                continue
    sums = {}
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if not _listed(entry, number) or not belongs(entry.name):
            continue
        length = entry.stat().st_size
        old = known.get(entry.name)
        reusable = old is not None and old[0] == length and entry.name.endswith(".arrays")
        sums[entry.name] = old if reusable else [length, checksum(Path(entry.path))]
    write_json(folder / f"manifest-{number}.json", sums)


def _listed(entry: os.DirEntry[str], number: int) -> bool:
    if not entry.is_file() or entry.name.endswith(".new"):
        return False
    ours = _OURS.fullmatch(entry.name)
    return ours is None or (ours[1] == "state" and int(ours[2]) == number)


def read_manifest(folder: Path, number: int) -> Mapping[str, tuple[int, int]] | None:
    """None when the commit has none. Raises IndexDamaged."""
    path = folder / f"manifest-{number}.json"
    try:
        values = read_json(path)
        return {str(name): (int(length), int(crc)) for name, (length, crc) in values.items()}
    except FileNotFoundError:
        return None
    except (TypeError, ValueError) as error:
        raise IndexDamaged(f"{path} does not list the files of the index") from error


def wrong_files(folder: Path, manifest: Mapping[str, tuple[int, int]], *, deep: bool) -> list[str]:
    """What is wrong, a sentence each: lengths, and when `deep` what is in the files."""
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
            problems.append(f"{path} does not hold what was written to it")
    return problems


def checksum(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            crc = zlib.crc32(block, crc)
    return crc


# -- files -----------------------------------------------------------------------------------------------------------


def read_json(path: Path) -> dict[str, Any]:
    """Raises FileNotFoundError and IndexDamaged."""
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
    """In one step: whoever reads sees the old or the new, also after a power cut."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Let a file, or the names in a folder, reach the disk."""
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
            except FileNotFoundError:  # a writer has just replaced it
                continue
    return total
