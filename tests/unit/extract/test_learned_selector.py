"""Where a site's pages keep their article is learnt, tried, and believed of pages like those only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from indexer import html
from indexer.extract.article import extract, extract_article
from indexer.extract.blocks import read_blocks
from indexer.extract.learned_selector import ContextBounds, LearnedSelector, find_only
from indexer.extract.repeated_blocks import SiteTemplate, fingerprints
from indexer.extract.template_learning import with_selector
from indexer.model import Entry, Response, Source

SOURCE = Source("https://example.org/feed", name="The Estuary")
NOUNS = ("ferry", "mill", "oyster", "tern", "lamp", "weir", "quay", "bell", "dune", "sluice", "rope")
AWAY = (
    "Nobody who has stood on the far bank at low tide will forget what the mud looked like that year, or how it smelt of iron. "
    * 8
)


def text_of(number: int) -> str:
    noun = NOUNS[number % len(NOUNS)]
    return f"The {noun} of the year {1900 + number} was the first of its kind, and nobody in the town had asked for it. " * 4


def page(number: int, *, box: str = "entry-content", beside: str = "", within: str = "") -> str:
    menu = "".join(f"<li><a href=/{noun}/>All about the {noun}</a></li>" for noun in NOUNS)
    near = "".join(
        f"<div class=card><a href=/{n}><h4>The {NOUNS[n % 11]}</h4></a><p>{text_of(n)[:110]}</p></div>" for n in range(3)
    )
    return f"""<html lang=en><head><title>Story {number}</title></head><body><nav><ul>{menu}</ul></nav><main><h1>Story {number}</h1>
    <p class=byline>By A. Writer</p><div class='{box} p{number}'><p>{text_of(number)}</p>{within}<ul><li>one point of {number}</li></ul>
    <p>{text_of(number + 50)}</p><p>Photo: A. Writer</p></div>{beside}<aside>{near}</aside></main><footer><p>© The Estuary</p></footer>"""


def url(number: int) -> str:
    return f"https://example.org/{number}"


def learnt(pages: Sequence[str], source: Source = SOURCE) -> SiteTemplate:
    template = SiteTemplate()
    answers = []
    for number, markup in enumerate(pages):
        template.observe(fingerprints(read_blocks(html.read(markup))), url(number))
        answers.append((Entry(url(number)), Response(url(number), url(number), 200, {}, markup.encode())))
    return with_selector(template, source, answers)


@pytest.fixture(scope="module")
def trained() -> SiteTemplate:
    return learnt([page(n) for n in range(20)])


def both(markup: str, template: SiteTemplate, entry: Entry | None = None, source: Source = SOURCE) -> tuple[str, str]:
    """Return the text by the learnt selector, if it applies, and by the structure alone."""
    found = [
        extract_article(markup, url(90), template=each, entry=entry, source=source)
        for each in (template, replace(template, selector=None))
    ]
    assert found[0] is not None
    assert found[1] is not None
    return found[0].text, found[1].text


def test_the_box_of_a_sites_articles_is_learnt_and_read_alone(trained: SiteTemplate) -> None:
    assert trained.selector is not None
    assert (trained.selector.name, trained.selector.rule) == ("div.entry-content", "name")
    by_selector, by_structure = both(page(90), trained)
    assert by_selector == by_structure
    assert text_of(140).strip() in by_selector
    assert "By A. Writer" not in by_selector
    whole = extract(page(90), url(90), template=trained, source=SOURCE)
    assert whole.article == extract_article(page(90), url(90), template=trained, source=SOURCE)
    assert {part.text[:12] for part in whole.removed} >= {"By A. Writer", "© The Estuar"}


def test_it_travels_with_the_template(trained: SiteTemplate) -> None:
    assert SiteTemplate.from_json(trained.to_json()).selector == trained.selector
    assert SiteTemplate.from_json(trained.to_json().replace('"name"', "1")).selector != trained.selector


@pytest.mark.parametrize(
    "markup",
    [
        page(90, box="story"),  # another design
        page(90, beside=f"<div class=more><p>{AWAY}</p></div>"),  # the article goes on behind its box
        page(90, beside=f"<div class=entry-content><p>{AWAY}</p></div>"),  # two boxes of that name
        page(90, beside=f"<article><p>{AWAY * 4}</p></article>"),
        page(90).replace("<main>", "<main><span hidden>").replace("</main>", "</span></main>"),
        "<p>A page of a few words.</p>",
        page(
            90,
            within="<!--TYPO3SEARCH_begin--><p>What the site itself wants to be searched is this sentence.</p><!--TYPO3SEARCH_end-->",
        ),
    ],
)
def test_a_page_of_another_kind_is_read_as_a_whole(trained: SiteTemplate, markup: str) -> None:
    by_selector, by_structure = both(markup, trained)
    assert by_selector == by_structure


def test_what_the_feed_says_is_looked_for_on_the_whole_page(trained: SiteTemplate) -> None:
    markup = page(90, beside=f"<section><p>{AWAY[:125]}</p></section>")
    entry = Entry(url(90), title="t", content_html=f"<p>{AWAY[:125]}</p>")
    by_selector, by_structure = both(markup, trained, entry)
    assert by_selector == by_structure
    assert (
        both(page(90), trained, Entry(url(90), title="t", content_html=f"<p>{text_of(90)}</p>"))[0] == both(page(90), trained)[0]
    )


def test_the_operators_selector_comes_first(trained: SiteTemplate) -> None:
    by_selector, by_structure = both(page(90), trained, source=replace(SOURCE, include="ul li"))
    assert by_selector == by_structure
    assert "the first of its kind" not in by_selector


def test_no_selector_is_learnt_if_one_page_disagrees() -> None:
    """There the article is longer than the box, by as much as stands beside the box on the others."""
    others = [page(n, beside=f"<aside><p>{AWAY}</p></aside>") for n in range(19)]
    odd = page(19, beside=f"<p>{AWAY}</p>").replace("<h1>", "<article><h1>").replace("<aside>", "</article><aside>")
    assert AWAY.strip() in both(odd, SiteTemplate())[1]
    assert learnt(others).selector is not None
    assert learnt([*others, odd]).selector is None


def test_no_selector_is_learnt_from_few_pages_or_boxes_without_a_common_name() -> None:
    assert learnt([page(n) for n in range(6)]).selector is None
    assert learnt([page(n, box=f"text-content{n}") for n in range(20)]).selector is None


def test_a_name_of_several_boxes_finds_none() -> None:
    root = html.read("<div id=a class='x y'>1</div><div class=y>2</div><p>3</p>")
    assert find_only(root, "div.y") is None
    assert find_only(root, "div") is None
    for name in ("div#a", "div.x", "p"):
        assert find_only(root, name) is not None


def test_a_selector_needs_prose() -> None:
    selector = LearnedSelector("div.entry-content", "name", 0.6, (ContextBounds(10_000, 0.1),) * 3)
    assert selector.box(html.read("<div class=entry-content><p>A gallery.</p></div>")) is None
    assert selector.box(html.read(page(90))) is not None
