"""The pages that people see: search, and the operator's status. They work without JavaScript."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from indexer.errors import IndexerError
from indexer.model import Facets, FacetValue, SearchRequest
from webui.app_state import state
from webui.search_links import FILTERS, Links
from webui.search_params import read_request
from webui.template_filters import LANGUAGES

blueprint = Blueprint("pages", __name__)
FACET_TITLES = {"category": "Topic", "language": "Language", "author": "Author", "source": "Source", "year": "Year"}
SHOWN_VALUES = 8


@dataclasses.dataclass(slots=True)  # not frozen: it is made twenty times for a page, in a third of the time
class FacetOption:
    """A filter that can be chosen or taken back."""

    label: str
    count: int
    link: str
    active: bool


@blueprint.get("/")
def index() -> ResponseReturnValue:
    here = state()
    if response := here.repeated("page"):
        return response
    wanted = read_request(request.args, strict=False, facets=True)
    links = Links(wanted)
    chips = _chips(wanted, links)
    if not (chips or wanted.query.strip()):
        return _page("search.html", wanted=wanted, result=None, documents=here.searcher.reader().document_count)
    result = here.search(wanted, "page")
    if not result.hits and result.total and wanted.page > 1:  # a page beyond the last one
        wanted = dataclasses.replace(wanted, page=result.pages)
        result = here.searcher.search(wanted)
    response = _page(
        "search.html",
        wanted=wanted,
        result=result,
        facets=_choices(wanted, links, result.facets),
        chips=chips,
        pager=_pager(wanted.page, result.pages, links),
        link=links,
    )
    here.answered.keep(response, result)
    return response


@blueprint.get("/status")
def status() -> ResponseReturnValue:
    searcher = state().searcher
    state().notes.flush(1)  # so that the last searches are on the page
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
        attention=searcher.attention(),
        sources=searcher.sources(),
        queries=searcher.top_queries(15),
        years=years[-25:],
        most=max((value.count for value in years), default=1),
        languages=facets.get("language", ()),
    )


def _page(template: str, **context: Any) -> Response:
    """Without Flask's `render_template`, whose context (request, session, g) no template here uses."""
    context["site"] = state().settings.web.title
    text = current_app.jinja_env.get_template(template).render(context)
    response = Response(text, mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache"
    return response


def _chips(wanted: SearchRequest, links: Links) -> list[tuple[str, str, str]]:
    """Active filters: what kind, which value, and the link that takes it back."""
    chips = []
    for name, attribute in FILTERS.items():
        for value in getattr(wanted, attribute):
            label = LANGUAGES.get(value, value) if name == "language" else value
            chips.append((FACET_TITLES[name], label, links.toggled(name, value)))
    if wanted.date_from or wanted.date_to:
        label = f"{wanted.date_from or '…'} – {wanted.date_to or '…'}" if wanted.date_from != wanted.date_to else wanted.date_from
        chips.append(("Date", str(label), links.dates(None, None)))
    return chips


def _choices(wanted: SearchRequest, links: Links, facets: Facets) -> dict[str, list[FacetOption]]:
    """What can be narrowed down to; kinds with a single value that nobody has chosen are left out. Only values that are
    shown cost a link; those that are chosen count, shown or not."""
    choices: dict[str, list[FacetOption]] = {}
    for name, title in FACET_TITLES.items():
        values: Iterable[FacetValue] = facets.get(name, ())
        if name == "year":
            year = wanted.date_from if wanted.date_from == wanted.date_to else None
            chosen: tuple[str, ...] = (year,) if year else ()
            values = sorted(values, key=lambda value: value.value, reverse=True)
        else:
            chosen = getattr(wanted, FILTERS[name])
        values = tuple(values)
        if len(values) > 1 or any(value.value in chosen for value in values):
            choices[title] = [_choice(name, v, links, active=v.value in chosen) for v in values[:SHOWN_VALUES]]
    return choices


def _choice(name: str, value: FacetValue, links: Links, *, active: bool) -> FacetOption:
    if name == "year":
        year = None if active else value.value
        return FacetOption(value.value, value.count, links.dates(year, year), active)
    label = LANGUAGES.get(value.value, value.value) if name == "language" else value.value
    return FacetOption(label, value.count, links.toggled(name, value.value), active)


def _pager(page: int, pages: int, links: Links) -> list[tuple[str, str | None]]:
    """Labels and links; no link for the current page and for gaps."""
    if pages < 2:
        return []
    near = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    listed: list[tuple[str, str | None]] = []
    previous = 0
    for number in near:
        if number > previous + 1:
            listed.append(("…", None))
        listed.append((str(number), None if number == page else links.page(number)))
        previous = number
    return listed
