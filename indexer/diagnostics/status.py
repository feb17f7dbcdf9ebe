"""Report counts, sizes, freshness and what needs attention, for `status`, `sources` and the web's status page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from indexer.analysis.segmentation import EXTRAS, is_installed
from indexer.archive.serialization import time_text
from indexer.archive.statistics import ArchiveStatistics
from indexer.crawl.revisit_policy import is_future
from indexer.diagnostics.failing_pages import failing_rows
from indexer.diagnostics.hosts import hosts
from indexer.diagnostics.quality_checks import QualityCache
from indexer.diagnostics.source_phrases import crawl_command, display_name, next_crawl
from indexer.errors import ArchiveMismatch, EngineError, EngineUnavailable, IndexInaccessible
from indexer.fetch.politeness import host_key
from indexer.phrases import phrase, source_argument
from indexer.reindex import is_of_another_archive

if TYPE_CHECKING:
    from indexer.archive.store import Archive, SourceState
    from indexer.engines.base import Engine

MAX_CHECKED_DOCUMENTS: Final = 2_000  # of all sources together, if not all are checked


def status(archive: Archive, engine: Engine) -> dict[str, Any]:
    """Return the output of `indexer --json status`, without the keys of `attention`."""
    states = archive.sources.all()
    crawls = [state.last_crawl for state in states if state.last_crawl]
    generation, position, outdated = None, 0, False
    missing_extras: list[str] = []
    archive_outdated, archive_foreign = False, False
    errors: list[dict[str, Any]] = [
        {"source": display_name(s), "error": s.last_error, "since": time_text(s.error_since), **_after_failure(s)}
        for s in states
        if s.last_error
    ]
    errors += [_future_crawl(state) for state in states if is_future(state.last_crawl, datetime.now(UTC))]
    damage: Sequence[str] = ()
    try:
        outdated = engine.is_outdated()
        reader = engine.reader()
        generation, position = reader.generation, reader.position
        missing_extras = [EXTRAS[each] for each in reader.languages() if each in EXTRAS and not is_installed(each)]
        reader.close()
        damage = engine.known_damage()
        if archive_outdated := position > archive.documents.last_change:
            mismatch = phrase("it is older than the index (was it restored from an old backup?)")
        else:
            archive_foreign = is_of_another_archive(reader, archive)
            mismatch = phrase("the index was made from another archive (was the file replaced?)")
        if archive_outdated or archive_foreign:
            errors.append({"source": "archive", "error": mismatch, "since": None, "next": phrase(ArchiveMismatch.default_remedy)})
    except EngineError as error:
        if isinstance(error, EngineUnavailable | IndexInaccessible):
            errors.append({"source": "index", "error": error.message, "since": None, "next": error.remedy})
        elif archive.documents.last_change:
            damage = [error.message]
    # `reindex.catch_up` rebuilds a damaged index.
    then = phrase(
        "the next crawl rebuilds it from the archive; to rebuild it now, without network access: indexer check --repair"
    )
    errors += [{"source": "index", "error": message, "since": None, "next": then} for message in damage]
    counts = archive.counts()
    return {
        **counts,
        "pending": archive.documents.pending(position),
        "generation": generation,
        "outdated": outdated,
        "archive_outdated": archive_outdated,
        "archive_foreign": archive_foreign,
        "archive_bytes": archive.size_bytes(),
        "index_bytes": engine.size_bytes(),
        "previous_index_bytes": engine.previous_bytes(),
        "compiled": engine.is_compiled(),
        "missing_extras": missing_extras,
        "last_crawl": time_text(max(crawls, default=None)),
        "first_crawl_running": not crawls and counts["pages"] > 0,
        "errors": errors,
        "hosts": hosts(archive),
    }


def _future_crawl(state: SourceState) -> dict[str, Any]:
    """Return the warning about a source that a crawl with a wrong clock has recorded."""
    error = phrase("its last crawl is dated %(time)s, which is in the future: the clock was wrong", time=state.last_crawl)
    return {"source": display_name(state), "error": error, "since": None, "next": phrase("the next crawl treats it as due")}


def sources(archive: Archive, now: datetime | None = None) -> list[dict[str, Any]]:
    """Return one row for each source."""
    now = now or datetime.now(UTC)
    limited = {row["host"]: row for row in hosts(archive, now)}
    with closing(ArchiveStatistics(archive.location)) as insight:
        entries, documents, failing = insight.entries(), insight.documents(), insight.failing()
    return [
        {
            "url": state.source.url,
            "name": state.source.name,
            "kind": state.source.kind,
            "alternates": list(state.source.alternates),
            "state": state.state,
            "last_crawl": time_text(state.last_crawl),
            "next_crawl": time_text(state.next_crawl),
            "entries": entries.get(state.id, 0),
            "documents": documents.get(state.id, 0),
            "last_error": state.last_error,
            "error_since": time_text(state.error_since),
            "failures": state.failures,
            "failing_pages": failing.get(state.id, 0),
            "next": next_crawl(state, now),
            "command": crawl_command(state),
            "diagnosis": f"indexer doctor {source_argument(state.source.name, state.source.url)}",
            "host": limited.get(host_key(state.source.url)),
        }
        for state in archive.sources.all()
    ]


def attention(
    archive: Archive, max_documents: int | None = MAX_CHECKED_DOCUMENTS, cache: QualityCache | None = None
) -> dict[str, Any]:
    """Return what needs a person's attention.

    `failing_pages`: by source and reason. `suspects`: documents that look wrongly extracted, among `max_documents`; None checks
    all. `cache`: for callers that ask repeatedly.
    """
    now = datetime.now(UTC)
    states = {state.id: state for state in archive.sources.all()}
    with closing(ArchiveStatistics(archive.location)) as insight:
        failing = [
            row
            for id_, count in insight.failing().items()
            if (state := states.get(id_)) and count
            for row in failing_rows(state, insight.failing_pages(id_), now)
        ]
    return {"failing_pages": failing, "suspects": (cache or QualityCache()).groups(archive, states, max_documents)}


def _after_failure(state: SourceState) -> dict[str, Any]:
    return {
        "url": state.source.url,
        "failures": state.failures,
        "next_crawl": time_text(state.next_crawl),
        "next": next_crawl(state, datetime.now(UTC)),
        "command": crawl_command(state),
        "diagnosis": f"indexer doctor {source_argument(state.source.name, state.source.url)}",
    }
