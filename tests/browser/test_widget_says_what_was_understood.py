"""The widget shows how a query was understood, counts aloud once, records only finished searches, and looks as the page asks."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import pytest

WIDGET = '<feed-search size="3"></feed-search>'
STYLE = Path(__file__).resolve().parents[2] / "webui" / "static" / "widget" / "style.js"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "embed-the-widget.md"


@pytest.fixture
def host(page: Any, pages: str, embedding: tuple[str, Path]) -> Any:
    address, folder = embedding

    def open_(body: str = WIDGET, lang: str = "en") -> Any:
        (folder / "said.html").write_text(
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Host</title><link rel="icon" href="data:,">'
            f'<script type="module" src="{pages}/widget.js"></script><main>{body}</main>'
        )
        page.goto(f"{address}/said.html")
        page.wait_for_function("!!customElements.get('feed-search')")
        return page

    return open_


def type_(page: Any, text: str) -> None:
    page.locator("[role=combobox]").first.fill(text)
    page.locator("feed-search [role=option], feed-search [part=message]").first.wait_for()
    page.wait_for_timeout(300)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("lighthuose", "Nothing for “lighthuose”. Results for “lighthouse”."),
        ("harbour lighthuose", "Nothing for “harbour lighthuose”. Results for “harbour lighthouse”."),  # some words are found
        ("harbour zzqqxx", "No page has all the words."),
        ("zzqqxx", "No results for “zzqqxx”."),
    ],
)
def test_how_the_query_was_understood_is_said_in_words(host: Any, query: str, said: str) -> None:
    page = host()
    type_(page, query)
    assert said in page.locator("feed-search .panel").inner_text()
    if "Results" in said:
        assert page.locator("feed-search [part=result]").count() >= 1


def test_the_count_is_announced_once_and_is_the_only_live_region(host: Any) -> None:
    page = host()
    page.evaluate(
        """() => { window.said = []; const root = document.querySelector('feed-search').shadowRoot;
        new MutationObserver(() => window.said.push(root.querySelector('[role=status]').textContent))
          .observe(root.querySelector('[role=status]'), { childList: true, characterData: true, subtree: true }); }"""
    )
    page.locator("[role=combobox]").press_sequentially("ferry", delay=30)
    page.locator("feed-search [part=result]").first.wait_for()
    page.wait_for_timeout(500)
    counts = page.evaluate("window.said")
    assert len(counts) == len(set(counts)), counts
    assert re.fullmatch(r"\d+ results?", counts[-1]), counts
    assert page.locator("feed-search [aria-live], feed-search [role=status], feed-search [role=alert]").count() == 1


def test_a_rest_of_two_seconds_records_the_search_once_and_an_erased_one_never(host: Any) -> None:
    page = host()
    recorded: list[str] = []
    page.on(
        "request",
        lambda each: recorded.append(each.url) if "/api/v1/search" in each.url and "prefix_last" not in each.url else None,
    )
    page.locator("[role=combobox]").fill("harbour")
    page.wait_for_timeout(900)
    page.locator("[role=combobox]").fill("")
    page.wait_for_timeout(1800)
    assert not recorded
    page.locator("[role=combobox]").fill("ferry")
    page.wait_for_timeout(2600)
    page.locator("[role=combobox]").press("ArrowDown")
    page.wait_for_timeout(1500)
    assert len(recorded) == 1, recorded
    assert "q=ferry" in recorded[0]


def test_completions_of_earlier_answers_are_shown_before_the_server_answers(host: Any) -> None:
    page = host()
    with page.expect_response("**/api/v1/suggest*") as answer:
        page.locator("[role=combobox]").fill("har")
    first = answer.value.json()["items"][0]["text"]
    page.locator("feed-search [part=completion]").first.wait_for()
    page.route("**/api/v1/**", lambda route: None)  # nothing is answered from now on
    page.locator("[role=combobox]").fill(first[: max(4, len(first) - 1)])
    page.locator("feed-search [part=completion]", has_text=first).first.wait_for(timeout=2_000)


def test_a_network_that_delays_reorders_and_drops_answers_ends_with_the_last_query(host: Any) -> None:
    page = host()
    count = 0
    waiting: list[Any] = []

    def unreliable(route: Any) -> None:
        nonlocal count
        count += 1
        if count % 3 == 0:
            route.abort()
        elif count % 2:
            waiting.append(route)  # answered after those that come later
        else:
            route.continue_()

    page.route("**/api/v1/search*prefix_last*", unreliable)
    for text in ("h", "ha", "wall", "harb", "harbour", "night", "ferry"):
        page.locator("[role=combobox]").fill(text)
        page.wait_for_timeout(150)
    for route in waiting:
        with contextlib.suppress(Exception):  # the widget gave up the request
            route.continue_()
    page.unroute("**/api/v1/search*prefix_last*")
    page.locator("[role=combobox]").fill("ferr")
    page.wait_for_timeout(200)
    page.locator("[role=combobox]").fill("ferry")
    page.locator("feed-search [part=result]").first.wait_for()
    page.wait_for_timeout(1_000)
    assert "ferry" in page.locator("feed-search [part=result]").first.inner_text().lower()
    page.complaints.clear()  # the browser reports the dropped answers


def test_a_server_that_dies_during_typing_is_named_and_found_again(host: Any) -> None:
    page = host()
    type_(page, "ferry")
    page.route("**/*api/v1/**", lambda route: route.abort())
    page.route("**/healthz", lambda route: route.abort())
    page.locator("[role=combobox]").fill("ferry harb")
    page.locator("feed-search [part=message]", has_text="unreachable").wait_for()
    assert page.locator("feed-search [part=result]").count() == 0
    page.unroute("**/*api/v1/**")
    page.locator("[role=combobox]").fill("ferry harbour")
    page.locator("feed-search [part=result]").first.wait_for()
    assert page.locator("feed-search [part=message]", has_text="unreachable").count() == 0
    page.complaints.clear()


@pytest.mark.parametrize("page", [{"forced_colors": "active"}], indirect=True)
def test_forced_colours_keep_marks_buttons_and_the_active_item(host: Any, pages: str) -> None:
    page = host()
    type_(page, "ferry")
    page.keyboard.press("ArrowDown")
    found = page.evaluate(
        """() => { const root = document.querySelector('feed-search').shadowRoot, style = (name) => getComputedStyle(root.querySelector(name));
        return { mark: style('mark').backgroundColor, around: style('.panel').backgroundColor, border: style('button').borderTopStyle,
          active: style('[aria-selected=true]').outlineStyle }; }"""
    )
    assert found["mark"] != found["around"], found
    assert found["border"] == "solid", found
    assert found["active"] == "solid", found
    page.goto(pages + "/?q=ferry")
    mark, around = (
        page.evaluate(f"getComputedStyle(document.querySelector('{name}')).backgroundColor") for name in (".hits mark", "body")
    )
    assert mark != around


@pytest.mark.parametrize("page", [{"reduced_motion": "reduce"}], indirect=True)
def test_reduced_motion_leaves_nothing_that_moves(host: Any) -> None:
    page = host()
    page.route("**/api/v1/search*", lambda route: None)
    page.locator("[role=combobox]").fill("ferry")
    page.locator("feed-search form[aria-busy=true]").wait_for()
    assert page.evaluate("document.getAnimations().length") == 0
    assert (
        page.evaluate("getComputedStyle(document.querySelector('feed-search').shadowRoot.querySelector('input')).animationName")
        == "none"
    )


@pytest.mark.parametrize("page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=["light", "dark"])
def test_the_color_scheme_follows_the_visitor_unless_an_attribute_says_otherwise(host: Any, request: Any) -> None:
    page = host(
        '<feed-search size="3"></feed-search><feed-search color-scheme="dark"></feed-search><feed-search color-scheme="light"></feed-search>'
    )
    schemes = page.evaluate("[...document.querySelectorAll('feed-search')].map((one) => getComputedStyle(one).colorScheme)")
    assert schemes == ["light dark", "dark", "light"]
    inks = page.evaluate(
        "[...document.querySelectorAll('feed-search')].map((one) => getComputedStyle(one.shadowRoot.querySelector('.panel')).color)"
    )
    assert inks[0] == inks[1 if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else 2]
    assert inks[1] != inks[2]


def test_dates_are_written_as_the_page_does(host: Any) -> None:
    page = host(lang="de")
    type_(page, "ferry")
    page.locator("feed-search time").first.wait_for()
    assert re.fullmatch(r"\d{2}\.\d{2}\.\d{4}", page.locator("feed-search time").first.inner_text())


def test_every_custom_property_and_part_is_documented() -> None:
    guide = GUIDE.read_text("utf-8")
    properties = set(re.findall(r"--feed-search-([a-z-]+)", STYLE.read_text("utf-8")))
    assert len(properties) >= 20
    assert not {name for name in properties if f"`{name}`" not in guide}
    modules = "\n".join(path.read_text("utf-8") for path in STYLE.parent.glob("*.js"))
    parts = set(re.findall(r'part: "([a-z]+)"', modules))
    assert len(parts) >= 12
    assert not {name for name in parts if f"`{name}`" not in guide}
