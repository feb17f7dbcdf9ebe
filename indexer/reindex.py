"""The verb that brings the index up to date with the archive; it never needs the network.

catch_up:  archive's changes after the index's position  ->  batches  ->  commit (with the new position)
reindex:   [extract again]  ->  all documents, one commit  ->  a new generation  ->  swapped in
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from indexer.archive.store import Archive
from indexer.dedup.reextract import read_all_again
from indexer.engines.base import Engine, Writer
from indexer.errors import IndexDamaged
from indexer.model import Change

BATCH = 20_000  # documents between two commits: committing every 1,000 halves the speed
WATCHED = 1_000  # documents between two calls of a progress
Progress = Callable[[int, int], None]  # done, of how many


def _quiet(done: int, total: int) -> None:
    """The progress of those who do not watch."""


def catch_up(archive: Archive, engine: Engine, progress: Progress = _quiet) -> int:
    """Apply what the archive has and the index has not; returns how many changes that were.

    An index that is damaged, or is ahead of the archive (a restored backup), is rebuilt.
    """
    try:
        writer = engine.writer()
        if writer.position <= archive.last_change:
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
    """Build a new generation from the archive and swap it in; returns its name."""
    with engine.rebuild() as rebuild:
        # All in one go: nobody reads it before it is published. What is written meanwhile is applied again by `catch_up`.
        last = archive.last_change
        rebuild.apply(_watched(archive.changes_since(0), archive.pending(0), progress), last)
        return rebuild.publish()


def _watched(changes: Iterable[Change], total: int, progress: Progress) -> Iterator[Change]:
    done = 0
    for done, change in enumerate(changes, 1):
        yield change
        if done % WATCHED == 0:
            progress(done, max(total, done))
    if done % WATCHED:
        progress(done, max(total, done))


def _apply(archive: Archive, writer: Writer, position: int, progress: Progress) -> int:
    last, total, done = archive.last_change, archive.pending(position), 0
    changes = archive.changes_since(position)
    while batch := list(islice(changes, BATCH)):
        done += len(batch)
        writer.apply(batch, batch[-1].number if done < total else max(last, batch[-1].number))
        progress(done, total)
    if done == 0:
        writer.apply((), last)
    return done


def re_extract(archive: Archive, progress: Progress = _quiet) -> int:
    """Run extraction again on every stored page; returns how many documents changed."""
    return read_all_again(archive, progress)
