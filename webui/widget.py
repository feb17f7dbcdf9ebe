"""Serve the script of the widget at an address that never changes."""

from __future__ import annotations

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

blueprint = Blueprint("widget", __name__)


@blueprint.get("/widget.js")
def widget() -> ResponseReturnValue:
    response = current_app.send_static_file("widget.js")
    response.mimetype = "text/javascript"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
