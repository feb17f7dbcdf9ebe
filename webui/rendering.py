"""Render a page in the visitor's language and the owner's design, with the filters that templates use."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from markupsafe import Markup

from indexer.model import Fragment
from indexer.search.result_json import iso, marked_html
from webui.app_state import app_state, visitor_interface
from webui.design import design_context
from webui.interface_language import RIGHT_TO_LEFT
from webui.search_url import Links


def render_page(template: str, status_code: int = 200, **context: Any) -> Response:
    """Return a page. Flask's `render_template` would add request, session and g, which no template here uses."""
    context |= {"site": app_state().settings.web.title, "root": request.script_root, "status_code": status_code}
    context |= {**visitor_interface().context(), **design_context()}
    text = current_app.jinja_env.get_template(template).render(context)
    response = Response(text, status_code, mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Language"
    return response


# -- filters of the templates -------------------------------------------------------------------------------------------

LANGUAGES: Final = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "sv": "Svenska",
    "da": "Dansk",
    "no": "Norsk",
    "fi": "Suomi",
    "pl": "Polski",
    "cs": "Čeština",
    "sk": "Slovenčina",
    "hu": "Magyar",
    "ro": "Română",
    "tr": "Türkçe",
    "ru": "Русский",
    "uk": "Українська",
    "bg": "Български",
    "sr": "Српски",
    "hr": "Hrvatski",
    "sl": "Slovenščina",
    "el": "Ελληνικά",
    "ar": "العربية",
    "fa": "فارسی",
    "he": "עברית",
    "ja": "日本語",
    "zh": "中文",
    "ko": "한국어",
    "th": "ไทย",
    "hi": "हिन्दी",
    "und": "Other",
}


def add_filters(app: Flask) -> None:
    """Register the filters and tests of the templates."""
    functions = {"iso": iso, "only": Links.only}  # a template calls filters faster than methods
    app.jinja_env.filters.update(marked=marked, place=place, size=size, language=LANGUAGES.get, web=web, **functions)
    app.jinja_env.tests["right_to_left"] = RIGHT_TO_LEFT.__contains__


def marked(segments: Iterable[Fragment]) -> Markup:
    """Return text as HTML with its matches in <mark>."""
    return Markup(marked_html(segments))  # noqa: S704  # escaped text and <mark> only, by construction


def web(url: str) -> str:
    """Return an http(s) address, or an empty text for any other: imported addresses may have any scheme."""
    return url if url[:8].lower().startswith(("http://", "https://")) else ""


@lru_cache(maxsize=4_096)
def place(url: str) -> str:
    """Return an address as a short trail: host › path."""
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    trail = " › ".join([parts.netloc.removeprefix("www."), *steps[:-1][:2]])
    return trail if len(trail) < 70 else trail[:69] + "…"


def size(count: object) -> str:
    """Format a number of bytes with its unit."""
    number = float(count) if isinstance(count, int | float) else 0.0
    for unit in ("B", "KB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if number >= 10 or unit == "B" else f"{number:.1f} {unit}"
