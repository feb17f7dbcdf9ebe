"""Markup that says of the article that it is something else, or hides it: what is read is the article all the same."""

from __future__ import annotations

import pytest

from indexer.extract.article import extract_article

URL = "https://example.org/news/ferry/"
PARAGRAPHS = tuple(
    f"In winter number {number} the night ferry lay at the quay, and whoever had to cross the estuary walked an hour to the bridge "
    f"and an hour back, in snow and in the dark, which nobody in the village of {number} houses has forgotten."
    for number in range(1, 8)
)
ARTICLE = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
FREE = "<p>The ferry is free of charge for all who live on either bank, and for their dogs.</p>" * 3
TEXT = "\n\n".join(PARAGRAPHS)
COMMENTS = "".join(
    f"<li><p>Reader {number}: I was on the first crossing myself, and what I remember is the cold, the bell, the {number} lamps"
    " and that the skipper did not say a single word to any of us from one bank to the other.</p></li>"
    for number in range(40)
)


def text_of(page: str) -> str:
    article = extract_article(f"<title>T</title>{page}", URL)
    assert article is not None
    return article.text


@pytest.mark.parametrize(
    "markup",
    [
        f"<article>{FREE}" + "".join(f"<p class=paywall>{text}</p>" for text in PARAGRAPHS) + "</article>",
        f"<div class='box paywall-box'>{ARTICLE}</div>",
        f"<div class=date-outer>{ARTICLE}</div><div class=x>{'<p>Another day, another word of it.</p>' * 80}</div>",
        f"<div class=publisher_web_portlet>{ARTICLE}</div>",
        f"<header class=masthead><a href=/>Home</a><div class=inner>{ARTICLE}</div></header>",
        f"<article><p>It rings.</p><footer class=meta-data><div>{ARTICLE}</div></footer></article>",
        f"<div role=tablist>{ARTICLE}</div>",
    ],
)
def test_a_name_that_would_take_the_article_is_not_believed(markup: str) -> None:
    assert TEXT in text_of(f"<body><nav><a href=/>Home</a></nav>{markup}<footer>Imprint</footer>")


def test_a_paragraph_in_an_inline_element_with_a_noisy_name_stays() -> None:
    inline = "".join(f"<p><span class=author>{text}</span></p>" for text in PARAGRAPHS)
    assert TEXT in text_of(f"<body><div id=x>{FREE}{inline}</div>")


def test_comments_are_comments_however_many() -> None:
    for name in ("comments", "comment-list", "sect_commentlinks"):
        assert text_of(f"<body><div class=a>{ARTICLE}</div><div class={name}><ul class=b>{COMMENTS}</ul></div>") == TEXT


def test_a_page_of_comments_alone_is_what_they_say() -> None:
    text = text_of(f"<body><h1>Who was on the ferry?</h1><ul class=comments>{COMMENTS}</ul><p>Log in to answer.</p>")
    assert text.count("I was on the first crossing") == 40


@pytest.mark.parametrize("hidden", ["<div style='display:none'>{}</div>", "<noscript>{}</noscript>", "<div hidden>{}</div>"])
def test_an_article_that_only_a_script_shows_is_read(hidden: str) -> None:
    page = f"<body><p>Please wait while the page is loading.</p><div itemprop=articleBody>{hidden.format(ARTICLE)}</div>"
    assert text_of(page) == TEXT


@pytest.mark.parametrize(
    "shown", ["<article><h1>Harbour</h1><p>The old harbour reopened on Monday after long repairs, it was said.</p>", ""]
)
def test_words_hidden_for_search_engines_are_not_read(shown: str) -> None:
    text = text_of(f"<body><div style='display:none'>{'casino bonus hiddenword ' * 400}</div>{shown}") or ""
    assert "hiddenword" not in text
    assert ("reopened" in text) is bool(shown)


def test_what_is_hidden_beside_an_article_stays_hidden() -> None:
    hidden = "<p>Nobody is to read this, and it is longer than the article itself.</p>" * 60
    assert text_of(f"<body><article>{ARTICLE}</article><div style='display:none'>{hidden}</div>") == TEXT
    short = "The ferry does not cross tonight, because of the ice on the river and the fog above it."
    assert text_of(f"<body><article><p>{short}</p></article><div hidden><p>Log in to see it.</p></div>") == short


