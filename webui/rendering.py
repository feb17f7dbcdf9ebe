"""Render pages in the visitor's language and the owner's design, with the filters that templates use.

The owner's design is files that replace ours, logo, accent colour, footer links, and assets that may be cached for ever. Files
in `templates/` and `static/` of the data folder replace the built-in ones, file by file.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, request, send_from_directory
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, Template, TemplateNotFound, TemplateSyntaxError
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from indexer.config import Settings, WebSettings
from indexer.model import Fragment
from indexer.search.result_json import iso
from indexer.snippets.highlighter import marked_html
from webui.app_state import app_state
from webui.interface_language import RIGHT_TO_LEFT, Interface, visitor_interface
from webui.search_url import Links


def render_page(template: str, status_code: int = 200, **context: Any) -> Response:
    """Return a page. Flask's `render_template` would add request, session and g, which no template here uses."""
    ui = visitor_interface()
    context |= {"site": _site_name(ui), "root": request.script_root, "status_code": status_code}
    context |= {**ui.context(), **design_context()}
    text = current_app.jinja_env.get_template(template).render(context)
    response = Response(text, status_code, mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Language"
    return response


def _site_name(ui: Interface) -> str:
    """Return `[web] title`; its default is translated."""
    title = app_state().settings.web.title
    return title if title != WebSettings().title or ui.language == "en" else str(ui.text("Site search"))


# -- filters of the templates -------------------------------------------------------------------------------------------


def add_filters(app: Flask) -> None:
    """Register the filters and tests of the templates."""
    # A template calls filters faster than methods. `iso` is for templates that owners have copied and changed.
    functions = {"iso": iso, "only": Links.only}
    app.jinja_env.filters.update(marked=marked, place=place, web=web, ago=ago, picture=is_picture, **functions)
    app.jinja_env.tests["right_to_left"] = RIGHT_TO_LEFT.__contains__


def marked(fragments: Sequence[Fragment]) -> Markup:
    """Return text as HTML with its matches in <mark>."""
    return Markup(marked_html(fragments))  # noqa: S704  # escaped text and <mark> only, by construction


def web(url: str) -> str:
    """Return an http(s) address, or an empty text for any other: imported addresses may have any scheme."""
    return url if url[:8].lower().startswith(("http://", "https://")) else ""


def is_picture(address: str | None) -> bool:
    """Return whether an address may be one of a picture that thumbnails show: not of an SVG, which may contain scripts."""
    return bool(address) and not re.search(r"\.svgz?(?:[?#]|$)", address or "", re.I)


@lru_cache(maxsize=4_096)
def place(url: str) -> str:
    """Return an address as a short trail: host › path."""
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    trail = " › ".join([parts.netloc.removeprefix("www."), *steps[:-1][:2]])
    return trail if len(trail) < 70 else trail[:69] + "…"


def ago(text: str | None) -> Markup:
    """Return a stored moment as a time from now: "27 minutes ago", with the exact one in a title. Empty without a moment."""
    if not text:
        return Markup("")
    moment = datetime.fromisoformat(text)
    words = visitor_interface().ago(moment)
    return Markup('<time datetime="{}" title="{:%Y-%m-%d %H:%M} UTC">{}</time>').format(text, moment, words)


# -- the owner's design ------------------------------------------------------------------------------------------------

BUILT_IN: Final = Path(__file__).parent / "static"
blueprint = Blueprint("assets", __name__)
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_HOUR: Final = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class FooterLink:
    label: str
    url: str


class Design:
    """What the templates need to know of the owner's design."""

    def __init__(self, settings: Settings) -> None:
        web = settings.web
        self._folders = (settings.data.absolute() / "static", BUILT_IN)  # Flask takes a relative one as in its own folder
        self.intro = web.intro
        self.logo = web.logo
        self.accent_color = web.accent_color
        self.extra_css = web.extra_css
        self.thumbnails = web.thumbnails
        self.footer_links = footer_links(web)

    def folder_of(self, name: str) -> Path | None:
        """Return the folder that holds an asset: the owner's before ours."""
        return next((folder for folder in self._folders if (folder / name).is_file()), None)

    def asset(self, name: str) -> str:
        """Return the path of an asset with its fingerprint, which changes with its content."""
        folder = self.folder_of(name)
        return f"/static/{name}?v={fingerprint(folder / name)}" if folder else f"/static/{name}"

    def theme(self) -> str:
        """Return the style sheet of the accent colour. Dark pages get a lighter shade, so that text keeps its contrast."""
        color = self.accent_color
        dark = f":root {{ --accent: color-mix(in srgb, {color} 45%, white); }}"
        return f":root {{ --accent: {color}; }}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"


class OwnerTemplates(FileSystemLoader):
    """The owner's templates. One with a syntax error is reported and left out, so that visitors see the built-in page."""

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """Return the template. Raises TemplateNotFound if there is none, or if it cannot be compiled."""
        try:
            return super().load(environment, name, globals)
        except TemplateSyntaxError as error:
            logging.getLogger(__name__).error(
                "templates/%s, line %d: %s; the built-in template is used until you correct it and restart",
                error.name or name,
                error.lineno,
                error.message,
            )
            raise TemplateNotFound(name) from error


def install_design(app: Flask, settings: Settings) -> None:
    """Let the owner's templates and assets come before ours."""
    design = Design(settings)
    app.extensions["feed_search.design"] = design
    own = OwnerTemplates(settings.data / "templates")
    built_in = FileSystemLoader(Path(__file__).parent / "templates")
    app.jinja_env.loader = ChoiceLoader([own, built_in, PrefixLoader({"built-in": built_in})])
    app.register_blueprint(blueprint)

    def use(settings: Settings) -> None:
        app.extensions["feed_search.design"] = Design(settings)

    app.extensions["feed_search"].on_new_settings.append(use)


def design_context() -> dict[str, Any]:
    """Return what every template may use."""
    design: Design = current_app.extensions["feed_search.design"]
    root = request.script_root
    return {"design": design, "asset": lambda name: root + design.asset(name)}


@blueprint.get("/static/<path:name>")
def static(name: str) -> Response:
    """Serve an asset. With its fingerprint in the address it may be cached for ever."""
    design: Design = current_app.extensions["feed_search.design"]
    folder = design.folder_of(name)
    if folder is None:
        raise NotFound
    response = send_from_directory(folder, name)
    current = request.args.get("v") == fingerprint(folder / name)
    response.headers["Cache-Control"] = _FOR_EVER if current else _HOUR
    return response


@blueprint.get("/theme.css")
def theme() -> Response:
    """Serve the style sheet of `[web] accent_color`."""
    design: Design = current_app.extensions["feed_search.design"]
    response = Response(design.theme() if design.accent_color else "", mimetype="text/css")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def footer_links(web: WebSettings) -> tuple[FooterLink, ...]:
    """Split each "Label URL" of `[web] footer_links`. A link without a web address or a path is omitted."""
    links = []
    for entry in web.footer_links:
        label, _, url = entry.rpartition(" ")
        if label.strip() and re.match(r"https?://|/(?!/)|mailto:", url):
            links.append(FooterLink(label.strip(), url))
    return tuple(links)


def fingerprint(path: Path) -> str:
    """Return a short hash of a file's content."""
    status = path.stat()
    return _fingerprint(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _fingerprint(path: Path, changed_ns: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
