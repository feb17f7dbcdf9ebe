"""Results as a feed, and what browsers need to take the page as a search engine."""

from __future__ import annotations

import dataclasses
from email.utils import format_datetime

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from webui.app_state import public, state
from webui.search_params import read_request

blueprint = Blueprint("feeds", __name__)
ITEMS = 30


@blueprint.get("/search.rss")
def rss() -> ResponseReturnValue:
    """RSS 2.0, newest first: a search to subscribe to."""
    wanted = dataclasses.replace(read_request(request.args, strict=False), sort="date", size=ITEMS, page=1)
    result = state().search(wanted, "rss")
    dates = {hit.document.id: format_datetime(hit.document.date) for hit in result.hits if hit.document.date}
    text = render_template(
        "search.rss.xml",
        result=result,
        dates=dates,
        title=state().settings.web.title,
        page=public("/"),
        here=public("/search.rss"),
    )
    return Response(text, mimetype="application/rss+xml")


@blueprint.get("/opensearch.xml")
def opensearch() -> ResponseReturnValue:
    """OpenSearch 1.1 description (https://github.com/dewitt/opensearch)."""
    text = render_template("opensearch.xml", title=state().settings.web.title, root=public(""))
    return Response(text, mimetype="application/opensearchdescription+xml")
