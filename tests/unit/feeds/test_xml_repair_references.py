"""What bare ampersands, unknown entities and stray signs become: the same with feedparser's strict and lenient parser."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer.feeds.parse import parse_feed
from indexer.feeds.xml_repair import repair_references
from indexer.html import to_text
from indexer.model import Entry
from support.growth import assert_linear

URL = "https://games.example/feed"


def parsed(title: str, text: str, *, well_formed: bool = True) -> Entry:
    tail = "" if well_formed else "<unclosed>"
    item = f"<item><title>{title}</title><link>/p?a=1&amp;b=2</link><description>{text}</description></item>"
    feed = parse_feed(f"<rss version='2.0'><channel><title>Games</title>{item}{tail}</channel></rss>".encode(), None, URL)
    assert any("not well-formed" in problem for problem in feed.problems) is not well_formed
    (entry,) = feed.entries
    return entry


@pytest.mark.parametrize("well_formed", [True, False])
@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Chess & Go at B&B: R&D, Q&A", "Chess & Go at B&B: R&D, Q&A"),
        ("Chess &amp; Go", "Chess & Go"),
        ("P&O; what now", "P&O; what now"),
        ("caf&eacute; &ndash; bar&nbsp;2", "café – bar 2"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("a &#38; b &#x26; c", "a & b & c"),
        ("a&#xD800;b&#0;c", "abc"),
        ("<![CDATA[R&D & Q&amp;A]]>", "R&D & Q&A"),
        ("AT&amp;T &amp;amp; B", "AT&T & B"),
        ("Ann&#39s caf&#233, &#8211 5", "Ann's café, – 5"),
        ("Order &#1 & &#99999999; x", "Order &#1 & x"),
        ("Boat &#55357;&#57002; and &#55357; alone", "Boat 🚪 and alone"),
        ("<![CDATA[Ann <![CDATA[and]]> Bob]]>", "Ann and Bob"),
        ("<![CDATA[A <![CDATA[ B]]>", "A B"),
        ("&lt;![CDATA[Ann & Bob]]&gt;", "Ann & Bob"),
    ],
)
def test_titles(title: str, expected: str, well_formed: bool) -> None:
    assert parsed(title, "", well_formed=well_formed).title == expected


@pytest.mark.parametrize("well_formed", [True, False])
def test_parameters_of_addresses_are_no_entities(well_formed: bool) -> None:
    entry = parsed("t", "see https://x.example/?a=1&b=2&copy=3&lt=4", well_formed=well_formed)
    assert entry.summary_html == "see https://x.example/?a=1&b=2&copy=3&lt=4"


def test_an_unfinished_tag_makes_no_attributes() -> None:
    assert parsed("t", "if a<b then c").summary_html == "if a<b then c"


PIECES = st.sampled_from(
    "& &amp; &lt; &gt; &quot; &copy; &T; &copy &amp;amp; &#38; &#xD800; &#8211; ; D é < <i <!--&--> &lt;p&gt; <![CDATA[a&b]]>".split()
)


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=12).map("".join))
@settings(max_examples=150, deadline=None)
@example("&amp;lt;", "&amp;amp;copy;")
def test_both_parsers_read_the_same(title: str, text: str) -> None:
    strict, lenient = parsed(f"x{title}", f"y{text}"), parsed(f"x{title}", f"y{text}", well_formed=False)
    assert (strict.title, to_text(strict.summary_html), strict.url) == (lenient.title, to_text(lenient.summary_html), lenient.url)


@given(st.text("&;#x0aT<>![CDATA-] ", max_size=200))
def test_a_repaired_text_stays_as_it_is(text: str) -> None:
    once = repair_references(text)
    assert repair_references(once) == once


@pytest.mark.parametrize("piece", ["&", "<", "<![CDATA[", "<![CDATA[<![CDATA[]]>", "&#", "<a", "<!--"])
def test_it_is_linear(piece: str) -> None:
    assert_linear(lambda size: piece * size, repair_references, 20_000)
