"""Robots directives: which crawler must not index a page, and until when it may."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from indexer.extract.article import extract
from indexer.extract.crawler_directives import OUR_NAME, product_name, robots_directives
from indexer.extract.extractor import extract_document
from indexer.model import Entry, Response, Source


@pytest.mark.parametrize(
    ("header", "noindex"),
    [
        ("noindex", True), ("NOINDEX, nofollow", True), ("none", True), ("nofollow, noarchive", False), ("", False),
        ("googlebot: noindex", False), ("googlebot: noindex, nofollow", False), ("nofollow, googlebot: noindex", False),
        (f"{OUR_NAME}: noindex", True), (f"googlebot: nofollow, {OUR_NAME}: noindex", True), ("*: noindex", True),
        ("max-snippet: 20, noindex", True), ("max-image-preview: none", False), ("googlebot: max-snippet: 20, noindex", False),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST, noindex", True), ("noindexifembedded", False), ("indexifembedded", False),
        # several headers: a name reaches to the end of its own
        ("googlebot: nofollow\nnoindex", True), ("googlebot: noindex\nnofollow", False), ("noindex\ngooglebot: nofollow", True),
        (f"{OUR_NAME}: nofollow\ngooglebot: noindex, none", False), (f"googlebot: noindex\n{OUR_NAME}: noindex", True),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST\nnoindex", True), ("googlebot: unavailable_after: 25 Jun 2030\nnone", True),
    ],
)  # fmt: skip
def test_the_header_is_read_for_everybody_and_for_us(header: str, noindex: bool) -> None:
    assert bool(robots_directives({}, header).noindex) is noindex


@pytest.mark.parametrize(
    ("metas", "noindex"),
    [
        ({"robots": ["index, follow"]}, False), ({"robots": ["follow", "noindex"]}, True), ({"googlebot": ["noindex"]}, False),
        ({OUR_NAME: ["noindex"]}, True), ({"robots": ["noindex;nofollow"]}, True), ({"robots": ["noindexed pages"]}, False),
        ({"robots": ["max-image-preview:none"]}, False),
    ],
)  # fmt: skip
def test_meta_elements_are_read_for_everybody_and_for_us(metas: dict[str, list[str]], noindex: bool) -> None:
    assert bool(robots_directives(metas, "").noindex) is noindex


@pytest.mark.parametrize(
    ("rules", "day"),
    [
        ("unavailable_after: 2026-06-25", "2026-06-25"), ("noarchive, unavailable_after: 25 Jun 2026 15:00:00 PST", "2026-06-25"),
        ("unavailable_after: Thursday, 25-Jun-26 15:00:00 UTC, nofollow", "2026-06-25"), ("unavailable_after: never", None),
        ("unavailable_after: 2026-06-25T10:00:00Z, max-snippet: 3", "2026-06-25"), ("otherbot: unavailable_after: 2026-06-25", None),
    ],
)  # fmt: skip
def test_the_day_from_which_on_it_is_not_to_be_found(rules: str, day: str | None) -> None:
    found = robots_directives({}, rules)
    assert found.noindex == ""
    assert (found.until and f"{found.until:%Y-%m-%d}") == day


def test_the_directives_of_a_page_are_read_once_for_all_crawlers() -> None:
    def forbids(body: str, agent: str = "Harbour-Bot") -> bool:
        metas = extract(body, "https://example.org/a").robots
        return bool(robots_directives(metas, "", product_name(f"{agent}/1.0 (+https://example.org)")).noindex)

    assert forbids("<meta content='noindex' name='Robots'>")
    assert forbids("<META NAME=harbour-bot CONTENT=noindex />")
    assert not forbids("<meta name=harbour-bot content=noindex>", agent="other")
    assert not forbids("<!-- <meta name=robots content=noindex> --><meta name=description content=noindex>")
    assert not forbids("<!--" * 50_000 + "<meta name=robots content=noindex>")
    assert forbids("<!-- a --><meta name=robots content=noindex>" + "<!--" * 50_000)


def test_directives_reach_the_crawler_with_and_without_a_text() -> None:
    for body in ("", "<p>The ferry runs again from Monday on.</p>"):
        page = f"<meta name=robots content='unavailable_after: 2026-06-25'>{body}"
        answer = Response("https://example.org/a", "https://example.org/a", 200, {}, page.encode())
        result = extract_document(Entry("https://example.org/a"), "https://example.org/a", Source("https://example.org/"), answer)
        assert robots_directives(result.robots, "").until == datetime(2026, 6, 25, tzinfo=UTC)
