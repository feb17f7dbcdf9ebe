"""What a page's markup states about its article comes before the density of its text."""

from __future__ import annotations

import json

import pytest

from indexer.extract.article import extract
from indexer.extract.extractor import make_document
from indexer.model import Entry, Source

URL = "https://example.org/quagga"
ARTICLE = "<p>The quagga walked over the bridge. A guard saw it and called the office, which sent two people with a rope.</p>"
REPLY = "<p>{name}: I have seen it too, on my way home from the late shift, and it looked at me as if I owed it some money. {name}</p>"
LONG = (
    "<p>The council of Norrvik decided on Tuesday to build a second pier, which is to be ready in the spring of next year.</p>"
    "<p>Three firms had offered to build it, and the cheapest of them was chosen after a debate of no more than an hour.</p>"
    "<p>The old pier stays open until then, although boats of more than ten metres have to use the one in the north.</p>"
)


def replies(markup: str = "<div class=q7>{reply}</div>", count: int = 5) -> str:
    return "".join(markup.replace("{reply}", REPLY.format(name=f"Reader {number}")) for number in range(count))


def page(main: str, head: str = "") -> str:
    return f"<html lang=en><head><title>Quagga on the bridge</title>{head}</head><body>{main}</body></html>"


def text_of(markup: str) -> str:
    article = extract(markup, URL).article
    assert article is not None
    return article.text


STATED = f"<article><h1>Quagga on the bridge</h1>{ARTICLE}</article>"
JSON = f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{ARTICLE[3:-4]}"}}</script>'


@pytest.mark.parametrize(
    "markup",
    [
        page(f"<main>{STATED}{replies()}</main>"),
        page(f"<main>{STATED}<ol class=k>{replies('<li>{reply}</li>')}</ol></main>"),
        page(f"<main>{STATED}<div class=k>{replies('<section>{reply}</section>', 2)}</div></main>"),
        page(f"<main>{STATED}<div class=k>{replies(count=1) * 6}</div></main>"),
        page(f"<main>{STATED}<div class=k>{REPLY * 8}</div></main>"),
        page(f"{STATED}{replies()}"),
        page(f"<div role=main>{STATED}{replies('<article>{reply}</article>')}</div>"),
        page(f"<div itemprop=articleBody>{ARTICLE}</div>{replies()}"),
        page(f"<article><h1>Quagga on the bridge</h1><div itemprop=articleBody>{ARTICLE}</div>{replies()}</article>"),
        page(f"<div><h1>Quagga on the bridge</h1>{ARTICLE}</div>{replies()}", JSON),
    ],
)  # fmt: skip
def test_a_short_article_that_the_markup_states_is_the_text(markup: str) -> None:
    if "role=main" in markup:  # each reply is an article of its own
        markup = markup.replace("<article><h1>", "<article itemprop=articleBody><h1>")
    assert "walked over the bridge" in text_of(markup)
    assert "late shift" not in text_of(markup)


def test_a_teaser_that_is_an_article_element_is_not_the_article() -> None:
    teaser = "<article class=c1><p>Another story, which begins here and goes on elsewhere.</p></article>"
    assert "second pier" in text_of(page(f"<main><h1>Quagga on the bridge</h1><div>{LONG}</div>{teaser}</main>"))


@pytest.mark.parametrize(
    "box",
    [
        "<div class=q3><a href=/ann>Ann Lee</a><p>Ann writes about boats, and has lived on one for the last eleven years.</p></div>",
        "<div class=q3><span>Ann Lee</span><div>Ann writes about boats, and has lived on one for the last eleven years.</div></div>",
        "<div class=q3><h3><a href=/b>A second story</a></h3><p>What the harbour master said when he was told about it.</p></div>",
    ],
)
def test_boxes_of_one_shape_at_the_end_of_an_article_are_not_its_text(box: str) -> None:
    text = text_of(page(f"<article><h1>Quagga on the bridge</h1>{LONG}{box * 2}</article>"))
    assert "ten metres" in text
    assert "eleven years" not in text
    assert "harbour master said" not in text


def test_sections_of_one_shape_are_the_article() -> None:
    sections = "".join(f"<section class=s><h2>Part {n}</h2>{LONG.replace('Tuesday', f'day {n}')}</section>" for n in range(4))
    text = text_of(page(f"<article><h1>Quagga on the bridge</h1>{ARTICLE}{sections}</article>"))
    assert all(f"day {number}" in text for number in range(4))


