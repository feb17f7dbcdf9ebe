"""The pages that people see: search, and the operator's status. They work without JavaScript."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from indexer.errors import IndexerError
from indexer.model import FacetValue, SearchRequest, Segment
from indexer.present import marked_html
from webui.api import search
from webui.params import read_request, to_pairs
from webui.state import state

blueprint = Blueprint("pages", __name__)
FACETS = {"source": "sources", "category": "categories", "author": "authors", "language": "languages"}
FACET_TITLES = {"category": "Topic", "language": "Language", "author": "Author", "source": "Source", "year": "Year"}
SHOWN_VALUES = 8
LANGUAGES = {
    "en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano", "pt": "Português",
    "nl": "Nederlands", "sv": "Svenska", "da": "Dansk", "no": "Norsk", "fi": "Suomi", "pl": "Polski", "cs": "Čeština",
    "sk": "Slovenčina", "hu": "Magyar", "ro": "Română", "tr": "Türkçe", "ru": "Русский", "uk": "Українська",
    "bg": "Български", "sr": "Српски", "hr": "Hrvatski", "sl": "Slovenščina", "el": "Ελληνικά", "ar": "العربية",
    "fa": "فارسی", "he": "עברית", "ja": "日本語", "zh": "中文", "ko": "한국어", "th": "ไทย", "hi": "हिन्दी", "und": "Other",
}  # fmt: skip
_RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur"))


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """A filter that can be chosen or taken back."""

    label: str
    count: int
    link: str
    active: bool


@blueprint.get("/")
def index() -> ResponseReturnValue:
    wanted = read_request(request.args, strict=False, facets=True)
    asked = bool(wanted.query.strip() or _filters(wanted))
    result = search(wanted, "page") if asked else None
    if result and not result.hits and result.total and wanted.page > 1:  # a page beyond the last one
        wanted = dataclasses.replace(wanted, page=result.pages)
        result = state().searcher.search(wanted)
    context = {
        "wanted": wanted,
        "result": result,
        "facets": _choices(wanted, result.facets) if result else {},
        "chips": _filters(wanted),
        "pager": _pager(wanted, result.pages) if result else [],
        "link": lambda **changes: _link(dataclasses.replace(wanted, **{"page": 1, **changes})),
        "rss": "/search.rss?" + urlencode([pair for pair in to_pairs(wanted) if pair[0] not in ("page", "sort", "size")]),
        "documents": None if asked else _documents(),
    }
    return _page("search.html", **context)


@blueprint.get("/status")
def status() -> ResponseReturnValue:
    searcher = state().searcher
    known = searcher.status()
    facets: Any = {}
    try:
        facets = searcher.search(SearchRequest(date_from="1900", size=1, facets=True)).facets
    except IndexerError:
        facets = {}
    years = sorted(facets.get("year", ()), key=lambda value: value.value)
    return _page(
        "status.html",
        status=known,
        sources=searcher.sources(),
        queries=searcher.top_queries(15),
        years=years[-25:],
        most=max((value.count for value in years), default=1),
        languages=facets.get("language", ()),
    )


def _page(template: str, **context: Any) -> Response:
    response = make_response(render_template(template, site=state().settings.web.title, **context))
    response.headers["Cache-Control"] = "no-cache"
    return response


def _documents() -> int:
    return state().searcher.reader().document_count


def _link(wanted: SearchRequest) -> str:
    return "/?" + urlencode(to_pairs(wanted))


def _filters(wanted: SearchRequest) -> list[tuple[str, str, str]]:
    """Active filters: what kind, which value, and the link that takes it back."""
    chips = []
    for name, attribute in FACETS.items():
        for value in getattr(wanted, attribute):
            label = LANGUAGES.get(value, value) if name == "language" else value
            chips.append((FACET_TITLES[name], label, _link(_toggled(wanted, attribute, value))))
    if wanted.date_from or wanted.date_to:
        label = f"{wanted.date_from or '…'} – {wanted.date_to or '…'}" if wanted.date_from != wanted.date_to else wanted.date_from
        chips.append(("Date", str(label), _link(dataclasses.replace(wanted, date_from=None, date_to=None, page=1))))
    return chips


def _toggled(wanted: SearchRequest, attribute: str, value: str) -> SearchRequest:
    values = getattr(wanted, attribute)
    changed = tuple(each for each in values if each != value) if value in values else (*values, value)
    changes: dict[str, Any] = {"page": 1, attribute: changed}
    return dataclasses.replace(wanted, **changes)


def _choices(wanted: SearchRequest, facets: Any) -> dict[str, list[Choice]]:
    """What can be narrowed down to; kinds with a single value that nobody has chosen are left out."""
    choices: dict[str, list[Choice]] = {}
    for name, title in FACET_TITLES.items():
        values: Iterable[FacetValue] = facets.get(name, ())
        if name == "year":
            values = sorted(values, key=lambda value: value.value, reverse=True)
            listed = [
                Choice(
                    v.value,
                    v.count,
                    _link(_in_year(wanted, None if wanted.date_from == v.value == wanted.date_to else v.value)),
                    wanted.date_from == v.value == wanted.date_to,
                )
                for v in values
            ]
        else:
            attribute = FACETS[name]
            listed = [
                Choice(
                    LANGUAGES.get(v.value, v.value) if name == "language" else v.value,
                    v.count,
                    _link(_toggled(wanted, attribute, v.value)),
                    v.value in getattr(wanted, attribute),
                )
                for v in values
            ]
        if len(listed) > 1 or any(choice.active for choice in listed):
            choices[title] = listed[:SHOWN_VALUES]
    return choices


def _in_year(wanted: SearchRequest, year: str | None) -> SearchRequest:
    return dataclasses.replace(wanted, page=1, date_from=year, date_to=year)


def _pager(wanted: SearchRequest, pages: int) -> list[tuple[str, str | None]]:
    """Labels and links; no link for the current page and for gaps."""
    if pages < 2:
        return []
    near = sorted({1, pages, *range(max(1, wanted.page - 2), min(pages, wanted.page + 2) + 1)})
    listed: list[tuple[str, str | None]] = []
    previous = 0
    for number in near:
        if number > previous + 1:
            listed.append(("…", None))
        current = number == wanted.page
        listed.append((str(number), None if current else _link(dataclasses.replace(wanted, page=number))))
        previous = number
    return listed


# -- filters of the templates ----------------------------------------------------------------------------------------


def add_filters(app: Flask) -> None:
    app.jinja_env.filters.update(marked=_marked, day=_day, place=_place, size=_size, language=LANGUAGES.get, web=_web)
    app.jinja_env.tests["right_to_left"] = _RIGHT_TO_LEFT.__contains__


def _marked(segments: Iterable[Segment]) -> Markup:
    return Markup(marked_html(segments))  # noqa: S704  # escaped text and <mark> only, by construction


def _day(moment: datetime | None) -> str:
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def _web(url: str) -> str:
    """An address that may stand in a link: http(s) only, whatever was imported."""
    return url if url.lower().startswith(("http://", "https://")) else ""


def _place(url: str) -> str:
    """An address as people read it: host › path, shortened."""
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    trail = " › ".join([parts.netloc.removeprefix("www."), *steps[:-1][:2]])
    return trail if len(trail) < 70 else trail[:69] + "…"


def _size(count: object) -> str:
    number = float(count) if isinstance(count, int | float) else 0.0
    for unit in ("B", "KB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if number >= 10 or unit == "B" else f"{number:.1f} {unit}"
