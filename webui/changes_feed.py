"""Serve what has changed as a JSON Feed (https://www.jsonfeed.org/version/1.1/), for followers and static builds.

A client keeps `_feed_search.last_change` of its last visit and sends it as `since`. It follows `next_url` to the older changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from indexer.archive.documents import DatedChange
from indexer.reindex import public_document, source_secrets
from indexer.search.result_json import iso
from webui.app_state import app_state, public_url
from webui.rendering import web
from webui.search_url import BadParameter

blueprint = Blueprint("changes", __name__)
MAX_ITEMS: Final = 200
DEFAULT_ITEMS: Final = 50
MAX_CHARACTERS: Final = 4_000_000  # of text in one response
MAX_NUMBER: Final = 2**53  # the largest integer that all JSON readers keep exactly


@blueprint.get("/changes.json")
def changes() -> Response:
    """Return the latest change of each document after `since` and before `before`, newest first. Raises BadParameter."""
    since = _number("since", 0, 0, MAX_NUMBER)
    before = _number("before", MAX_NUMBER, 0, MAX_NUMBER)
    limit = _number("limit", DEFAULT_ITEMS, 1, MAX_ITEMS)
    state = app_state()
    archive = state.operator.archive()
    documents, secrets = archive.documents, source_secrets(archive)
    last = documents.last_change
    latest = documents.latest_changes(since, before, limit + 1)
    limit = _fitting(latest[:limit])
    address = public_url("/changes.json")
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": state.settings.web.title,
        "home_page_url": public_url("/"),
        "feed_url": f"{address}?since={since}",
        "_feed_search": {"since": since, "last_change": last},
        "items": [_item(each, secrets) for each in latest[:limit]],
    }
    if len(latest) > limit:
        feed["next_url"] = f"{address}?since={since}&before={latest[limit - 1].change.number}&limit={limit}"
    response = jsonify(feed)
    response.mimetype = "application/feed+json"
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _number(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and low <= int(text) <= high):
        raise BadParameter(name, f"must be a whole number from {low} to {high}")
    return int(text)


def _fitting(changes: Sequence[DatedChange]) -> int:
    """Return how many changes fit into one response: at least one, even if its text is very long."""
    characters = 0
    for count, each in enumerate(changes):
        characters += len(each.change.document.text) if each.change.document else 0
        if count and characters > MAX_CHARACTERS:
            return count
    return len(changes)


def _item(dated: DatedChange, secrets: frozenset[str]) -> dict[str, Any]:
    """Return an item. A removed document has its id and no text."""
    document = dated.change.document and public_document(dated.change.document, secrets)
    facts: dict[str, Any] = {"change": dated.change.number, "removed": document is None}
    item: dict[str, Any] = {"id": dated.change.document_id, "content_text": "", "date_modified": dated.changed_at}
    if document is not None:
        item |= {
            "url": web(document.url),
            "title": document.title,
            "content_text": document.text,
            "summary": document.summary,
            "image": document.image,
            "date_published": iso(document.date),
            "authors": [{"name": name} for name in document.authors],
            "tags": list(document.categories),
            "language": document.language if document.language != "und" else None,
        }
        facts["source"] = document.source
    item = {name: value for name, value in item.items() if value or name in ("id", "content_text")}
    return {**item, "_feed_search": facts}
