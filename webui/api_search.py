"""Answer a search of the API, for Flask and for the middleware before it.

search -> result -> JSON, without the time -> cache -> body with the time as its last member
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indexer.model import SearchRequest, SearchResult
from indexer.search.result_json import result_mapping
from indexer.snippets import kernel
from webui.app_state import AppState
from webui.cache.response_cache import address_of
from webui.interface_language import interface
from webui.json_provider import append_encoded, append_milliseconds, to_bytes
from webui.notice_text import notice_text
from webui.rendering import is_picture

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_JSON = "application/json"


def search_answer(
    state: AppState, search: SearchRequest, language: str, environ: WSGIEnvironment
) -> tuple[bytes, list[tuple[str, str]]]:
    """Search, and return the body of the response with its fields. Raises what `AppState.search` raises.

    `language`: of the notices, or an empty text. An explained search is not cached.
    """
    result = state.search(search, "api", environ)
    encoded = {} if search.explain or state.settings.web.thumbnails else _encoded_hits(result)
    members = result_mapping(result, has_hits=not encoded)
    if language:
        texts = [notice_text(interface(language), notice) for notice in result.notices]
        members["warnings"] = texts
        members["notices"] = [{"code": notice.code, "text": text} for notice, text in zip(result.notices, texts, strict=True)]
    if state.settings.web.thumbnails:
        _add_thumbnails(members)
    del members["took_ms"]
    body = append_encoded(to_bytes(members), encoded)
    fields = [("Content-Type", _JSON)]
    if not search.explain:
        fields += state.responses.store(address_of(environ), _JSON, body, result, is_timed=True)
    return append_milliseconds(body, "took_ms", result.took_ms), fields


def _encoded_hits(result: SearchResult) -> dict[str, bytes]:
    """Return the hits and the partial hits as JSON, by the compiled kernel; nothing if Python has to write them."""
    if kernel.hits_json is None:
        return {}
    hits, partial = kernel.hits_json(result.hits), kernel.hits_json(result.partial)
    return {"hits": hits, "partial": partial} if hits and partial else {}


def _add_thumbnails(members: dict[str, Any]) -> None:
    """Add to each hit with an image the path of its thumbnail, below the address of the server."""
    corrected = (members["did_you_mean"] or {}).get("hits", ())
    for hit in (*members["hits"], *members["partial"], *corrected):
        if is_picture(hit["image"]):
            hit["thumbnail"] = f"thumbnail/{hit['id']}"
