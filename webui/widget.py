"""The embeddable widget: its script, its texts and a page that shows every form of it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, request, send_from_directory
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from webui.app_state import public_url
from webui.rendering import render_page
from webui.widget_bundle import FOLDER, embed_code, text_languages, widget_bundle

blueprint = Blueprint("widget", __name__)
_HOUR: Final = "public, max-age=3600"
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@blueprint.get("/widget.js")
def script() -> ResponseReturnValue:
    return _script(_HOUR)


@blueprint.get("/widget-<version>.js")
def fixed_script(version: str) -> ResponseReturnValue:
    """Serve the script at an address that names its content: it may be kept for ever and checked by its integrity."""
    if version != widget_bundle().version:
        abort(404)
    return _script(_FOR_EVER)


@blueprint.get("/widget/<language>.json")
def texts(language: str) -> ResponseReturnValue:
    if language not in text_languages():
        abort(404)
    response = send_from_directory(FOLDER, f"{language}.json", mimetype="application/json")
    response.headers["Cache-Control"] = _HOUR
    return response


@blueprint.get("/widget")
def gallery() -> ResponseReturnValue:
    """Show every form of the widget, and the code that embeds it."""
    base = public_url("/")
    return render_page(
        "widget.html",
        code=embed_code(base),
        fixed=embed_code(base, fixed=True),
        languages=("en", *text_languages()),
        cors_key=Markup("<code>[web] cors_origins</code>"),
    )


def _script(caching: str) -> Response:
    bundle = widget_bundle()
    response = Response(bundle.script, mimetype="text/javascript")
    response.headers["Cache-Control"] = caching
    response.set_etag(bundle.version)
    response.make_conditional(request)
    return response
