"""For machines that watch: alive, ready, and figures in the Prometheus text format 0.0.4."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from indexer.errors import IndexerError
from webui.problems import problem
from webui.state import BUCKETS, state

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    try:
        reader = state().searcher.reader()
    except IndexerError as error:
        return problem(503, "Not ready", error.message)
    return jsonify({"status": "ok", "generation": reader.generation, "documents": reader.document_count})


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    here = state()
    lines: list[str] = []

    def metric(name: str, kind: str, text: str, *samples: tuple[str, float]) -> None:
        lines.extend((f"# HELP {name} {text}", f"# TYPE {name} {kind}"))
        lines.extend(f"{name}{labels} {value:g}" for labels, value in samples)

    counts = here.metrics
    with counts.lock:
        answered = [(f'{{endpoint="{name}",status="{status}"}}', n) for (name, status), n in sorted(counts.requests.items())]
        metric("feedsearch_requests_total", "counter", "Requests answered.", *answered)
        metric("feedsearch_searches_without_result_total", "counter", "Searches that found nothing.", ("", counts.without_result))
        name = "feedsearch_search_seconds"
        lines.extend((f"# HELP {name} How long searches took.", f"# TYPE {name} histogram"))
        lines.extend(f'{name}_bucket{{le="{bound:g}"}} {counts.buckets[bound]}' for bound in BUCKETS)
        lines.append(f'{name}_bucket{{le="+Inf"}} {counts.searches}')
        lines.extend((f"{name}_sum {counts.seconds:g}", f"{name}_count {counts.searches}"))
    try:
        reader = here.searcher.reader()
        metric("feedsearch_documents", "gauge", "Documents in the index.", ("", reader.document_count))
        metric("feedsearch_index_position", "gauge", "The last change of the archive in the index.", ("", reader.position))
        metric("feedsearch_up", "gauge", "Whether the index can be searched.", ("", 1))
    except IndexerError:
        metric("feedsearch_up", "gauge", "Whether the index can be searched.", ("", 0))
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def measure(app: Flask) -> None:
    @app.after_request
    def count(response: Response) -> Response:
        state().metrics.answered(request.endpoint or "none", response.status_code)
        return response
