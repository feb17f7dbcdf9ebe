"""Bring the index up to date with the archive, without the network.

catch_up:  changes of the archive after the position of the index  ->  batches  ->  commit with the new position
reindex:   [extract again]  ->  all documents, one commit  ->  a new generation  ->  swapped in
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

from indexer.archive.database import Location
from indexer.archive.store import Archive
from indexer.engines.base import Engine, Reader, Writer
from indexer.errors import (
    ArchiveMismatch,
    EngineError,
    EngineUnavailable,
    IndexDamaged,
    IndexInaccessible,
    IndexMissing,
    IndexOutdated,
)
from indexer.masking import mask_values, secret_values
from indexer.model import Change, Document

FOLLOWER_SECONDS = 600.0  # to wait for the machine that writes to the same engine
BATCH_DOCUMENTS = 20_000  # documents between two commits; a commit every 1,000 halves the speed
PROGRESS_DOCUMENTS = 1_000  # documents between two reports of the progress
Accepts = Callable[[Reader], bool]
Progress = Callable[[int, int], None]  # done, of how many
OnDamage = Callable[[str, str, bool], None]  # id and URL of a document damaged in the archive; whether the index keeps it


def _ignore(id_: str, url: str, is_indexed: bool) -> None:
    """Report nothing: `check` names damaged documents."""


def _quiet(done: int, total: int) -> None:
    """Report nothing."""


def require_current_archive(archive: Archive, engine: Engine) -> None:
    """Raise ArchiveMismatch if the index holds changes that the archive lacks.

    Then the archive was deleted, emptied, restored from an old backup or replaced by another one, and the index may be the
    last copy of its documents.
    """
    try:
        reader = engine.reader()
    except IndexMissing:
        return
    except (EngineUnavailable, IndexInaccessible):
        if archive.documents.last_change == 0:
            raise
        return
    except EngineError:  # the index cannot be read, but an archive without changes cannot have written it
        if archive.documents.last_change == 0:
            raise ArchiveMismatch(f"{archive.location} is empty, but there is an index (which is unreadable)") from None
        return
    try:
        if reader.position > archive.documents.last_change:
            behind = f"it has {archive.documents.last_change} changes, the index {reader.position}"
            raise ArchiveMismatch(f"{archive.location} is older than the index: {behind}")
        if is_of_another_archive(reader, archive):
            raise ArchiveMismatch(f"{archive.location} is not the archive that the index was made from")
    finally:
        reader.close()


def require_no_index(location: Location, engine: Engine) -> None:
    """Raise ArchiveMismatch if there is an index, while the archive is missing or empty."""
    try:
        with contextlib.closing(engine.reader()) as reader:
            documents = f"an index of {reader.document_count} documents"
    except IndexMissing:
        return
    except (IndexDamaged, IndexOutdated):
        documents = "an index"
    raise ArchiveMismatch(
        f"{location} is missing or empty, but there is {documents}",
        remedy="restore a backup of it, or what the index holds with: indexer check --repair --from-index",
    )


def archive_mismatch(archive: Archive, engine: Engine) -> str:
    """Return why the archive is not the one of the index, for commands that read it all the same; empty if it is."""
    try:
        require_current_archive(archive, engine)
    except ArchiveMismatch as error:
        return error.message
    return ""


def is_of_another_archive(reader: Reader, archive: Archive) -> bool:
    """Test whether an index was made from another archive. Indexes of earlier versions do not record theirs."""
    return reader.archive_id not in ("", archive.identity)


def catch_up(archive: Archive, engine: Engine, progress: Progress = _quiet, wait_seconds: float = FOLLOWER_SECONDS) -> int:
    """Apply the changes that the index lacks, and return their number.

    Rebuilds a damaged index. Of several machines one writes at a time: the others wait for `wait_seconds`. Raises ArchiveBusy
    and ArchiveMismatch.
    """
    with archive.following(engine.name, wait_seconds):
        require_current_archive(archive, engine)
        with contextlib.suppress(IndexDamaged):
            writer = engine.writer(archive.identity)
            try:
                return _apply(archive, writer, writer.position, progress)
            finally:
                writer.close()
        reindex(archive, engine, progress)
        return archive.counts()["documents"]


def reindex(
    archive: Archive,
    engine: Engine,
    progress: Progress = _quiet,
    on_damage: OnDamage = _ignore,
    accepts: Accepts | None = None,
) -> str:
    """Build a new generation from the archive, swap it in and return its name.

    `accepts` gets the new generation. If it returns False, the old one stays and the name is empty.

    A document that is damaged in the archive is copied from the old index, so that `repair` can restore it. Without a copy
    there, it is left out. `on_damage` gets both kinds. Raises ArchiveMismatch.
    """
    require_current_archive(archive, engine)
    return rebuild_index(archive, engine, progress, on_damage, accepts)


def rebuild_index(
    archive: Archive,
    engine: Engine,
    progress: Progress = _quiet,
    on_damage: OnDamage = _ignore,
    accepts: Accepts | None = None,
) -> str:
    """Do the same for an archive that the operator has declared to be right, even if the index is ahead of it."""
    damaged: list[tuple[str, str]] = []
    with engine.rebuild(archive.identity) as rebuild:
        # One commit, as readers see the generation only after `publish`. `catch_up` applies what is written meanwhile.
        last = archive.documents.last_change
        archive.make_durable()
        changes = _public(archive, archive.documents.changes_since(0, lambda id_, url: damaged.append((id_, url))))
        copies = _copies(engine, archive, damaged, last, on_damage)
        rebuild.apply(chain(_with_progress(changes, archive.documents.pending(0), progress), copies), last)
        if accepts is not None and not accepts(rebuild.reader()):
            return ""
        return rebuild.publish()


def _old_reader(engine: Engine, archive: Archive, stack: contextlib.ExitStack) -> Reader | None:
    """Open the index that a rebuild replaces; None if it is missing, unreadable or that of another archive."""
    try:
        reader = stack.enter_context(contextlib.closing(engine.reader()))
    except EngineError:
        return None
    return None if is_of_another_archive(reader, archive) else reader


def _copies(
    engine: Engine, archive: Archive, damaged: list[tuple[str, str]], number: int, on_damage: OnDamage
) -> Iterator[Change]:
    """Yield the documents that are damaged in the archive as the old index has them. `damaged` is complete by then."""
    with contextlib.ExitStack() as stack:
        old = _old_reader(engine, archive, stack) if damaged else None
        for id_, url in damaged:
            document = None
            if old is not None:
                with contextlib.suppress(EngineError):
                    document = old.document(id_)
            on_damage(id_, url, document is not None)
            if document is not None:
                yield Change(number, id_, document)


def source_secrets(archive: Archive) -> frozenset[str]:
    """Return the secrets in the addresses of all sources, of removed ones too."""
    return secret_values(state.source.url for state in archive.sources.all(removed=True))


def public_document(document: Document, secrets: frozenset[str]) -> Document:
    """Mask the secrets of source addresses where a document repeats them: everybody reads what the index holds.

    A feed at `…/rss?token=a1` may link its pages as `…/article?token=a1`. Other parameters that look like secrets stay, because
    a page may need them to be found.
    """
    if not secrets:
        return document
    url, image = mask_values(document.url, secrets), mask_values(document.image or "", secrets) or None
    return replace(document, url=url, image=image, also=tuple(mask_values(each, secrets) for each in document.also))


def _public(archive: Archive, changes: Iterable[Change]) -> Iterator[Change]:
    secrets = source_secrets(archive)
    for change in changes:
        document = change.document
        yield change if document is None or not secrets else replace(change, document=public_document(document, secrets))


def _with_progress(changes: Iterable[Change], total: int, progress: Progress) -> Iterator[Change]:
    done = 0
    for done, change in enumerate(changes, 1):
        yield change
        if done % PROGRESS_DOCUMENTS == 0:
            progress(done, max(total, done))
    if done % PROGRESS_DOCUMENTS:
        progress(done, max(total, done))


def _apply(archive: Archive, writer: Writer, position: int, progress: Progress) -> int:
    last, total, done = archive.documents.last_change, archive.documents.pending(position), 0
    if total:
        archive.make_durable()
    changes = _public(archive, archive.documents.changes_since(position))
    while batch := list(islice(changes, BATCH_DOCUMENTS)):
        done += len(batch)
        writer.apply(batch, batch[-1].number if done < total else max(last, batch[-1].number))
        progress(done, total)
    if done == 0:
        writer.apply((), last)
    return done
