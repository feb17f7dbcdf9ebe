"""The embedded engine: an index in files, committed by Whoosh and ranked by arrays.

This is its interface. All exceptions that damaged files cause leave it as `IndexDamaged`.

    storage    how a segment lies on disk            write    how changes become segments
    snapshot   all segments of a commit as one       toc      what Whoosh stores: the table of contents
    search     matching and ranking
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indexer.analysis.analyzer import ANALYSIS_VERSION
from indexer.engines.whoosh.reader import ArrayReader, OpenCommit, open_commit, translate_damage
from indexer.engines.whoosh.snapshot import kernel
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.generations import Manifest, damaged_files, read_manifest
from indexer.engines.whoosh.storage.verifier import FileVerifier, forget_damage, recorded_damage
from indexer.engines.whoosh.toc.schema import SCHEMA_VERSION, latest_commit, read_segments
from indexer.errors import EngineError, IndexDamaged, IndexInaccessible, IndexMissing, IndexOutdated, NotFound
from indexer.model import Change, RankingWeights

if TYPE_CHECKING:  # the writing side is imported on demand: a search starts 30 ms earlier
    from indexer.engines.whoosh.write.rebuild import WhooshRebuild
    from indexer.engines.whoosh.write.writer import WhooshWriter

_CLOCK_STEP_NANOSECONDS: Final = 2_500_000_000  # nanoseconds; time stamps of file systems advance in steps of 4 ms to 2 s


class WhooshEngine:
    """`directory` contains the generations. `now` is called once a commit, so that dates in the future give no bonus."""

    name = "whoosh"
    max_running_searches = 1

    def __init__(
        self,
        directory: Path,
        weights: RankingWeights,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        compiled: bool = True,
        keeps_previous: bool = False,
    ) -> None:
        """`compiled`: use the compiled kernel where it is available. Without it, numpy gives the same answers.

        `keeps_previous`: a rebuild keeps the generation before it, for `roll_back`.
        """
        self._keeps_previous = keeps_previous
        self.directory, self.weights, self._now, self._compiled = directory, weights, now, compiled
        self._path = str(directory)  # os.stat of a string takes half the time of one of a Path
        self._last_check: tuple[tuple[int, ...], OpenCommit] | None = None

    def reader(self) -> ArrayReader:
        return ArrayReader(self, self._newest(None))

    def newest(self, opened: OpenCommit) -> OpenCommit:
        """Open the newest commit and reuse its open segments, or return `opened` if it is the newest."""
        mtimes = self._modification_times(opened.folder)
        if mtimes and self._last_check == (mtimes, opened):
            return opened
        pointer = generations.read_pointer(self.directory)
        if pointer is None:
            return opened  # the index was removed; the open commit can still be searched
        folder = self.directory / pointer.generation
        if folder == opened.folder and latest_commit(folder) == opened.number:
            # Later changes of the folder will have another time stamp once the clock has advanced.
            if mtimes and time.time_ns() - max(mtimes) > _CLOCK_STEP_NANOSECONDS:
                self._last_check = (mtimes, opened)
            return opened
        self._last_check = None  # this also lets the older commit be closed
        return self._newest(opened)

    def _modification_times(self, folder: Path) -> tuple[int, ...]:
        """Return the time stamps of pointer and folder. Two calls of stat take 3 us; reading the files takes 60."""
        try:
            return os.stat(self._path).st_mtime_ns, os.stat(f"{self._path}/{folder.name}").st_mtime_ns
        except FileNotFoundError:
            return ()

    def _newest(self, previous: OpenCommit | None) -> OpenCommit:
        """Open the newest commit.

        A writer may replace a commit while it is being opened. Then the next one is opened. A failure without a newer commit
        means damage.
        """
        while True:
            pointer = generations.read_pointer(self.directory)
            if pointer is None:
                raise IndexMissing(f"there is no index in {self.directory}")
            folder = self.directory / pointer.generation
            self._refuse_other_versions(folder, pointer)
            number = latest_commit(folder)
            try:
                with translate_damage(folder):
                    manifest = read_manifest(folder, number)
                    if problems := damaged_files(folder, manifest, deep=False):
                        raise IndexDamaged(problems[0])
                    segment_files = [(s.path(folder), frozenset(s.deleted)) for s in read_segments(folder, number, manifest)]
                    return open_commit(folder, number, segment_files, self.weights, previous, compiled=self._compiled)
            except IndexDamaged:
                if generations.read_pointer(self.directory) == pointer and latest_commit(folder) == number:
                    raise

    def writer(self, archive_id: str = "") -> GuardedWriter:
        from indexer.engines.whoosh.write.writer import WhooshWriter, create_generation, publish_generation, translate_full_disk

        pointer = generations.read_pointer(self.directory)
        if pointer is None:
            with translate_full_disk(self.directory):
                folder = create_generation(self.directory)
                publish_generation(self.directory, folder)
        else:
            folder = self.directory / pointer.generation
            self._newest(None)  # raises IndexDamaged before any write
            if damage := self.known_damage():
                raise IndexDamaged(damage[0])
        with translate_damage(folder):
            return GuardedWriter(folder, WhooshWriter(folder, self.weights, self._now, archive_id))

    @contextmanager
    def rebuild(self, archive_id: str = "") -> Iterator[WhooshRebuild]:
        from indexer.engines.whoosh.write.rebuild import WhooshRebuild

        rebuild = WhooshRebuild(
            self.directory,
            self.weights,
            self._now,
            archive_id,
            open_folder=self._open_folder,
            keeps_previous=self._keeps_previous,
        )
        try:
            yield rebuild
        finally:
            rebuild.abandon()

    def _open_folder(self, folder: Path) -> ArrayReader:
        """Open a generation that is not the current one. Raises IndexDamaged."""
        number = latest_commit(folder)
        with translate_damage(folder):
            manifest = read_manifest(folder, number)
            if problems := damaged_files(folder, manifest, deep=True):
                raise IndexDamaged(problems[0])
            segment_files = [(s.path(folder), frozenset(s.deleted)) for s in read_segments(folder, number, manifest)]
            opened = open_commit(folder, number, segment_files, self.weights, None, compiled=self._compiled)
        return ArrayReader(_Unpublished(), opened)

    def roll_back(self) -> str:
        pointer = generations.read_pointer(self.directory)
        if pointer is None or pointer.previous is None:
            raise NotFound("there is no earlier index to return to", remedy="`keep_previous_index` under [search] keeps one")
        if pointer.previous.schema != SCHEMA_VERSION:
            raise IndexOutdated("the earlier index was made by another version of this program")
        self._open_folder(self.directory / pointer.previous.generation).close()
        generations.write_pointer(self.directory, replace(pointer.previous, previous=replace(pointer, previous=None)))
        return pointer.previous.generation

    def drop_previous(self) -> None:
        pointer = generations.read_pointer(self.directory)
        if pointer is not None and pointer.previous is not None:
            pointer = replace(pointer, previous=None)
            generations.write_pointer(self.directory, pointer)
            generations.remove_others(self.directory, pointer)

    def verify(self) -> Sequence[str]:
        try:
            commit = self._current_commit()
            if commit is None:
                return ()
            folder, manifest = commit
            if problems := damaged_files(folder, manifest, deep=True):
                return tuple(problems)
            snapshot = self._newest(None).snapshot
            with translate_damage(folder):
                problems = [problem for segment in snapshot.segments if (problem := segment.find_damage())]
                for number in range(snapshot.size) if not problems else ():
                    snapshot.document(number)
        except IndexInaccessible:
            raise
        except EngineError as error:
            return (error.message,)
        if not problems:
            forget_damage(folder)
        return tuple(problems)

    def verifier(self) -> FileVerifier:
        return FileVerifier(self._current_commit)

    def known_damage(self) -> Sequence[str]:
        try:
            commit = self._current_commit()
        except IndexDamaged as error:
            return (error.message,)
        return recorded_damage(*commit) if commit else ()

    def _current_commit(self) -> tuple[Path, Manifest] | None:
        """Return the folder and the manifest of the newest commit, or None without an index. Raises IndexDamaged."""
        while True:
            pointer = generations.read_pointer(self.directory)
            if pointer is None:
                return None
            folder = self.directory / pointer.generation
            self._refuse_other_versions(folder, pointer)
            number = latest_commit(folder)
            try:
                return folder, read_manifest(folder, number)
            except IndexDamaged:
                if generations.read_pointer(self.directory) == pointer and latest_commit(folder) == number:
                    raise

    @staticmethod
    def _refuse_other_versions(folder: Path, pointer: generations.Pointer) -> None:
        if pointer.schema != SCHEMA_VERSION:
            raise IndexDamaged(f"the index in {folder} was made by another version of this program")

    def is_compiled(self) -> bool:
        return self._compiled and kernel.IS_AVAILABLE

    def is_outdated(self) -> bool:
        pointer = generations.read_pointer(self.directory)
        return pointer is not None and (pointer.schema, pointer.analysis) != (SCHEMA_VERSION, ANALYSIS_VERSION)

    def size_bytes(self) -> int:
        return generations.size(self.directory) - self.previous_bytes()

    def previous_bytes(self) -> int:
        with suppress(IndexDamaged, IndexInaccessible):
            pointer = generations.read_pointer(self.directory)
            return generations.size(self.directory / pointer.previous.generation) if pointer and pointer.previous else 0
        return 0


class _Unpublished:
    """Stands for the engine in a reader of a generation that is not the current one: there is no newer commit of it."""

    def newest(self, opened: OpenCommit) -> OpenCommit:
        return opened


class GuardedWriter:
    """The writer with its exceptions translated."""

    def __init__(self, folder: Path, writer: WhooshWriter) -> None:
        self._folder, self._writer = folder, writer

    @property
    def position(self) -> int:
        return self._writer.position

    def apply(self, changes: Iterable[Change], position: int) -> None:
        try:
            with translate_damage(self._folder):
                self._writer.apply(changes, position)
        except IndexDamaged as error:
            if isinstance(error.__cause__, OSError):
                from indexer.engines.whoosh.write.writer import translate_full_disk

                with translate_full_disk(self._folder):
                    raise error.__cause__ from None
            raise

    def close(self) -> None:
        self._writer.close()
