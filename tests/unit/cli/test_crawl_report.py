"""Failures of a crawl: pages that failed for the same reason share a line."""

from __future__ import annotations

from indexer.cli.crawl_report import failure_lines
from indexer.model import Failure

SITE = "https://news.example"


def gone(number: int) -> Failure:
    url = f"{SITE}/{number}"
    return Failure(url, "status", f"{url}: the server answered 410", status=410)


def test_one_page_is_named_as_before() -> None:
    assert list(failure_lines([gone(1)])) == [f"{SITE}/1: the server answered 410"]


def test_pages_with_one_reason_share_a_line_and_are_all_named() -> None:
    slow = Failure(f"{SITE}/slow", "timeout", f"{SITE}/slow: no answer in 30 s")
    assert list(failure_lines([gone(1), slow, gone(2)])) == [
        f"2 pages: the server answered 410: {SITE}/1, {SITE}/2",
        f"{SITE}/slow: no answer in 30 s",
    ]


def test_every_page_is_named_however_many_there_are() -> None:
    (line,) = failure_lines([gone(number) for number in range(1200)])
    assert line.count(SITE) == 1200
