"""The embedded engine: an index in files, committed by Whoosh, ranked by arrays.

This is the door: whatever is raised when damaged files are met leaves as `IndexDamaged`. How documents are laid out stands
in `array_layout`, how queries are answered in `array_query` and `array_rank`, how the files change in `whoosh_write` and
`generations`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indexer.analysis.analyzer import ANALYSIS_VERSION
from indexer.engines.whoosh.error_translation import damage_told, full_disk_told
from indexer.engines.whoosh.reader import ArrayReader, Opened, open_snapshot
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.toc.schema import SCHEMA_VERSION, latest_commit, read_segments
from indexer.errors import EngineError, IndexDamaged, IndexMissing
from indexer.model import Change, RankingWeights

if TYPE_CHECKING:  # what writes is imported when it is needed: a search starts 30 ms earlier
    from indexer.engines.whoosh.write.rebuild import WhooshRebuild
    from indexer.engines.whoosh.write.writer import WhooshWriter

_CLOCK_STEP: Final = 2_500_000_000  # nanoseconds; file systems' clocks move in steps of 4 ms to 2 s


class WhooshEngine:
    """`directory` holds the generations; `now` is asked once a commit, so that dates in the future give no bonus."""

    name = "whoosh"

    def __init__(self, directory: Path, weights: RankingWeights, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.directory, self.weights, self._now = directory, weights, now
        self._path = str(directory)  # a stat of a text takes half as long as one of a path
        self._looked: tuple[tuple[int, ...], Opened] | None = None

    def reader(self) -> ArrayReader:
        return ArrayReader(self, self._newest(None))

    def newest(self, opened: Opened) -> Opened:
        """The newest commit, with the segments that are open already; `opened` itself when it is that."""
        times = self._changed(opened.folder)
        if times and self._looked == (times, opened):
            return opened
        pointer = generations.read_pointer(self.directory)
        if pointer is None:
            return opened  # somebody removed the index; what is open can still be searched
        folder = self.directory / pointer.generation
        if folder == opened.folder and latest_commit(folder) == opened.number:
            # Whatever changes the folder later gives it another time, as soon as the clock has moved on.
            if times and time.time_ns() - max(times) > _CLOCK_STEP:
                self._looked = (times, opened)
            return opened
        self._looked = None  # nor is the older one kept open for it
        return self._newest(opened)

    def _changed(self, folder: Path) -> tuple[int, ...]:
        """When pointer and folder were changed: two calls instead of reading them, 3 us instead of 60 for each search."""
        try:
            return os.stat(self._path).st_mtime_ns, os.stat(f"{self._path}/{folder.name}").st_mtime_ns
        except FileNotFoundError:
            return ()

    def _newest(self, known: Opened | None) -> Opened:
        """A writer may replace a commit while it is being opened; then the next is opened, while a failure without a newer
        commit is damage."""
        while True:
            pointer = generations.read_pointer(self.directory)
            if pointer is None:
                raise IndexMissing(f"there is no index in {self.directory}")
            folder = self.directory / pointer.generation
            if pointer.schema != SCHEMA_VERSION:
                raise IndexDamaged(f"the index in {folder} was made by another version of this program")
            number = latest_commit(folder)
            try:
                with damage_told(folder):
                    self._check_lengths(folder, number)
                    listed = [(s.path(folder), frozenset(s.deleted)) for s in read_segments(folder, number)]
                    return open_snapshot(folder, number, listed, self.weights, known)
            except IndexDamaged:
                if generations.read_pointer(self.directory) == pointer and latest_commit(folder) == number:
                    raise

    @staticmethod
    def _check_lengths(folder: Path, number: int) -> None:
        manifest = generations.read_manifest(folder, number)
        if manifest is not None and (wrong := generations.wrong_files(folder, manifest, deep=False)):
            raise IndexDamaged(wrong[0])

    def writer(self) -> GuardedWriter:
        from indexer.engines.whoosh.write.writer import WhooshWriter, create_generation, publish_generation

        pointer = generations.read_pointer(self.directory)
        if pointer is None:
            with full_disk_told(self.directory):
                folder = create_generation(self.directory)
                publish_generation(self.directory, folder)
        else:
            folder = self.directory / pointer.generation
            self._newest(None)  # raises IndexDamaged before anything is written
        with damage_told(folder):
            return GuardedWriter(folder, WhooshWriter(folder, self.weights, self._now))

    @contextmanager
    def rebuild(self) -> Iterator[WhooshRebuild]:
        from indexer.engines.whoosh.write.rebuild import WhooshRebuild

        rebuild = WhooshRebuild(self.directory, self.weights, self._now)
        try:
            yield rebuild
        finally:
            rebuild.abandon()

    def verify(self) -> Sequence[str]:
        try:
            pointer = generations.read_pointer(self.directory)
            if pointer is None:
                return ()
            folder = self.directory / pointer.generation
            manifest = generations.read_manifest(folder, latest_commit(folder))
            if manifest is not None and (wrong := generations.wrong_files(folder, manifest, deep=True)):
                return tuple(wrong)
            snapshot = self._newest(None).snapshot
            with damage_told(folder):
                wrong = [found for segment in snapshot.segments if (found := segment.damage())]
                for number in range(snapshot.size) if not wrong else ():
                    snapshot.document(number)
                return tuple(wrong)
        except EngineError as error:
            return (error.message,)

    def is_outdated(self) -> bool:
        pointer = generations.read_pointer(self.directory)
        return pointer is not None and (pointer.schema, pointer.analysis) != (SCHEMA_VERSION, ANALYSIS_VERSION)

    def size_bytes(self) -> int:
        return generations.size(self.directory)


class GuardedWriter:
    """The writer, with its errors translated."""

    def __init__(self, folder: Path, writer: WhooshWriter) -> None:
        self._folder, self._writer = folder, writer

    @property
    def position(self) -> int:
        return self._writer.position

    def apply(self, changes: Iterable[Change], position: int) -> None:
        try:
            with damage_told(self._folder):
                self._writer.apply(changes, position)
        except IndexDamaged as error:
            if isinstance(error.__cause__, OSError):
                with full_disk_told(self._folder):
                    raise error.__cause__ from None
            raise

    def close(self) -> None:
        self._writer.close()
