"""Serve version 1 of the JSON API, which `/api/openapi.json` describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import Forbidden

from indexer.errors import NotFound
from indexer.masking import masked
from indexer.search.result_json import document_mapping, result_mapping
from webui.api_search import search_answer
from webui.app_state import app_state, public_url
from webui.environ_keys import SEARCH_ERROR
from webui.interface_language import interface
from webui.openapi import description
from webui.operator_access import is_operator
from webui.reason_text import with_texts
from webui.search_url import DOCUMENT_ID, BadParameter, read_request, texts_language

blueprint = Blueprint("api", __name__, url_prefix="/api")
MAX_CLICK_BYTES: Final = 16_384
PUBLIC_STATUS_KEYS = ("documents", "sources", "pages", "pending", "generation", "outdated", "last_crawl")


@blueprint.get("/v1/search")
def search_json() -> Response:
    """Search, unless `search_middleware` has tried it and failed."""
    if (error := request.environ.get(SEARCH_ERROR)) is not None:
        raise error
    state = app_state()
    search = read_request(request.args, strict=True)
    if search.explain and not is_operator(request):
        raise Forbidden("Only the operator may request explanations: from this machine or with the admin token.")
    if not search.explain and (response := state.cached_response("api")):
        return response
    body, fields = search_answer(state, search, texts_language(request.args), request.environ)
    return Response(body, headers=fields)


@blueprint.get("/v1/suggest")
def suggest() -> Response:
    """Return completions, best first, also in the OpenSearch format that browsers request."""
    prefix = request.args.get("q", "")
    completions = app_state().searcher.suggest(prefix)
    suggestions = [completion.text for completion in completions]
    if request.args.get("format") == "opensearch":
        response = jsonify([prefix, [completion.text for completion in completions if completion.kind == "query"]])
        response.mimetype = "application/x-suggestions+json"
        return response
    items = [{"text": each.text, "kind": each.kind, **({"url": each.url} if each.url else {})} for each in completions]
    return jsonify({"query": prefix, "suggestions": suggestions, "items": items})


@blueprint.get("/v1/similar")
def similar() -> Response:
    """Return documents that are similar to one. Raises BadParameter and NotFound."""
    document_id = request.args.get("id", "")
    if not document_id:
        raise BadParameter("id", "is missing; search results contain ids")
    size = read_request(request.args, strict=True).size
    return jsonify({"id": document_id, **result_mapping(app_state().searcher.similar(document_id, size))})


@blueprint.get("/v1/documents/<document_id>")
def document(document_id: str) -> Response:
    """Return one document: its whole text and what is known about it. Raises NotFound."""
    match = app_state().searcher.reader().document(document_id) if DOCUMENT_ID.fullmatch(document_id) else None
    if match is None:
        raise NotFound(f"there is no document {document_id!r} in the index", remedy="search results contain ids")
    return jsonify(document_mapping(match))


@blueprint.post("/v1/opened", endpoint="opened")
def record_click() -> Response:
    """Record that a hit of a query was opened: from form fields, which `sendBeacon` can send to any site, or JSON."""
    request.max_content_length = MAX_CLICK_BYTES
    body: Any = request.get_json(silent=True) if request.is_json else request.form
    query, document_id = (body.get(name, "") if isinstance(body, Mapping) else "" for name in ("q", "id"))
    if not isinstance(query, str) or not query.strip():
        raise BadParameter("q", "must be the query")
    if not isinstance(document_id, str) or not DOCUMENT_ID.fullmatch(document_id):
        raise BadParameter("id", "must be a hit's id")
    state = app_state()
    if state.is_cross_site(request) and not state.admits_origin(request):
        raise Forbidden("Only pages of this server and of the sites in cors_origins may record clicks.")
    if state.searcher.reader().document(document_id) is None:
        raise NotFound(f"there is no document {document_id!r} in the index")
    state.recorder.record_click(query)
    return Response(status=204)


@blueprint.get("/v1/status")
def status() -> Response:
    """Return counts and freshness, and to the operator also sizes, errors, hosts in back-off and the charts' figures."""
    operator = app_state().operator
    values = operator.status()
    if is_operator(request):
        return jsonify(masked(with_texts(interface("en"), {**values, "history": operator.history()})))
    return jsonify({name: values.get(name) for name in PUBLIC_STATUS_KEYS})


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe the API in OpenAPI 3.1."""
    return jsonify(description(public_url("/")))
