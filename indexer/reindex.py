"""Bring the index up to date with the archive, without the network.

catch_up:  changes of the archive after the position of the index  ->  batches  ->  commit with the new position
reindex:   [extract again]  ->  all documents, one commit  ->  a new generation  ->  swapped in
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from indexer.archive.documents import OnDamage
from indexer.archive.store import Archive
from indexer.engines.base import Engine, Writer
from indexer.errors import ArchiveBehindIndex, EngineError, IndexDamaged, IndexMissing
from indexer.model import Change

BATCH = 20_000  # documents between two commits; a commit every 1,000 halves the speed
PROGRESS_STEP = 1_000  # documents between two calls of a progress
Progress = Callable[[int, int], None]  # done, of how many


def _leave_out(id_: str, url: str) -> None:
    """Report nothing: `check` names damaged documents."""


def _quiet(done: int, total: int) -> None:
    """Report nothing."""


def require_current_archive(archive: Archive, engine: Engine) -> None:
    """Raise ArchiveBehindIndex if the index holds changes that the archive lacks.

    Then the archive was deleted, emptied or restored from an old backup, and the index may be the last copy of its documents.
    """
    try:
        reader = engine.reader()
    except IndexMissing:
        return
    except EngineError:  # its position is unknown, but an archive without any change has not written it
        if archive.documents.last_change == 0:
            raise ArchiveBehindIndex(f"{archive.path} is empty, but there is an index (which is unreadable)") from None
        return
    try:
        if reader.position > archive.documents.last_change:
            behind = f"it has {archive.documents.last_change} changes, the index {reader.position}"
            raise ArchiveBehindIndex(f"{archive.path} is older than the index: {behind}")
    finally:
        reader.close()


def catch_up(archive: Archive, engine: Engine, progress: Progress = _quiet) -> int:
    """Apply the changes that the index lacks, and return their number.

    Rebuilds a damaged index. Raises ArchiveBehindIndex.
    """
    require_current_archive(archive, engine)
    with contextlib.suppress(IndexDamaged):
        writer = engine.writer()
        try:
            return _apply(archive, writer, writer.position, progress)
        finally:
            writer.close()
    reindex(archive, engine, progress)
    return archive.counts()["documents"]


def reindex(archive: Archive, engine: Engine, progress: Progress = _quiet, on_damage: OnDamage = _leave_out) -> str:
    """Build a new generation from the archive, swap it in and return its name.

    Damaged documents are left out; `on_damage` gets their ids and URLs. Raises ArchiveBehindIndex.
    """
    require_current_archive(archive, engine)
    return rebuild_index(archive, engine, progress, on_damage)


def rebuild_index(archive: Archive, engine: Engine, progress: Progress = _quiet, on_damage: OnDamage = _leave_out) -> str:
    """Do the same for an archive that the operator has declared to be right, even if the index is ahead of it."""
    with engine.rebuild() as rebuild:
        # One commit, as readers see the generation only after `publish`. `catch_up` applies what is written meanwhile.
        last = archive.documents.last_change
        rebuild.apply(_with_progress(archive.documents.changes_since(0, on_damage), archive.documents.pending(0), progress), last)
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
