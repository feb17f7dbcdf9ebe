"""Bring the index up to date with the archive, without the network.

catch_up:  changes of the archive after the position of the index  ->  batches  ->  commit with the new position
reindex:   [extract again]  ->  all documents, one commit  ->  a new generation  ->  swapped in
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from indexer.archive.store import Archive
from indexer.engines.base import Engine, Writer
from indexer.errors import IndexDamaged
from indexer.model import Change

BATCH = 20_000  # documents between two commits; a commit every 1,000 halves the speed
PROGRESS_STEP = 1_000  # documents between two calls of a progress
Progress = Callable[[int, int], None]  # done, of how many


def _quiet(done: int, total: int) -> None:
    """Report nothing."""


def catch_up(archive: Archive, engine: Engine, progress: Progress = _quiet) -> int:
    """Apply the changes that the index lacks, and return their number.

    Rebuilds an index that is damaged, or that is ahead of the archive because a backup was restored.
    """
    try:
        writer = engine.writer()
        if writer.position <= archive.documents.last_change:
            try:
                return _apply(archive, writer, writer.position, progress)
            finally:
                writer.close()
        writer.close()
    except IndexDamaged:
        pass
    reindex(archive, engine, progress)
    return archive.counts()["documents"]


def reindex(archive: Archive, engine: Engine, progress: Progress = _quiet) -> str:
    """Build a new generation from the archive, swap it in and return its name."""
    with engine.rebuild() as rebuild:
        # One commit, as readers see the generation only after `publish`. `catch_up` applies what is written meanwhile.
        last = archive.documents.last_change
        rebuild.apply(_with_progress(archive.documents.changes_since(0), archive.documents.pending(0), progress), last)
        return rebuild.publish()


def _with_progress(changes: Iterable[Change], total: int, progress: Progress) -> Iterator[Change]:
    done = 0
    for done, change in enumerate(changes, 1):
        yield change
        if done % PROGRESS_STEP == 0:
            progress(done, max(total, done))
    if done % PROGRESS_STEP:
        progress(done, max(total, done))


def _apply(archive: Archive, writer: Writer, position: int, progress: Progress) -> int:
    last, total, done = archive.documents.last_change, archive.documents.pending(position), 0
    changes = archive.documents.changes_since(position)
    while batch := list(islice(changes, BATCH)):
        done += len(batch)
        writer.apply(batch, batch[-1].number if done < total else max(last, batch[-1].number))
        progress(done, total)
    if done == 0:
        writer.apply((), last)
    return done
