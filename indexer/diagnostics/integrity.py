"""Verify the archive, the index, and that they agree."""

from __future__ import annotations

from indexer.archive.store import Archive
from indexer.engines.base import Engine
from indexer.errors import EngineError, IndexMissing
from indexer.reindex import reindex


def check(archive: Archive, engine: Engine) -> list[str]:
    """Return what is wrong, one sentence each; an empty list if nothing is. Reads everything."""
    problems = [f"archive: {problem}" for problem in archive.integrity_problems()]
    damage = list(engine.verify())
    problems += [f"index: {problem}" for problem in damage]
    if damage:
        return problems
    documents = archive.counts()["documents"]
    try:
        reader = engine.reader()
    except IndexMissing:
        return [*problems, f"index: it is missing, but the archive has {documents} documents"] if documents else problems
    except EngineError as error:
        return [*problems, f"index: {error.message}"]
    try:
        if reader.position > archive.documents.last_change:
            problems.append("index: it is ahead of the archive (was the archive restored from a backup?)")
        elif archive.documents.pending(reader.position) == 0:
            if reader.document_count != documents:
                problems.append(f"index: it has {reader.document_count} documents, the archive {documents}")
            missing = [d.id for d in archive.documents.all() if reader.document(d.id) is None]
            if missing:
                problems.append(f"index: {len(missing)} documents are missing, the first is {missing[0]}")
    finally:
        reader.close()
    return problems


def repair(archive: Archive, engine: Engine) -> list[str]:
    """Rebuild a damaged index, and have pages with unreadable stored responses fetched again by the next crawl.

    Return what is wrong afterwards.
    """
    problems = check(archive, engine)
    if any(problem.startswith("archive:") for problem in problems):
        archive.visits.look_again(
            page for number, _, _ in archive.responses.unreadable() for page in archive.pages.of_response(number)
        )
    if not any(problem.startswith("index:") for problem in problems):
        return problems
    reindex(archive, engine)
    return check(archive, engine)
