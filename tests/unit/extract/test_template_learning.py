"""Learning parses each page once, and learns what it would learn from pages that are parsed anew for each step."""

from __future__ import annotations

import dataclasses

import pytest

from indexer import html
from indexer.extract import template_learning
from indexer.extract.template_learning import Pages, learn_site
from indexer.model import Entry, Response, Source

SOURCE = Source("https://example.org/feed", name="The Lighthouse")


def pages(count: int) -> Pages:
    made = []
    for number in range(count):
        url, text = (
            f"https://example.org/{number}",
            f"Lamp {number} of the tower burnt for {number + 3} nights, and the keeper wrote it down. " * 6,
        )
        markup = f"""<html lang=en><title>Night {number}</title><nav><ul><li><a href=/>All nights</a></ul></nav><main><h1>Night {number}</h1>
        <div class='report n{number}'><p>{text}</p><p>Seen from the pier on day {number}.</p></div><p>Write to the keeper.</p></main>"""
        made.append(
            (Entry(url, title=f"Night {number}"), Response(url, url, 200, {"content-type": "text/html"}, markup.encode()))
        )
    return made


@pytest.mark.parametrize("count", [12, 24])
def test_each_page_is_parsed_once(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    parsed: list[str] = []
    read = html.read

    def counting(markup: str) -> html.Element:
        parsed.append(markup)
        return read(markup)

    monkeypatch.setattr(html, "read", counting)
    template, _ = learn_site(SOURCE, pages(count))
    assert template.selector is not None  # so all three steps were made
    assert len(parsed) == len(set(parsed)) == count


def test_pages_that_are_parsed_anew_give_the_same_template(monkeypatch: pytest.MonkeyPatch) -> None:
    template, distinct = learn_site(SOURCE, pages(20))
    selectors = dataclasses.replace(SOURCE, exclude=".nothing-has-this-name")  # of an operator: the trees may differ
    assert learn_site(selectors, pages(20)) == (template, distinct)
    monkeypatch.setattr(template_learning, "MAX_HELD_CHARACTERS", 5_000)  # a few pages, and the others are parsed again
    assert learn_site(SOURCE, pages(20)) == (template, distinct)


def test_what_the_operator_excludes_is_not_in_what_is_learnt() -> None:
    """It is counted as a block of the pages all the same, as a page of the web is."""
    excluding = dataclasses.replace(SOURCE, exclude=".report")
    plain, _ = learn_site(SOURCE, pages(20))
    template, _ = learn_site(excluding, pages(20))
    assert template.blocks == plain.blocks
    assert plain.selector is not None
    assert template.selector is None or template.selector.name != plain.selector.name
