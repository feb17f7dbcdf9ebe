"""How a crawl of a source ends: what is stored of the visit, and which pages were seen to have the same text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.archive.visits import Visit
from indexer.crawl.batch_writer import PageUpdate
from indexer.crawl.crawler import CrawlOptions
from indexer.crawl.extraction_processes.worker import PageExtraction
from indexer.crawl.response_policy import FetchAttempt, SameText
from indexer.crawl.soft_errors import SoftError
from indexer.crawl.source_crawl import SameTextTracker
from indexer.extract.extractor import ExtractionResult
from indexer.model import Document, Entry, Failure, Response
from indexer.reasons import Reason
from support.builders import site
from support.crawls import Crawled
from support.web import NOW, Web

THREE = ["ant", "bee", "cow"]


@pytest.fixture
def crawled(tmp_path: Path) -> Iterator[Crawled]:
    crawled = Crawled(tmp_path, Web(site(THREE)))
    yield crawled
    crawled.archive.close()


def state(crawled: Crawled) -> SourceState:
    return crawled.archive.sources.all()[0]


def test_a_complete_crawl_is_due_later_and_asks_for_changes_only(crawled: Crawled) -> None:
    crawled.run()
    assert state(crawled).etag is not None
    due = state(crawled).next_crawl
    assert due is not None
    assert due > NOW
    assert crawled.archive.listings.get(1).listing_hash is not None
    (counts,) = crawled.archive.crawls.by_source()[1]
    assert counts.counts.added == 3


def test_what_a_limit_cuts_short_is_due_at_once_and_read_again(crawled: Crawled) -> None:
    crawled.run(wanted=CrawlOptions(everything=True, limit=2))
    assert (state(crawled).next_crawl, state(crawled).etag) == (NOW, None)


def test_a_dry_run_stores_nothing(crawled: Crawled) -> None:
    before = state(crawled)
    report = crawled.run(wanted=CrawlOptions(everything=True, dry_run=True))
    assert len(report.planned) == 3
    assert crawled.web.paths.count("/ant") == 0
    assert state(crawled) == before
    assert crawled.archive.crawls.by_source() == {}
    assert crawled.documents() == {}


def test_a_source_that_cannot_be_read_is_due_later_with_its_error(crawled: Crawled) -> None:
    crawled.web.pages["/rss.xml"] = 500
    report = crawled.run()
    assert report.error is not None
    assert (state(crawled).state, state(crawled).last_error) == ("failing", report.error)
    due = state(crawled).next_crawl
    assert due is not None
    assert due > NOW
    crawled.run(wanted=CrawlOptions(everything=True, dry_run=True), days=1)
    assert state(crawled).next_crawl == due, "a dry run changes nothing"


def test_a_source_whose_pages_fail_is_not_in_order(crawled: Crawled) -> None:
    crawled.web.pages |= dict.fromkeys(("/ant", "/bee", "/cow"), 500)
    crawled.run()
    assert state(crawled).state == "partial"
    (crawl,) = crawled.archive.crawls.by_source()[1]
    assert (crawl.state, crawl.counts.failed) == ("partial", 3)


# -- pages with the same text -------------------------------------------------------------------------------------------

TEXT = "The ferry crosses the estuary again after nine winters. " * 6
ERROR = SoftError(Reason("same-text"), "text", "mark")


class Tracked:
    """A tracker over an archive without pages."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.tracker = archive, SameTextTracker(archive)

    def facts(self, name: str, text: str = TEXT, head: str = "", *, is_judged: bool = True) -> SameText:
        return self.tracker.facts(attempt(name, head), extraction(name, text), is_judged=is_judged).same_text

    def record(self, name: str, text: str = TEXT, *, trusted: bool = True, doubts_others: bool = False) -> None:
        facts = self.tracker.facts(attempt(name), extraction(name, text), is_judged=True)
        update = PageUpdate(attempt(name).page, soft_error=None if trusted else ERROR, doubts_others=doubts_others)
        self.tracker.record(attempt(name), extraction(name, text), facts, update)


def url_of(name: str) -> str:
    return f"https://n.example/{name}"


def attempt(name: str, head: str = "") -> FetchAttempt:
    url = url_of(name)
    page = PageRecord(name, url, 1, Entry(url), "digest")
    answer = Response(url, url, 200, {"content-type": "text/html"}, f"<html lang=en><head>{head}</head>".encode())
    return FetchAttempt(page, None, Visit(name, 1), answer=answer)


def extraction(name: str, text: str) -> PageExtraction:
    return PageExtraction(ExtractionResult(Document(name, url_of(name), "The ferry", text, rule="article") if text else None))


@pytest.fixture
def tracked(crawled: Crawled) -> Tracked:
    return Tracked(crawled.archive)


def test_the_first_page_with_a_text_shares_it_with_no_other(tracked: Tracked) -> None:
    assert tracked.facts("a") == SameText()
    tracked.record("a")
    assert tracked.facts("a") == SameText(), "nor with itself"


def test_pages_of_this_crawl_count_although_they_are_not_stored(tracked: Tracked) -> None:
    tracked.record("a")
    tracked.record("b", trusted=False)
    assert tracked.facts("c") == SameText(frozenset({"a"}), frozenset({"b"}))
    assert tracked.facts("c", "Another text. " * 9) == SameText()
    assert tracked.facts("c", "") == SameText()
    assert tracked.facts("c", is_judged=False) == SameText()


def test_the_last_judgement_of_a_page_counts(tracked: Tracked) -> None:
    tracked.record("a", trusted=False)
    tracked.record("a")
    assert tracked.facts("b") == SameText(frozenset({"a"}))


def test_the_page_in_another_language_may_have_the_same_text(tracked: Tracked) -> None:
    tracked.record("a")
    assert tracked.facts("b", head=f'<link rel="alternate" hreflang="de" href="{url_of("a")}">') == SameText()
    assert tracked.facts("b", head=f'<link rel="alternate" hreflang="de" href="{url_of("x")}">').trusted == {"a"}


def test_pages_that_others_make_doubtful_are_looked_at_again(tracked: Tracked) -> None:
    tracked.record("a")
    tracked.record("b", trusted=False)
    tracked.record("c", trusted=False)
    assert tracked.tracker.doubtful == set()
    tracked.record("d", trusted=False, doubts_others=True)
    assert tracked.tracker.doubtful == {"a"}, "b and c are doubted already"


def test_an_answer_that_is_none_has_no_text(tracked: Tracked) -> None:
    tracked.record("a")
    failed = FetchAttempt(attempt("b").page, None, Visit("b", 1), answer=Failure(url_of("b"), "timeout"))
    assert tracked.tracker.facts(failed, extraction("b", TEXT), is_judged=True).same_text == SameText()
    tracked.tracker.record(failed, None, tracked.tracker.facts(failed, None, is_judged=True), PageUpdate(failed.page))
    assert tracked.facts("c") == SameText(frozenset({"a"}))
