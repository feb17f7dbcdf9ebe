"""Pages of more elements than any reader could want: bounded by what reaches the tree, not by the clock."""

from __future__ import annotations

import importlib

import pytest

from indexer import html
from indexer.html.sanitize import limit_elements

MAX_TAGS = 2_000  # instead of 40,000, which take a second for each page

ARTICLE = "<p>The bridge over the river was closed for repairs.</p>"


@pytest.fixture(autouse=True)
def fewer_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("indexer.html.sanitize"), "MAX_TAGS", MAX_TAGS)  # html.sanitize is a function


@pytest.mark.parametrize(
    "piece", ["<p>a</p>", "<a href=/x>y</a>", "<meta name=a content=b>", "<div>", "</div>", "<br>", "<!-- x -->"]
)
def test_a_flood_loses_its_tags_and_what_came_before_it_stays(piece: str) -> None:
    page = ARTICLE + piece * (MAX_TAGS * 2) + "<script>var x = '<b>secret</b>';</script>"
    text = limit_elements(page)
    assert text.startswith(ARTICLE)
    assert text.count("<") <= MAX_TAGS
    assert len(html.parse(page).find_all(True)) <= MAX_TAGS + 10
    assert "secret" not in html.to_text(page)


def test_markup_inside_of_scripts_and_comments_does_not_count() -> None:
    page = ARTICLE + "<script>" + "<b>" * MAX_TAGS * 2 + "</script>" + "<!--" + "<b>" * MAX_TAGS + "-->" + ARTICLE
    assert limit_elements(page) == page
