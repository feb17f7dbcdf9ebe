"""Serve `/llms.txt` (https://llmstxt.org/), which tells programs that read for people how to search here.

A setting turns it on.
"""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from webui.app_state import app_state, public_url

blueprint = Blueprint("llms_txt", __name__)


@blueprint.get("/llms.txt")
def llms_txt() -> Response:
    """Describe the API in Markdown. Answers 404 unless `[web] llms_txt` is set."""
    state = app_state()
    if not state.settings.web.llms_txt:
        raise NotFound
    web, count = state.settings.web, state.searcher.reader().document_count
    intro = f"> {_line(web.intro)}\n\n" if web.intro else ""
    response = Response(
        f"# {_line(web.title)}\n\n{intro}"
        f"A search over {count} pages. The API needs no key.\n\n"
        "## Search\n\n"
        f"- [Search]({public_url('/api/v1/search')}?q=WORDS): ranked results with snippets, as JSON\n"
        f"- [Document]({public_url('/api/v1/documents/')}ID): the whole text of a result\n"
        f"- [Changes]({public_url('/changes.json')}): what is new or removed, as JSON Feed\n"
        f"- [OpenAPI]({public_url('/api/openapi.json')}): every parameter and member\n",
        mimetype="text/plain",
    )
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _line(text: str) -> str:
    return " ".join(text.split())
