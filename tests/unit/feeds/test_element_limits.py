"""Hostile feeds are bounded by the size of what feedparser gets, not by the clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.feeds import element_limits
from indexer.feeds.element_limits import MAX_ELEMENTS, MAX_ELEMENTS_OF_ITEM, limit_elements
from indexer.feeds.parse import parse_feed

URL = "https://example.org/news/feed.xml"
ONE = "<item><title>one</title><link>/one</link></item>"
HEAD, FOOT = "<rss version='2.0'><channel><title>t</title>", "</channel></rss>"


def item(inside: str) -> str:
    return f"{HEAD}{ONE}<item><title>two</title>{inside}</item><item><title>three</title></item>{FOOT}"


@pytest.mark.parametrize(
    "inside",
    [
        "<a>" * 150_000,
        "<a>" * 150_000 + "</a>" * 150_000,
        "<a/>" * 150_000,
        "<category>" * 150_000,
        "<category>x</category>" * 50_000,
        "<category>x<b>y</b></category>" * 50_000,
        "<link href='/a'/>" * 50_000,
        "<x:y xmlns:x='u'>z</x:y>" * 50_000,
        "<guid" * 150_000,
        "<" * 150_000,
        "</a>" * 150_000,
        "<!-- <a> -->" * 50_000,
        "<description><![CDATA[" + "<p>word</p>" * 50_000 + "]]></description>",
    ],
)
def test_one_items_flood_costs_the_other_items_nothing(inside: str) -> None:
    problems: list[str] = []
    text = limit_elements(item(inside), problems)
    if "CDATA" not in inside and "<!--" not in inside:
        assert text.count("<") < 2 * MAX_ELEMENTS_OF_ITEM + 3000
    titles = [entry.title for entry in parse_feed(item(inside).encode(), None, URL).entries]
    assert titles[0] == "one"
    assert "two" in titles[1]
    assert titles[-1] == "three"


@pytest.mark.parametrize("piece", ["<a>", "<a/>", "<category>x", "<", "<guid", "<link/>", "<b></b>", "<item>", "<a b='"])
def test_a_flood_without_end_leaves_a_feed_of_bounded_size(piece: str) -> None:
    problems: list[str] = []
    text = limit_elements(HEAD + ONE + piece * (1_200_000 // len(piece)), problems)
    assert text.count("<") <= MAX_ELEMENTS * 2 + 5000
    assert problems or piece in ("<category>x", "<a b='")
    assert [entry.title for entry in parse_feed(text.encode(), None, URL).entries][:1] == ["one"]


def test_a_long_feed_is_cut_between_two_items_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(element_limits, "MAX_ELEMENTS", 6_000)
    items = "".join(f"<item><title>t{number}</title>{'<m>x</m>' * 28}</item>" for number in range(300))
    feed = parse_feed(f"{HEAD}{items}{FOOT}".encode(), None, URL)
    assert len(feed.entries) == 199
    assert any("elements" in problem for problem in feed.problems)
    assert not any("not well-formed" in problem for problem in feed.problems)


words = st.sampled_from(["<a>", "</a>", "<a/>", "<", ">", "text", "<item>", "</item>", "<category>", "</category>", "<![CDATA[", "]]>",
                         "<!--", "-->", "<?", "?>", "&lt;", "<id/>", "<entry>", "</entry>", "<x:y>", "</x:y>"])  # fmt: skip


@given(st.lists(words, max_size=80))
def test_no_tag_soup_is_too_much(soup: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("MIN_TAGS", 0), ("MAX_ELEMENTS", 20), ("MAX_ELEMENTS_OF_ITEM", 5), ("MAX_DEPTH", 4), ("MAX_STRAY_SIGNS", 3),
                            ("MAX_REPEATED", 2), ("MAX_REMOVED_TAGS", 30)):  # fmt: skip
            patch.setattr(element_limits, name, value)
        limit_elements("".join(soup), [])


elements = st.recursive(st.sampled_from(["", "text", "<![CDATA[<p>]]>", "<!-- < -->"]), lambda inner: st.builds(
    lambda parts, name: f"<{name} a='1'>{''.join(parts)}</{name}>", st.lists(inner, max_size=4), st.sampled_from(["a", "b", "category"])
))  # fmt: skip


@given(st.lists(elements, max_size=4))
def test_what_is_no_flood_stays_as_it_is(items: list[str]) -> None:
    text = f"{HEAD}{''.join(f'<item>{inside}</item>' for inside in items)}{FOOT}"
    problems: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(element_limits, "MIN_TAGS", 0)
        assert limit_elements(text, problems) == text
    assert not problems
