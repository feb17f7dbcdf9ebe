"""Serve the images of results from this server, so that a visitor's browser asks no other (`[web] thumbnails`).

An image is fetched when it is first shown, and kept in memory. Few requests wait for a fetch at a time: the others answer 503,
and the image is there for the next visitor.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from webui.app_state import app_state
from webui.problem_details import problem
from webui.search_url import DOCUMENT_ID

blueprint = Blueprint("thumbnails", __name__)
_DAY: Final = "public, max-age=86400"


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
        response = problem(503, "Not there yet", "The image is being fetched.")
        response.headers["Retry-After"] = "2"
        return response
    if image is None:
        raise NotFound
    response = Response(image[1], content_type=image[0])
    response.headers["Cache-Control"] = _DAY
    return response
