"""The search page at every width, with large text, on paper, with forced colours, by mouse and finger."""

from __future__ import annotations

from typing import Any

import pytest

PATHS = ("/", "/?q=harbour", "/?q=harbour&category=Harbour&language=en&from=2020-01-01", "/?q=nosuchword", "/widget", "/status")
SMALL_TARGETS = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary, select')]
  .filter((one) => one.checkVisibility() && !one.closest('.skip')).filter((one) => {
    const box = one.getBoundingClientRect();
    const inline = getComputedStyle(one).display === 'inline' && one.parentElement.innerText.trim() !== one.innerText.trim();
    return !inline && (box.width < 24 || box.height < 24) && ![...one.getClientRects()].some((each) => each.height >= 24);
  }).map((one) => one.outerHTML.slice(0, 120))"""
BORDER = """() => { const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const input = document.querySelector('#q'), box = [input, input.parentElement, input.closest('form')]
    .find((one) => parseFloat(getComputedStyle(one).borderTopWidth) > 0);
  const [a, b] = [getComputedStyle(box).borderTopColor, getComputedStyle(document.body).backgroundColor]
    .map((color) => light(numbers(color).slice(0, 3))).sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05); }"""


@pytest.mark.parametrize("width", [320, 375, 768, 1440])
def test_nothing_scrolls_sideways_also_with_text_twice_as_large(page: Any, pages: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in PATHS:
        page.goto(pages + path)
        for size in ("100%", "200%"):
            page.evaluate(f"document.documentElement.style.setProperty('font-size', '{size}')")
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, (path, size, overflow)
        page.complaints.clear()  # the policy of the page forbids inline styles; the browser reports ours


@pytest.mark.parametrize("path", PATHS[:4])
def test_targets_are_large_enough_for_a_finger(page: Any, pages: str, path: str) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(pages + path)
    assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=["light", "dark"])
def test_the_box_has_a_border_that_can_be_seen(page: Any, pages: str) -> None:
    for path in ("/", "/?q=harbour"):
        page.goto(pages + path)
        assert page.evaluate(BORDER) >= 3, path


def test_paper_shows_the_results_with_their_addresses_and_no_controls(page: Any, pages: str) -> None:
    page.goto(pages + "/?q=harbour")
    page.emulate_media(media="print")
    assert page.locator(".hits h2").first.is_visible()
    for hidden in ("form.box", ".side", ".foot"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert "http" in page.evaluate("getComputedStyle(document.querySelector('.hits h2 a'), '::after').content")


def test_filters_add_up_and_each_is_removed_by_its_chip(page: Any, pages: str) -> None:
    page.goto(pages + "/?q=harbour")
    page.locator(".side a", has_text="Harbour").first.click()
    page.wait_for_url("**category=Harbour*")
    page.locator(".side a[href*='category=']").nth(1).click()
    page.wait_for_url("**category=*category=*")
    assert page.locator(".chips a").count() == 2
    total = page.locator(".hits > *").count()
    page.locator(".chips a").first.click()
    page.wait_for_function("document.querySelectorAll('.chips a').length === 1")
    assert page.locator(".hits > *").count() <= total


def test_dates_limit_the_results(page: Any, pages: str) -> None:
    page.goto(pages + "/?q=harbour")
    before = page.locator(".hits > *").count()
    page.fill("input[name=from]", "2024-01-01")
    page.fill("input[name=to]", "2024-12-31")
    page.locator("input[name=to]").press("Enter")
    page.wait_for_url("**from=2024-01-01*")
    dates = page.locator(".hits time").evaluate_all("all => all.map((one) => one.getAttribute('datetime').slice(0, 4))")
    assert dates
    assert set(dates) == {"2024"}
    assert len(dates) < before
