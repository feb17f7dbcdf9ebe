"""Pages as trees: hostile markup is tamed or found harmless, and either way gives the same text."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import html
from indexer.html.sanitize import is_harmless, may_have_long_part, strip_invisible
from support.growth import assert_linear

WORDS = "The ferry crosses the estuary again after nine winters."


def text(markup: str) -> str:
    return html.line_of(html.read(markup), 10_000_000)


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ("a<!-- x -->b", "ab"),
        ("a<!--TYPO3SEARCH_begin-->b", "a<!--TYPO3SEARCH_begin-->b"),
        ("a<script>if (a < b) '<p>'</script>b<STYLE>x</STYLE >c", "abc"),
        ('<script type="application/ld+json">{"a": 1}</script>b', '<script type="application/ld+json">{"a": 1}</script>b'),
        ("<!DOCTYPE html [<!ENTITY a 'b'>]>a", "a"),
        ("<?xml version='1.0'?>a<![CDATA[b]]>", "ab]]>"),
        ("a<!-- never closed <article>b", "a<article>b"),
        ("a<script>never closed <body>b", "a<body>b"),
        ("a<svg><title>x</title><path d='M0'/></svg>b", "ab"),
        ("a<svg><path>b", "a<path>b"),
        ("a<script", "a"),
        ("a<!--", "a"),
    ],
)
def test_what_is_cut_out(markup: str, left: str) -> None:
    assert strip_invisible(markup) == left


@pytest.mark.parametrize(
    ("markup", "harmless"),
    [
        ("<p>" * 5_000, True),
        ("<div><p>a</p></div>" * 5_000, True),
        ("<div>" * 101, False),
        ("</div>" * 200 + "<div>" * 200, False),
        ("<b>" * 31, False),
        ("<x-box>" * 101, False),
        ("<x-path/>" * 1_000, False),
        ('<p title="never closed>a', False),
        ("<p title='a'>it's fine</p>", True),
        ("<plaintext>a", False),
        ("<p " + "a=1 " * 10_000 + ">", False),
    ],
)
def test_what_needs_a_closer_look(markup: str, harmless: bool) -> None:
    assert is_harmless(markup) == harmless


SHORT_NESTS = ("", "<div>", "</div>", "<b>", "</b>", "<p>", "<div><div><b></b></div></div>", "<b><div></b></div>")
DEEP_NESTS = ("<b>" * 15, "</b>" * 29, "<b></div>" * 8, "<div>" * 45, "</div>" * 90, "<b>" * 9 + "</b>" * 9)


@given(st.lists(st.sampled_from(SHORT_NESTS + DEEP_NESTS), max_size=12))
def test_a_page_is_harmless_if_its_exact_depths_are_within_the_limits(parts: list[str]) -> None:
    depth, depths, formats = 0, [0], [0]
    for tag in re.findall(r"</?(?:div|b)>", "".join(parts)):
        step = -1 if tag[1] == "/" else 1
        depth += step
        depths.append(depth)
        formats.append(formats[-1] + (step if "b" in tag else 0))
    within = max(depths) - min(depths) <= 100 and max(formats) - min(formats) <= 30
    assert is_harmless("".join(parts)) == within


@given(st.text("ab ", max_size=60), st.integers(2, 20))
def test_no_long_part_is_overlooked(text: str, length: int) -> None:
    if any(len(part) > length for part in text.split(" ")):
        assert may_have_long_part(text, " ", length)


def test_a_text_with_a_separator_in_each_block_has_no_long_part() -> None:
    assert not may_have_long_part("one two three " * 50, " ", 16)


@pytest.mark.parametrize(
    "markup",
    [
        lambda n: "<div>" * n + WORDS,
        lambda n: "<b>" * n + WORDS,
        lambda n: "<table>" * (n // 8) + WORDS,
        lambda n: f"<a {'x=1 ' * n}>{WORDS}",
        lambda n: f"<x-a>{'<x-b>' * n}{WORDS}",
        lambda n: f"{'</p></div></b>' * n}{WORDS}",
        lambda n: f"{'<script><body>' * (2 * n)}{WORDS}",
        lambda n: f"{'<!--<body>' * (2 * n)}{WORDS}",
        lambda n: f"{'<svg>' * (2 * n)}{WORDS}",
        lambda n: f"{'<!doctype [>' * (2 * n)}{WORDS}",
        lambda n: f"<svg>{'<path>' * n}</svg>{WORDS}",
    ],
)
def test_hostile_markup_keeps_its_text_and_takes_linear_time(markup: Callable[[int], str]) -> None:
    def read(page: str) -> None:
        assert WORDS in text(page)

    assert_linear(markup, read, 4_000)


@pytest.mark.parametrize(
    "markup",
    [
        f"<!-- {WORDS}<body>{WORDS}",
        f'<p title="{WORDS}>{WORDS}<p>{WORDS}',
        f"<plaintext>{WORDS}",
        f"&#xD800;&#0;&#x110000;&#xFFFFFFFFFF;{WORDS}",
        f"\x00\x0b\ud800{WORDS}",
    ],
)
def test_broken_markup_keeps_its_text(markup: str) -> None:
    assert WORDS in text(markup)


@given(st.text(alphabet="<>/!-\"'=& abp\x00\ud800é汉", max_size=60))
def test_no_markup_raises(markup: str) -> None:
    assert isinstance(text(markup), str)


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<br>", "<li>", "<table><tr><td>", "</table>", "x ", "<a href=y>"]
        ),
        max_size=40,
    )
)
def test_every_nesting_keeps_its_words(pieces: list[str]) -> None:
    assert text("".join(pieces)).replace(" ", "").count("x") == pieces.count("x ")


def test_selectors_choose_what_beautifulsoup_chooses() -> None:
    root = html.read("<div class=a><p>1</p><p id=b>2 <b>3</b></p></div><table><tr><td>4</table>")
    for selector, texts in (
        (".a > p", ["1", "2 3"]),
        ("#b b, td", ["3", "4"]),
        ("p:has(b)", ["2 3"]),
        ("p:-soup-contains('1')", ["1"]),
        ("p[[", []),
        (".none", []),
    ):
        assert [html.line_of(element) for element in html.select(root, selector)] == texts
    assert "data-number" not in str([element.attrib for element in root.iter()])


@pytest.mark.parametrize(
    ("attributes", "hidden"),
    [
        ({"hidden": ""}, True),
        ({"aria-hidden": "TRUE "}, False),
        ({"style": "color: red; DISPLAY:  none"}, True),
        ({"style": "visibility: collapse"}, True),
        ({"style": "--display: none"}, False),
        ({"aria-hidden": "false", "class": "hidden"}, False),
        ({}, False),
    ],
)
def test_what_a_page_hides(attributes: dict[str, str], hidden: bool) -> None:
    assert html.hides(attributes) == hidden


@pytest.mark.parametrize("tag", ["article", "section", "main", "div", "custom-element"])
def test_a_page_without_head_and_body_tags_has_its_text_in_the_body(tag: str) -> None:
    root = html.read(f"<html lang=en><meta charset=utf-8><title>T</title><{tag}><p>One.</p></{tag}>two<p>Three.</p>")
    head, body = root
    assert [each.tag for each in head] == ["meta", "title"]
    assert html.line_of(body) == "One. two Three."
