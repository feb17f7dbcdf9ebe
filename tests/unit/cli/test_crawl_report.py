"""Failures of a crawl: pages that failed for the same reason share a line."""

from __future__ import annotations

from indexer.cli.crawl_report import failure_lines
from indexer.model import Failure

SITE = "https://news.example"


def gone(number: int) -> Failure:
    url = f"{SITE}/{number}"
    return Failure(url, "status", f"{url}: the server answered 410", status=410)


def test_one_page_is_named_as_before() -> None:
    assert list(failure_lines([gone(1)], 10)) == [f"{SITE}/1: the server answered 410"]


def test_pages_with_one_reason_share_a_line_and_are_all_named() -> None:
    slow = Failure(f"{SITE}/slow", "timeout", f"{SITE}/slow: no answer in 30 s")
    assert list(failure_lines([gone(1), slow, gone(2)], 10)) == [
        f"2 pages: the server answered 410: {SITE}/1, {SITE}/2",
        f"{SITE}/slow: no answer in 30 s",
    ]


def test_long_lists_are_cut_and_say_how_to_see_the_rest() -> None:
    (line,) = failure_lines([gone(number) for number in range(1200)], 2)
    assert line == f"1,200 pages: the server answered 410: {SITE}/0, {SITE}/1 and 1,198 more (list all with -v)"
    (line,) = failure_lines([gone(number) for number in range(1200)], None)
    assert line.count(SITE) == 1200
