"""Serve the newest results of a search as a feed, to subscribe to it: RSS 2.0 and JSON Feed 1.1 (https://www.jsonfeed.org/)."""

from __future__ import annotations

import re
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from indexer.model import Hit, SearchRequest, SearchResult
from indexer.search.result_json import iso
from webui.app_state import app_state, public_url
from webui.rendering import web
from webui.search_url import FILTERS, read_request

blueprint = Blueprint("feeds", __name__)
MAX_ITEMS: Final = 30
# Characters that no XML document may contain (https://www.w3.org/TR/xml/#charsets).
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@blueprint.get("/search.rss")
def rss() -> ResponseReturnValue:
    """Return the newest results as RSS 2.0."""
    result = _newest()
    template = current_app.jinja_env.get_template("search.rss.xml")
    text = template.render(
        result=result,
        dates={hit.document.id: format_datetime(hit.document.date) for hit in result.hits if hit.document.date},
        texts={hit.document.id: _text(hit) for hit in result.hits},
        title=_title(result),
        page=_address("/", result.request),
        feed=_address("/search.rss", result.request),
    )
    return _conditional(Response(_NOT_XML.sub("", text), mimetype="application/rss+xml"))


@blueprint.get("/search.json")
def json_feed() -> ResponseReturnValue:
    """Return the newest results as JSON Feed 1.1."""
    result = _newest()
    response = jsonify(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": _title(result),
            "home_page_url": _address("/", result.request),
            "feed_url": _address("/search.json", result.request),
            "items": [_item(hit) for hit in result.hits],
        }
    )
    response.mimetype = "application/feed+json"
    return _conditional(response)


def _newest() -> SearchResult:
    search = read_request(request.args, strict=False)
    return app_state().search(search._replace(sort="date", size=MAX_ITEMS, page=1), "rss", request.environ)


def _item(hit: Hit) -> dict[str, Any]:
    document = hit.document
    item = {
        "id": document.id,
        "url": web(document.url),
        "title": document.title,
        "content_text": _text(hit),
        "date_published": iso(document.date) if document.date else None,
        "authors": [{"name": name} for name in document.authors],
        "tags": list(document.categories),
        "language": document.language if document.language != "und" else None,
    }
    return {name: value for name, value in item.items() if value or name in ("id", "content_text")}


def _text(hit: Hit) -> str:
    return "".join(part.text for part in hit.snippet)


def _title(result: SearchResult) -> str:
    name = app_state().settings.web.title
    return f"{name}: {result.request.query}" if result.request.query else name


def _address(path: str, search: SearchRequest) -> str:
    """Return the public address of a search with its filters."""
    pairs = [("q", search.query)] if search.query else []
    pairs += [(name, value) for name, attribute in FILTERS.items() for value in getattr(search, attribute)]
    pairs += [(name, value) for name, value in (("from", search.date_from), ("to", search.date_to)) if value]
    return public_url(path) + ("?" + urlencode(pairs) if pairs else "")


def _conditional(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