@pytest.mark.parametrize(
    "markup",
    [
        "<h1>Quagga</h1><div class=article-text><p>A quagga was seen on the bridge at noon, and it stayed.</p></div>"
        f"<div class=o><div class=article-text>{LONG}</div></div>",
        "<h1>Quagga</h1><div class=story-body><p>A quagga was seen on the bridge at noon, and it stayed.</p></div>"
        "<div class=xx><p>An offer of the week that has nothing to do with it, and that is long enough to be prose here.</p></div>"
        f"<div class=story-body>{LONG}</div>",
    ],
)
def test_all_containers_of_one_name_are_the_article(markup: str) -> None:
    text = text_of(page(f"<div class=w>{markup}</div>"))
    assert "stayed" in text
    assert "ten metres" in text
    assert "offer of the week" not in text


@pytest.mark.parametrize(
    "head",
    [
        "<header><h1>Quagga on the bridge</h1><p>It came from the north, the office says.</p></header>",
        "<h1>Quagga on the bridge</h1><div class=standfirst>It came from the north, the office says.</div>",
        "<div><h1>Quagga on the bridge</h1><h2>It came from the north, the office says.</h2></div>",
        "<h1>Quagga on the bridge</h1><div class=deck><p>It came from the north, the office says.</p></div><p>By Ann Lee</p>",
    ],
)
def test_a_standfirst_outside_of_the_article_is_searchable(head: str) -> None:
    article = extract(page(f"{head}<div class=article-body>{LONG}</div>"), URL).article
    document = make_document(Entry(URL), article, source=Source(URL), url=URL)
    assert document is not None
    assert "It came from the north, the office says." in document.text + document.summary
    assert "By Ann Lee" not in document.text


@pytest.mark.parametrize(
    "head",
    [
        "<p><b>Council decides about the bridge after the quagga</b></p>",
        "<ul><li>A guard saw the quagga on the old bridge</li><li>Council decides about the bridge after the quagga</li></ul>",
        "<div class=teaser-text><p>Council decides about the bridge after the quagga.</p></div>",
    ],
)
def test_a_standfirst_of_other_forms_is_searchable(head: str) -> None:
    markup = page(f"<main><h1>Quagga on the bridge</h1>{head}<div class=article-body>{LONG}</div></main>")
    document = make_document(Entry(URL), extract(markup, URL).article, source=Source("https://example.org/feed"), url=URL)
    assert document is not None
    assert "Council decides about the bridge after the quagga" in document.text


@pytest.mark.parametrize("ago", ["3 hours ago", "vor 2 Tagen", "il y a 5 heures", "2 дня назад", "3時間前"])
def test_replies_that_say_how_old_they_are_are_no_text_however_long(ago: str) -> None:
    reply = f"<div class=q7><div><b>Ann</b> <i>{ago}</i></div>{REPLY.format(name='ann')}</div>"
    for markup in ("<article><h1>Quagga on the bridge</h1>{}</article>", "<div><h1>Quagga on the bridge</h1>{}</div>"):
        text = text_of(
            page(markup.replace("{}", f"<div>{LONG}</div><div>{reply * 6}</div>"), "<meta property=og:type content=article>")
        )
        assert "pier stays open" in text
        assert "late shift" not in text


def test_a_short_text_of_linked_data_is_the_article() -> None:
    body = "<p>The bridge is closed on Friday.</p><p>It opens again on Sunday.</p>"
    stated = json.dumps({"@type": "NewsArticle", "articleBody": "The bridge is closed on Friday. It opens again on Sunday."})
    markup = page(
        f"<div><h1>Quagga on the bridge</h1><div>{body}</div>{replies()}</div>",
        f"<script type=application/ld+json>{stated}</script>",
    )
    assert text_of(markup) == "The bridge is closed on Friday.\n\nIt opens again on Sunday."


def test_a_page_is_in_no_menu() -> None:
    """A menu that is not closed encloses the rest of the page."""
    menu = "<nav><x-menu><a href=/>Home</a><a href=/about>About us</a>"
    for name in ("main", "div"):
        markup = page(f"{menu}<{name}><h1>Quagga on the bridge</h1>{LONG}</{name}>")
        assert text_of(markup).startswith("The council of Norrvik")
