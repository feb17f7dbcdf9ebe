"""Writing a Whoosh index: small updates, rebuilds, and which segments are merged when.

One commit, and what a kill leaves at each step:

    state-N.json            nobody reads it before there is a commit N
    segment files           unknown to commit N-1, removed by the next writer
    _MAIN_N.toc             renamed into place: from here on it is commit N
    manifest-N.json         only says that the files are whole
    older files removed     or by the next writer

Whoosh's own lock is not taken: the archive's lock sees to it that there is one writer, and nobody can meet a stale one.
"""

# Whoosh is typed in part only; what it is given and gives back is checked by the contract suite.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

from indexer.analysis.analyzer import ANALYSIS_VERSION
from indexer.engines import generations
from indexer.engines.generations import CommitState, Pointer
from indexer.engines.postings import sortable_date
from indexer.engines.whoosh_schema import SCHEMA_VERSION, lay_out, make_schema
from indexer.errors import IndexDamaged
from indexer.model import Change

INDEX_NAME: Final = "MAIN"
REBUILD_BATCH: Final = 20_000  # documents a segment of a rebuild; smaller ones make a rebuild and searches slower
MEMORY_MB: Final = 128  # of postings held before they are sorted and put aside on disk
_SMALL_INDEX: Final = 4096  # documents, up to which all segments are merged when too much is wasted: at most some 2 s
_SMALL_WASTE: Final = 0.25  # of such an index: documents deleted, bytes outside the largest segment
_SMALL_SEGMENT: Final = 64  # documents; single updates make segments of one
_DELETED_SHARE: Final = 0.2  # of a segment, from which on it is written anew


class PlannedWriter(SegmentWriter):  # type: ignore[misc, unused-ignore]
    """Whoosh's writer without its lock, which lets the segment's files reach the disk before the commit that names them."""

    def __init__(self, index: FileIndex) -> None:
        super().__init__(index, _lk=False, limitmb=MEMORY_MB)

    def _commit_toc(self, segments: list[Any]) -> None:
        folder = Path(self.storage.folder)
        for path in folder.glob(f"{self.newsegment.segment_id()}.*"):
            generations.sync(path)
        super()._commit_toc(segments)
        generations.sync(folder)


def plan_merges(segments: list[tuple[int, int, int]]) -> set[int]:
    """Which segments to merge into one, given the living documents, the deleted ones and the bytes of each; by their
    places.

    Tiers by size: when four segments of less than 64 documents, or six of less than 512, 4,096, … have come together,
    these are merged. So a document is written again once a tier, never all of them with each update, and there are only
    some segments a tier. A segment with too many deleted documents joins in. In a small index a second segment repeats
    most of the first one's words, so there all become one as soon as the waste is noticeable.

    >>> plan_merges([(1000, 0, 9000), (1, 0, 40), (1, 0, 40)])
    set()
    >>> plan_merges([(1000, 0, 9000), (1, 0, 40), (1, 0, 40), (1, 0, 40), (1, 0, 40)])
    {1, 2, 3, 4}
    >>> plan_merges([(900, 100, 9000), (10, 0, 2000)])
    {0, 1}
    >>> plan_merges([(20000, 3000, 90000), (20000, 6000, 90000)])
    {1}
    """
    total = sum(living for living, _, _ in segments)
    if segments and total <= _SMALL_INDEX:
        sizes = [size for _, _, size in segments]
        deleted = sum(deleted for _, deleted, _ in segments) / (total or 1)
        if deleted + (sum(sizes) - max(sizes)) / (max(sizes) or 1) > _SMALL_WASTE:
            return set(range(len(segments)))
    chosen = {i for i, (living, deleted, _) in enumerate(segments) if deleted > _DELETED_SHARE * (living + deleted)}
    bound = _SMALL_SEGMENT
    while bound < 8 * total:
        upto = {i for i, (living, _, _) in enumerate(segments) if living < bound}
        lowest = 0 if bound == _SMALL_SEGMENT else bound // 8
        if sum(segments[i][0] >= lowest for i in upto) >= (4 if bound == _SMALL_SEGMENT else 6):
            chosen |= upto
        bound *= 8
    return chosen


def merge_policy(writer: Any, segments: list[Any]) -> list[Any]:
    """Whoosh's `mergetype`: reads the chosen segments into the new one and returns the others.

    The new segment itself is not counted, so that a tier is full one update later.
    """
    sizes = [
        (s.doc_count_all() - s.deleted_count(), s.deleted_count(), writer.storage.file_length(f"{s.segment_id()}.seg"))
        for s in segments
    ]
    chosen = plan_merges(sizes)
    for i in sorted(chosen):
        if sizes[i][0]:
            reader = SegmentReader(writer.storage, writer.schema, segments[i])
            try:
                writer.add_reader(reader)
            finally:
                reader.close()
    return [segment for i, segment in enumerate(segments) if i not in chosen]


def keep_segments(_: Any, segments: list[Any]) -> list[Any]:
    return segments


