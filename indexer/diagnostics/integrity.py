"""Verify the archive, the index, and that they agree."""

from __future__ import annotations

from typing import Final

from indexer.archive.store import Archive
from indexer.engines.base import Engine
from indexer.errors import ArchiveDamaged, EngineError, IndexMissing
from indexer.reindex import is_of_another_archive

AHEAD: Final = "index: it is ahead of the archive (was the archive restored from a backup?)"
FOREIGN: Final = "index: it was made from another archive (was the file replaced?)"


def check(archive: Archive, engine: Engine) -> list[str]:
    """Return a sentence for each problem that is found. Reads the whole archive and index."""
    try:
        problems = [f"archive: {problem}" for problem in archive.integrity_problems()]
    except ArchiveDamaged as error:
        problems = [f"archive: {error.message}"]
    damage = list(engine.verify())
    problems += [f"index: {problem}" for problem in damage]
    if damage:
        return problems
    try:
        return problems + _differences(archive, engine)
    except ArchiveDamaged as error:
        return problems or [f"archive: {error.message}"]


def _differences(archive: Archive, engine: Engine) -> list[str]:
    """Return where the index differs from the archive."""
    problems: list[str] = []
    documents = archive.documents.count()
    try:
        reader = engine.reader()
    except IndexMissing:
        return [f"index: it is missing, but the archive has {documents} documents"] if documents else problems
    except EngineError as error:
        return [f"index: {error.message}"]
    try:
        if reader.position > archive.documents.last_change:
            problems.append(AHEAD)
        elif is_of_another_archive(reader, archive):
            problems.append(FOREIGN)
        elif archive.documents.pending(reader.position) == 0:
            if reader.document_count != documents:
                problems.append(f"index: it has {reader.document_count} documents, the archive {documents}")
            indexed = {each.id for each in reader.documents()}
            missing = [each.id for each in archive.documents.all() if each.id not in indexed]
            if missing:
                problems.append(f"index: {len(missing)} documents are missing, the first is {missing[0]}")
    finally:
        reader.close()
    return problems
