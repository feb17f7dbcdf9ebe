"""Build a small archive with its index, and serve it: in this process through Flask's test client, or by `webui` itself."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from indexer.archive.store import Archive
from indexer.config import Settings, open_archive, open_engine
from indexer.model import Document, Source
from indexer.reindex import catch_up


def document(number: int, **changes: object) -> Document:
    made = Document(
        id=f"{number:016x}", url=f"https://example.org/{number}", title=f"Ferry number {number}", source="Gazette",
        text=f"The ferry leaves the harbour at {number}. " * 3, language="en", categories=("Harbour",),
        date=datetime(2020 + number % 4, 5, 1, tzinfo=UTC),
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


def fill(settings: Settings, *documents: Document) -> None:
    archive: Archive = open_archive(settings)
    with archive.lock(5, "a test"):
        archive.sources.add(Source("https://example.org/rss.xml", "Gazette"))
        source = archive.sources.all()[0]
        for each in documents:
            archive.documents.put(each, source.id, 1)
        catch_up(archive, open_engine(settings))
    archive.close()