def test_an_article_in_several_boxes_of_one_name() -> None:
    parts = ("".join(f"<p>{text}</p>" for text in part) for part in (PARAGRAPHS[:4], PARAGRAPHS[4:]))
    boxes = "".join(f"<section><div class=article-body>{part}</div><aside>Advert</aside></section>" for part in parts)
    assert text_of(f"<body><main><div class=story>{boxes}</div><p>Imprint of the house, and where it is.</p></main>") == TEXT


def test_several_articles_on_one_page_are_not_one() -> None:
    first, second = ARTICLE, "".join(f"<p>Another tale: {text}</p>" for text in PARAGRAPHS[:4])
    for title in ("<h2><a href=/other/>Another tale</a></h2>", "<h1>Another tale</h1>"):
        page = f"<body><div class=x><h1>Ferry</h1><div class=article-body>{first}</div>{title}<div class=article-body>{second}</div></div>"
        assert text_of(page) == TEXT


def test_a_head_that_is_named_after_the_article_is_not_its_body() -> None:
    lead = (
        "After nine winters at the quay a boat crosses the water again, and there is a lamp at its bow and a bell that nobody paid for. "
        * 4
    )
    page = f"<body><div class=article-header><p>{lead}</p></div><div class=article-body>{ARTICLE[: len(lead) - 10]}</div>"
    assert PARAGRAPHS[0] in text_of(page)


def test_paragraphs_in_large_letters_are_not_headings_of_nothing() -> None:
    large = "".join(f"<h4>{text}</h4>" for text in PARAGRAPHS)
    assert text_of(f"<body><article><blockquote>{large}</blockquote></article>") == TEXT


def test_a_long_text_beside_a_list_of_links_is_no_link() -> None:
    links = "".join(f"<div><a href=/{number}>Ferry number {number} on a river</a></div>" for number in range(90))
    page = f"<body><div class=row><div class=list>{links}</div><div class=description>{TEXT}</div></div>"
    assert text_of(page) == " ".join(PARAGRAPHS)


def test_where_linked_data_says_the_article_is() -> None:
    told = f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{" ".join(PARAGRAPHS)}"}}</script>'
    rest = "".join(f"<p>{text.replace('ferry', 'train')}</p>" for text in PARAGRAPHS * 2)
    page = f"<body><div class=a>{ARTICLE}</div><div class=b><div class=article-body>{rest}</div></div>"
    assert TEXT not in text_of(page)
    assert text_of(told + page) == TEXT
    assert text_of(f"{told}<body><div id=app><p>Loading, please wait.</p></div>") == " ".join(PARAGRAPHS)
    cut_off = told.replace(PARAGRAPHS[-1], "").replace(PARAGRAPHS[-2], "")
    assert text_of(f"{cut_off}<body><article>{ARTICLE}</article>") == TEXT


@pytest.mark.parametrize(
    "markup",
    [
        "<form action=/letter><p>Yes, send me the letter of the house every morning, whatever there is in it.</p></form>",
        "<div class=email-opt-in><p>Yes, send me the letter of the house every morning, whatever there is in it.</p></div>",
        "<footer class=entry-footer><p>Whoever has seen a ferry that is faster may tell the house of it.</p></footer>",
        "<p>&lt;iframe width='670' height='437' src='https://films.example/1'&gt;&lt;/iframe&gt;</p>",
    ],
)
def test_forms_and_shown_markup_are_not_the_article(markup: str) -> None:
    first, *rest = (f"<p>{text}</p>" for text in PARAGRAPHS)
    assert text_of(f"<body><article>{first}{markup}{''.join(rest)}</article>") == TEXT


def test_a_form_around_the_whole_page_is_no_form() -> None:
    assert text_of(f"<body><form id=aspnetForm><div class=x>{ARTICLE}</div></form>") == TEXT


def test_what_stands_between_the_title_and_readers_many_opinions_is_the_article() -> None:
    opinions = "".join(f"<div class=row><p>{text.replace('ferry', 'boat')} That is all.</p></div>" for text in PARAGRAPHS * 6)
    page = f"<body><div class=top><h1>T</h1><div class=words>{ARTICLE}</div></div><div class=forum>{opinions}</div>"
    assert text_of(page) == TEXT


@pytest.mark.parametrize(
    "words", ["Related stories", "Mehr zum Thema", "Ähnliche Beiträge", "Das könnte dich auch interessieren"]
)
def test_a_heading_of_other_pages_is_not_the_article_even_where_much_follows_it(words: str) -> None:
    assert text_of(f"<body><article>{ARTICLE}<h3>{words}</h3>{ARTICLE.replace('ferry', 'boat')}</article>") == "\n\n".join(
        (TEXT, TEXT.replace("ferry", "boat"))
    )
