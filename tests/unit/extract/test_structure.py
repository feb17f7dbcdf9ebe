"""What a reader sees of an article survives as text: words whole, paragraphs apart, in every script."""

from __future__ import annotations

import pytest

from indexer.extract.article import extract, extract_article
from indexer.extract.class_names import exclusion_by_name
from indexer.extract.extractor import make_document
from indexer.model import Entry, Source

URL = "https://example.org/news/ferry/"
FIRST = "The night ferry crosses the estuary again after nine winters, and the harbour master waits at the quay."
LAST = "Nobody knows who paid for the brass bell in the bow, and the skipper, who may know, does not say."


def between(markup: str) -> str:
    """What becomes of markup between two paragraphs of an article."""
    article = extract_article(f"<title>T</title><body><article><p>{FIRST}</p>{markup}<p>{LAST}</p></article>", URL)
    assert article is not None
    assert article.text.startswith(FIRST)
    assert article.text.endswith(LAST)
    return article.text[len(FIRST) : -len(LAST)].strip("\n")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>A wo<b>rd</b> and <i>more</i><span>over</span> it.</p>", "A word and moreover it."),
        ("<p>one line<br>and another</p>", "one line\nand another"),
        ("bare text<br><br>and more of it", "bare text\n\nand more of it"),
        ("<h2>A heading</h2><p>Its text.</p>", "A heading\n\nIts text."),
        ("<ul><li>One</li><li>Two <b>b</b>old</li></ul>", "One\n\nTwo bold"),
        ("<table><caption>Tons</caption><tr><th>Ship</th><th>t</th></tr><tr><td>Alba</td><td>12</td></tr></table>",
         "Tons\n\nShip t\n\nAlba 12"),
        ("<blockquote><p>A quote.</p></blockquote>", "A quote."),
        ("<pre>def f():\n    return 1</pre>", "def f():\nreturn 1"),
        ("<div class=code-toolbar><pre><code>make all</code></pre><div class=toolbar>Copy it</div></div>", "make all"),
        ("<table><tr><th>Mon</th><td><ul><li>10:00 to 20:00</li></ul></td></tr></table>", "Mon\n\n10:00 to 20:00"),
        ("<ul><li><span>One of them</span></li><li><span>Two of them</span></li></ul>", "One of them\n\nTwo of them"),
        ("<h1>One part</h1><p>Its text.</p><h1>Another</h1><p>More text.</p>", "Its text.\n\nAnother\n\nMore text."),
        ("<dl><dt>Fare</dt><dd>Two crowns</dd></dl>", "Fare\n\nTwo crowns"),
        ("<details><summary>When?</summary><p>At nine.</p></details>", "When?\n\nAt nine."),
        ("<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby>です。</p>", "漢字です。"),
        ("<p>渡船在九个冬天之后<b>再次</b>穿越河口。</p>", "渡船在九个冬天之后再次穿越河口。"),
        ("<p>عادت العبارة لعبور المصب.</p>", "عادت العبارة لعبور المصب."),
        ("<p>เรือข้ามฟาก<wbr>กลางคืน</p>", "เรือข้ามฟากกลางคืน"),
        ("<p>hy&shy;phen and zero&#8203;width.</p>", "hyphen and zerowidth."),
        ("<dl><dt>Term</dt><dd>What it means</dd></dl>", "Term\n\nWhat it means"),
        ("<details><summary>More</summary><p>Of it.</p></details>", "More\n\nOf it."),
        ("<custom-box><p>Inside.</p></custom-box>", "Inside."),
    ],
)  # fmt: skip
def test_structure_survives(markup: str, text: str) -> None:
    assert between(markup) == text


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Related: <a href=/x>Another ferry on another river</a></p>",
        "<p><a href=/x>Another ferry on another river</a></p>",
        "<p>READ MORE: why ferries sink</p>",
        "<p>Lesen Sie auch: <a href=/x>Eine andere Fähre</a></p>",
        "<div class=newsletter-signup><p>Get our letter every morning, free of charge, in your inbox.</p></div>",
        "<div class=card><h3><a href=/x>Another ferry</a></h3><p>It crosses another river altogether.</p></div>",
        "<ul class=x><li><a href=/a>Another ferry here</a></li><li><a href=/b>And one more there</a></li></ul>",
        "<section><h2>Comments</h2><p>I like it.</p></section>",
        "<div class=share>Share this with everybody whom you know</div>",
        "<script>word</script><template><p>word</p></template><p hidden>word</p><p style='display: none'>word</p>",
    ],
)
def test_what_stands_between_paragraphs_and_is_not_the_article(markup: str) -> None:
    assert between(markup) == ""


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("share-buttons", "name share"),
        ("articleRelated", "name related"),
        ("wp-caption-text", "caption"),
        ("article-body social", ""),
        ("post-12 post type-post category-news author-ann", ""),
        ("layout has-sidebar", ""),
        ("elementor-widget", ""),
        ("stakeholder", ""),
    ],
)
def test_names_that_say_what_an_element_is(names: str, reason: str) -> None:
    assert exclusion_by_name(names) == reason


