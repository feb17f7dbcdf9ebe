"""Counts, sizes and freshness, as `status` and `sources` show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indexer.errors import EngineError

if TYPE_CHECKING:
    from datetime import datetime

    from indexer.archive.store import Archive
    from indexer.engines.base import Engine


def _iso(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def status(archive: Archive, engine: Engine) -> dict[str, Any]:
    """The keys of `indexer --json status`."""
    states = archive.sources()
    crawls = [state.last_crawl for state in states if state.last_crawl]
    generation, position, outdated = None, 0, False
    errors = [
        {"source": s.source.name or s.source.url, "error": s.last_error, "since": _iso(s.error_since)}
        for s in states
        if s.last_error
    ]
    try:
        outdated = engine.is_outdated()
        reader = engine.reader()
        generation, position = reader.generation, reader.position
        reader.close()
    except EngineError as error:
        if archive.last_change:
            errors.append({"source": "index", "error": str(error), "since": None})
    return {
        **archive.counts(),
        "pending": archive.pending(position),
        "generation": generation,
        "outdated": outdated,
        "archive_bytes": archive.size_bytes(),
        "index_bytes": engine.size_bytes(),
        "last_crawl": _iso(max(crawls, default=None)),
        "errors": errors,
    }


def sources(archive: Archive) -> list[dict[str, object]]:
    """A row for each source."""
    return [
        {
            "url": state.source.url,
            "name": state.source.name,
            "kind": state.source.kind,
            "state": state.state,
            "last_crawl": _iso(state.last_crawl),
            "next_crawl": _iso(state.next_crawl),
            "entries": archive.entries_of(state.id),
            "documents": archive.documents_of(state.id),
            "last_error": state.last_error,
        }
        for state in archive.sources()
    ]
