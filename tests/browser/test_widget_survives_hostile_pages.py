"""The widget on pages whose styles, policies and scripts were not made for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

WIDGET = '<feed-search size="3"></feed-search>'
STYLES = {
    "all unset": "* { all: unset; }",
    "all unset, important": "* { all: unset !important; } style, script, head, title { display: none !important; }",
    "all initial": "body * { all: initial; }",
    "content-box": "* { box-sizing: content-box !important; padding: 10px; margin: 10px; }",
    "huge letters": "html { font-size: 40px; } body { font: 48px/3 serif; }",
    "tiny letters": "html { font-size: 4px; } body { font-size: 5px; }",
    "no line height": "body { line-height: 0; }",
    "spread letters": "body { letter-spacing: 1em; word-spacing: 3em; text-transform: uppercase; text-indent: 8em; }",
    "no pointer": "body { pointer-events: none; user-select: none; cursor: none; }",
    "no wrapping": "body { white-space: pre; text-align: justify; }",
    "display contents": "feed-search { display: contents; }",
    "display inline": "feed-search { display: inline; }",
    "forms styled": "input, button, form, a, div, p { display: none !important; }",
    "reset": "*, *::before, *::after { margin: 0; padding: 0; border: 0; outline: 0; list-style: none; font: inherit; }",
    "transformed parent": "main { transform: translateX(30px); overflow: hidden; height: 90px; }",
    "contained parent": "main { contain: strict; width: 500px; height: 90px; container-type: size; }",
    "filtered parent": "main { filter: blur(0); position: relative; z-index: -1; } footer { position: relative; z-index: 9; }",
    "dark page": "html { background: #000; color: #fff; color-scheme: dark; }",
    "vertical": "main { writing-mode: vertical-rl; height: 400px; }",
    "sixty percent root": "html { font-size: 62.5%; } body { font-size: 1.6rem; }",
    "zoomed page": "body { zoom: 1.4; }",
    "zoomed root": "html { zoom: 1.25; }",
    "zoomed parent": "main { zoom: .8; }",
    "sticky header": "main { position: sticky; top: 0; z-index: 2; height: 3rem; overflow: hidden; } body { height: 4000px; }",
    "layer above": "footer { position: fixed; inset: 0; z-index: 2147483647; pointer-events: none; background: #fff8; }",
    "content visibility": "main { content-visibility: auto; contain-intrinsic-size: 90px; }",
    "host rules": ":host { display: none !important; } :host(*) input { display: none; } ::slotted(*) { display: none; }",
    "clipped parent": "main { clip-path: inset(0); overflow: clip; height: 60px; }",
    "scaled parent": "main { transform: scale(.9) rotate(1deg); perspective: 100px; }",
    "columns": "main { columns: 2; }",
    "slow transitions": "* { transition: all 5s !important; animation: none 5s; }",
}
BODIES = {
    "table": "<main><table><tr><td>a</td><td>{widget}</td><td>b</td></tr></table></main>",
    "heading": "<main><h1>{widget}</h1></main>",
    "link list": "<main><ul><li>{widget}</li></ul></main>",
    "fieldset": "<main><form><fieldset><legend>{widget}</legend></fieldset></form></main>",
    "label": "<main><label>Find {widget}</label></main>",
    "right to left": '<main dir="rtl">{widget}</main>',
    "inert neighbour": "<main><div inert>no</div>{widget}</main>",
    "narrow": '<main style="width: 100px">{widget}</main>',
    "parents without a box": '<main style="display: contents"><div style="display: contents">{widget}</div></main>',
    "long words": "<main><p>" + "unbreakable" * 60 + "</p>{widget}</main>",
    "template page": "<main><details open><summary>More</summary>{widget}</details></main>",
}
USABLE = """() => {
  const widget = document.querySelector('feed-search'), root = widget.shadowRoot;
  const at = (node) => { const box = node.getBoundingClientRect(), x = box.x + Math.min(box.width / 2, 30), y = box.y + box.height / 2;
    const hit = root.elementFromPoint(x, y); return { width: box.width, height: box.height, left: box.left, right: box.right,
      hit: hit === node || node.contains(hit) }; };
  const input = root.querySelector('input'), result = root.querySelector('[part=result]');
  const style = getComputedStyle(result);
  return { input: at(input), result: at(result), size: parseFloat(getComputedStyle(input).fontSize), spacing: style.letterSpacing,
    transform: style.textTransform, lines: result.getBoundingClientRect().height, overflow: root.querySelector('.panel').scrollWidth
      - root.querySelector('.panel').clientWidth };
}"""


@pytest.fixture
def open_page(page: Any, pages: str, embedding: tuple[str, Path]) -> Any:
    address, folder = embedding

    def open_(body: str, style: str = "", head: str = "", path: str = "index.html") -> Any:
        (folder / "hostile.css").write_text(style)
        (folder / "index.html").write_text(
            f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}<title>Host</title><link rel="icon" href="data:,">'
            f'<link rel="stylesheet" href="{address}/hostile.css"><script type="module" src="{pages}/widget.js"></script></head>'
            f"<body>{body}<footer>foot</footer></body></html>"
        )
        page.goto(f"{address}/{path}")
        page.wait_for_function("!!customElements.get('feed-search')")
        return page

    return open_


def check_usable(page: Any) -> None:
    box = page.locator("feed-search").first.locator("[role=combobox]")
    box.fill("ferry", force=True)
    page.locator("feed-search").first.locator("[part=result]").first.wait_for()
    page.wait_for_timeout(50)
    found = page.evaluate(USABLE)
    assert found["input"]["width"] >= 60, found
    assert found["input"]["height"] >= 24, found
    assert found["size"] >= 12, found
    assert found["result"]["width"] >= 150, found
    assert found["result"]["left"] >= 0, found
    assert found["result"]["right"] <= page.viewport_size["width"], found
    assert found["result"]["height"] >= 24, found
    assert found["result"]["hit"], found
    assert found["overflow"] <= 1, found
    assert found["transform"] == "none", found
    assert found["spacing"] in ("normal", "0px"), found


@pytest.mark.parametrize("name", STYLES)
def test_styles_of_the_page_do_not_break_it(open_page: Any, name: str) -> None:
    check_usable(open_page(f"<main>{WIDGET}</main>", STYLES[name]))


@pytest.mark.parametrize("name", BODIES)
def test_it_works_inside_other_elements(open_page: Any, name: str) -> None:
    check_usable(open_page(BODIES[name].format(widget=WIDGET)))


def test_a_base_address_of_the_page_does_not_mislead_it(open_page: Any, pages: str) -> None:
    page = open_page(f"<main>{WIDGET}</main>", head='<base href="https://elsewhere.invalid/deep/" target="_blank">')
    check_usable(page)
    page.locator("[role=combobox]").fill("harbour")
    assert page.locator("[part=more]").get_attribute("href").startswith(f"{pages}/?")


def test_frameworks_may_move_clone_and_rename_it(open_page: Any) -> None:
    page = open_page(f"<main>{WIDGET}</main><div id='other'></div>")
    page.evaluate(
        """() => { const widget = document.querySelector('feed-search'), other = document.getElementById('other');
        for (let i = 0; i < 50; i++) { other.append(widget); document.querySelector('main').append(widget); }
        document.querySelector('main').replaceChildren(widget.cloneNode(true));
        for (let i = 0; i < 50; i++) { const one = document.createElement('feed-search'); other.append(one); one.remove(); } }"""
    )
    assert page.locator("feed-search").count() == 1
    check_usable(page)


def test_it_works_in_a_shadow_root_and_many_at_a_time(open_page: Any) -> None:
    page = open_page("<main id='place'></main>")
    page.evaluate(
        """() => { const root = document.getElementById('place').attachShadow({ mode: 'open' });
        root.innerHTML = '<style>* { all: unset; }</style>' + '<section><feed-search></feed-search></section>'.repeat(5); }"""
    )
    boxes = page.locator("feed-search").locator("[role=combobox]")
    assert boxes.count() == 5
    boxes.nth(3).fill("ferry")
    page.locator("feed-search").nth(3).locator("[part=result]").first.wait_for()
    ids = page.evaluate(
        "[...document.getElementById('place').shadowRoot.querySelectorAll('feed-search')].map((one) => "
        "one.shadowRoot.querySelector('[role=listbox]').id)"
    )
    assert len(set(ids)) == 5
    assert page.locator("feed-search").nth(1).locator("[part=result]").count() == 0


def test_a_widget_that_goes_away_while_it_searches_leaves_no_error(open_page: Any) -> None:
    page = open_page(f"<main>{WIDGET}</main>")
    for word in ("ferry", "harbour", "wall"):
        page.locator("feed-search [role=combobox]").fill(word)
        page.wait_for_timeout(130)
        page.evaluate("(() => { const one = document.querySelector('feed-search'); one.remove(); "
                      "document.querySelector('main').append(one); })()")  # fmt: skip
    check_usable(page)


def test_it_works_in_a_small_frame(open_page: Any, embedding: tuple[str, Path]) -> None:
    page = open_page(f"<main>{WIDGET}</main>")
    (embedding[1] / "outer.html").write_text(
        '<!doctype html><link rel="icon" href="data:,"><iframe src="index.html" style="width: 300px; height: 240px"></iframe>'
    )
    page.goto(f"{embedding[0]}/outer.html")
    frame = page.frame_locator("iframe")
    frame.locator("[role=combobox]").fill("ferry")
    result = frame.locator("[part=result]").first
    result.wait_for()
    panel = frame.locator(".panel").bounding_box()
    outer = page.locator("iframe").bounding_box()
    assert panel["x"] >= outer["x"]
    assert panel["x"] + panel["width"] <= outer["x"] + outer["width"] + 2
    assert panel["y"] + panel["height"] <= outer["y"] + outer["height"] + 2


def test_a_clone_of_a_template_and_a_widget_inside_two_components_work(open_page: Any) -> None:
    page = open_page(f"<main><template>{WIDGET}</template></main>")
    page.evaluate(
        """() => { document.querySelector('main').append(document.querySelector('template').content.cloneNode(true));
        customElements.define('inner-part', class extends HTMLElement { connectedCallback() {
          this.attachShadow({ mode: 'open' }).innerHTML = '<feed-search lang="de" shortcut="/"></feed-search>'; } });
        customElements.define('outer-part', class extends HTMLElement { connectedCallback() {
          this.attachShadow({ mode: 'open' }).innerHTML = '<style>:host { all: initial }</style><inner-part></inner-part>'; } });
        document.body.append(document.createElement('outer-part')); }"""
    )
    check_usable(page)
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    nested = page.locator("outer-part feed-search")
    nested.locator("[role=combobox]").fill("harbour")
    nested.locator("[part=result]").first.wait_for()
    assert nested.locator("[role=combobox]").get_attribute("aria-label") == "Suchen"


@pytest.mark.parametrize(
    "script",
    [
        "Array.prototype.toJSON = function () { return 'x'; }; Array.prototype.first = function () {}; Object.prototype.extra = 'y';",
        "Object.prototype.extend = function () {}; String.prototype.toJSON = () => 'z';",
        "JSON.parse = () => { throw new Error('no'); }; JSON.stringify = () => { throw new Error('no'); };",
        "const plain = window.fetch; window.fetch = (...given) => plain(...given).then((answer) => answer);",
        "Node.prototype.toString = () => 'node'; window.name = 'x'; window.element = 'y'; window.fill = window.sheet = window.loaded = 1;",
        "history.pushState = () => { throw new Error('no history'); };",
    ],
    ids=["arrays", "objects", "json", "fetch", "names", "history"],
)
def test_scripts_that_change_what_is_built_in_do_not_break_it(open_page: Any, script: str) -> None:
    page = open_page('<main><feed-search size="3" history></feed-search></main>', head=f"<script>{script}</script>")
    check_usable(page)


def test_the_texts_and_the_direction_follow_a_switch_of_the_page(open_page: Any) -> None:
    page = open_page(f"<main>{WIDGET}</main>")
    check_usable(page)
    page.evaluate("document.documentElement.lang = 'ar'; document.documentElement.dir = 'rtl';")
    page.locator("[role=combobox]").blur()
    page.locator("[role=combobox]").focus()
    page.get_by_role("button", name="بحث").wait_for()
    check_usable(page)
    box, panel = (page.locator(f"feed-search {each}").bounding_box() for each in ("[part=form]", ".panel"))
    assert abs(box["x"] + box["width"] - panel["x"] - panel["width"]) < 2


def test_back_to_a_page_that_the_browser_kept_finds_it_usable(open_page: Any, embedding: tuple[str, Path]) -> None:
    page = open_page(f"<main>{WIDGET}</main>")
    check_usable(page)
    (embedding[1] / "next.html").write_text('<!doctype html><link rel="icon" href="data:,">')
    page.goto(f"{embedding[0]}/next.html")
    page.go_back()
    page.wait_for_function("!!customElements.get('feed-search')")
    check_usable(page)


def test_nothing_of_an_open_list_is_printed(open_page: Any) -> None:
    page = open_page(f"<main>{WIDGET}</main><p>Story</p>")
    check_usable(page)
    page.emulate_media(media="print")
    assert not page.locator("feed-search .panel").is_visible()
    page.emulate_media(media="screen")
    assert page.locator("feed-search .panel").is_visible()


def test_a_long_word_of_a_visitor_or_a_page_stays_in_the_box(open_page: Any) -> None:
    page = open_page(f"<main>{WIDGET}</main>")
    page.set_viewport_size({"width": 320, "height": 600})
    page.locator("[role=combobox]").fill("x" * 400)
    note = page.locator("feed-search [part=message]").first
    note.wait_for()
    panel = page.locator("feed-search .panel")
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth + 1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_second_server_is_named_by_its_attribute(open_page: Any, pages: str) -> None:
    page = open_page(
        f'<main>{WIDGET}</main><feed-search endpoint="http://127.0.0.1:9/other" label="Other"></feed-search>',
        head=f'<script type="module" src="{pages}/widget.js?again"></script>',
    )
    check_usable(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.get_by_role("combobox", name="Other").fill("harbour")
    page.locator("feed-search [part=message]").first.wait_for(timeout=8_000)
    assert all(each.startswith("http://127.0.0.1:9/other/") for each in requests), requests
    page.complaints.clear()  # nothing listens there
