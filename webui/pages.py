"""Serve the search page, which works without JavaScript."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from indexer.errors import IndexerError, NotFound
from indexer.model import Facets, FacetValue, Hit, SearchRequest
from webui.app_state import AppState, app_state
from webui.cache.response_cache import address_of
from webui.interface_language import Interface, visitor_interface
from webui.notice_text import notice_html
from webui.rendering import render_page
from webui.search_url import DOCUMENT_ID, FILTERS, Links, read_request

blueprint = Blueprint("pages", __name__)
FACET_TITLES = {
    "category": "Topic",
    "language": "Language",
    "author": "Author",
    "source": "Source",
    "filetype": "File type",
    "year": "Year",
    "month": "Month",
}
MAX_FACET_VALUES = 30  # of each facet; a page is rendered faster with fewer
SIMILAR_PAGES = 10
NEWEST_PAGES = 5  # on a page without results
PERIODS = ("year", "month")


@dataclasses.dataclass(slots=True)  # not frozen: it is made twenty times for a page, in a third of the time
class FacetOption:
    """A facet value that can be selected or removed."""

    label: str
    count: str  # as the visitor's language writes it
    link: str
    active: bool


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Show the search form and, for a query or a filter, the results."""
    state = app_state()
    if response := state.cached_response("page"):
        return response
    search = read_request(request.args, strict=False, facets=True)
    links = Links(search, request.script_root)
    chips = _chips(search, links)
    if not (chips or search.query.strip()):
        return render_page(
            "search.html",
            search=search,
            result=None,
            documents=state.searcher.reader().document_count,
            **_examples(state),
            index_home_page=state.settings.web.index_home_page,
        )
    result = state.search(search, "page", request.environ)
    if not result.hits and result.total and search.page > 1:  # beyond the last page
        search = search._replace(page=result.pages)
        result = state.search_again(search, request.environ)
    response = render_page(
        "search.html",
        search=search,
        result=result,
        facets=_facet_options(search, links, result.facets),
        chips=chips,
        pager=_pager(search.page, result.pages, links),
        notices=[notice_html(visitor_interface(), notice) for notice in result.notices],
        newest=() if result.total else _examples(state)["newest"],
        link=links,
        example=Markup("<code>{}*</code>").format(_beginning(search.query)),
    )
    content_type, cache_control = response.headers["Content-Type"], response.headers.get("Cache-Control", "")
    fields = state.responses.store(address_of(request.environ), content_type, response.get_data(), result, cache_control)
    response.headers.extend(fields)
    return response


@blueprint.get("/similar")
def similar() -> ResponseReturnValue:
    """Show the pages that are similar to one. Raises NotFound."""
    state, document_id = app_state(), request.args.get("id", "")
    original = state.searcher.reader().document(document_id) if DOCUMENT_ID.fullmatch(document_id) else None
    if original is None:
        raise NotFound(f"there is no document {document_id[:40]!r} in the index", remedy="search results contain ids")
    hits = state.searcher.similar(document_id, SIMILAR_PAGES).hits
    heading = visitor_interface().text("Pages similar to %(title)s", title=original.title)
    links = Links(SearchRequest(), request.script_root)
    return render_page(
        "similar.html", heading=heading, original=Markup("<q>{}</q>").format(original.title), hits=hits, link=links
    )


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Ask other search engines not to crawl results (https://www.rfc-editor.org/rfc/rfc9309)."""
    root = request.script_root
    home = f"Allow: {root}/$\nAllow: {root}/static/\n" if app_state().settings.web.index_home_page else ""
    response = Response(f"User-agent: *\n{home}Disallow: {root}/\n", mimetype="text/plain")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _examples(state: AppState) -> dict[str, Any]:
    """Return words and a year of the newest pages, for the search tips. They are looked up once for each state of the index."""
    tag = state.responses.tag()
    if state.search_tips[0] != tag:
        try:
            newest = state.searcher.search(SearchRequest(date_from="1900", size=10, sort="date")).hits
        except IndexerError:
            return _examples_of(())
        state.search_tips = tag, _examples_of(newest)
    return state.search_tips[1]


def _examples_of(newest: Sequence[Hit]) -> dict[str, Any]:
    titles = [re.findall(r"[^\W\d_]{5,}", hit.document.title) for hit in newest]
    words = list(dict.fromkeys(word.lower() for title in titles for word in title))
    phrases = (re.search(r"[^\W\d_]{4,} [^\W\d_]{4,}", hit.document.title) for hit in newest)
    year = next((hit.document.date.year for hit in newest if hit.document.date), datetime.now(UTC).year)
    return {
        "newest": newest[:NEWEST_PAGES],
        "words": words[:2],
        "phrase": next((match[0].lower() for match in phrases if match), None),
        "year": year,
    }


def _beginning(query: str) -> str:
    """Return the beginning of a query's first word, as an example of a prefix search."""
    word = re.search(r"[^\W\d_]{3,}", query)
    return word[0][:4].lower() if word else "abc"


def _chips(search: SearchRequest, links: Links) -> list[tuple[str, str, str]]:
    """Return the active filters: kind, value, and the link that removes it."""
    chips = []
    ui = visitor_interface()
    for name, attribute in FILTERS.items():
        for value in getattr(search, attribute):
            label = (ui.language_name(value) or value) if name == "language" else value
            chips.append((str(ui.text(FACET_TITLES[name])), label, links.toggled(name, value)))
    if search.date_from or search.date_to:
        label = f"{search.date_from or '…'} – {search.date_to or '…'}" if search.date_from != search.date_to else search.date_from
        chips.append((str(ui.text("Date")), str(label), links.dates(None, None)))
    return chips


def _facet_options(search: SearchRequest, links: Links, facets: Facets) -> dict[str, list[FacetOption]]:
    """Return the options of each facet by title. A facet with one value is omitted unless that value is selected."""
    options: dict[str, list[FacetOption]] = {}
    ui = visitor_interface()
    for name, title in FACET_TITLES.items():
        values: Iterable[FacetValue] = facets.get(name, ())
        if name in PERIODS:
            period = (search.date_from or "") if search.date_from == search.date_to else ""
            selected: tuple[str, ...] = (period,) if period else ()
            values = sorted(values, key=lambda value: value.value, reverse=name == "year")
            if name == "month":  # the months of the year that is selected
                values = [value for value in values if period and value.value.startswith(period[:4])]
        else:
            selected = getattr(search, FILTERS[name])
        values = tuple(values)
        if len(values) > 1 or any(value.value in selected for value in values):
            options[ui.text(title)] = [
                _facet_option(name, v, links, ui, active=v.value in selected) for v in values[:MAX_FACET_VALUES]
            ]
    return options


def _facet_option(name: str, value: FacetValue, links: Links, ui: Interface, *, active: bool) -> FacetOption:
    if name in PERIODS:
        year = value.value[:4] if name == "month" else None
        period = year if active else value.value
        return FacetOption(value.value, ui.number(value.count), links.dates(period, period), active)
    label = (ui.language_name(value.value) or value.value) if name == "language" else value.value
    return FacetOption(label, ui.number(value.count), links.toggled(name, value.value), active)


def _pager(page: int, pages: int, links: Links) -> list[tuple[str, str | None]]:
    """Return labels and links. The current page and gaps have no link."""
    if pages < 2:
        return []
    near = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    entries: list[tuple[str, str | None]] = []
    previous = 0
    for number in near:
        if number > previous + 1:
            entries.append(("…", None))
        entries.append((str(number), None if number == page else links.page(number)))
        previous = number
    return entries
