"""Where a site's pages keep their article is learnt, tried, and believed of pages like those only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from indexer import html
from indexer.crawl.template_learning import with_selector
from indexer.extract.article import extract, extract_article
from indexer.extract.blocks import read_blocks
from indexer.extract.learned_selector import ContextBounds, LearnedSelector, only
from indexer.extract.site_template import SiteTemplate, fingerprints
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
    *_, found = with_selector(template, source, answers)
    return found


@pytest.fixture(scope="module")
def habitual() -> SiteTemplate:
    return learnt([page(n) for n in range(20)])


def both(markup: str, template: SiteTemplate, entry: Entry | None = None, source: Source = SOURCE) -> tuple[str, str]:
    """The text by the habit, where that is believed, and by weighing."""
    found = [
        extract_article(markup, url(90), template=each, entry=entry, source=source)
        for each in (template, replace(template, habit=None))
    ]
    assert found[0] is not None
    assert found[1] is not None
    return found[0].text, found[1].text


def test_the_box_of_a_sites_articles_is_learnt_and_read_alone(habitual: SiteTemplate) -> None:
    assert habitual.habit is not None
    assert (habitual.habit.name, habitual.habit.rule) == ("div.entry-content", "name")
    by_habit, weighed = both(page(90), habitual)
    assert by_habit == weighed
    assert text_of(140).strip() in by_habit
    assert "By A. Writer" not in by_habit
    whole = extract(page(90), url(90), template=habitual, source=SOURCE)
    assert whole.article == extract_article(page(90), url(90), template=habitual, source=SOURCE)
    assert {part.text[:12] for part in whole.removed} >= {"By A. Writer", "© The Estuar"}


def test_it_travels_with_the_template(habitual: SiteTemplate) -> None:
    assert SiteTemplate.from_json(habitual.to_json()).habit == habitual.habit
    assert SiteTemplate.from_json(habitual.to_json().replace('"name"', "1")).habit != habitual.habit


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
def test_a_page_of_another_kind_is_weighed(habitual: SiteTemplate, markup: str) -> None:
    by_habit, weighed = both(markup, habitual)
    assert by_habit == weighed


def test_what_the_feed_says_is_looked_for_on_the_whole_page(habitual: SiteTemplate) -> None:
    markup = page(90, beside=f"<section><p>{AWAY[:125]}</p></section>")
    entry = Entry(url(90), title="t", content_html=f"<p>{AWAY[:125]}</p>")
    by_habit, weighed = both(markup, habitual, entry)
    assert by_habit == weighed
    assert (
        both(page(90), habitual, Entry(url(90), title="t", content_html=f"<p>{text_of(90)}</p>"))[0]
        == both(page(90), habitual)[0]
    )


def test_the_operators_selector_comes_first(habitual: SiteTemplate) -> None:
    by_habit, weighed = both(page(90), habitual, source=replace(SOURCE, include="ul li"))
    assert by_habit == weighed
    assert "the first of its kind" not in by_habit


def test_no_habit_where_one_page_says_otherwise() -> None:
    """There the article is longer than the box, by as much as stands beside the box on the others."""
    others = [page(n, beside=f"<aside><p>{AWAY}</p></aside>") for n in range(19)]
    odd = page(19, beside=f"<p>{AWAY}</p>").replace("<h1>", "<article><h1>").replace("<aside>", "</article><aside>")
    assert AWAY.strip() in both(odd, SiteTemplate())[1]
    assert learnt(others).habit is not None
    assert learnt([*others, odd]).habit is None


def test_no_habit_of_few_pages_or_of_boxes_without_a_common_name() -> None:
    assert learnt([page(n) for n in range(6)]).habit is None
    assert learnt([page(n, box=f"text-content{n}") for n in range(20)]).habit is None


def test_a_name_that_several_boxes_have_finds_none() -> None:
    root = html.read("<div id=a class='x y'>1</div><div class=y>2</div><p>3</p>")
    assert only(root, "div.y") is None
    assert only(root, "div") is None
    for name in ("div#a", "div.x", "p"):
        assert only(root, name) is not None


def test_a_habit_needs_prose() -> None:
    habit = LearnedSelector("div.entry-content", "name", 0.6, (ContextBounds(10_000, 0.1),) * 3)
    assert habit.box(html.read("<div class=entry-content><p>A gallery.</p></div>")) is None
    assert habit.box(html.read(page(90))) is not None
