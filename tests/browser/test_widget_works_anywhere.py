"""The widget on foreign pages: every layout, a strict policy, bad networks, the keyboard alone, other languages."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from webui.widget_bundle import embed_code, text_languages, widget_bundle

STRICT = (
    "default-src 'none'; script-src 'self' {server}; connect-src {server}; style-src 'self'; img-src data:; "
    "require-trusted-types-for 'script'"
)
LAYOUTS = {
    "flex header": '<header class="flex"><b>Gazette</b><nav>one two three</nav>{widget}</header>',
    "grid": '<div class="grid"><div>left</div>{widget}<div>right</div></div>',
    "float": '<div class="float">{widget}</div><p>text beside it</p>',
    "table cell": "<table><tr><td>label</td><td>{widget}</td></tr></table>",
    "absolute box": '<div class="absolute">{widget}</div>',
    "dialog": "<dialog open>{widget}</dialog>",
    "article": "<article><h2>Story</h2>{widget}<p>text</p></article>",
    "form": '<form action="/elsewhere">{widget}<button>Send</button></form>',
    "cut overflow": '<div class="cut">{widget}</div>',
    "right to left": '<div dir="rtl" lang="ar">{widget}</div>',
}
CSS = """
.flex { display: flex; align-items: center; gap: 1rem; } nav { flex: 1 } .grid { display: grid; grid-template-columns: 1fr auto 1fr; }
.float { float: right; } .absolute { position: absolute; top: 40px; right: 0; } .cut { height: 60px; overflow: hidden; position: relative; }
"""
WIDGET = '<feed-search size="3">{inner}</feed-search>'


class HostPage:
    """A page of another site that embeds the widget."""

    def __init__(self, page: Any, server: str, place: tuple[str, Path]) -> None:
        self.page, self.server = page, server
        self.address, self.folder = place
        (self.folder / "host.css").write_text(CSS)

    def open(self, body: str, query: str = "", *, lang: str = "en", policy: bool = False) -> None:
        meta = f'<meta http-equiv="Content-Security-Policy" content="{STRICT.format(server=self.server)}">' if policy else ""
        (self.folder / "index.html").write_text(
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">{meta}'
            f'<title>Host</title><link rel="icon" href="data:,"><link rel="stylesheet" href="host.css">'
            f'<script type="module" src="{self.server}/widget.js"></script>{body}'
        )
        self.page.goto(f"{self.address}/index.html{query}")
        self.page.wait_for_function("!!customElements.get('feed-search')")

    @property
    def input(self) -> Any:
        return self.page.locator("feed-search").first.locator("[role=combobox]")

    @property
    def options(self) -> Any:
        return self.page.locator("feed-search").first.locator("[role=option]")

    @property
    def results(self) -> Any:
        return self.page.locator("feed-search").first.locator("[part=result]")

    def search(self, text: str) -> None:
        self.input.fill(text)
        self.results.first.wait_for()


@pytest.fixture
def host(page: Any, pages: str, embedding: tuple[str, Path]) -> HostPage:
    return HostPage(page, pages, embedding)


def test_the_script_and_each_language_stay_small() -> None:
    assert len(gzip.compress(widget_bundle().script, 9)) <= 8_000
    languages = Path(__file__).resolve().parents[2] / "webui" / "static" / "widget"
    assert {"de", "fr", "it", "es", "pt", "nl", "pl", "ar", "he"} <= set(text_languages())
    for path in languages.glob("*.json"):
        assert path.stat().st_size < 1_000, path.name


def test_every_language_has_every_text() -> None:
    folder = Path(__file__).resolve().parents[2] / "webui" / "static" / "widget"
    texts = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    keys = set(texts["de"])
    for language, own in texts.items():
        assert set(own) == keys, language
        assert "other" in own["results"], language
        assert own["none"].count("{q}") == 1, language
        assert own["corrected"].count("{q}") == own["corrected"].count("{c}") == 1, language


@pytest.mark.parametrize("width", [320, 1600])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_has_room_in_every_layout_and_its_results_stay_on_the_screen(host: HostPage, layout: str, width: int) -> None:
    host.page.set_viewport_size({"width": width, "height": 700})
    host.open(LAYOUTS[layout].format(widget=WIDGET.format(inner="")))
    before = host.page.evaluate("document.documentElement.getBoundingClientRect().height")
    box = host.input.bounding_box()
    assert box["width"] >= 60, box
    assert box["height"] >= 24, box
    assert host.page.evaluate("document.querySelector('feed-search').getBoundingClientRect().width") >= 150
    host.search("ferry")
    panel = host.page.locator("feed-search .panel").bounding_box()
    assert panel["x"] >= 0, panel
    assert panel["x"] + panel["width"] <= width, panel
    assert panel["width"] >= min(width - 20, 300), panel
    assert host.page.evaluate("document.documentElement.scrollWidth") <= width or layout in ("flex header", "grid")
    assert host.page.evaluate("document.documentElement.getBoundingClientRect().height") == before  # nothing moves
    assert host.results.first.is_visible()
    assert host.page.evaluate(
        """() => { const one = document.querySelector('feed-search').shadowRoot.querySelector('[part=result]').getBoundingClientRect();
        const top = document.querySelector('feed-search').shadowRoot.elementFromPoint(one.x + 20, one.y + one.height / 2);
        return !!top?.closest('[part=result]'); }"""
    )


@pytest.mark.parametrize("lang", ["sv", "zh-Hans-CN", "de_AT", "English, please"])
def test_a_page_in_any_language_gets_results(host: HostPage, lang: str) -> None:
    host.open(WIDGET.format(inner=""), lang=lang)
    host.page.wait_for_load_state("networkidle")  # the texts of the language are there, or there are none
    host.search("ferry")
    assert host.page.locator("feed-search [part=message]").count() == 0
    assert host.input.get_attribute("aria-label") == ("Suchen" if lang == "de_AT" else "Search")


def test_the_script_names_the_languages_of_the_server() -> None:
    assert f'"{" ".join(text_languages())}"'.encode() in widget_bundle().script


@pytest.mark.parametrize(("size", "shown"), [("0", 1), ("-3", 1), ("2", 2), ("99999", 50), ("many", 5), ("", 5), ("2.9", 2)])
def test_any_size_gets_as_many_results_as_the_server_allows(host: HostPage, size: str, shown: int) -> None:
    with host.page.expect_request("**/api/v1/search?**prefix_last**") as sent:
        host.open(f'<feed-search size="{size}"></feed-search>')
        host.search("ferry")
    assert f"size={shown}&" in sent.value.url
    assert host.page.locator("feed-search [part=message]").count() == 0


@pytest.mark.parametrize("endpoint", ["http://[::1", "https://"])
def test_an_endpoint_that_is_no_address_is_ignored(host: HostPage, endpoint: str) -> None:
    host.open(f'<feed-search endpoint="{endpoint}"></feed-search>')
    host.search("ferry")
    assert host.results.count() > 0


def test_a_strict_policy_and_trusted_types_allow_it(host: HostPage) -> None:
    host.open(WIDGET.format(inner="") + '<feed-search layout="modal" label="More" lang="de"></feed-search>', policy=True)
    host.search("ferry")
    assert host.page.locator("feed-search mark").count() >= 1
    host.input.press("Escape")
    host.page.locator("feed-search").last.get_by_role("button", name="More").click()
    assert host.page.locator("feed-search").last.get_by_role("button", name="Suchen").is_visible()
    assert not host.page.evaluate(
        "[...document.querySelectorAll('feed-search')].some((w) => w.shadowRoot.querySelector('[style]'))"
    )


def test_the_keyboard_alone_reaches_everything(host: HostPage) -> None:
    host.open('<feed-search size="3" shortcut="/ ctrl-k"></feed-search><input id="other">')
    host.page.keyboard.press("/")
    assert host.page.evaluate("document.activeElement.localName") == "feed-search"
    host.page.keyboard.type("ferry")
    host.results.first.wait_for()
    assert host.input.get_attribute("aria-expanded") == "true"
    count = host.options.count()
    host.page.keyboard.press("ArrowDown")
    first = host.input.get_attribute("aria-activedescendant")
    assert host.options.first.get_attribute("id") == first
    assert host.options.first.get_attribute("aria-selected") == "true"
    host.page.keyboard.press("End")
    assert host.input.get_attribute("aria-activedescendant") == host.options.nth(count - 1).get_attribute("id")
    host.page.keyboard.press("Home")
    assert host.input.get_attribute("aria-activedescendant") == first
    host.page.keyboard.press("ArrowUp")
    assert host.input.get_attribute("aria-activedescendant") is None
    host.page.keyboard.press("Escape")
    assert host.input.get_attribute("aria-expanded") == "false"
    assert host.input.input_value() == "ferry"
    host.page.keyboard.press("Escape")
    assert host.input.input_value() == ""
    host.page.locator("#other").focus()
    host.page.keyboard.press("/")
    assert host.page.input_value("#other") == "/"
    host.page.keyboard.press("Control+k")
    assert host.page.evaluate("document.activeElement.id") == "other"


def test_tab_out_closes_and_enter_leads_to_all_results(host: HostPage) -> None:
    host.open(WIDGET.format(inner="") + "<a href='#x'>next</a>")
    host.search("ferry")
    for _ in range(3):
        host.page.keyboard.press("Tab")
    assert not host.page.locator("feed-search .panel").is_visible()
    host.input.focus()
    host.page.keyboard.press("Enter")
    host.page.wait_for_url(f"{host.server}/?q=ferry*")


def test_a_modal_opens_and_gives_the_focus_back(host: HostPage) -> None:
    host.open('<feed-search layout="modal" label="Search the Gazette" shortcut="ctrl-k"></feed-search>')
    opener = host.page.get_by_role("button", name="Search the Gazette")
    opener.click()
    assert host.page.get_by_role("dialog", name="Search the Gazette").is_visible()
    host.search("ferry")
    host.page.keyboard.press("Escape")
    host.page.locator("feed-search dialog").wait_for(state="hidden")
    assert host.page.evaluate("document.activeElement.shadowRoot.activeElement.getAttribute('part')") == "opener"
    host.page.keyboard.press("Control+k")
    assert host.page.get_by_role("dialog").is_visible()


def test_two_widgets_have_two_names_and_scripts_may_move_them(host: HostPage) -> None:
    host.open(
        '<div id="a"><feed-search label="News" value="ferry"></feed-search></div><div id="b"></div><feed-search label="Law"></feed-search>'
    )
    assert host.page.get_by_role("combobox", name="News").input_value() == "ferry"
    assert host.page.get_by_role("combobox", name="Law").is_visible()
    host.page.evaluate("document.querySelector('#b').append(document.querySelector('#a feed-search'))")
    assert host.page.get_by_role("combobox", name="News").input_value() == "ferry"
    host.page.evaluate("document.querySelector('feed-search').setAttribute('label', 'Sport')")
    assert host.page.get_by_role("combobox", name="Sport").is_visible()
    host.page.evaluate("document.querySelectorAll('feed-search').forEach((one) => one.remove())")
    host.page.evaluate("document.body.append(document.createElement('feed-search'))")
    host.search("harbour")


def test_it_is_part_of_a_form_and_keeps_the_pages_address(host: HostPage) -> None:
    host.open(
        '<form id="f"><feed-search name="wanted" query-param="s" history></feed-search><button type="reset">x</button></form>',
        "?s=ferry",
    )
    host.results.first.wait_for()
    assert host.page.evaluate("new FormData(document.getElementById('f')).get('wanted')") == "ferry"
    host.input.press("Escape")
    host.page.locator("button[type=reset]").click()
    assert host.input.input_value() == ""


def test_back_returns_to_the_results(host: HostPage) -> None:
    host.open('<feed-search layout="page" history></feed-search>')
    host.input.fill("ferry")
    host.input.press("Enter")
    host.results.first.wait_for()
    assert "q=ferry" in host.page.url
    host.page.goto("about:blank")
    host.page.go_back()
    host.page.wait_for_function("!!customElements.get('feed-search')")
    host.results.first.wait_for()
    assert host.input.input_value() == "ferry"


def test_events_can_be_cancelled_and_an_item_template_is_used(host: HostPage) -> None:
    template = '<template slot="item"><b data-field="title"></b> – <i data-field="source"></i></template>'
    host.open(f'<feed-search size="2">{template}</feed-search>')
    host.page.evaluate(
        """() => { window.seen = []; for (const name of ['results', 'select']) document.addEventListener('feed-search:' + name, (event) => {
        window.seen.push([name, event.detail.query]); if (name === 'select') event.preventDefault(); }); }"""
    )
    host.search("ferry")
    assert host.page.locator("feed-search [part=result] b").first.inner_text()
    host.results.first.click()
    assert host.page.evaluate("window.seen.map((each) => each[0])") == ["results", "select"]
    assert host.page.url.startswith(host.address)


def test_half_typed_words_are_not_recorded_and_a_click_is(host: HostPage) -> None:
    requests: list[str] = []
    host.page.on("request", lambda request: requests.append(request.url))
    host.open(WIDGET.format(inner=""))
    host.input.press_sequentially("ferry", delay=60)
    host.results.first.wait_for()
    typed = [url for url in requests if "/api/v1/search" in url]
    assert typed
    assert all("prefix_last=1" in url for url in typed)

    def is_recorded(request: Any) -> bool:
        return "/api/v1/search" in request.url and "prefix_last" not in request.url and "q=ferry" in request.url

    with host.page.expect_request(is_recorded), host.page.expect_response("**/api/v1/opened") as noted:
        host.results.first.click(modifiers=["Control"])
    assert noted.value.status == 204


def test_an_older_answer_never_replaces_a_newer_one(host: HostPage) -> None:
    host.open(WIDGET.format(inner=""))

    def late(route: Any) -> None:
        if "q=harbour&" in route.request.url:
            host.page.wait_for_timeout(600)
        route.continue_()

    host.page.route("**/api/v1/search*", late)
    host.input.fill("harbour")
    host.page.wait_for_timeout(200)
    host.input.fill("ferry")
    host.results.first.wait_for()
    host.page.wait_for_timeout(900)
    assert "ferry" in (host.results.first.get_attribute("href") or "") + host.results.first.inner_text().lower()


@pytest.mark.parametrize("failure", ["dead", "error page", "slow"])
def test_a_bad_network_is_said_in_words(host: HostPage, page: Any, failure: str) -> None:
    host.open(WIDGET.format(inner=""))
    host.page.route("**/healthz", lambda route: route.abort())
    answer = {
        "dead": lambda route: route.abort(),
        "error page": lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>", content_type="text/html"),
        "slow": lambda route: None,
    }[failure]
    host.page.route("**/api/v1/search*", answer)
    host.input.fill("ferry")
    if failure == "slow":
        host.page.locator("feed-search form[aria-busy=true]").wait_for()
    host.page.locator("feed-search .note", has_text="unreachable").wait_for(timeout=15_000)
    assert "unreachable" in host.page.locator("feed-search [role=status]").inner_text()
    page.complaints.clear()  # the browser itself reports failed requests


def test_an_origin_that_is_not_admitted_is_named(host: HostPage, page: Any) -> None:
    other = host.address.replace("127.0.0.1", "localhost")
    host.open(WIDGET.format(inner=""))
    host.page.goto(f"{other}/index.html")
    host.input.fill("ferry")
    host.page.locator("feed-search .note", has_text=f"does not admit {other}").wait_for()
    page.complaints.clear()


def test_the_texts_follow_the_language_of_the_page(host: HostPage) -> None:
    host.open(WIDGET.format(inner=""), lang="pl")
    host.page.get_by_role("button", name="Szukaj").wait_for()
    host.search("ferry")
    assert "wynik" in host.page.locator("feed-search [role=status]").inner_text()


def test_what_the_server_says_about_a_query_is_shown_in_the_language_of_the_page(host: HostPage) -> None:
    host.open(WIDGET.format(inner=""), lang="de")
    host.page.wait_for_function(
        "document.querySelector('feed-search').shadowRoot.querySelector('button').textContent === 'Suchen'"
    )
    host.input.fill('ferry "harbour')
    note = host.page.locator("feed-search [part=message]").first
    note.wait_for()
    assert note.inner_text() == "Ein Anführungszeichen fehlt."


def test_a_composed_letter_is_not_searched_before_it_is_finished(host: HostPage) -> None:
    requests: list[str] = []
    host.open(WIDGET.format(inner=""))
    host.page.on("request", lambda request: requests.append(request.url))
    host.page.evaluate(
        """() => { const input = document.querySelector('feed-search').shadowRoot.querySelector('input'); input.focus(); input.value = 'ferr';
        input.dispatchEvent(new InputEvent('input', { isComposing: true, bubbles: true })); }"""
    )
    host.page.wait_for_timeout(400)
    assert not requests
    host.page.evaluate(
        """() => { const input = document.querySelector('feed-search').shadowRoot.querySelector('input'); input.value = 'ferry';
        input.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true })); }"""
    )
    host.results.first.wait_for()


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_scripts_the_form_inside_is_shown(page: Any, pages: str, embedding: tuple[str, Path]) -> None:
    address, folder = embedding
    (folder / "plain.html").write_text('<!doctype html><link rel="icon" href="data:,">' + embed_code(pages + "/"))
    page.goto(address + "/plain.html")
    page.fill("input[name=q]", "ferry")
    page.press("input[name=q]", "Enter")
    page.wait_for_url("**/?q=ferry")
    assert page.locator(".hits mark").count() >= 1


def test_the_gallery_shows_every_form_and_builds_the_code(page: Any, pages: str) -> None:
    page.goto(pages + "/widget")
    assert page.locator("feed-search").count() == 4
    page.select_option("select[name=layout]", "modal")
    page.fill("input[name=label]", 'Find "news"')
    assert '<feed-search layout="modal" label="Find &quot;news&quot;">' in page.locator("#code").inner_text()
    page.check("input[name=fixed]")
    assert widget_bundle().integrity in page.locator("#code").inner_text()
    assert page.locator("#preview feed-search").get_attribute("layout") == "modal"


def test_a_fixed_version_has_an_address_of_its_own_and_passes_its_integrity(host: HostPage) -> None:
    (host.folder / "fixed.html").write_text(
        '<!doctype html><link rel="icon" href="data:,">' + embed_code(host.server + "/", fixed=True)
    )
    host.page.goto(host.address + "/fixed.html")
    host.search("ferry")
    response = host.page.request.get(f"{host.server}/widget-{widget_bundle().version}.js")
    assert "immutable" in response.headers["cache-control"]
    assert host.page.request.get(f"{host.server}/widget-0000.js").status == 404
