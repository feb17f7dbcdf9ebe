"""What is gone or forbids indexing is removed; where that is much at once, the operator confirms it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from indexer.archive.store import PageRecord
from indexer.cli.reason_text import question_text
from indexer.crawl import revisit_policy
from indexer.crawl.crawler import CrawlOptions
from indexer.crawl.page_queue import MAX_UNLISTED_PAGES
from indexer.crawl.stale_extractions import reextract_all
from indexer.model import Entry
from indexer.urls import document_id
from support.builders import NAMES, article, feed_of, site
from support.crawls import Crawled, reason, vanish
from support.web import FEED, NOW, SITE, Answer, Web

DUE = CrawlOptions()


def test_what_is_gone_leaves_at_the_second_look_that_the_operator_asks_for(tales: Crawled) -> None:
    tales.web.pages["/ant"] = 404
    tales.run(days=1)
    assert "ant" in tales.documents()
    tales.run(days=1, minutes=1)
    assert "ant" not in tales.documents()
    code, sentence = reason(tales, "/ant")
    assert code == "gone"
    assert "answered 404 twice since 2026-01-02" in sentence
    tales.web.pages["/ant"] = article("ant", words="again")
    tales.run(days=4)
    assert "again" in tales.text("ant")


def test_gone_twice_within_the_hour_is_gone_once() -> None:
    known = PageRecord("a", f"{SITE}/a", 1, Entry(f"{SITE}/a"), "", fetched_at=NOW, gone_count=1)
    looks = [
        revisit_policy.gone_count(known, NOW + timedelta(minutes=m), is_requested=asked)
        for m, asked in ((40, False), (61, False), (1, True))
    ]
    assert looks == [1, 2, 2]


def test_a_page_that_was_never_had_leaves_when_its_item_has_left_and_it_is_gone(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web({**site(), "/ant": 404}))
    crawled.run()
    for day in (1, 2, 3):
        crawled.run(days=day)
    assert crawled.text("ant") == "short words about ant"
    crawled.web.pages["/rss.xml"] = feed_of(("bee", "cow"))
    crawled.run(days=4)
    crawled.run(days=5)
    assert "ant" not in crawled.documents()
    crawled.archive.close()


@pytest.mark.parametrize(
    ("head", "header", "leaves"),
    [
        ("<meta name=robots content='noindex, follow'>", "", True),
        ("<META NAME='ROBOTS' CONTENT=NONE>", "", True),
        ("<meta name=googlebot content=noindex>", "", False),
        ("<meta name=feed-search-indexer content=noindex>", "", True),
        ("<meta name=harbour-bot content=noindex>", "", False),
        ("<meta name=robots content='max-snippet:-1, index, follow'>", "", False),
        ("<meta name=robots content='unavailable_after: 2025-12-01'>", "", True),
        ("<meta name=robots content='unavailable_after: 2027-12-01'>", "", False),
        ("", "noindex", True),
        ("", "googlebot: noindex, nofollow", False),
        ("", "otherbot: noindex, feed-search-indexer: noindex", True),
        ("", "unavailable_after: 25 Jun 2025 15:00:00 PST", True),
        ("", "unavailable_after: Wednesday, 25-Jun-25 15:00:00 PST, nofollow", True),
        ("", "max-image-preview: large, nofollow", False),
    ],
)
def test_a_page_that_asks_not_to_be_indexed_leaves_and_comes_back(tales: Crawled, head: str, header: str, leaves: bool) -> None:
    tales.web.pages["/ant"] = Answer(article("ant", head), headers={"x-robots-tag": header} if header else {})
    report = tales.run(days=1)
    assert ("ant" not in tales.documents()) is leaves
    assert report.removed == leaves
    if leaves:
        code, sentence = reason(tales, "/ant")
        assert (code, "asks not to be indexed" in sentence) == ("noindex", True)
        assert reextract_all(tales.archive).changed == 0  # not brought back from what is stored
        tales.run(days=2)
        assert "ant" not in tales.documents()
        tales.web.pages["/ant"] = article("ant")
        tales.run(days=3)
        assert "story 5" in tales.text("ant")


def test_the_name_that_the_operator_gave_the_crawler_counts(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site()), agent="harbour-bot/2.0 (of the town)")
    crawled.run()
    crawled.web.pages["/ant"] = article("ant", "<meta name='harbour-bot' content='noindex'>")
    crawled.run(days=1)
    assert "ant" not in crawled.documents()
    crawled.archive.close()


def test_a_page_leaves_on_the_day_that_it_named(tales: Crawled) -> None:
    tales.web.pages["/ant"] = article("ant", "<meta name=robots content='unavailable_after: 2026-01-03T12:00:00Z'>")
    tales.run(days=1)
    assert "ant" in tales.documents()
    tales.run(days=2, hours=11, wanted=DUE)
    assert "ant" in tales.documents()
    tales.run(days=2, hours=13, wanted=DUE)
    assert "ant" not in tales.documents()


def test_a_page_that_robots_txt_forbids_for_a_day_leaves_and_one_forbidden_by_mistake_does_not(tales: Crawled) -> None:
    tales.web.pages["/robots.txt"] = "User-agent: *\nDisallow: /ant"
    tales.run(days=1)
    tales.run(days=1, hours=2)
    assert "ant" in tales.documents()
    tales.web.pages["/robots.txt"] = "User-agent: *\nDisallow: /bee"
    tales.run(days=1, hours=12)
    tales.web.pages["/robots.txt"] = "User-agent: *\nDisallow: /ant"
    for hours, there in ((24, True), (30, True), (49, False)):
        tales.run(days=1, hours=hours)
        assert ("ant" in tales.documents()) is there
    assert reason(tales, "/ant")[0] == "robots"
    assert "bee" in tales.documents()
    tales.web.pages["/robots.txt"] = ""
    tales.run(days=9)
    assert "story 5" in tales.text("ant")  # the server says "not modified"


def test_a_site_that_forbids_everything_is_asked_about(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    crawled.run()
    crawled.web.pages["/robots.txt"] = "User-agent: *\nDisallow: /"
    first = crawled.run(days=1)
    assert first.error is not None
    report = crawled.run(days=3)
    assert report.question is not None
    assert question_text(report.question, FEED).startswith("the crawl would remove 16 of 16 documents")
    assert len(crawled.documents()) == 16
    crawled.archive.close()


def test_a_handful_may_go_and_more_than_a_fifth_is_asked_about(many: Crawled) -> None:
    vanish(many, 2)
    assert [many.run(days=day).removed for day in (1, 2)] == [0, 2]
    vanish(many, 12)
    many.run(days=4)
    report = many.run(days=5)
    assert (report.removed, len(many.documents())) == (0, 14)
    assert report.question is not None
    question = question_text(report.question, FEED)
    assert "would remove 10 of 14 documents" in question
    assert f"indexer crawl --accept-removals {FEED}" in question
    assert not re.search(r"(http\S+): \1", question)  # the first one's address is said once
    (state,) = many.archive.sources.all()
    assert (state.state, state.last_error) == ("asking", report.question)
    assert state.error_since == NOW + timedelta(days=5)
    assert reason(many, "/lark")[0] == "asking"
    many.web.pages |= site(NAMES[:10])  # most come back, so the others may go
    report = many.run(days=6)
    assert (report.question, report.removed, len(many.documents())) == (None, 2, 14)
    assert many.archive.sources.all()[0].state == "ok"
    assert many.archive.removals.questions() == {}


def test_what_was_asked_is_done_when_the_operator_says_so_and_only_then(many: Crawled) -> None:
    vanish(many, 12)
    yes = CrawlOptions(everything=True, accept_removals=True)
    many.run(days=1)
    assert many.run(days=2, wanted=yes).question  # nobody has been asked before, so this is no answer
    assert len(many.documents()) == 16
    report = many.run(days=3, wanted=yes)
    assert (report.removed, report.question, len(many.documents())) == (12, None, 4)
    assert many.run(days=4).question is None
    vanish(many, 13)
    many.run(days=4, hours=3)
    assert many.run(days=4, hours=5).removed == 1  # what was accepted is not counted again


def test_a_site_that_loses_everything_for_a_month_loses_nothing(many: Crawled) -> None:
    whole = many.documents()
    everything = dict(many.web.pages)
    many.web.pages = {"/rss.xml": feed_of(())}
    for day in range(1, 30, 2):
        report = many.run(days=day)
        assert many.documents() == whole
    assert report.question
    many.web.pages = everything
    report = many.run(days=31)
    assert (report.question, report.removed) == (None, 0)
    assert many.documents() == whole


def test_a_crawl_never_purges_what_it_did_not_meet(many: Crawled) -> None:
    many.web.pages["/rss.xml"] = feed_of(("pug",))
    for day in range(1, 90, 8):
        many.run(days=day, wanted=DUE)
    assert len(many.documents()) == 16


def test_an_archive_of_many_pages_is_gone_through_some_at_a_time(tmp_path: Path) -> None:
    names = [f"n{n}" for n in range(MAX_UNLISTED_PAGES + 30)]
    crawled = Crawled(tmp_path, Web(site(names)))
    crawled.run(wanted=DUE)
    crawled.web.pages["/rss.xml"] = feed_of(())
    assert len(asked(crawled, days=40)) == MAX_UNLISTED_PAGES
    (state,) = crawled.archive.sources.all()
    assert state.next_crawl is not None
    assert state.next_crawl <= NOW + timedelta(days=40, hours=1)  # sooner than the feed alone would be
    assert len(asked(crawled, days=40, hours=1)) == 30
    crawled.archive.close()


def test_a_host_that_wants_to_be_left_alone_is_no_failure_of_its_other_pages(tales: Crawled) -> None:
    tales.web.pages |= {"/ant": Answer(status=429, headers={"retry-after": "7200"}), "/bee": article("bee", words="mended")}
    tales.run(days=1)
    bee = tales.archive.pages.get(document_id(f"{SITE}/bee"))
    visit = tales.archive.visits.get(document_id(f"{SITE}/bee"))
    assert bee is not None
    assert visit is not None
    assert (bee.failure, bee.fetched_at, visit.failures) == (None, NOW, 0)
    assert visit.due is not None
    assert timedelta(hours=1) < visit.due - (NOW + timedelta(days=1)) <= timedelta(hours=2)
    tales.web.pages |= {"/ant": article("ant")}
    tales.run(days=1, hours=3, wanted=DUE)
    assert "mended" in tales.text("bee")


def test_the_last_five_answers_of_a_page_are_kept_and_forgetting_takes_all(tales: Crawled) -> None:
    for day in range(1, 9):
        tales.web.pages["/ant"] = article("ant", words=f"number {day}")
        tales.run(days=day)
    kept = [answer for answer in tales.archive.responses.all() if answer.requested_url.endswith("/ant")]
    assert [b"number 8" in answer.body for answer in kept] == [False, False, False, False, True]
    tales.archive.forget([document_id(f"{SITE}/ant")], f"{SITE}/ant")
    assert not [answer for answer in tales.archive.responses.all() if answer.requested_url.endswith("/ant")]
    assert tales.archive.visits.get(document_id(f"{SITE}/ant")) is None
    assert reason(tales, "/ant")[0] == "forgotten"


def sitemap(**lastmods: str) -> str:
    return "<urlset>" + "".join(f"<url><loc>/{n}</loc><lastmod>{at}</lastmod></url>" for n, at in lastmods.items()) + "</urlset>"


def asked(crawled: Crawled, **later: float) -> list[str]:
    crawled.web.asked.clear()
    crawled.run(wanted=DUE, **later)
    return [path for path in crawled.web.paths if path not in ("/rss.xml", "/robots.txt")]


def test_lastmod_says_which_pages_are_due_until_it_is_found_to_lie(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web({**site(), "/rss.xml": sitemap(ant="2025-12-01T01:00:00Z", bee="2025-12-01")}))
    assert asked(crawled) == ["/ant", "/bee"]
    assert asked(crawled, days=20) == []  # a feed's pages would have been due after a week
    crawled.web.pages |= {"/rss.xml": sitemap(ant="2026-01-21T12:00:00Z", bee="2025-12-01"), "/ant": article("ant", words="more")}
    assert asked(crawled, days=21) == ["/ant"]
    assert "more" in crawled.text("ant")
    for hour in (1, 2, 3, 4, 5):  # always "just now", and always the same page
        crawled.web.pages["/rss.xml"] = sitemap(ant=f"2026-01-22T0{hour}:00:00Z", bee="2025-12-01")
        assert asked(crawled, days=21, hours=hour, minutes=10) == (["/ant"] if hour <= 3 else [])
    assert set(asked(crawled, days=99)) == {"/ant", "/bee"}
    crawled.archive.close()


def test_a_feed_that_moved_for_good_is_read_and_said(tales: Crawled) -> None:
    tales.web.pages |= {
        "/feed.xml": tales.web.pages["/rss.xml"],
        "/rss.xml": Answer(status=301, headers={"location": "/feed.xml"}),
    }
    report = tales.run(days=1)
    assert not report.error
    assert any(f"moved for good to {SITE}/feed.xml" in note and f"indexer remove {FEED}" in note for note in report.notes)


def test_pages_that_moved_without_a_redirect_are_found_where_they_are_now_and_nobody_is_asked(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    crawled.run()
    crawled.web.pages = {f"/new/{name}": article(name) for name in NAMES}
    crawled.web.pages["/rss.xml"] = feed_of(NAMES).replace("<link>/", "<link>/new/")
    crawled.run(days=1)
    report = crawled.run(days=2)
    assert report.question is None
    assert {document.url for document in crawled.archive.documents.all()} == {f"{SITE}/new/{name}" for name in NAMES}
    assert reason(crawled, "/ant")[0] != "never-met"
    for name in NAMES[:6]:
        del crawled.web.pages[f"/new/{name}"]
    crawled.run(days=3)
    report = crawled.run(days=4)
    assert report.question is not None, "these are nowhere any more"
    assert len(crawled.documents()) == len(NAMES)
    crawled.archive.close()


def test_files_that_a_sitemap_lists_are_not_asked_for(tmp_path: Path) -> None:
    listed = "".join(f"<url><loc>{SITE}/{path}</loc></url>" for path in ("ant", "paper.PDF", "picture.jpg", "style.css?v=1"))
    crawled = Crawled(tmp_path, Web({"/rss.xml": f"<urlset>{listed}</urlset>", "/ant": article("ant")}))
    report = crawled.run()
    assert report.failures == []
    assert "skipped 3 sitemap URLs" in report.notes[0]
    assert [path for path in crawled.web.paths if path not in ("/robots.txt", "/rss.xml")] == ["/ant"]
    crawled.archive.close()
