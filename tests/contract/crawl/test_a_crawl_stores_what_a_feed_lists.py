"""The crawl against a scripted web: what it stores, what it keeps, when it visits a page again."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from indexer.archive.store import Archive, PageRecord
from indexer.archive.visits import Visit
from indexer.cli.reason_text import report_texts
from indexer.config import load_settings, open_archive, open_engine
from indexer.crawl import revisit_policy
from indexer.crawl.crawler import SourceReport, crawl, is_due
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.crawl.stale_extractions import reextract_all
from indexer.diagnostics.url_report import url_report
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.transport import Request
from indexer.model import Entry, Failure, FetchPolicy, Response, Source
from indexer.reasons import Reason
from indexer.urls import document_id
from support.crawls import Crawled
from support.three_stories import documents, feed, page, site, total
from support.three_stories import run as run_with
from support.web import FEED, NOW, SITE, Web


def run(data: Path, web: Web, now: datetime = NOW, **options: object) -> list[SourceReport]:
    """Crawl and index, and extract the pages in this process."""
    return run_with(data, web, now, pool=ExtractionPool(workers=0), **options)


def test_one_item_from_feed_to_result(tmp_path: Path) -> None:
    (report,) = run(tmp_path, Web(site()))
    assert (report.new, report.failures) == (3, [])
    assert [d.url for d in documents(tmp_path)] == [f"{SITE}/news/{n}/" for n in ("one", "three", "two")]
    assert total(tmp_path, "pageone") == 1
    assert total(tmp_path, "menuword") == 0


def test_a_second_crawl_asks_for_the_feed_alone(tmp_path: Path) -> None:
    web = Web(site())
    run(tmp_path, web)
    web.asked.clear()
    (report,) = run(tmp_path, web, NOW + timedelta(hours=2))
    assert [url for url in web.asked if not url.endswith("robots.txt")] == [FEED]
    assert "has not changed" in report.explanation


def test_a_lost_page_keeps_the_item_and_one_that_was_had_keeps_its_text(tmp_path: Path) -> None:
    web = Web({**site(), "/news/two/": 404, "/news/three/": 500})
    (report,) = run(tmp_path, web)
    assert {failure.status for failure in report.failures} == {404, 500}
    assert [d.rule for d in documents(tmp_path)].count("feed") == 2
    assert total(tmp_path, "feedtexttwo") == 1
    web.pages |= site() | {"/news/one/": 503}
    run(tmp_path, web, NOW + timedelta(days=1), everything=True)
    assert total(tmp_path, "pageone") == 1
    assert total(tmp_path, "pagetwo") == 1


def test_gone_twice_is_gone_and_leaving_the_feed_is_not(tmp_path: Path) -> None:
    web = Web(site())
    run(tmp_path, web)
    web.pages["/rss.xml"] = feed("one", "two")
    web.pages["/news/two/"] = 410
    for day in (1, 2):
        assert total(tmp_path, "pagetwo") == 1
        run(tmp_path, web, NOW + timedelta(days=day), everything=True)
    assert total(tmp_path, "pagetwo") == 0
    assert total(tmp_path, "pagethree") == 1


def test_two_addresses_of_one_page_do_not_overwrite_each_other(tmp_path: Path) -> None:
    canonical = page("pageone").replace("<title>", "<link rel=canonical href=/news/canonical/><title>")
    web = Web({**site(), "/news/one/": canonical, "/news/two/": canonical})
    for day in range(3):
        (report,) = run(tmp_path, web, NOW + timedelta(days=day), everything=True)
        assert report.changed == 0
        assert sorted(d.title for d in documents(tmp_path)) == ["one", "three"]
    web.pages |= {"/news/one/": 410, "/rss.xml": feed("two", "three")}
    for day in (4, 5, 6):
        run(tmp_path, web, NOW + timedelta(days=day), everything=True)
        assert total(tmp_path, "pageone") == 1
    assert sorted(d.title for d in documents(tmp_path)) == ["three", "two"]


def test_a_page_that_moved_leaves_its_new_address_alone(tmp_path: Path) -> None:
    web = Web(site())
    run(tmp_path, web)
    moved = page("pageone").replace("<title>", "<link rel=canonical href=/news/new/><title>")
    web.pages |= {"/news/one/": moved, "/news/new/": moved, "/rss.xml": feed("new", "two")}
    for day in (1, 2):
        run(tmp_path, web, NOW + timedelta(days=day), everything=True)
        assert sorted(d.title for d in documents(tmp_path)) == ["new", "three", "two"]


def answer_otherwise(data: Path, path: str, text: str) -> None:
    """As if the stored answer of a page were read differently now."""
    archive = open_archive(load_settings(data))
    (known,) = (each for each in archive.pages.all() if each.url == f"{SITE}{path}")
    stored_now = archive.responses.put(Response(known.url, known.url, 200, {"content-type": "text/html"}, text.encode(), NOW))
    archive.pages.put(dataclasses.replace(known, response_id=stored_now))
    archive.close()


def extract_again(data: Path) -> int:
    archive = open_archive(load_settings(data))
    try:
        return reextract_all(archive).changed
    finally:
        archive.close()


NOINDEX = "<meta name=robots content=noindex><title>"


def test_extracting_again_drops_what_gives_nothing_any_more(tmp_path: Path) -> None:
    run(tmp_path, Web(site()))
    assert extract_again(tmp_path) == 0
    answer_otherwise(tmp_path, "/news/two/", page("pagetwo").replace("<title>", NOINDEX))
    assert [extract_again(tmp_path), extract_again(tmp_path)] == [1, 0]
    assert sorted(d.title for d in documents(tmp_path)) == ["one", "three"]
    answer_otherwise(tmp_path, "/news/two/", page("pagetwo"))
    assert [extract_again(tmp_path), extract_again(tmp_path)] == [1, 0]
    assert sorted(d.title for d in documents(tmp_path)) == ["one", "three", "two"]


def test_extracting_again_leaves_a_document_to_the_first_page_that_gives_it(tmp_path: Path) -> None:
    canonical = page("pageone").replace("<title>", "<link rel=canonical href=/news/canonical/><title>")
    run(tmp_path, Web({**site(), "/news/one/": canonical, "/news/two/": canonical}))
    assert extract_again(tmp_path) == 0
    assert sorted(d.title for d in documents(tmp_path)) == ["one", "three"]
    answer_otherwise(tmp_path, "/news/one/", canonical.replace("<title>", NOINDEX))
    assert [extract_again(tmp_path), extract_again(tmp_path)] == [1, 0]
    assert sorted(d.title for d in documents(tmp_path)) == ["three", "two"]


def test_extracting_again_takes_a_new_address_and_drops_the_old_one(tmp_path: Path) -> None:
    run(tmp_path, Web(site()))
    answer_otherwise(tmp_path, "/news/one/", page("pageone").replace("<title>", "<link rel=canonical href=/news/new/><title>"))
    assert [extract_again(tmp_path), extract_again(tmp_path)] == [2, 0]
    assert [d.url for d in documents(tmp_path)] == [f"{SITE}/news/{name}/" for name in ("new", "three", "two")]


def test_extracting_again_brings_nothing_back_that_was_withdrawn_or_forgotten(tmp_path: Path) -> None:
    web = Web(site())
    run(tmp_path, web)
    web.pages["/news/one/"] = 410
    for day in (1, 2):
        run(tmp_path, web, NOW + timedelta(days=day), everything=True)
    archive = open_archive(load_settings(tmp_path))
    archive.forget([document_id(f"{SITE}/news/two/")], f"{SITE}/news/two/")
    archive.close()
    assert extract_again(tmp_path) == 0
    assert [d.title for d in documents(tmp_path)] == ["three"]


def test_a_crawl_cut_short_is_due_at_once(tmp_path: Path) -> None:
    run(tmp_path, Web(site()), limit=2)
    archive = open_archive(load_settings(tmp_path))
    assert is_due(archive.sources.all()[0], NOW)
    archive.close()


def test_show_says_that_a_page_asks_not_to_be_indexed(tmp_path: Path) -> None:
    run(tmp_path, Web({**site(), "/news/two/": page("x").replace("<title>", "<meta name=robots content=noindex><title>")}))
    settings = load_settings(tmp_path)
    archive = open_archive(settings)
    assert "asks not to be indexed" in report_texts(url_report(archive, open_engine(settings), f"{SITE}/news/two/"))["index"]
    archive.close()


def later(data: Path, web: Web, **ago: float) -> list[str]:
    """The news pages asked for in a crawl so long after the first."""
    web.asked.clear()
    run(data, web, NOW + timedelta(**ago))
    return sorted(url.removeprefix(f"{SITE}/news/") for url in web.asked if "/news/" in url)


def test_pages_that_left_the_feed_are_looked_at_again(tmp_path: Path) -> None:
    web = Web(site())
    run(tmp_path, web)
    web.pages |= {"/rss.xml": feed("one"), "/news/two/": page("mended"), "/news/three/": 404}
    assert later(tmp_path, web, days=2) == []
    assert later(tmp_path, web, days=8) == ["one/", "three/", "two/"]
    assert (total(tmp_path, "mended"), total(tmp_path, "pagetwo")) == (1, 0)
    assert total(tmp_path, "pagethree") == 1
    assert later(tmp_path, web, days=8, hours=2) == []
    assert later(tmp_path, web, days=9, hours=2) == ["three/"]
    assert total(tmp_path, "pagethree") == 0
    assert later(tmp_path, web, days=13) == ["two/"]  # it was changed, so it is looked at sooner; the other is gone for good


def test_pages_behind_a_feed_that_does_not_change_are_looked_at_again(tmp_path: Path) -> None:
    web = Web(site())
    run(tmp_path, web)
    web.pages["/news/two/"] = page("mended")
    assert later(tmp_path, web, days=8) == ["one/", "three/", "two/"]
    assert total(tmp_path, "mended") == 1


def test_a_listed_page_that_is_gone_for_good_is_asked_for_once_a_day(tmp_path: Path) -> None:
    web = Web({**site(), "/news/two/": 404})
    run(tmp_path, web)
    for hour, asked in ((2, ["two/"]), (4, []), (27, ["two/"])):
        web.pages["/rss.xml"] = feed("one", "two", "three") + f"<!-- {hour} -->"
        assert later(tmp_path, web, hours=hour) == asked


def test_the_older_a_page_the_seldomer_it_is_looked_at() -> None:
    def again(*, written: int) -> float:
        page = PageRecord("a", f"{SITE}/a", 1, Entry(f"{SITE}/a", published=NOW - timedelta(days=written)), "")
        visit = revisit_policy.after_success(Visit("a", 1), page, NOW, changed=False, text_hash="x", lastmod=None)
        assert visit.due is not None
        return (visit.due - NOW) / timedelta(days=1)

    assert 4.5 < again(written=30) <= 7
    assert 23 < again(written=365) <= 36.5
    assert 39 < again(written=5000) <= 60


@pytest.mark.parametrize("broken", ["", "<html>maintenance</html>", "<rss", 500, 404])
def test_a_broken_feed_loses_nothing_and_says_why(tmp_path: Path, broken: str | int) -> None:
    web = Web(site())
    run(tmp_path, web)
    web.pages["/rss.xml"] = broken
    (report,) = run(tmp_path, web, NOW + timedelta(days=1), everything=True)
    assert report.error or report.explanation
    assert len(documents(tmp_path)) == 3


def test_the_back_catalogue(tmp_path: Path) -> None:
    addresses = "".join(
        f"<url><loc>{SITE}/{path}</loc></url>" for path in ("news/five/", "news/one/", "about/", "news/", "news/x.pdf")
    )
    web = Web(
        {
            **site(),
            "/rss.xml": feed("one", "two", "three", more="/old.xml"),
            "/old.xml": feed("four", more="/rss.xml"),
            "/sitemap.xml": f"<urlset>{addresses}</urlset>",
            **{f"/news/{n}/": page(f"page{n}") for n in ("four", "five")},
        }
    )
    run(tmp_path, web)
    assert len(documents(tmp_path)) == 3
    (report,) = run(tmp_path, web, NOW + timedelta(days=1), full=True)
    assert (report.backfilled, report.plan) == ({"archive": 1, "sitemaps": 1}, "about 2 items, without pauses")
    assert "older items: 1 by the feed's archive, 1 by sitemaps" in report.notes
    assert sorted(d.url.split("/")[-2] for d in documents(tmp_path)) == ["five", "four", "one", "three", "two"]
    assert f"{SITE}/about/" not in web.asked


SITEMAP = (
    "<urlset>"
    + "".join(f"<url><loc>/{path}</loc></url>" for path in ("about/", "shop/1/", "news/one/", "news/old/"))
    + "</urlset>"
)


def test_the_past_of_an_empty_feed_is_not_the_whole_site(tmp_path: Path) -> None:
    pages = {path: page("x") for path in ("/about/", "/shop/1/", "/news/old/")}
    web = Web({**site(), **pages, "/rss.xml": feed(), "/sitemap.xml": SITEMAP})
    (report,) = run(tmp_path, web, full=True)
    assert (report.entries, documents(tmp_path)) == (0, [])
    assert any("none are used" in note for note in report.notes)
    assert f"{SITE}/about/" not in web.asked


def test_the_past_of_a_feed_that_is_empty_now_is_where_its_pages_were(tmp_path: Path) -> None:
    web = Web({**site(), "/news/old/": page("x"), "/about/": page("y")})
    run(tmp_path, web)
    web.pages |= {"/rss.xml": feed(), "/sitemap.xml": SITEMAP}
    run(tmp_path, web, NOW + timedelta(days=1), full=True)
    assert sorted(d.url.split("/")[-2] for d in documents(tmp_path)) == ["old", "one", "three", "two"]
    assert f"{SITE}/about/" not in web.asked


def test_a_source_that_breaks_the_program_costs_no_other_source_its_crawl(tmp_path: Path) -> None:
    class Broken(Web):
        async def send(self, request: Request) -> Response | Failure:
            if "broken" in request.url:
                raise LookupError("nobody has foreseen this")
            return await super().send(request)

    archive = Archive(tmp_path / "archive.db")
    for url in ("https://broken.example/rss.xml", FEED):
        archive.sources.add(Source(url, url))
    web = Broken({"/rss.xml": feed("quay"), "/news/quay/": page("quay")})

    async def run() -> list[SourceReport]:
        async with Fetcher(FetchPolicy(delay_seconds=0), web) as fetcher:
            return await crawl(archive, fetcher, archive.sources.all(), NOW, pool=ExtractionPool(workers=0))

    broken, well = asyncio.run(run())
    assert broken.error == Reason("internal-error", "LookupError: nobody has foreseen this")
    assert (well.error, well.new) == (None, 1)
    assert [state.state for state in archive.sources.all()] == ["failing", "ok"]
    archive.close()


@pytest.mark.parametrize(
    ("body", "problem"),
    [("", "the answer is empty"), ("<html><title>News</title><p>No feed here.", "this is a web page, not a feed")],
)
def test_an_answer_that_is_no_feed_is_an_error_that_says_what_it_is(tales: Crawled, body: str, problem: str) -> None:
    tales.web.pages["/rss.xml"] = body
    report = tales.run(days=1)
    assert report.error is not None
    assert report.error.code == "not-a-feed"
    assert problem in report.error.detail
    assert report.error.url == FEED


def test_each_page_moves_the_progress_and_an_error_releases_the_bytes_of_those_that_wait(tmp_path: Path) -> None:
    class Broken(Web):
        async def send(self, request: Request) -> Response | Failure:
            if "broken" in request.url:
                raise LookupError("nobody has foreseen this")
            return await super().send(request)

    names = [f"quay{number}" for number in range(4)]
    web = Broken({"/rss.xml": feed(*names), **{f"/news/{name}/": page(name) for name in names}})
    archive, pool = Archive(tmp_path / "archive.db"), ExtractionPool(workers=0)
    archive.sources.add(Source(FEED, "Tales"))
    counts: list[int] = []

    def run(now: datetime) -> SourceReport:
        async def inner() -> list[SourceReport]:
            async with Fetcher(FetchPolicy(delay_seconds=0), web, web.clock, web.sleep) as fetcher:
                return await crawl(
                    archive, fetcher, archive.sources.all(), now, pool=pool, watch=lambda report: counts.append(report.fetched)
                )

        (report,) = asyncio.run(inner())
        return report

    assert run(NOW).new == 4
    assert set(counts) >= {1, 2, 3, 4}
    more = [*names, "large", "broken"]
    large = "<p>" + "The ferry left the harbour in the evening. " * 20
    web.pages |= {"/rss.xml": feed(*more), "/news/large/": f"<html lang=en><title>Large</title><article>{large * 300}</article>"}
    assert run(NOW + timedelta(days=1)).error == Reason("internal-error", "LookupError: nobody has foreseen this")
    assert pool.held_bytes == 0
    archive.close()
