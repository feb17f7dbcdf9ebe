"""Threads, products, index pages and documentation: what is content there would be something else around an article."""

from __future__ import annotations

import pytest

from indexer import html
from indexer.extract.article import extract_article
from indexer.extract.metadata import page_kind

QUESTION = "Does anybody know why the bow thruster of a small ferry would stop whenever the radar is switched on?"
ANSWERS = (
    "Check the earth cable of the mast first, since that was the cause on two boats in our harbour last summer.",
    "Ours did the same until we gave the radar a battery of its own, and it has worked for two winters since then.",
    "A relay with a weak spring drops out when the voltage sinks, so measure it while both devices are running.",
)
MENU = "<nav><a href=/>Home</a> <a href=/boats>Boats</a></nav><footer>Imprint and terms of the harbour forum</footer>"


def text_of(body: str, url: str = "https://example.org/page", head: str = "") -> str:
    article = extract_article(f"<html lang=en><head><title>Ferry</title>{head}</head><body>{MENU}{body}</body></html>", url)
    return article.text if article else ""


def posts(markup: str) -> str:
    return "".join(markup.replace("{}", text) for text in (QUESTION, *ANSWERS))


TYPE = '<script type="application/ld+json">{"@type": "%s", "name": "Ferry"}</script>'


@pytest.mark.parametrize(
    ("url", "head", "body"),
    [
        ("https://example.org/viewtopic.php?t=7", "", posts("<div class=post><div class=author>Ann</div><p>{}</p></div>")),
        ("https://example.org/t/bow-thruster/77", "", posts("<div class='topic-post topic-body'><p>{}</p></div>")),
        (
            "https://example.org/7",
            TYPE % "DiscussionForumPosting",
            posts("<article class='ipsComment comment'><p>{}</p></article>"),
        ),
        (
            "https://example.org/7",
            "<meta name=generator content='Discourse 3.2'>",
            f"<noscript>{posts('<p>{}</p>') * 4}</noscript>",
        ),
        (
            "https://example.org/questions/7/bow-thruster",
            "",
            f"<div itemscope itemtype='https://schema.org/Question'><div class='post-body'><p>{QUESTION}</p></div></div>"
            "<h2>3 Answers</h2>"
            + "".join(
                f"<div itemscope itemtype='https://schema.org/Answer'><div class='post-body'><p>{each}</p></div></div>"
                for each in ANSWERS
            ),
        ),
    ],
)
def test_the_posts_of_a_thread_are_its_text(url: str, head: str, body: str) -> None:
    text = text_of(f"<main><h1>Ferry</h1>{body}</main>", url, head)
    assert [each for each in (QUESTION, *ANSWERS) if each not in text] == []
    assert "Imprint" not in text


def test_comments_below_an_article_are_not_its_text() -> None:
    article = f"<article><h1>Ferry</h1><p>{QUESTION}</p><p>{ANSWERS[0]}</p></article>"
    comments = "".join(f"<div class=comment><p>{each}</p></div>" for each in ANSWERS[1:])
    for url, head in (("https://example.org/7", ""), ("https://example.org/topics/7", TYPE % "NewsArticle")):
        assert ANSWERS[1] not in text_of(f"<main>{article}<div class=comments>{comments}</div></main>", url, head)


@pytest.mark.parametrize(
    ("url", "types", "markup", "kind"),
    [
        ("https://example.org/a", ["QAPage"], "", "discussion"),
        ("https://example.org/forum/boats/thread-12", [], "", "discussion"),
        ("https://example.org/forum/boats/thread-12", ["BlogPosting"], "", "article"),
        ("https://example.org/forum", [], "", ""),
        ("https://example.org/topics/climate", [], "<meta property=og:type content=article>", "article"),
        ("https://example.org/a", [], "<meta property=og:type content=article>", "article"),
        ("https://example.org/a", [], "<meta property=og:type content=website>", ""),
        ("https://example.org/a", [], "<meta property=og:type content=product>", "product"),
        ("https://example.org/a", ["Product"], "", "product"),
        ("https://example.org/a", ["Product", "Product"], "", ""),
        ("https://example.org/a", [], "<body class='ipsApp ipsApp_front'>", "discussion"),
        ("https://example.org/a", [], "<div itemtype='https://schema.org/Product'>", "product"),
    ],
)
def test_the_kind_of_a_page(url: str, types: list[str], markup: str, kind: str) -> None:
    assert page_kind(html.read(markup), url, types) == kind


def test_a_product_has_its_description_and_its_reviews() -> None:
    body = (
        "<main><div class=gallery><h1>Ferry</h1><p>A model of the ferry in oak and brass, 40 cm long, with a motor.</p></div>"
        f"<div class=reviews><div class=comment><p>{ANSWERS[0]}</p></div><div class=comment><p>{ANSWERS[1]}</p></div></div></main>"
    )
    text = text_of(body, head=TYPE % "Product")
    assert "in oak and brass" in text
    assert ANSWERS[0] in text


BOATS = tuple(f"Wooden boat number {number} with two oars and a mast" for number in range(1, 15))


def test_an_index_page_has_the_titles_that_it_lists() -> None:
    items = "".join(
        f"<div class=card><h3><a href=/{n}>{boat}</a></h3><span>From {n} crowns</span></div>" for n, boat in enumerate(BOATS)
    )
    text = text_of(f"<main><h1>Ferry</h1><p>All boats of the yard.</p><div class=list>{items}</div></main>")
    assert [boat for boat in BOATS if boat not in text] == []
    assert "Imprint" not in text


def test_teasers_below_a_short_article_are_not_its_text() -> None:
    items = "".join(f"<div class=card><h3><a href=/{n}>{boat}</a></h3></div>" for n, boat in enumerate(BOATS))
    body = f"<main><article><h1>Ferry</h1><p>{QUESTION}</p></article><div class=list>{items}</div></main>"
    assert text_of(body) == QUESTION
    assert text_of(body.replace("article>", "div>"), head=TYPE % "NewsArticle") == QUESTION


def test_sections_of_documentation() -> None:
    """A heading may link itself, its id may be any word, and much text may stand above the first of them."""
    lead = f"<p>{QUESTION} {ANSWERS[0]} {ANSWERS[1]}</p>" * 3
    sections = "".join(
        f"<section id={name}><h2><a href='#{name}'>{title}</a></h2><p>{text}</p><figure><pre>run {name}</pre></figure></section>"
        for name, title, text in zip(
            ("more-on-relays", "related", "response"), ("5.1 More on relays", "Related", "Response"), ANSWERS * 3, strict=False
        )
    )
    text = text_of(f"<main><header><h1>Ferry</h1></header>{lead}<div>{sections * 3}</div></main>")
    for each in (QUESTION, *ANSWERS, "5.1 More on relays", "Response", "run more-on-relays"):
        assert each in text
