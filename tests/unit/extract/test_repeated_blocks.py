"""Pages of one site share a template; what the feed says an item is, is."""

from __future__ import annotations

from indexer import html
from indexer.extract.article import extract, extract_article
from indexer.extract.blocks import read_blocks
from indexer.extract.repeated_blocks import MAX_BLOCKS, MAX_PAGES, BlockFingerprint, SiteTemplate, fingerprints
from indexer.model import Entry

NOUNS = ("ferry", "mill", "oyster", "tern", "lamp", "weir", "quay", "bell", "dune", "sluice")
TEASERS = [f"The council has voted on the {noun} and will vote on it again before long." for noun in NOUNS]


def text_of(number: int) -> str:
    noun = NOUNS[number % len(NOUNS)]
    return f"The {noun} of the year {1900 + number} was the first of its kind, and nobody in the town had asked for it. " * 3


def page(number: int) -> str:
    """No name says what anything is: only comparing pages tells."""
    near = "".join(f"<div class=u><p>{TEASERS[(number + step) % len(TEASERS)]}</p></div>" for step in (1, 2, 3))
    heading = "<h2>Background</h2>" if number % 3 == 0 else ""
    return f"""<html><body><div class=a><p>All the news from the estuary, every day but on Sundays, since 1887.</p></div>
    <div class=b><p>{text_of(number)}</p><div class=c><p>Our readers pay for this paper, and you may become one of them today.</p></div>
    {heading}<p>{text_of(number + 50)}</p>{near}</div></body></html>"""


def url(number: int) -> str:
    return f"https://example.org/{number}"


def learnt(count: int) -> SiteTemplate:
    template = SiteTemplate()
    for number in range(count):
        assert template.observe(fingerprints(read_blocks(html.read(page(number)))), url(number))
    return template


def test_what_repeats_is_not_the_article() -> None:
    template = learnt(8)
    alone, beside = extract_article(page(90), url(90)), extract_article(page(90), url(90), template=template)
    assert alone is not None
    assert beside is not None
    assert "Our readers pay" in alone.text
    assert beside.text == f"{text_of(90).strip()}\n\nBackground\n\n{text_of(140).strip()}"
    rules = {part.text[:15]: part.rule for part in extract(page(90), url(90), template=template).removed}
    assert rules["Our readers pay"] == rules["The council has"] == "boilerplate"


def test_a_page_alone_is_as_without_a_template() -> None:
    for template in (SiteTemplate(), learnt(2)):
        assert extract_article(page(90), url(90), template=template) == extract_article(page(90), url(90))


def test_what_the_feed_says_stays_though_it_repeats() -> None:
    words = "Our readers pay for this paper, and you may become one of them today."
    entry = Entry(url(90), title="x", content_html=f"<p>{words}</p><p>{text_of(90)}</p>")
    article = extract_article(page(90), url(90), entry=entry, template=learnt(8))
    assert article is not None
    assert words in article.text
    assert "The council has voted" not in article.text


def test_a_page_counts_once_and_twins_do_not_lose_their_text() -> None:
    template = learnt(4)
    assert not template.observe(fingerprints(read_blocks(html.read(page(0)))), url(0))
    assert template.pages == 4
    for twin in range(4):  # one text under many addresses: it would be taken for the template
        template.observe(fingerprints(read_blocks(html.read(page(7)))), f"https://example.org/twin/{twin}")
    article = extract_article(page(7), url(7), template=template)
    assert article is not None
    assert text_of(7).strip() in article.text


def test_templates_travel_as_json_and_are_joined() -> None:
    template = learnt(5)
    again = SiteTemplate.from_json(template.to_json())
    assert again == template
    other = SiteTemplate()
    other.observe(fingerprints(read_blocks(html.read(page(6)))), url(6))
    again.merge(other)
    assert again.pages == 6
    again.merge(other)
    assert again.pages == 6
    for broken in ("", "null", "[]", "{}", '{"version": 99}', '{"version": 1, "pages": "x"}'):
        assert SiteTemplate.from_json(broken) == SiteTemplate()


def test_a_template_stays_small() -> None:
    template = SiteTemplate()
    for number in range(3 * MAX_PAGES):
        template.observe([BlockFingerprint(f"{number:06}{block:06}", f"{number:012}", True) for block in range(100)], url(number))
    assert len(template.to_json()) < 30 * MAX_BLOCKS
    assert template.pages <= MAX_PAGES


def test_the_feeds_text_shows_where_the_article_is() -> None:
    own = "A short notice of the harbour office: the crossing is closed on Monday between eight and ten, and nobody will row you over. "
    loud = (
        "<p>"
        + "The archive of the paper holds all that was ever written about ferries, mills and their keepers in this town. " * 12
        + "</p>"
    )
    markup = f"<body><div class=x><div class=y>{loud}</div></div><div class=z><div><p>{own}</p></div><p>It opens again at ten.</p></div></body>"
    alone = extract_article(markup, url(1))
    guided = extract_article(markup, url(1), entry=Entry(url(1), title="t", summary_html=own))
    assert alone is not None
    assert guided is not None
    assert "archive of the paper" in alone.text
    assert guided.rule == "feed"
    assert own.strip() in guided.text
    assert "archive of the paper" not in guided.text
