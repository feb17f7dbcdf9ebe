"""Build a new generation: all documents in one commit, published when it is complete.

    changes -> new documents -> partial segments, made by this process or by two workers -> segments -> commit 1 -> CURRENT
            -> from the first change of an earlier document on: ordinary updates

A kill at any step leaves a folder that no pointer names. The next rebuild removes it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final, Protocol

from indexer.engines.base import Reader
from indexer.engines.scoring import NormScale
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.generations import Pointer
from indexer.engines.whoosh.toc.schema import INDEX_NAME, ArraySegment
from indexer.engines.whoosh.write import build_workers as array_workers
from indexer.engines.whoosh.write import partial_segments as array_pieces
from indexer.engines.whoosh.write.partial_segments import (
    PartialSegment,
    PartialSegmentBuilder,
    average_lengths_of_files,
    group_equally,
    join_segments,
)
from indexer.engines.whoosh.write.writer import WhooshWriter, create_generation, publish_generation, translate_full_disk
from indexer.errors import IndexDamaged
from indexer.model import Change, Document, RankingWeights

MAX_IN_PROCESS_DOCUMENTS: Final = 5_000  # up to this many, one process is done before workers have started
MAX_IN_PROCESS_CHARACTERS: Final = 8_000_000  # of text
BATCH_DOCUMENTS: Final = 200  # sent to a worker at once
_BATCH_CHARACTERS: Final = 250_000


class _SegmentMaker(Protocol):
    def add(self, documents: Iterable[Document]) -> None: ...

    def finish(self) -> list[PartialSegment]: ...

    def join(self, groups: Sequence[tuple[Sequence[PartialSegment], Path]], scale: NormScale) -> None: ...

    def close(self) -> None: ...


class InProcessBuilder:
    """Does what `BuildWorkers` do, in this process."""

    def __init__(self, folder: Path) -> None:
        maker = PartialSegmentBuilder(folder, "piece", array_pieces.MAX_PARTIAL_DOCUMENTS)
        self.add, self.finish = maker.add, maker.finish

    def join(self, groups: Sequence[tuple[Sequence[PartialSegment], Path]], scale: NormScale) -> None:
        for partial_segments, path in groups:
            join_segments(partial_segments, path, scale)

    def close(self) -> None:
        pass


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class BulkBuild:
    """Builds segments from distinct documents."""

    def __init__(self, folder: Path, weights: RankingWeights) -> None:
        self._folder, self._weights = folder, weights
        self._maker: _SegmentMaker | None = None
        self._documents: list[Document] = []
        self._characters = 0

    def add(self, document: Document) -> None:
        self._documents.append(document)
        self._characters += len(document.text)
        if self._maker is None:
            full = len(self._documents) >= MAX_IN_PROCESS_DOCUMENTS or self._characters >= MAX_IN_PROCESS_CHARACTERS
        else:
            full = len(self._documents) >= BATCH_DOCUMENTS or self._characters >= _BATCH_CHARACTERS
        if full:
            self._send(self._maker or self._start())

    def finish(self) -> list[ArraySegment]:
        maker = self._maker or InProcessBuilder(self._folder)
        self._send(maker)
        segments, groups = [], []
        parts = maker.finish()
        scale = NormScale.of(average_lengths_of_files(parts), self._weights)
        for partial_segments in group_equally(parts):
            segments.append(ArraySegment(INDEX_NAME, sum(piece.size for piece in partial_segments)))
            groups.append((partial_segments, segments[-1].path(self._folder)))
        maker.join(groups, scale)
        self.close()
        return segments

    def close(self) -> None:
        if self._maker is not None:
            self._maker.close()

    def _start(self) -> _SegmentMaker:
        self._maker = InProcessBuilder(self._folder)
        if cores() > 1:
            with suppress(OSError):  # one process does the same, more slowly
                self._maker = array_workers.BuildWorkers(self._folder)
        return self._maker

    def _send(self, maker: _SegmentMaker) -> None:
        for first in range(0, len(self._documents), BATCH_DOCUMENTS):
            maker.add(self._documents[first : first + BATCH_DOCUMENTS])
        self._documents.clear()
        self._characters = 0


class WhooshRebuild:
    """A new generation. `open_folder` opens it before it is published, `keeps_previous` keeps the one before it."""

    def __init__(
        self,
        directory: Path,
        weights: RankingWeights,
        now: Callable[[], datetime],
        archive_id: str = "",
        *,
        open_folder: Callable[[Path], Reader],
        keeps_previous: bool = False,
    ) -> None:
        self._directory, self._open_folder, self._keeps_previous = directory, open_folder, keeps_previous
        with translate_full_disk(directory):
            generations.remove_others(directory, _current(directory))  # those of killed rebuilds
            self.folder = create_generation(directory)
            self._writer = WhooshWriter(self.folder, weights, now, archive_id)
        self._bulk: BulkBuild | None = BulkBuild(self.folder, weights)
        self._seen_hashes: set[int] = set()  # hashes of ids; a collision only costs time
        self._position = 0
        self.published = False

    def apply(self, changes: Iterable[Change], position: int) -> None:
        with translate_full_disk(self.folder):
            self._apply(changes, position)

    def _apply(self, changes: Iterable[Change], position: int) -> None:
        rest = iter(changes)
        if self._bulk is not None:
            rest = self._put(rest, self._bulk)
        self._position = position
        if self._bulk is None:
            self._writer.apply(rest, position)

    def _put(self, changes: Iterator[Change], bulk: BulkBuild) -> Iterator[Change]:
        """Add new documents up to the first change of one of them. Return that change and the rest."""
        for change in changes:
            id_hash = hash(change.document_id)
            if id_hash in self._seen_hashes:
                self._end_bulk()
                return chain([change], changes)
            if change.document is not None:
                self._seen_hashes.add(id_hash)
                bulk.add(change.document)
        return iter(())

    def reader(self) -> Reader:
        self._complete()
        return self._open_folder(self.folder)

    def publish(self) -> str:
        self._complete()
        with translate_full_disk(self.folder):
            publish_generation(self._directory, self.folder, _current(self._directory) if self._keeps_previous else None)
        self.published = True
        return self.folder.name

    def _complete(self) -> None:
        with translate_full_disk(self.folder):
            self._end_bulk()
            self._writer.renew_averages()

    def abandon(self) -> None:
        if self._bulk is not None:
            self._bulk.close()
        if not self.published:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end_bulk(self) -> None:
        if self._bulk is not None:
            self._writer.adopt(self._bulk.finish(), self._position)
            self._bulk = None
            self._seen_hashes.clear()


def _current(directory: Path) -> Pointer | None:
    """Return the generation to keep during a rebuild; None where the pointer is damaged."""
    try:
        return generations.read_pointer(directory)
    except IndexDamaged:
        return None
