"""Repair the archive and the index. Nothing is destroyed that exists once: a damaged file is moved aside, not deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from indexer.archive.backends import is_database
from indexer.archive.database import Location
from indexer.archive.postgres_address import PostgresAddress
from indexer.archive.salvage import salvage
from indexer.archive.store import Archive, PageRecord
from indexer.crawl.extraction_processes.single_page import extract_apart
from indexer.dedup.document_assigner import DocumentAssigner
from indexer.diagnostics.integrity import check
from indexer.engines.base import Engine, Reader
from indexer.errors import ArchiveDamaged, ArchiveError, EngineError
from indexer.extract import EXTRACTOR_VERSION
from indexer.model import Document, Entry
from indexer.phrases import number
from indexer.reasons import Reason
from indexer.reindex import catch_up, rebuild_index, require_current_archive

Report = Callable[[str], None]  # gets one sentence about each thing that was repaired or lost


def repair(archive: Archive, engine: Engine, report: Report) -> list[str]:
    """Rebuild damaged documents and a damaged index; return what is wrong afterwards.

    A document is rebuilt from its stored response, otherwise from the index. If neither works, it is dropped. Raises
    ArchiveMismatch if the index holds what the archive lacks.
    """
    require_current_archive(archive, engine)
    problems = check(archive, engine)
    if any(problem.startswith("archive:") for problem in problems):
        try:
            repair_archive(archive, engine, report)
        except ArchiveDamaged:  # the database itself: `restore_from_index` reads what the index holds
            return problems
        catch_up(archive, engine)
        problems = check(archive, engine)
    if any(problem.startswith("index:") for problem in problems):
        rebuild_index(archive, engine)
        problems = check(archive, engine)
    return problems


def repair_archive(archive: Archive, engine: Engine, report: Report) -> None:
    """Rebuild damaged documents, entries and links, and discard unreadable responses."""
    for response_id, url, _ in archive.responses.unreadable():
        archive.responses.discard(response_id)
        report(f"the stored answer of {url} is unreadable; the next crawl fetches the page again")
    for page_id, url in archive.pages.damaged():
        _replace_entry(archive, page_id)
        report(f"the feed's entry of {url or page_id} was damaged; the next crawl reads it again")
    for id_, url in archive.documents.damaged():
        report(f"the document {id_} ({url or 'an item without a link'}) was damaged; {_rebuild(archive, engine, id_)}")
    _reassign(archive)


def _rebuild(archive: Archive, engine: Engine, document_id: str) -> str:
    """Rebuild a damaged document from what there is, and return from what."""
    pages = [page for each in archive.pages.of_document(document_id) if (page := archive.pages.get(each))]
    if _extracted(archive, [page for page in pages if page.response_id is not None], document_id):
        return "it was rebuilt from its stored answer"
    if (document := _indexed(engine, document_id)) is not None:
        source_id = archive.documents.source_of(document_id)
        archive.documents.put(document, source_id, EXTRACTOR_VERSION, Reason("restored"))
        return "it was restored from the index"
    if _extracted(archive, [page for page in pages if not page.entry.is_bare], document_id):
        return "it was rebuilt from the feed's own text"
    archive.documents.remove(document_id, Reason("damaged"))
    return "nothing was left to rebuild it from, so it was dropped"


def _extracted(archive: Archive, pages: list[PageRecord], document_id: str) -> bool:
    """Extract the pages until one of them gives the document. Report whether one did."""
    assigner = DocumentAssigner(archive, extract_apart)
    sources = {state.id: state.source for state in archive.sources.all(removed=True)}
    for page in pages:
        source = sources[page.source_id]
        assigner.assign(page, assigner.extract_stored(page, source), source)
        if archive.documents.get(document_id) is not None:
            return True
    return False


def _indexed(engine: Engine, document_id: str) -> Document | None:
    try:
        with closing(engine.reader()) as reader:
            return reader.document(document_id)
    except EngineError:
        return None


def _replace_entry(archive: Archive, page_id: str) -> None:
    page = archive.pages.get(page_id)
    if page is not None:
        document = archive.documents.get(page.document_id or "")
        entry = Entry(page.url or None, title=document.title if document else "")
        archive.pages.put_entry(page_id, entry)


def _reassign(archive: Archive) -> None:
    """Assign the pages again whose document is not there."""
    assigner = DocumentAssigner(archive, extract_apart)
    sources = {state.id: state.source for state in archive.sources.all(removed=True)}
    for page in archive.pages.without_document():
        if (source := sources.get(page.source_id)) is not None:
            assigner.assign(page, assigner.extract_stored(page, source), source)
    archive.pages.forget_lost_documents()


def restore_from_index(
    location: Location,
    open_archive: Callable[[], Archive],
    store_configured: Callable[[Archive], None],
    engine: Engine,
    report: Report,
) -> None:
    """Restore to the archive what only the index holds: the operator has declared the index to be right.

    A damaged archive is moved aside, and what can be read of it is taken over first. `store_configured` stores the sources of
    config.toml. The index has no other addresses of sources, no history and no stored answers, and the report says so.
    """
    archive = _opened(location, open_archive, report)
    with closing(archive):
        with closing(engine.reader()) as reader, archive.transaction():
            store_configured(archive)
            restored, lost = _restore_documents(archive, reader)
            archive.documents.move_change_number(reader.position)
            report(f"restored {number(restored, 'document')} from the index")
        for name, documents in sorted(lost.items()):
            report(
                f"the address of the source {name!r} ({number(documents, 'document')}) is not in the index;"
                " to crawl it again: indexer add URL"
            )
        if restored:
            report("what only a lost archive held cannot be restored: history, stored answers, forgotten addresses, searches")
        repair_archive(archive, engine, report)
        rebuild_index(archive, engine)  # the archive may have documents of its own that the index lacks


def _restore_documents(archive: Archive, reader: Reader) -> tuple[int, Counter[str]]:
    """Store the documents of the index; return how many were lacking, and those of each source that the archive lacks."""
    by_name = {state.source.name: state.id for state in archive.sources.all(removed=True)}
    restored, lost = 0, Counter[str]()
    archive.documents.move_change_number(reader.position)
    for document in reader.documents():
        if archive.documents.is_forgotten(document.id):
            continue
        source_id = by_name.get(document.source) or archive.documents.source_of(document.id)
        restored += archive.documents.put(document, source_id, EXTRACTOR_VERSION, Reason("restored"))
        if source_id is None and document.source:
            lost[document.source] += 1
    return restored, lost


def _opened(path: Location, open_archive: Callable[[], Archive], report: Report) -> Archive:
    """Open the archive. If it is damaged, move it aside and open a new one with what can be read of it."""
    if isinstance(path, PostgresAddress):
        return open_archive()
    try:
        archive = open_archive()
        if not archive.database_problems():
            return archive
        archive.close()
    except ArchiveError as error:
        if not isinstance(error, ArchiveDamaged):
            raise
    aside = _free_name(path)
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    archive = open_archive()
    archive.close()
    copied = salvage(aside, path) if is_database(aside) else 0
    report(f"the archive was damaged: it was moved to {aside.name}, and {copied:,} rows were read from it")
    return open_archive()


def _free_name(path: Path) -> Path:
    count = 1
    while (aside := path.with_name(f"{path.name}.damaged-{count}")).exists():
        count += 1
    return aside
