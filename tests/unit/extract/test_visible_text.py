"""The text is what a person sees on the page, and everything else is listed with its reason."""

from __future__ import annotations

import pytest

from indexer import html
from indexer.extract.article import extract

URL = "https://example.org/ferry"
LONG = "The ferry has a crew of eleven, and each of them can steer it. " * 10
STYLE = "<style>p{color:red}.hint:not(:focus),.x .y{clip-path:inset(50%);width:1px} .clip{clip:auto} .y{top:0}</style>"
BEFORE = "<p>The night ferry runs again from Monday on, after its engine was replaced in the yard at Norrvik.</p>"
AFTER = "<p>Tickets are sold at the pier from six in the morning, and dogs travel free of charge in the winter.</p>"


def page(inner: str) -> str:
    return f"<html lang=en><title>Ferry</title>{STYLE}<main><article><h1>Ferry</h1>{BEFORE}{inner}{AFTER}</article></main></html>"


@pytest.mark.parametrize(
    "inner",
    [
        "<p aria-hidden=true>A quoll was on board.</p>",
        "<p>A <span aria-hidden='true'>quoll</span> was on board.</p>",
        "<p class='paywall'>A quoll was on board.</p>",
        "<p style='position:relative; left:-5px; overflow:hidden; height:1px0'>A quoll was on board.</p>",
        "<p class='not-sr-only'>A quoll was on board.</p>",
        "<p class='y clip'>A quoll was on board.</p>",
        "<p style='clip-path: inset(0)'>A quoll was on board.</p>",
        "<div hidden=until-found><p>A quoll was on board.</p></div>",
        "<ul role=tablist><li role=tab>Crew</li></ul><div role=tabpanel style='display:none'><p>A quoll was on board.</p></div>",
        "<h2><button aria-controls=crew>Crew</button></h2><div hidden id=crew><p>A quoll was on board.</p></div>",
        f"<div role=tablist><p>{LONG}</p><p>A quoll was on board.</p></div>",
        "<template id='B:1'></template><div hidden id='S:1'><p>A quoll was on board.</p></div>",
        "<ferry-news><template shadowrootmode=open><p>A quoll was on board.</p></template></ferry-news>",
    ],
)
def test_what_a_person_sees_is_text(inner: str) -> None:
    article = extract(page(inner), URL).article
    assert article is not None
    assert "A quoll was on board." in article.text


@pytest.mark.parametrize(
    ("hint", "reason"),
    [
        ("<span class=visually-hidden> (opens in a new tab)</span>", "screen readers only"),
        ("<span class='link sr-only'> (opens in a new tab)</span>", "screen readers only"),
        ("<span class=c-link__visually-hidden> (opens in a new tab)</span>", "screen readers only"),
        ("<span class=screen-reader-text> (opens in a new tab)</span>", "screen readers only"),
        ("<span style='position:absolute;clip:rect(1px, 1px, 1px, 1px)'> (opens in a new tab)</span>", "screen readers only"),
        (
            "<span style='position:absolute;width:1px;height:1px;overflow:hidden'> (opens in a new tab)</span>",
            "screen readers only",
        ),
        ("<span style='position:absolute; left:-10000px'> (opens in a new tab)</span>", "screen readers only"),
        ("<span style='clip-path:inset(50%)'> (opens in a new tab)</span>", "screen readers only"),
        ("<span style='text-indent: -9999px'> (opens in a new tab)</span>", "screen readers only"),
        ("<span class=is-vishidden> (opens in a new tab)</span>", "screen readers only"),
        ("<span class=hint> (opens in a new tab)</span>", "screen readers only"),
        ("<span style='display: none'> (opens in a new tab)</span>", "hidden"),
        ("<span hidden> (opens in a new tab)</span>", "hidden"),
        ("<noscript> (opens in a new tab)</noscript>", "for readers without JavaScript"),
    ],
)
def test_hints_that_nobody_sees_break_no_phrase_and_are_listed(hint: str, reason: str) -> None:
    extraction = extract(page(f"<p>The yard <a href=/yard>Norrvik Works{hint}</a> built the engine.</p>"), URL)
    assert extraction.article is not None
    assert "The yard Norrvik Works built the engine." in extraction.article.text
    assert ("(opens in a new tab)", reason) in [(part.text, part.rule) for part in extraction.removed]


def test_a_ruby_keeps_its_base_without_the_annotation() -> None:
    ruby = "<ruby><rb aria-hidden=true>港町</rb><rp>(</rp><rt>みなとまち</rt><rp>)</rp></ruby>"
    extraction = extract(page(f"<p>古い{ruby}に朝の船が着きました。乗客は二百人でした。</p>"), URL)
    assert extraction.article is not None
    assert "古い港町に朝の船" in extraction.article.text
    assert ("みなとまち", "ruby annotation") in [(part.text, part.rule) for part in extraction.removed]


def test_feeds_are_read_in_the_same_way() -> None:
    markup = "<p>See <a href=x>the list<span class='sr-only'> (new window)</span></a> <b aria-hidden=true>now</b>.</p>"
    assert html.to_text(markup) == "See the list now."


def test_everything_that_is_left_out_is_listed() -> None:
    words = ("Menu", "Share this", "A hidden line", "Related: another ferry", "Ferry")
    inner = f"<div class=share>{words[1]}</div><p hidden>{words[2]}</p><p><a href=/x>{words[3]}</a></p>"
    extraction = extract(page(inner).replace("<main>", f"<nav>{words[0]}</nav><main>"), URL)
    assert set(words) <= {part.text for part in extraction.removed}
    assert all(part.rule and part.selector for part in extraction.removed)


@pytest.mark.parametrize(("heading", "is_shown"), [("", True), ("<h1>Ferry</h1>", False)])
def test_a_page_that_a_script_shows_as_a_whole_is_read(heading: str, is_shown: bool) -> None:
    """What is visible before is a banner. If the title is visible, the page has begun."""
    banner = "<p>Free tickets for all children under six years, and for their grandparents.</p>"
    whole = f"<main style='display:none'><h1>Ferry</h1>{LONG}{BEFORE}{AFTER}</main>"
    article = extract(f"<html lang=en><title>Ferry</title><body>{heading}{banner}{whole}", URL).article
    assert article is not None
    assert ("a crew of eleven" in article.text) == is_shown
