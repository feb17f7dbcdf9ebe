"""A generation in the making: all documents in one go, one commit, published when it is whole.

    changes -> new documents -> pieces, by this process or by two others -> segments -> commit 1 -> CURRENT
            -> from the first one that changes what came before: as any update

A kill at any step leaves a folder that no pointer names; the next rebuild removes it.
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

from indexer.engines.whoosh.error_translation import full_disk_told
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.saturated_tf import NormScale
from indexer.engines.whoosh.toc.schema import INDEX_NAME, ArraySegment
from indexer.engines.whoosh.write import build_workers as array_workers
from indexer.engines.whoosh.write import partial_segments as array_pieces
from indexer.engines.whoosh.write.partial_segments import Piece, PieceMaker, averages_in, group, join
from indexer.engines.whoosh.write.writer import WhooshWriter, create_generation, publish_generation
from indexer.errors import IndexDamaged
from indexer.model import Change, Document, RankingWeights

FEW: Final = 5_000  # documents that one process has done before others would have started
FEW_CHARACTERS: Final = 8_000_000  # of theirs: what is held until then
BATCH: Final = 200  # documents sent at once
_BATCH_CHARACTERS: Final = 250_000


class _Makers(Protocol):
    def add(self, documents: Iterable[Document]) -> None: ...

    def finish(self) -> list[Piece]: ...

    def join(self, groups: Sequence[tuple[Sequence[Piece], Path]], scale: NormScale) -> None: ...

    def close(self) -> None: ...


class InProcessBuilder:
    """What `BuildWorkers` do, in this process."""

    def __init__(self, folder: Path) -> None:
        maker = PieceMaker(folder, "piece", array_pieces.PIECE_DOCUMENTS)
        self.add, self.finish = maker.add, maker.finish

    def join(self, groups: Sequence[tuple[Sequence[Piece], Path]], scale: NormScale) -> None:
        for pieces, path in groups:
            join(pieces, path, scale)

    def close(self) -> None:
        pass


def cores() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class BulkBuild:
    """Documents that are all different, into segments."""

    def __init__(self, folder: Path, weights: RankingWeights) -> None:
        self._folder, self._weights = folder, weights
        self._makers: _Makers | None = None
        self._held: list[Document] = []
        self._characters = 0

    def add(self, document: Document) -> None:
        self._held.append(document)
        self._characters += len(document.text)
        if self._makers is None:
            full = len(self._held) >= FEW or self._characters >= FEW_CHARACTERS
        else:
            full = len(self._held) >= BATCH or self._characters >= _BATCH_CHARACTERS
        if full:
            self._send(self._makers or self._start())

    def finish(self) -> list[ArraySegment]:
        makers = self._makers or InProcessBuilder(self._folder)
        self._send(makers)
        segments, groups = [], []
        made = makers.finish()
        scale = NormScale.of(averages_in(made), self._weights)
        for pieces in group(made):
            segments.append(ArraySegment(INDEX_NAME, sum(piece.size for piece in pieces)))
            groups.append((pieces, segments[-1].path(self._folder)))
        makers.join(groups, scale)
        self.close()
        return segments

    def close(self) -> None:
        if self._makers is not None:
            self._makers.close()

    def _start(self) -> _Makers:
        self._makers = InProcessBuilder(self._folder)
        if cores() > 1:
            with suppress(OSError):  # one process takes longer, and that is all
                self._makers = array_workers.BuildWorkers(self._folder)
        return self._makers

    def _send(self, makers: _Makers) -> None:
        for first in range(0, len(self._held), BATCH):
            makers.add(self._held[first : first + BATCH])
        self._held.clear()
        self._characters = 0


class WhooshRebuild:
    def __init__(self, directory: Path, weights: RankingWeights, now: Callable[[], datetime]) -> None:
        self._directory = directory
        with full_disk_told(directory):
            generations.remove_others(directory, _current_name(directory))  # left-overs of rebuilds that were killed
            self.folder = create_generation(directory)
            self._writer = WhooshWriter(self.folder, weights, now)
        self._bulk: BulkBuild | None = BulkBuild(self.folder, weights)
        self._met: set[int] = set()  # hashes of ids; two ids with the same one only cost time
        self._position = 0
        self.published = False

    def apply(self, changes: Iterable[Change], position: int) -> None:
        with full_disk_told(self.folder):
            self._apply(changes, position)

    def _apply(self, changes: Iterable[Change], position: int) -> None:
        rest = iter(changes)
        if self._bulk is not None:
            rest = self._put(rest, self._bulk)
        self._position = position
        if self._bulk is None:
            self._writer.apply(rest, position)

    def _put(self, changes: Iterator[Change], bulk: BulkBuild) -> Iterator[Change]:
        """Take all new documents, up to the first change of one of them; that and the rest come back."""
        for change in changes:
            met = hash(change.document_id)
            if met in self._met:
                self._end_bulk()
                return chain([change], changes)
            if change.document is not None:
                self._met.add(met)
                bulk.add(change.document)
        return iter(())

    def publish(self) -> str:
        with full_disk_told(self.folder):
            self._end_bulk()
            self._writer.renew_averages()
            publish_generation(self._directory, self.folder)
        self.published = True
        return self.folder.name

    def abandon(self) -> None:
        if self._bulk is not None:
            self._bulk.close()
        if not self.published:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end_bulk(self) -> None:
        if self._bulk is not None:
            self._writer.adopt(self._bulk.finish(), self._position)
            self._bulk = None
            self._met.clear()


def _current_name(directory: Path) -> str | None:
    """The generation to keep while a new one is made; a damaged pointer names none."""
    try:
        pointer = generations.read_pointer(directory)
    except IndexDamaged:
        return None
    return pointer.generation if pointer else None
