"""The verb that brings the index up to date with the archive; it never needs the network.

catch_up:  archive's changes after the index's position  ->  batches  ->  commit (with the new position)
reindex:   [extract again]  ->  all documents, one commit  ->  a new generation  ->  swapped in
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from indexer.archive.store import Archive, Page
from indexer.archive.visits import Visits
from indexer.engines.base import Engine, Writer
from indexer.errors import IndexDamaged
from indexer.extract import EXTRACTOR_VERSION
from indexer.model import Change, Document, Source
from indexer.understand import understand

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
    sources = {state.id: state.source for state in archive.sources(removed=True)}
    total, changed = archive.counts()["pages"], 0
    for done, page in enumerate(archive.pages(), 1):
        with archive.batch():
            changed += _extract_again(archive, page, sources)
        progress(done, total)
    return changed


def _extract_again(archive: Archive, page: Page, sources: Mapping[int, Source]) -> int:
    """One page, as a crawl would store it: of several pages that give one document it is the first one's, and a document that
    no page gives any more goes. What was withdrawn or forgotten stays so."""
    before = page.document_id
    visit = Visits(archive).get(page.id)
    if visit is not None and visit.withdrawn:
        return 0
    document = _read_again(archive, page, sources[page.source_id])
    if document is not None and archive.is_forgotten(document.id):
        return 0
    changed = 0
    if before and (document is None or document.id != before):
        others = [each for each in archive.givers(before) if each != page.id]
        archive.put_page(replace(page, document_id=document.id if document else None if others else before))
        heir = archive.page(others[0]) if others else None
        if heir is not None:
            changed += _store_if_first(archive, heir, _read_again(archive, heir, sources[heir.source_id]))
        else:
            why = f"moved to {document.url}" if document else "extracted again: nothing to search, or not to be indexed"
            changed += archive.remove_document(before, why)
    elif document is not None and not before:
        archive.put_page(replace(page, document_id=document.id))
    return changed + _store_if_first(archive, page, document)


def _store_if_first(archive: Archive, page: Page, document: Document | None) -> int:
    if document is None or archive.givers(document.id)[:1] != [page.id]:
        return 0
    return archive.put_document(document, page.source_id, EXTRACTOR_VERSION, "extracted again")


def _read_again(archive: Archive, page: Page, source: Source) -> Document | None:
    """The document of a stored page: from its stored response, else from the feed's own text."""
    response = archive.response(page.response_id) if page.response_id is not None else None
    return understand(page.entry, page.url, source, response).document
