"""Writing the index: small updates, rebuilds, and which segments are merged when.

One commit, and what a kill leaves at each step:

    state-N.json            nobody reads it before there is a commit N
    *.arrays                the new segment: unknown to commit N-1, removed by the next writer
    _MAIN_N.toc             renamed into place: from here on it is commit N
    manifest-N.json         only says that the files are whole
    older files removed     or by the next writer

Whoosh's own lock is not taken: the archive's lock sees to it that there is one writer, and nobody can meet a stale one.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from indexer.analysis.analyzer import ANALYSIS_VERSION
from indexer.engines.scoring import FIELDS, Averages, kept_averages, sortable_date
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.array_file import Writable
from indexer.engines.whoosh.storage.generations import CommitState, Pointer
from indexer.engines.whoosh.storage.layout import MAX_BUILT, MAX_DOCUMENTS
from indexer.engines.whoosh.storage.saturated_tf import NormScale, averages_of
from indexer.engines.whoosh.storage.segment import Segment
from indexer.engines.whoosh.toc.schema import (
    EXTENSION,
    INDEX_NAME,
    SCHEMA_VERSION,
    ArraySegment,
    latest_commit,
    read_segments,
    write_segments,
)
from indexer.engines.whoosh.write.merger import merge
from indexer.engines.whoosh.write.partial_segments import PIECE_WORDS, write_segment
from indexer.engines.whoosh.write.segment_builder import SegmentBuilder
from indexer.errors import IndexDamaged
from indexer.model import Change, RankingWeights

MAX_WORDS: Final = PIECE_WORDS  # of text held until a segment is written: some 60 MB while it is being made
QUICKLY_MERGED: Final = 4_096  # documents that are merged before an update is seen: some 0.1 s; more are merged after it
# A segment is at least so many times as large as all smaller ones together; the more, the fewer there are, and each costs a
# query 15 us. For updates of 10 in 100,000 documents: 4.4 in the mean, 5 at most, 5 ms of merging an update; with 4 for all of
# them 5.1, 7 and 2 ms.
_RATIO: Final = 4
_RATIO_OF_SMALL: Final = 16  # of those that are merged quickly
_QUESTIONS: Final = 1_000  # about ids of a segment, after which all of its ids are read: 3 ms for 8,192
_DELETED_SHARE: Final = 0.2  # of a segment, from which on it is written anew


def plan_merge(sizes: Sequence[tuple[int, int]]) -> list[int]:
    """Which segments to merge into one, by their places, given the living and the deleted documents of each.

    The smaller ones as long as the next larger is less than sixteen times (large ones: four times) all before it: so a
    document is written again some 28 times in its life, and an index has a handful of segments whatever the number of updates.

    >>> plan_merge([(1000, 0), (1, 0)])
    []
    >>> plan_merge([(2000, 0), (90, 0), (4, 0)])
    []
    >>> plan_merge([(2000, 0), (90, 0), (4, 0), (1, 0)])
    [3, 2]
    >>> plan_merge([(1000, 0), (30, 0), (9, 0), (3, 0)])
    [3, 2, 1]
    >>> plan_merge([(900, 300), (10, 0)])
    [0]
    >>> plan_merge([(240_000, 0), (80_000, 0)])
    []
    """
    chosen: list[int] = []
    held = 0
    for i in sorted(range(len(sizes)), key=lambda i: (sizes[i][0], -i)):
        ratio = _RATIO_OF_SMALL if sizes[i][0] + held <= QUICKLY_MERGED else _RATIO
        if chosen and (sizes[i][0] >= ratio * held or sizes[i][0] + held > MAX_DOCUMENTS):
            break
        chosen.append(i)
        held += sizes[i][0]
    if len(chosen) < 2:
        chosen = []
    wasted = [i for i, (living, deleted) in enumerate(sizes) if deleted > _DELETED_SHARE * (living + deleted)]
    if not chosen and wasted:
        return wasted[:1]
    return chosen


def create_generation(directory: Path) -> Path:
    """An empty index at position 0, not yet the current one."""
    folder = generations.create(directory)
    try:
        generations.write_state(folder, 0, CommitState(0, ""))
        write_segments(folder, 0, [])
        generations.write_manifest(folder, 0)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def publish_generation(directory: Path, folder: Path) -> None:
    generations.sync(folder)
    generations.write_pointer(directory, Pointer(folder.name, SCHEMA_VERSION, ANALYSIS_VERSION))
    generations.remove_others(directory, folder.name)


class _Numbers:
    """Which documents of a segment have an id. After many questions all ids are read: then an answer takes 0.2 us, not 15."""

    def __init__(self, segment: Segment) -> None:
        self._segment, self._asked = segment, 0
        self._all: dict[bytes, int] = {}

    def of(self, document_id: bytes) -> Sequence[int]:
        if self._asked < _QUESTIONS:
            self._asked += 1
            return self._segment.numbers_of(document_id)
        if not self._all:
            for number, found in enumerate(self._segment.texts("id")):
                self._all.setdefault(found, number)  # of several with one id all but the first were deleted from the start
        number = self._all.get(document_id, -1)
        return (number,) if number >= 0 else ()


class WhooshWriter:
    """Applies changes to one generation's folder."""

    def __init__(self, folder: Path, weights: RankingWeights, now: Callable[[], datetime]) -> None:
        self._folder, self._weights, self._now = folder, weights, now
        self._number = latest_commit(folder)
        self._segments = read_segments(folder, self._number)
        try:
            state = generations.read_state(folder, self._number)
        except FileNotFoundError as error:
            raise IndexDamaged(f"{folder} does not say how far the index has read") from error
        self._position, self._averages = state.position, state.averages
        self._opened: dict[str, Segment] = {}
        self._builder = SegmentBuilder()
        self._remove_left_overs()

    @property
    def position(self) -> int:
        return self._position

    def apply(self, changes: Iterable[Change], position: int) -> None:
        segments, changed = self._put(changes)
        if not changed and position == self._position:
            self._remove_left_overs()
            return
        segments = self._merged(segments, QUICKLY_MERGED)
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
        """Merge what is due, each time as a commit of its own: the last update is already seen."""
        while True:
            segments = self._merged(self._segments, MAX_DOCUMENTS)
            if [s.name_ for s in segments] == [s.name_ for s in self._segments]:
                return
            self._commit(segments, self._position)

    def close(self) -> None:
        pass

    def _put(self, changes: Iterable[Change]) -> tuple[list[ArraySegment], bool]:
        """The segments after the changes: deletions marked (in copies), new documents in new segments."""
        segments = [self._copy(segment) for segment in self._segments]
        numbers = [_Numbers(self._open(segment)) for segment in segments]
        added: dict[str, int] = {}
        changed = False
        self._builder = SegmentBuilder() if len(self._builder) else self._builder
        for change in changes:
            changed = True
            key = change.document_id.encode("utf-8", "replace")
            for segment, known in zip(segments, numbers, strict=True):
                segment.deleted.update(known.of(key))
            if change.document_id in added:
                self._builder.drop(added.pop(change.document_id))
            if change.document is not None:
                added[change.document_id] = len(self._builder)
                self._builder.add(change.document)
            if len(self._builder) == MAX_BUILT or self._builder.word_count > MAX_WORDS:
                segments.append(self._write_built())
                numbers.append(_Numbers(self._open(segments[-1])))
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
        """That of the last commit. The first segment of all is ranked by its own averages: they may well become the index's."""
        lengths = [[array for name in FIELDS if isinstance(array := arrays[f"length.{name}"], np.ndarray)]]
        return NormScale.of(self._averages or averages_of(lengths, [np.zeros(0, "i8")]), self._weights)

    def _true_averages(self, segments: Sequence[ArraySegment]) -> Averages:
        gone = [np.fromiter(segment.deleted, "i8") for segment in segments]
        return averages_of([self._open(segment).lengths for segment in segments], gone)

    def _open(self, segment: ArraySegment) -> Segment:
        name = segment.name_
        if name not in self._opened:
            self._opened[name] = Segment(segment.path(self._folder))
        return self._opened[name]

    def _merged(self, segments: list[ArraySegment], most: int) -> list[ArraySegment]:
        """After the next merge that is due, if it is of no more than `most` documents. A segment whose shares are of
        another scale is written again; not while somebody waits."""
        sizes = [(segment.living, len(segment.deleted)) for segment in segments]
        chosen = plan_merge(sizes)
        if not chosen and most == MAX_DOCUMENTS:
            scale = NormScale.of(self._averages, self._weights).meta
            chosen = [i for i, s in enumerate(segments) if (held := self._open(s).shares) and held.scale != scale][:1]
        if not chosen or sum(sizes[i][0] for i in chosen) > most:
            return segments
        parts = [segments[i] for i in sorted(chosen)]
        living = []
        for part in parts:
            mask = np.ones(part.size, bool)
            mask[list(part.deleted)] = False
            living.append(mask)
        opened = [self._open(part) for part in parts]
        for segment in opened:
            if wrong := segment.damage():  # else what was damaged would come out with good sums; it is read anyway
                raise IndexDamaged(wrong)
        merged = self._write(merge(opened, living), sum(part.living for part in parts))
        return [segment for i, segment in enumerate(segments) if i not in chosen] + [merged]

    def _commit(self, segments: list[ArraySegment], position: int) -> None:
        number = self._number + 1
        averages = kept_averages(self._averages, self._true_averages(segments))
        generations.write_state(self._folder, number, CommitState(position, sortable_date(self._now()), averages))
        write_segments(self._folder, number, segments)
        self._number, self._position, self._segments, self._averages = number, position, segments, averages
        generations.write_manifest(self._folder, number, self._belongs)
        self._remove_left_overs()

    def _belongs(self, name: str) -> bool:
        """Whether a file is of the newest commit, unless it is none of a commit's at all."""
        toc = re.fullmatch(rf"_{INDEX_NAME}_(\d+)\.toc(\..+)?", name)
        if toc:
            return int(toc[1]) == self._number and not toc[2]
        return not name.endswith(EXTENSION) or any(name == f"{segment.name_}{EXTENSION}" for segment in self._segments)

    def _remove_left_overs(self) -> None:
        """What older commits and killed writers have left: their segments, tables of contents, states."""
        for path in list(self._folder.iterdir()):
            if not self._belongs(path.name):
                path.unlink(missing_ok=True)
        used = {segment.name_ for segment in self._segments}
        self._opened = {name: opened for name, opened in self._opened.items() if name in used}
        generations.remove_older(self._folder, self._number)
