"""The search page in Debian's chromium, on the sample newsroom: crawled, indexed and served for real."""

from __future__ import annotations

from typing import Any

import pytest

PHONE, WIDE = {"width": 375, "height": 780}, {"width": 1280, "height": 900}


def test_a_search_shows_marked_snippets_and_filters(page: Any, pages: str) -> None:
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
def test_it_works_without_scripts(page: Any, pages: str) -> None:
    page.goto(pages + "/")
    page.fill("#q", "Austern")
    page.press("#q", "Enter")
    assert page.locator(".hits mark").count() >= 1
    assert page.locator("article[lang=de]").count() >= 1


@pytest.mark.parametrize("page", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True, ids=["dark", "light"])
def test_no_width_scrolls_sideways_and_texts_have_contrast(page: Any, pages: str) -> None:
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        for path in ("/", "/?q=harbour", "/?q=nosuchword", "/status"):
            page.goto(pages + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    page.goto(pages + "/?q=harbour")
    for selector in (".text", ".place", ".hits h2 a", ".text mark", ".count", ".box button"):
        ratio = page.evaluate(CONTRAST, selector)
        assert ratio >= 4.5, (selector, ratio)


@pytest.mark.parametrize("query", ["harbour", "night ferry", "harbuor", "nosuchword"])
def test_results_are_as_wide_without_filters(page: Any, pages: str, query: str) -> None:
    page.goto(f"{pages}/?q={query}")
    assert page.evaluate("document.querySelector('main').clientWidth") >= 600


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


def test_keyboard_alone(page: Any, pages: str) -> None:
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


def test_a_correction_is_offered_not_imposed(page: Any, pages: str) -> None:
    page.goto(pages + "/?q=lighthuose")
    assert "No results" in page.locator(".count").inner_text()
    page.locator(".group a").click()
    assert page.locator(".hits li").count() >= 1


def test_a_hit_that_is_opened_is_noted_and_its_link_leads_straight_there(page: Any, pages: str) -> None:
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
