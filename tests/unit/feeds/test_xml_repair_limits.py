"""Hostile feeds are bounded by the size of what feedparser gets, not by the clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.feeds import xml_repair
from indexer.feeds.parse import parse_feed
from indexer.feeds.xml_repair import MAX_ELEMENTS, MAX_ELEMENTS_OF_ITEM, limit_elements

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
    monkeypatch.setattr(xml_repair, "MAX_ELEMENTS", 6_000)
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
        for name, value in (("MAX_ELEMENTS", 20), ("MAX_ELEMENTS_OF_ITEM", 5), ("MAX_DEPTH", 4), ("MAX_STRAY_SIGNS", 3),
                            ("MAX_REPEATED", 2), ("MAX_REMOVED_TAGS", 30)):  # fmt: skip
            patch.setattr(xml_repair, name, value)
        limit_elements("".join(soup), [])


elements = st.recursive(st.sampled_from(["", "text", "<![CDATA[<p>]]>", "<!-- < -->"]), lambda inner: st.builds(
    lambda parts, name: f"<{name} a='1'>{''.join(parts)}</{name}>", st.lists(inner, max_size=4), st.sampled_from(["a", "b", "category"])
))  # fmt: skip


@given(st.lists(elements, max_size=4))
def test_what_is_no_flood_stays_as_it_is(items: list[str]) -> None:
    text = f"{HEAD}{''.join(f'<item>{inside}</item>' for inside in items)}{FOOT}"
    problems: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_repair, "MIN_TAGS", 0)
        assert limit_elements(text, problems) == text
    assert not problems


DEEP = "elements beyond 4 for one item, or too deep, were removed"
MANY = "categories, authors or links beyond 2 for one item were removed"


@pytest.mark.parametrize(
    ("feed", "limited", "problems"),
    [
        ("<c><item><a><b>x</b></a></item></c>", None, []),
        ("<c><item><a><b><d>x</d>y</b></a></item><item><a>z</a></item></c>", "<c><item><a><b>xy</b></a></item><item><a>z</a></item></c>", [f"1 {DEEP}"]),
        ("<c><item><a><b></b></a><d/></item></c>", None, []),
        ("<c><item><a/><b/><d>y</d>x</item></c>", None, []),
        ("<c><item><a/><b/><d/><f/>x</item><item><a/></item></c>", "<c><item><a/><b/><d/>x</item><item><a/></item></c>", [f"1 {DEEP}"]),
        ("<c><item><id/><id/><link/>x</item></c>", None, []),
        ("<c><item><id/><id/><id/>x</item><item><id/></item></c>", "<c><item><id/><id/>x</item><item><id/></item></c>", [f"1 {MANY}"]),
        ("<c><item><id>1</id><id>2</id><id>3<b>4</b></id>x</item></c>", "<c><item><id>1</id><id>2</id>x</item></c>", [f"1 {MANY}"]),
        ("<c><item><id>1</id><id>2</id><id>3</item><item>y</item></c>", "<c><item><id>1</id><id>2</id></item><item>y</item></c>", [f"1 {MANY}"]),
        ("<c><item><id/><id/><id>3 < 4</id>x</item></c>", "<c><item><id/><id/>x</item></c>", [f"1 {MANY}"]),
        ("a < b < c < d < e", "a &lt; b &lt; c  d  e", []),
        ("</a>x</b><c>y</c>", "x<c>y</c>", [f"2 {DEEP}"]),
        ("<c><item></a>x</item></c>", "<c><item>x</item></c>", [f"1 {DEEP}"]),
        ("<c><item>x<item>y</item></c>", None, []),
        ("<c><item><a>x<item><a>y</a></item></c>", None, []),
        ("<c><item><a><b>x</item><a>y</a></c>", None, []),
        (f"<rss><channel>{'<item><a/><b/></item>' * 3}</channel></rss>", None, []),
        (f"<rss><channel>{'<item><a/><b/></item>' * 5}</channel></rss>", f"<rss><channel>{'<item><a/><b/></item>' * 3}</channel></rss>",
         ["the feed has more than 12 elements; the items up to there are read"]),
        ("<c></a></a></a></a></a></a>x", "<c></a>x", [f"5 {DEEP}"]),
        ("<c></a></a></a></a></a></a></a></a>x</c>", "<c></a></c>", ["the feed has too many elements; its beginning is read"]),
        ("<c><item><id/><id/><id/><id/><id/></a></a>< < x</item></c>", "<c><item><id/><id/>&lt; &lt;</c>",
         ["the feed has too many elements; its beginning is read"]),
        ("<c><!-- <a><b> --><item><![CDATA[<p><p><p><p><p>]]></item><?x <a> ?></c>", None, []),
        ("<feed><entry><a>x</a></entry><atom:entry>y</atom:entry></feed>", None, []),
    ],
)  # fmt: skip
def test_what_is_removed_at_each_limit(
    monkeypatch: pytest.MonkeyPatch, feed: str, limited: str | None, problems: list[str]
) -> None:
    """At most 12 elements, 4 in an item, 4 deep, 2 of a kind, 2 stray signs; a feed that loses more than 6 is cut."""
    for name, value in (("MAX_ELEMENTS", 12), ("MAX_ELEMENTS_OF_ITEM", 4), ("MAX_DEPTH", 4), ("MAX_STRAY_SIGNS", 2),
                        ("MAX_REPEATED", 2), ("MAX_REMOVED_TAGS", 6)):  # fmt: skip
        monkeypatch.setattr(xml_repair, name, value)
    found: list[str] = []
    assert limit_elements(feed, found) == (feed if limited is None else limited)
    assert found == problems


def test_a_feed_of_few_tags_is_not_checked() -> None:
    deep = "<a>" * 100 + "</a>" * 100
    few, many = (parse_feed(item(inside).encode(), None, URL) for inside in (deep, deep + "<b/>" * xml_repair.MIN_TAGS))
    assert few.problems == ()
    assert any("too deep" in problem for problem in many.problems)
