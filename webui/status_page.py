"""Serve the operator's status page and its sign-in form."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, current_app, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from indexer.errors import IndexerError
from indexer.masking import masked
from indexer.model import SearchRequest
from indexer.phrases import phrase
from webui import operator_access
from webui.app_state import AppState, app_state
from webui.charts import bar_chart, crawl_strip, crawl_summary, line_chart
from webui.interface_language import Interface, visitor_interface
from webui.operator_access import COOKIE, is_operator
from webui.problem_details import TRY_AGAIN, problem
from webui.rate_limits import client_limits
from webui.reason_text import QUALITY_TEXTS, code_text, with_texts
from webui.rendering import render_page

blueprint = Blueprint("status_page", __name__)
MAX_YEARS = 25
MAX_QUERIES = 15
STATES: Final = {  # of `sources`
    "new": "new",
    "ok": "ok",
    "partial": "most pages fail",
    "failing": "failing",
    "asking": "asks you",
    "removed": "removed",
}


@blueprint.get("/status")
def status() -> ResponseReturnValue:
    """Show the operator sources, failures, counts and searches. Others get a form to sign in."""
    state = app_state()
    if not is_operator(request):
        return _sign_in_page()
    state.recorder.flush(1, everything=False)  # so that the page shows the last searches
    ui = visitor_interface()
    facets = _facets(state)
    years = sorted(facets.get("year", ()), key=lambda value: value.value)[-MAX_YEARS:]
    history = masked(with_texts(ui, state.operator.history()))
    response = render_page(
        "status.html",
        status=masked(with_texts(ui, state.operator.status())),
        attention=masked(with_texts(ui, state.operator.attention())),
        sources=masked(with_texts(ui, state.operator.sources())),
        states=STATES,
        quality=QUALITY_TEXTS,
        queries=state.operator.top_queries(MAX_QUERIES),
        history=history,
        charts=_charts(ui, history["days"]),
        strips={row["url"]: (crawl_strip(ui, row["crawls"]), crawl_summary(ui, row["crawls"])) for row in history["crawls"]},
        reasons=[(code_text(ui, row["reason"]), row["pages"]) for row in history["failing_by_reason"]],
        years=years,
        years_chart=bar_chart([(f"{value.value}: {ui.number(value.count)}", [("plain", value.count)]) for value in years]),
        languages=facets.get("language", ()),
        is_signed_in=COOKIE in request.cookies,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/status")
def sign_in() -> ResponseReturnValue:
    """Check the token of the sign-in form and set a cookie, or delete the cookie of an operator who signs out."""
    state = app_state()
    if state.is_cross_site(request):
        raise Forbidden("This form can only be sent by this server's own page.")
    response = current_app.make_response(redirect(f"{request.script_root}/status", 303))
    if "sign-out" in request.form:
        operator_access.sign_out(response, request)
        return response
    if wait := client_limits().sign_ins.seconds_to_wait(request.remote_addr or ""):
        refusal = problem(429, "Too many attempts", phrase(*TRY_AGAIN, wait))
        refusal.headers["Retry-After"] = str(wait)
        return refusal
    if not operator_access.is_token(request.form.get("token", "")):
        return _sign_in_page(failed=True)
    operator_access.sign_in(response, request)
    return response


def _sign_in_page(*, failed: bool = False) -> Response:
    has_token = bool(app_state().settings.web.admin_token)
    response = render_page("sign_in.html", failed=failed, has_token=has_token)
    response.status_code = 403
    response.headers["Cache-Control"] = "no-store"
    return response


def _facets(state: AppState) -> dict[str, Any]:
    """Return the facets of all documents; none while there is no index."""
    try:
        return dict(state.searcher.search(SearchRequest(date_from="1900", size=1, facets=True)).facets)
    except IndexerError:
        return {}


def _charts(ui: Interface, days: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the charts of the last days: title, what it shows now, the chart, its top value, and the legend of its colours."""
    searches = [
        (
            f"{ui.iso_day(row['day'])}: {_searches(ui, row['searches'])},"
            f" {ui.plain('without result')}: {ui.number(row['without_result'])}",
            [("bad", row["without_result"]), ("plain", row["searches"] - row["without_result"])],
        )
        for row in days
    ]
    shares = [100 * row["without_result"] / row["searches"] if row["searches"] else None for row in days]
    total, without = (sum(row[name] for row in days) for name in ("searches", "without_result"))
    latest = next((row for row in reversed(days) if row["p95_ms"] is not None), None)
    documents = line_chart([("plain", [row["documents"] for row in days])])
    bars = bar_chart(searches)
    times = line_chart([("soft", [row["median_ms"] for row in days]), ("plain", [row["p95_ms"] for row in days])])
    most = ui.text("%(share)s of the searches", share=ui.percent(0.95))
    return [
        {
            "title": ui.text("Documents"),
            "now": ui.number(days[-1]["documents"] or 0),
            "chart": documents,
            "top": ui.number(documents.top),
        },
        {
            "title": ui.text("Searches"),
            "now": ui.number(total),
            "chart": bars,
            "top": ui.number(bars.top),
            "legend": (("plain", ui.text("with results")), ("bad", ui.text("without result"))),
        },
        {
            "title": ui.text("Share without result"),
            "now": ui.percent(without / total) if total else "–",
            "chart": line_chart([("bad", shares)], top=100),
            "top": ui.percent(1),
        },
        {
            "title": ui.text("Search time"),
            "now": f"{most}: {ui.milliseconds(latest['p95_ms'])}" if latest else "–",
            "chart": times,
            "top": ui.milliseconds(times.top),
            "legend": (("soft", ui.text("half of the searches")), ("plain", most)),
        },
    ]


def _searches(ui: Interface, count: int) -> str:
    return str(ui.count("%(num)s search", "%(num)s searches", count))
