"""Serve the description with which browsers add the page as a search engine."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from webui.app_state import app_state, public_url

blueprint = Blueprint("opensearch", __name__)


@blueprint.get("/opensearch.xml")
def opensearch() -> ResponseReturnValue:
    """Return an OpenSearch 1.1 description (https://github.com/dewitt/opensearch)."""
    template = current_app.jinja_env.get_template("opensearch.xml")
    text = template.render(title=app_state().settings.web.title, root=public_url(""))
    return Response(text, mimetype="application/opensearchdescription+xml")
