"""Render a page in the visitor's language and the owner's design."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request

from webui.app_state import app_state, visitor_interface
from webui.design import design_context


def render_page(template: str, status_code: int = 200, **context: Any) -> Response:
    """Return a page. Flask's `render_template` would add request, session and g, which no template here uses."""
    context |= {"site": app_state().settings.web.title, "root": request.script_root, "status_code": status_code}
    context |= {**visitor_interface().context(), **design_context()}
    text = current_app.jinja_env.get_template(template).render(context)
    response = Response(text, status_code, mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Language"
    return response
