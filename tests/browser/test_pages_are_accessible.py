"""axe-core finds nothing to object to, in any state of any page, light and dark, narrow and wide."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = {
    "home": "/",
    "results": "/?q=harbour",
    "filtered": "/?q=harbour&category=Harbour&from=2020-01-01",
    "relaxed": "/?q=harbour+nosuchword",
    "nothing": "/?q=nosuchword",
    "corrected": "/?q=lighthuose",
    "not found": "/nothing",
    "status": "/status",
    "widget": "/widget",
}
STATES = [
    {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    {"color_scheme": "dark", "viewport": {"width": 375, "height": 780}},
    {"color_scheme": "light", "viewport": {"width": 320, "height": 640}, "locale": "ar"},
]


@pytest.mark.parametrize("page", STATES, indirect=True, ids=["light wide", "dark phone", "arabic small"])
@pytest.mark.parametrize("name", PAGES)
def test_no_violation(page: Any, pages: str, name: str) -> None:
    page.goto(pages + PAGES[name])
    violations = Axe().run(page).response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"][:200]) for one in violations]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1
    if name == "not found":
        page.complaints.clear()  # the browser reports the 404 itself


@pytest.mark.parametrize("layout", ["inline", "modal", "page"])
def test_the_open_widget_has_no_violation(page: Any, pages: str, layout: str) -> None:
    page.goto(pages + "/widget")
    widget = page.locator(f"feed-search[label='Search ({layout})']")
    if layout == "modal":
        widget.get_by_role("button", name="Search (modal)").click()
    widget.get_by_role("combobox").fill("ferry")
    widget.locator("[part=result]").first.wait_for()
    violations = Axe().run(page).response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"][:200]) for one in violations]


@pytest.mark.parametrize("page", [{"viewport": {"width": 375, "height": 780}}], indirect=True)
def test_nothing_moves_while_a_results_page_loads_on_a_phone(page: Any, pages: str) -> None:
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shift += one.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    page.goto(pages + "/?q=harbour")
    page.wait_for_timeout(500)
    assert page.evaluate("window.shift") < 0.02
    assert not page.locator(".side li").first.is_visible()  # filters are folded
    page.set_viewport_size({"width": 1200, "height": 800})
    assert page.locator(".side li").first.is_visible()  # and never lost on a wide screen


def test_the_tab_order_follows_the_eye(page: Any, pages: str) -> None:
    page.goto(pages + "/?q=harbour")
    places = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')]
        .filter((one) => one.checkVisibility() && !one.closest('.skip')).map((one) => { const box = one.getBoundingClientRect();
        return [one.closest('.top, .side, main, .foot')?.className || 'main', box.top, box.left]; })"""
    )
    regions = list(dict.fromkeys(place[0] for place in places))
    assert regions == ["top", "side", "main", "foot"]
    lefts = {region: min(place[2] for place in places if place[0] == region) for region in regions}
    assert lefts["side"] < lefts["main"]
