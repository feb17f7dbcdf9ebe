"""The JSON API, version 1; `/api/openapi.json` describes it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from indexer.present import result_mapping
from webui.openapi import description
from webui.params import BadParameter, read_request
from webui.state import public, state

blueprint = Blueprint("api", __name__, url_prefix="/api")
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


@blueprint.get("/v1/status")
def status() -> Response:
    known = state().searcher.status()
    return jsonify({name: known.get(name) for name in STATUS_KEYS})


@blueprint.get("/openapi.json")
def openapi() -> Response:
    return jsonify(description(public("/")))
