"""The search page and the widget in Debian's chromium, on the sample newsroom: crawled, indexed and served for real."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "index_data" / "sample"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MENDS = "chromium is missing: apt-get install chromium"
PHONE, WIDE = {"width": 375, "height": 780}, {"width": 1280, "height": 900}

playwright = (
    pytest.importorskip("playwright.sync_api") if not os.environ.get("CI") else __import__("playwright.sync_api").sync_api
)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(MENDS)
        pytest.skip(MENDS)
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Host(http.server.SimpleHTTPRequestHandler):
    """A foreign page that embeds the widget."""

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture(scope="module")
def embedding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("foreign")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Host, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, embedding: tuple[str, Path]) -> Iterator[str]:
    data = tmp_path_factory.mktemp("served")
    env = {
        **os.environ,
        "INDEXER_DATA": str(data),
        "INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true",
        "INDEXER_CRAWL_DELAY_SECONDS": "0",
        "INDEXER_WEB_TITLE": "Orrin search",
        "INDEXER_WEB_CORS_ORIGINS": embedding[0],
    }
    site = subprocess.Popen([sys.executable, str(SAMPLE / "serve.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert site.stdout
    url = site.stdout.readline().strip()
    for line in (["add", f"{url}rss.xml", f"{url}atom.xml"], ["crawl"]):
        subprocess.run([sys.executable, "-m", "indexer", *line], env=env, check=False, capture_output=True, timeout=120)
    web = subprocess.Popen([sys.executable, "-m", "webui", "--port", "0"], env=env, stdout=subprocess.PIPE, text=True)
    assert web.stdout
    yield web.stdout.readline().split()[2].rstrip("/")
    for process in (web, site):
        process.terminate()
        process.wait(120)


@pytest.fixture
def page(browser, request: pytest.FixtureRequest) -> Iterator[object]:
    """A page whose console must stay silent: no script error, no breach of the security policy."""
    context = browser.new_context(viewport=WIDE, **getattr(request, "param", {}))
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert not complaints
    context.close()


def test_a_search_shows_marked_snippets_and_filters(page, pages: str) -> None:
    page.goto(pages + "/")
    page.wait_for_function("document.activeElement.id === 'q'")  # autofocus comes with the first frame drawn, not with "load"
    page.keyboard.type("harbour wall")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=harbour+wall*")
    assert page.locator(".hits mark").count() >= 2
    assert "wall" in page.locator(".hits h2").first.inner_text().lower()
    page.locator(".side a", has_text="Harbour").first.click()
    assert page.locator(".chips a").count() == 1


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_it_works_without_scripts(page, pages: str) -> None:
    page.goto(pages + "/")
    page.fill("#q", "Austern")
    page.press("#q", "Enter")
    assert page.locator(".hits mark").count() >= 1
    assert page.locator("article[lang=de]").count() >= 1


@pytest.mark.parametrize("page", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True, ids=["dark", "light"])
def test_no_width_scrolls_sideways_and_texts_have_contrast(page, pages: str) -> None:
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        for path in ("/", "/?q=harbour", "/?q=nosuchword", "/status"):
            page.goto(pages + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    page.goto(pages + "/?q=harbour")
    for selector in (".text", ".place", ".hits h2 a", ".text mark", ".count", ".box button"):
        ratio = page.evaluate(CONTRAST, selector)
        assert ratio >= 4.5, (selector, ratio)


CONTRAST = """(selector) => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const element = document.querySelector(selector);
  let behind = element;
  while (behind && /rgba\\(0, 0, 0, 0\\)|transparent/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
  const back = behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)";
  const [a, b] = [light(numbers(getComputedStyle(element).color).slice(0, 3)), light(numbers(back).slice(0, 3))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""


def test_keyboard_alone(page, pages: str) -> None:
    page.goto(pages + "/?q=harbour")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("ferr")
    page.wait_for_selector(".suggestions:not([hidden]) li")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#q", "aria-activedescendant") == "suggestion-0"
    assert page.input_value("#q").startswith("ferr")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=ferr*")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("!!document.activeElement.closest('.hits h2')"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert page.evaluate("!!document.activeElement.closest('.hits h2')")
    assert outline != "none"


def test_a_correction_is_offered_not_imposed(page, pages: str) -> None:
    page.goto(pages + "/?q=lighthuose")
    assert "No results" in page.locator(".count").inner_text()
    page.locator(".note a").click()
    assert page.locator(".hits li").count() >= 1


def test_a_hit_that_is_opened_is_noted_and_its_link_leads_straight_there(page, pages: str) -> None:
    page.route("**/news/**", lambda route: route.fulfill(body="the page"))  # the sample's server may be gone
    page.goto(pages + "/?q=wall+harbour")
    link = page.locator(".hits h2 a").first
    address = link.get_attribute("href")
    with page.expect_response("**/api/v1/opened") as noted:
        link.click(modifiers=["Control"])  # in another tab: this page stays and sees the answer
    assert noted.value.status == 204
    assert noted.value.request.post_data.startswith("q=wall+harbour&id=")
    link.click()
    page.wait_for_url(address)
    page.goto(pages + "/status")
    for _ in range(50):
        if page.locator("tr", has_text="wall harbour").locator("td").last.inner_text() == "2":
            break
        page.wait_for_timeout(100)
        page.reload()
    else:
        raise AssertionError("the opening that left the page was not noted")


def test_the_widget_on_a_foreign_page(page, pages: str, embedding: tuple[str, Path]) -> None:
    address, folder = embedding
    (folder / "index.html").write_text(
        f'<!doctype html><link rel="icon" href="data:,"><script type="module" src="{pages}/widget.js"></script>'
        '<feed-search size="2"></feed-search>'
    )
    page.goto(address + "/index.html")
    page.locator("feed-search input").fill("ferry")
    page.locator("feed-search li").first.wait_for()
    assert page.locator("feed-search li").count() == 2
    assert page.locator("feed-search mark").count() >= 1
    assert "results" in page.locator("feed-search [role=status]").inner_text()
    with page.expect_response("**/api/v1/opened") as noted:
        page.locator("feed-search li a").first.click(modifiers=["Control"])
    assert noted.value.status == 204
    page.locator("feed-search input").press("Escape")
    assert page.locator("feed-search li").count() == 0
