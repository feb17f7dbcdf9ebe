"""Serve the images of results from this server, so that a visitor's browser asks no other (`[web] thumbnails`).

An image is fetched when it is first shown, and kept in memory. Few requests wait for a fetch at a time: the others answer 503,
and the image is there for the next visitor.
"""

from __future__ import annotations

import base64
from typing import Final

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from webui.app_state import app_state
from webui.search_url import DOCUMENT_ID

blueprint = Blueprint("thumbnails", __name__)
_DAY: Final = "public, max-age=86400"
# One transparent pixel: browsers show a broken image in place of a response without one, whatever its status.
_PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@blueprint.get("/thumbnail/<document_id>")
def thumbnail(document_id: str) -> Response:
    """Return the image of a document. Answers 404 unless `[web] thumbnails` is set and there is one."""
    state = app_state()
    document = None
    if state.settings.web.thumbnails and DOCUMENT_ID.fullmatch(document_id):
        document = state.searcher.reader().document(document_id)
    if document is None or not document.image:
        raise NotFound
    try:
        image = state.thumbnails.get(state.settings.crawl, document.image, document.url)
    except TimeoutError:
        return Response(_PIXEL, 503, {"Retry-After": "2"}, content_type="image/gif")
    if image is None:
        return Response(_PIXEL, 404, content_type="image/gif")
    response = Response(image[1], content_type=image[0])
    response.headers["Cache-Control"] = _DAY
    return response
