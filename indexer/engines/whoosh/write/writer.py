"""Write the index: apply updates, commit, and merge.

The steps of a commit, and what a kill leaves at each of them:

    *.arrays                a new segment: unknown to commit N-1, removed by the next writer
    state-N.json            not read before commit N exists
    manifest-N.json         the same; it has the checksums of all files of commit N
    _MAIN_N.toc             renamed into place: from here on it is commit N
    removal of older files  or by the next writer

Whoosh's own lock is not used: the lock of the archive ensures that there is one writer, and it cannot become stale.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from indexer.analysis.analyzer import ANALYSIS_VERSION
from indexer.engines.fields import FIELDS, sortable_date
from indexer.engines.scoring import Averages, NormScale, stable_averages
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.array_file import Writable
from indexer.engines.whoosh.storage.generations import CommitState, Pointer, read_manifest, write_manifest
from indexer.engines.whoosh.storage.layout import MAX_BUILT_DOCUMENTS, MAX_SEGMENT_DOCUMENTS
from indexer.engines.whoosh.storage.posting_lists import average_lengths
from indexer.engines.whoosh.storage.segment import Segment
from indexer.engines.whoosh.toc.schema import (
    EXTENSION,
    INDEX_NAME,
    SCHEMA_VERSION,
    ArraySegment,
    encode_segments,
    latest_commit,
    read_segments,
    toc_name,
    write_segments,
)
from indexer.engines.whoosh.write.merge_policy import MAX_QUICK_MERGE_DOCUMENTS, plan_merge
from indexer.engines.whoosh.write.merger import merge
from indexer.engines.whoosh.write.partial_segments import MAX_PARTIAL_WORDS, write_segment
from indexer.engines.whoosh.write.segment_builder import SegmentBuilder
from indexer.errors import IndexDamaged, index_write_error
from indexer.model import Change, RankingWeights

MAX_HELD_WORDS: Final = MAX_PARTIAL_WORDS  # of text, until a segment is written: some 60 MB while it is being made
_MAX_SINGLE_LOOKUPS: Final = 1_000  # in the ids of a segment, after which all of them are read: 3 ms for 8,192


def create_generation(directory: Path) -> Path:
    """Create an empty index at position 0 that is not the current one yet."""
    folder = generations.create_folder(directory)
    try:
        _commit(folder, 0, CommitState(0, ""), [])
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _commit(folder: Path, number: int, state: CommitState, segments: list[ArraySegment]) -> None:
    """Write state and manifest of a commit, then its table of contents."""
    generations.write_state(folder, number, state)
    data = encode_segments(number, segments)
    names = [segment.path(folder).name for segment in segments]
    write_manifest(folder, number, [*names, generations.state_name(number)], {toc_name(number): data})
    write_segments(folder, number, data)


def publish_generation(directory: Path, folder: Path, previous: Pointer | None = None) -> None:
    """Make a generation the current one and remove the others. `previous`: the one before, if it is to be kept."""
    generations.sync(folder)
    pointer = Pointer(folder.name, SCHEMA_VERSION, ANALYSIS_VERSION, previous and replace(previous, previous=None))
    generations.write_pointer(directory, pointer)
    generations.remove_others(directory, pointer)


class IdLookup:
    """Finds the documents of a segment by id. After many look-ups it reads all ids: then one takes 0.2 us instead of 15."""

    def __init__(self, segment: Segment) -> None:
        self._segment, self._lookups = segment, 0
        self._all: dict[bytes, int] = {}

    def numbers(self, document_id: bytes) -> Sequence[int]:
        if self._lookups < _MAX_SINGLE_LOOKUPS:
            self._lookups += 1
            return self._segment.numbers_with_id(document_id)
        if not self._all:
            for number, id_ in enumerate(self._segment.texts("id")):
                self._all.setdefault(id_, number)  # if several have one id, all but the first are deleted
        number = self._all.get(document_id, -1)
        return (number,) if number >= 0 else ()


class WhooshWriter:
    """Applies changes to the folder of one generation."""

    def __init__(self, folder: Path, weights: RankingWeights, now: Callable[[], datetime], archive_id: str = "") -> None:
        """`archive_id`: the archive that the changes come from; if empty, the one that the last commit records."""
        self._folder, self._weights, self._now = folder, weights, now
        self._number = latest_commit(folder)
        self._segments = read_segments(folder, self._number, read_manifest(folder, self._number))
        try:
            state = generations.read_state(folder, self._number)
        except FileNotFoundError as error:
            raise IndexDamaged(f"{folder} does not say how far the index has read") from error
        self._position, self._averages = state.position, state.averages
        self._archive_id = archive_id or state.archive_id
        self._is_recorded = self._archive_id == state.archive_id
        self._opened: dict[str, Segment] = {}
        self._builder = SegmentBuilder()
        self._remove_left_overs()

    @property
    def position(self) -> int:
        return self._position

    def apply(self, changes: Iterable[Change], position: int) -> None:
        segments, changed = self._put(changes)
        if not changed and position == self._position and self._is_recorded:
            self._remove_left_overs()
            return
        segments = self._merged(segments, MAX_QUICK_MERGE_DOCUMENTS)
        self._commit(segments, position)
        self.merge()

    def adopt(self, segments: list[ArraySegment], position: int) -> None:
        """Commit segments that were written elsewhere into this empty index."""
        assert not self._segments
        self._commit(segments, position)

    def renew_averages(self) -> None:
        """Rank by the true average lengths from now on."""
        if self._averages != self._true_averages(self._segments):
            self._averages = ()
            self._commit(self._segments, self._position)
            self.merge()

    def merge(self) -> None:
        """Run all merges that are due, each as its own commit after the last update is published."""
        while True:
            segments = self._merged(self._segments, MAX_SEGMENT_DOCUMENTS)
            if [s.name_ for s in segments] == [s.name_ for s in self._segments]:
                return
            self._commit(segments, self._position)

    def close(self) -> None:
        pass

    def _put(self, changes: Iterable[Change]) -> tuple[list[ArraySegment], bool]:
        """Return the segments after the changes, and whether there were any.

        Deletions are marked in copies of the old segments. New documents are in new segments.
        """
        segments = [self._copy(segment) for segment in self._segments]
        numbers = [IdLookup(self._open(segment)) for segment in segments]
        added: dict[str, int] = {}
        changed = False
        self._builder = SegmentBuilder() if len(self._builder) else self._builder
        for change in changes:
            changed = True
            key = change.document_id.encode("utf-8", "replace")
            for segment, lookup in zip(segments, numbers, strict=True):
                segment.deleted.update(lookup.numbers(key))
            if change.document_id in added:
                self._builder.drop(added.pop(change.document_id))
            if change.document is not None:
                added[change.document_id] = len(self._builder)
                self._builder.add(change.document)
            if len(self._builder) == MAX_BUILT_DOCUMENTS or self._builder.word_count > MAX_HELD_WORDS:
                segments.append(self._write_built())
                numbers.append(IdLookup(self._open(segments[-1])))
                added.clear()
        if len(self._builder):
            segments.append(self._write_built())
        return [segment for segment in segments if segment.living], changed

    @staticmethod
    def _copy(segment: ArraySegment) -> ArraySegment:
        copy = ArraySegment(segment.indexname, segment.size, segment.deleted)
        copy.segid = segment.segid
        return copy

    def _write_built(self) -> ArraySegment:
        size = len(self._builder)
        arrays, deleted = self._builder.take()
        return self._write(arrays, size, deleted)

    def _write(self, arrays: Mapping[str, Writable], size: int, deleted: Iterable[int] = ()) -> ArraySegment:
        segment = ArraySegment(INDEX_NAME, size, deleted)
        write_segment(segment.path(self._folder), arrays, self._scale(arrays))
        return segment

    def _scale(self, arrays: Mapping[str, Writable]) -> NormScale:
        """Return the scale of the last commit. The first segment of an index uses its own averages, which are likely to stay."""
        lengths = [[array for name in FIELDS if isinstance(array := arrays[f"length.{name}"], np.ndarray)]]
        return NormScale.of(self._averages or average_lengths(lengths, [np.zeros(0, "i8")]), self._weights)

    def _true_averages(self, segments: Sequence[ArraySegment]) -> Averages:
        deleted = [np.fromiter(segment.deleted, "i8") for segment in segments]
        return average_lengths([self._open(segment).lengths for segment in segments], deleted)

    def _open(self, segment: ArraySegment) -> Segment:
        name = segment.name_
        if name not in self._opened:
            self._opened[name] = Segment(segment.path(self._folder))
        return self._opened[name]

    def _merged(self, segments: list[ArraySegment], max_documents: int) -> list[ArraySegment]:
        """Return the segments after the next merge that is due, if it has at most `max_documents`.

        A segment with saturations of another scale is rewritten, but not before an update is published.
        """
        sizes = [(segment.living, len(segment.deleted)) for segment in segments]
        chosen = plan_merge(sizes)
        if not chosen and max_documents == MAX_SEGMENT_DOCUMENTS:
            scale = NormScale.of(self._averages, self._weights).meta
            chosen = [
                i for i, s in enumerate(segments) if (saturations := self._open(s).saturations) and saturations.scale != scale
            ][:1]
        if not chosen or sum(sizes[i][0] for i in chosen) > max_documents:
            return segments
        inputs = [segments[i] for i in sorted(chosen)]
        living_masks = []
        for part in inputs:
            mask = np.ones(part.size, bool)
            mask[list(part.deleted)] = False
            living_masks.append(mask)
        opened = [self._open(part) for part in inputs]
        for segment in opened:
            if problem := segment.find_damage():  # otherwise the merge would give damaged data valid checksums
                raise IndexDamaged(problem)
        merged = self._write(merge(opened, living_masks), sum(part.living for part in inputs))
        return [segment for i, segment in enumerate(segments) if i not in chosen] + [merged]

    def _commit(self, segments: list[ArraySegment], position: int) -> None:
        number = self._number + 1
        averages = stable_averages(self._averages, self._true_averages(segments))
        _commit(self._folder, number, CommitState(position, sortable_date(self._now()), averages, self._archive_id), segments)
        self._is_recorded = True
        self._number, self._position, self._segments, self._averages = number, position, segments, averages
        self._remove_left_overs()

    def _belongs(self, name: str) -> bool:
        """Test whether a file belongs to the newest commit or to no commit at all."""
        toc = re.fullmatch(rf"_{INDEX_NAME}_(\d+)\.toc(\..+)?", name)
        if toc:
            return int(toc[1]) == self._number and not toc[2]
        return not name.endswith(EXTENSION) or any(name == f"{segment.name_}{EXTENSION}" for segment in self._segments)

    def _remove_left_overs(self) -> None:
        """Remove what older commits and killed writers have left: segments, tables of contents, states."""
        for path in list(self._folder.iterdir()):
            if not self._belongs(path.name):
                path.unlink(missing_ok=True)
        used = {segment.name_ for segment in self._segments}
        self._opened = {name: opened for name, opened in self._opened.items() if name in used}
        generations.remove_older(self._folder, self._number)


@contextmanager
def translate_full_disk(what: Path) -> Iterator[None]:
    """Raise IndexFull, IndexInaccessible or EngineError instead of OSError. None of them is damage."""
    try:
        yield
    except OSError as error:
        raise index_write_error(f"the index in {what}", error) from error
