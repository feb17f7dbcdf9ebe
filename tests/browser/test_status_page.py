"""The operator's page in chromium: charts, strips and tables, wide and narrow."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe

from indexer.config import WebSettings, load_settings
from support.served import document, fill
from webui import create_app

TOKEN = "correct horse battery staple"


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...


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


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a token, whose clients seem to come from another machine."""
    settings = load_settings(tmp_path_factory.mktemp("operator"))
    fill(settings, *(document(number) for number in range(12)))
    settings = dataclasses.replace(settings, web=WebSettings(admin_token=TOKEN, trusted_proxies=("127.0.0.1",)))
    server = make_server("127.0.0.1", 0, create_app(settings=settings), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize(
    "page",
    [
        {"locale": locale, "viewport": {"width": width, "height": 700}, "extra_http_headers": {"X-Forwarded-For": "203.0.113.9"}}
        for locale, width in (("en", 1280), ("ar", 320), ("pl", 375))
    ],
    indirect=True,
    ids=["english wide", "arabic small", "polish phone"],
)
def test_the_operator_signs_in_and_out_in_every_direction(page: Any, operator: str) -> None:
    page.goto(operator + "/status")
    language = page.evaluate("document.documentElement.lang")
    for step in ("form", "wrong", "status"):
        violations = Axe().run(page).response["violations"]
        assert not [(step, one["id"], one["nodes"][0]["html"][:200]) for one in violations]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), step
        assert page.locator("h1").count() == page.locator("main").count() == 1
        if step != "status":
            page.fill("#token", TOKEN if step == "wrong" else "wrong")
            page.locator("form button").click()
    assert page.locator("svg.graph").count() >= 4
    assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    assert page.evaluate("getComputedStyle(document.querySelector('.axis')).direction") == "ltr", "time runs to the right"
    page.locator("button[name=sign-out]").click()
    assert page.locator("#token").is_visible()
    page.complaints.clear()  # the browser reports the 403 of the form itself
