"""The operator's page in chromium: charts, strips and tables, wide and narrow."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    "page",
    [{"viewport": {"width": 1280, "height": 900}}, {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}],
    indirect=True,
    ids=["wide", "narrow dark"],
)
def test_charts_are_drawn_and_read(page: Any, pages: str) -> None:
    page.goto(pages + "/status")
    assert page.locator("svg.graph").count() >= 5
    assert page.locator("svg.strip[role=img]").count() == 2
    for box in page.locator("svg.graph").all():
        assert box.bounding_box()["width"] > 200
    heights = page.locator("svg.strip rect").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert heights
    assert min(heights) > 5
    assert page.evaluate("getComputedStyle(document.querySelector('svg.strip rect')).fill") not in ("none", "rgb(0, 0, 0)")
    assert page.locator("time").first.get_attribute("title").endswith("UTC")
    page.locator("summary", has_text="The same figures as a table").first.click()
    assert page.locator(".figures-table tbody tr").count() == 30
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