def test_a_noisy_name_that_holds_most_of_the_page_is_not_believed() -> None:
    article = extract_article(f"<body><div class=sidebar><p>{FIRST}</p><p>{LAST}</p></div></body>", URL)
    assert article is not None
    assert article.text == f"{FIRST}\n\n{LAST}"


def test_an_id_that_is_the_slug_of_a_heading_is_no_name() -> None:
    markup = f"<div id=sharing-with-many-developers><h2>Sharing with many developers</h2><p>{FIRST.lower()}</p></div>"
    assert between(markup) == f"Sharing with many developers\n\n{FIRST.lower()}"


def test_captions_and_lead_are_found_but_are_not_the_text() -> None:
    page = f"""<body><article><header><h1>Ferry</h1><h2 class=standfirst>After nine winters a boat crosses the water again, with a lamp.</h2>
    </header><p>{FIRST}</p><figure><img><figcaption>The old brass bell in its frame</figcaption></figure><p>{LAST}</p></article>"""
    article = extract_article(page, URL)
    assert article is not None
    assert article.text == f"{FIRST}\n\n{LAST}"
    assert article.captions == ("The old brass bell in its frame",)
    assert article.lead.startswith("After nine winters")
    document = make_document(Entry(URL), article, source=Source(URL), url=URL)
    assert document is not None
    assert document.text == "\n\n".join((article.lead, article.text, *article.captions))


def test_each_part_that_is_left_out_has_a_reason_and_a_place() -> None:
    page = f"""<body><nav id=top><a href=/>Home</a></nav><article><h1>Ferry</h1><p>{FIRST}</p><div class='share x'>Share it</div><p>{LAST}</p>
    </article><div class=foot><p>Imprint of the house</p></div><footer>Footword</footer>"""
    removed = {part.text: (part.rule, part.selector) for part in extract(page, URL).removed}
    assert removed == {
        "Home": ("nav", "nav#top"),
        "Ferry": ("title", "body > article > h1"),
        "Share it": ("name share", "body > article > div.share.x"),
        "Imprint of the house": ("outside of the article", "body > div.foot > p"),
        "Footword": ("footer", "html > body > footer"),
    }


def test_what_the_operator_pins_back_stays() -> None:
    page = f"<body><article><p>{FIRST}</p><div class=share>Share it <b class=x>now</b></div><p>{LAST}</p></article><footer>Foot <i>word</i></footer>"
    for keep, text in ((".share", "Share it now"), ("footer", "Foot word"), ("footer i", "word")):
        article = extract_article(page, URL, source=Source(URL, keep=keep))
        assert article is not None
        assert text in article.text, keep
        assert article.text.startswith(FIRST)
    excluded = extract(page, URL, source=Source(URL, exclude="p:last-of-type"))
    assert excluded.article is not None
    assert LAST not in excluded.article.text
    assert ("exclude", "p:last-of-type") in {(part.rule, part.selector) for part in excluded.removed}


def test_the_articles_own_pdfs() -> None:
    page = f"""<body><nav><a href=/menu.pdf>Menu</a></nav><article><p>{FIRST} <a href="/files/report.pdf?v=2">Report</a>,
    <a href="other.PDF">other</a>, <a href="/page?x=.pdf">no</a></p><p>{LAST}</p></article>"""
    assert extract(page, URL).file_links == (
        "https://example.org/files/report.pdf?v=2",
        "https://example.org/news/ferry/other.PDF",
    )


def test_many_headings_of_sections_end_soon() -> None:
    page = "<body><article>" + "<div><h3>Comments</h3></div>" * 20_000 + f"<p>{FIRST}</p></article>"
    article = extract_article(page, URL)
    assert article is not None
    assert FIRST in article.text


def test_addresses_without_an_end_are_looked_through_once() -> None:
    """400 kB of them took a minute, as each was followed to the end of the page."""
    found = extract_article(
        f"<article><p>{'A ferry crosses the estuary again. ' * 20}</p><div>{'a@' * 200_000}</div></article>", ""
    )
    assert found is not None
    assert "ferry" in found.text
