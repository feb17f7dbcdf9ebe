"""Serve results as a feed, and the description with which browsers add the page as a search engine."""

from __future__ import annotations

import dataclasses
from email.utils import format_datetime

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from webui.app_state import app_state, public_url
from webui.search_params import read_request

blueprint = Blueprint("feeds", __name__)
MAX_ITEMS = 30


@blueprint.get("/search.rss")
def rss() -> ResponseReturnValue:
    """Return the newest results as RSS 2.0."""
    search = dataclasses.replace(read_request(request.args, strict=False), sort="date", size=MAX_ITEMS, page=1)
    result = app_state().search(search, "rss")
    dates = {hit.document.id: format_datetime(hit.document.date) for hit in result.hits if hit.document.date}
    text = render_template(
        "search.rss.xml",
        result=result,
        dates=dates,
        title=app_state().settings.web.title,
        page=public_url("/"),
        feed=public_url("/search.rss"),
    )
    return Response(text, mimetype="application/rss+xml")


@blueprint.get("/opensearch.xml")
def opensearch() -> ResponseReturnValue:
    """Return an OpenSearch 1.1 description (https://github.com/dewitt/opensearch)."""
    text = render_template("opensearch.xml", title=app_state().settings.web.title, root=public_url(""))
    return Response(text, mimetype="application/opensearchdescription+xml")
