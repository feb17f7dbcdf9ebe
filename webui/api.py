"""The JSON API, version 1; `/api/openapi.json` describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import Forbidden

from indexer.errors import NotFound
from indexer.search.result_json import result_mapping
from webui.app_state import public, state
from webui.openapi import description
from webui.search_params import BadParameter, read_request

blueprint = Blueprint("api", __name__, url_prefix="/api")
MAX_NOTE: Final = 16_384  # bytes
_ID: Final = re.compile(r"[0-9a-f]{16}")
STATUS_KEYS = ("documents", "sources", "pages", "pending", "generation", "outdated", "last_crawl")


@blueprint.get("/v1/search")
def search_json() -> Response:
    here = state()
    if response := here.repeated("api"):
        return response
    result = here.search(read_request(request.args, strict=True), "api")
    response = jsonify(result_mapping(result))
    here.answered.keep(response, result)
    return response


@blueprint.get("/v1/suggest")
def suggest() -> Response:
    prefix = request.args.get("q", "")
    found = list(state().searcher.suggest(prefix))
    if request.args.get("format") == "opensearch":  # what browsers expect of a search engine's suggestions
        response = jsonify([prefix, found])
        response.mimetype = "application/x-suggestions+json"
        return response
    return jsonify({"query": prefix, "suggestions": found})


@blueprint.get("/v1/similar")
def similar() -> Response:
    document_id = request.args.get("id", "")
    if not document_id:
        raise BadParameter("id", "is missing; it stands in search results")
    size = read_request(request.args, strict=True).size
    return jsonify({"id": document_id, **result_mapping(state().searcher.similar(document_id, size))})


@blueprint.post("/v1/opened")
def opened() -> Response:
    """Note that a hit of a query was opened. Form fields (what `sendBeacon` can send from anywhere) or JSON."""
    request.max_content_length = MAX_NOTE
    sent: Any = request.get_json(silent=True) if request.is_json else request.form
    query, document_id = (sent.get(name, "") if isinstance(sent, Mapping) else "" for name in ("q", "id"))
    if not isinstance(query, str) or not query.strip():
        raise BadParameter("q", "must be the query")
    if not isinstance(document_id, str) or not _ID.fullmatch(document_id):
        raise BadParameter("id", "must be a hit's id")
    here = state()
    if here.is_cross_site(request):
        raise Forbidden("Only this server's pages, and those that cors_origins names, may note what was opened.")
    if here.searcher.reader().document(document_id) is None:
        raise NotFound(f"there is no document {document_id!r} in the index")
    here.notes.opened(query)
    return Response(status=204)


@blueprint.get("/v1/status")
def status() -> Response:
    known = state().searcher.status()
    return jsonify({name: known.get(name) for name in STATUS_KEYS})


@blueprint.get("/openapi.json")
def openapi() -> Response:
    return jsonify(description(public("/")))