def create_generation(directory: Path) -> Path:
    """An empty index at position 0, not yet the current one."""
    folder = generations.create(directory)
    generations.write_state(folder, 0, CommitState(0, ""))
    FileIndex.create(FileStorage(str(folder)), make_schema(), INDEX_NAME)
    generations.write_manifest(folder, 0)
    return folder


def publish_generation(directory: Path, folder: Path) -> None:
    generations.sync(folder)
    generations.write_pointer(directory, Pointer(folder.name, SCHEMA_VERSION, ANALYSIS_VERSION))
    generations.remove_others(directory, folder.name)


class WhooshWriter:
    """Applies changes to one generation's folder."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder, self._now = folder, now
        self._index = FileIndex(FileStorage(str(folder)), schema=make_schema(), indexname=INDEX_NAME)
        self._number: int = self._index.latest_generation()
        try:
            self._position = generations.read_state(folder, self._number).position
        except FileNotFoundError as error:
            raise IndexDamaged(f"{folder} does not say how far the index has read") from error
        self._remove_left_overs()

    @property
    def position(self) -> int:
        return self._position

    def apply(self, changes: Iterable[Change], position: int) -> None:
        self._commit(changes, position, merge_policy)

    def apply_in_batches(self, changes: Iterable[Change], position: int) -> None:
        """For a generation that nobody reads yet: bounded segments, nothing merged."""
        rest = iter(changes)
        while batch := list(islice(rest, 1)):
            self._commit(_chain(batch, islice(rest, REBUILD_BATCH - 1)), self._position, keep_segments)
        self._commit((), position, keep_segments)

    def close(self) -> None:
        pass

    def _commit(self, changes: Iterable[Change], position: int, policy: Callable[[Any, list[Any]], list[Any]]) -> None:
        writer = PlannedWriter(self._index)
        try:
            changed = self._put(writer, changes)
            if not changed and position == self._position:
                writer.cancel()
                self._remove_left_overs()
                return
            state = CommitState(position, sortable_date(self._now()))
            generations.write_state(self._folder, writer.generation, state)
            writer.commit(mergetype=policy)
        except BaseException:
            # Whatever was written is unknown to the last commit; without this, its open files would stay about.
            if not writer.is_closed:
                writer.cancel()
            raise
        self._number, self._position = writer.generation, position
        generations.write_manifest(self._folder, self._number)
        generations.remove_older(self._folder, self._number)

    def _put(self, writer: Any, changes: Iterable[Change]) -> bool:
        """Whoosh replaces only what was committed before, so documents of this commit are looked after here."""
        reader = writer.reader()
        added: dict[str, int] = {}
        changed = False
        try:
            leaves = [(leaf, offset) for leaf, offset in reader.leaf_readers() if leaf.doc_count_all()]
            for change in changes:
                changed = True
                key = change.document_id.encode("utf-8", "replace")
                for leaf, offset in leaves:
                    if ("id", key) in leaf:
                        for number in leaf.postings("id", key).all_ids():
                            writer.delete_document(offset + number)
                if change.document_id in added:
                    writer.newsegment.delete_document(added.pop(change.document_id))
                if change.document is not None:
                    added[change.document_id] = writer.docnum
                    writer.add_document(**lay_out(change.document))
        finally:
            reader.close()
        return changed

    def _remove_left_overs(self) -> None:
        """What a killed writer has left behind: unfinished segments, temporary files, states without a commit."""
        used = {segment.segment_id() for segment in TOC.read(self._index.storage, INDEX_NAME, schema=make_schema()).segments}
        segment_file = re.compile(rf"({INDEX_NAME}_[0-9a-z]+)\..+")
        shutil.rmtree(self._folder / f"{INDEX_NAME}.tmp", ignore_errors=True)
        for path in list(self._folder.iterdir()):
            segment = segment_file.fullmatch(path.name)
            if (segment and segment[1] not in used) or re.fullmatch(rf"_{INDEX_NAME}_\d+\.toc\..+", path.name):
                path.unlink(missing_ok=True)
        generations.remove_older(self._folder, self._number)


def _chain(first: list[Change], rest: Iterable[Change]) -> Iterable[Change]:
    yield from first
    yield from rest


class WhooshRebuild:
    """A generation in the making."""

    def __init__(self, directory: Path, now: Callable[[], datetime]) -> None:
        self._directory = directory
        current = _current_name(directory)
        generations.remove_others(directory, current)  # left-overs of rebuilds that were killed
        self.folder = create_generation(directory)
        self._writer = WhooshWriter(self.folder, now)
        self.published = False

    def apply(self, changes: Iterable[Change], position: int) -> None:
        self._writer.apply_in_batches(changes, position)

    def publish(self) -> str:
        publish_generation(self._directory, self.folder)
        self.published = True
        return self.folder.name

    def abandon(self) -> None:
        if not self.published:
            shutil.rmtree(self.folder, ignore_errors=True)


def _current_name(directory: Path) -> str | None:
    """The generation to keep while a new one is made; a damaged pointer names none."""
    try:
        pointer = generations.read_pointer(directory)
    except IndexDamaged:
        return None
    return pointer.generation if pointer else None
