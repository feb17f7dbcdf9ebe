"""Report to monitoring: alive, ready, and metrics in the Prometheus text format 0.0.4."""

from __future__ import annotations

import contextlib
from typing import Final

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from indexer.diagnostics.status_page_data import StatusPageData
from indexer.engines.base import Deadline, Reader
from indexer.errors import IndexerError
from indexer.query.nodes import Everything
from indexer.search.searcher import Searcher
from webui.app_state import app_state
from webui.metrics import gauge
from webui.operator_access import is_operator
from webui.problem_details import problem

blueprint = Blueprint("health", __name__)
STALE_SECONDS: Final = 0.5  # to ask a cluster that did not answer before
_GAUGES: Final = {
    "crawl_age_seconds": "Seconds since the last crawl.",
    "sources": "Sources that are crawled.",
    "failing_sources": "Sources that cannot be read, or most of whose pages fail.",
    "failing_pages": "Pages whose last fetch failed.",
    "pending_pages": "Listed pages that have not been fetched yet.",
    "archive_bytes": "Size of the archive.",
    "index_bytes": "Size of the index.",
}


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Report that the process answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Return whether the index can be searched: 503 if not. Only the operator sees why, because the reason names files.

    Searches need no archive. So a missing one is named, and makes the answer 503 only with `strict=1`.
    """
    state = app_state()
    try:
        reader = state.searcher.reader()
    except IndexerError as error:
        return _not_ready("index", error.message, "The index cannot be used.")
    if not _can_be_searched(state.searcher, reader):
        return problem(503, "Not ready", "The cluster that holds the index cannot be reached.", part="index")
    missing = state.archive_probe.problem()
    if missing and request.args.get("strict") == "1":
        return _not_ready("archive", missing, "The archive cannot be used.")
    parts = {"index": "ok", "archive": "missing" if missing else "ok"}
    return jsonify({"status": "ok", "generation": reader.generation, "documents": reader.document_count, "parts": parts})


def _can_be_searched(searcher: Searcher, reader: Reader) -> bool:
    """Return whether an index answers. A cluster that looks for a new manager does not say what is new, but is searched."""
    if not searcher.is_stale:
        return True
    try:
        reader.count(Everything(), Deadline(STALE_SECONDS))
    except IndexerError:
        return False
    return True


def _not_ready(part: str, reason: str, detail: str) -> Response:
    return problem(503, "Not ready", reason if is_operator(request) else detail, part=part)


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Return the counts of all processes of this server, and the state of the index that this process has open."""
    if not is_operator(request):
        raise Forbidden("Only the operator may read metrics: from this machine or with the admin token.")
    state = app_state()
    missing = state.archive_probe.problem()  # the scraper would not wait for an archive that does not answer
    lines = list(state.metrics.lines())
    lines += gauge("feedsearch_archive_up", "Whether the archive answers.", int(not missing))
    position = None
    try:
        reader = state.searcher.reader()
        lines += gauge("feedsearch_documents", "Documents in the index.", reader.document_count)
        lines += gauge("feedsearch_index_position", "The last change of the archive in the index.", reader.position)
        lines += gauge("feedsearch_up", "Whether the index can be searched.", int(_can_be_searched(state.searcher, reader)))
        lines += gauge("feedsearch_compiled", "Whether searches use the compiled kernel.", int(state.operator.is_compiled()))
        if not state.searcher.is_stale:  # the cluster would have to be asked
            damage = len(state.operator.index_damage())
            lines += gauge("feedsearch_index_damaged_files", "Files of the index that failed their checksum.", damage)
        position = reader.position
    except IndexerError:
        lines += gauge("feedsearch_up", "Whether the index can be searched.", 0)
    if not missing:
        lines += _archive_gauges(state.operator, position)
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _archive_gauges(operator: StatusPageData, position: int | None) -> list[str]:
    """Return the lines about the archive; none if it cannot be read. `position`: of the index, if there is one."""
    lines: list[str] = []
    with contextlib.suppress(IndexerError):
        if position is not None:
            pending = operator.pending(position)
            lines += gauge("feedsearch_pending_changes", "Changes of the archive that are not in the index yet.", pending)
        for name, value in operator.gauges().items():
            lines += gauge(f"feedsearch_{name}", _GAUGES[name], value)
    return lines
