"""A source that is an index of sitemaps: all that changes is found, and hardly anything is read twice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from indexer.archive.store import Archive
from indexer.config import load_settings, open_archive
from indexer.crawl.crawler import CrawlOptions, SourceReport, crawl
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.transport import Request
from indexer.model import Failure, FetchPolicy, Response, Source
from indexer.urls import document_id
from support.crashes import Killed
from support.full_archive_sites import XML, Answer, Direct, Site, ok

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = FetchPolicy(delay_seconds=0, allow_private_hosts=True)


@dataclass
class Mapped(Site):
    """Sitemaps by name; `when`: what the index says of each. Sitemaps and the index bear an ETag."""

    maps: dict[str, list[int]] = field(default_factory=lambda: {"a": [1, 2], "b": [3, 4]})
    when: dict[str, str] = field(default_factory=dict)
    broken: Mapping[str, int] = field(default_factory=dict)
    modified: dict[int, str] = field(default_factory=dict)

    def other(self, path: str, query: dict[str, str]) -> Answer:
        name = path.strip("/").removesuffix(".xml")
        if name == "index":
            rows = "".join(
                f"<sitemap><loc>{self.base}/{each}.xml</loc>{self._lastmod(self.when.get(each))}</sitemap>" for each in self.maps
            )
            return self._tagged(f"<sitemapindex>{rows}</sitemapindex>")
        if name in self.broken:
            return self.broken[name], XML, "", {}
        rows = "".join(f"<url><loc>{self.url(n)}</loc>{self._lastmod(self.modified.get(n))}</url>" for n in self.maps[name])
        return self._tagged(f"<urlset>{rows}</urlset>")

    @staticmethod
    def _lastmod(when: str | None) -> str:
        return f"<lastmod>{when}</lastmod>" if when else ""

    @staticmethod
    def _tagged(body: str) -> Answer:
        return ok(XML, body, ETag=f'"{sha256(body.encode()).hexdigest()[:8]}"')


class Tagged(Direct):
    """Asks the site without a socket, and heeds If-None-Match; `most` requests, then a kill."""

    now = NOW

    async def send(self, request: Request) -> Response | Failure:
        answer = await super().send(request)
        assert isinstance(answer, Response)
        if answer.status == 200 and answer.headers.get("etag") and answer.headers["etag"] == request.headers.get("if-none-match"):
            self.site.asked[-1] += " as before"
            return replace(answer, status=304, body=b"")
        return answer


def run(
    data: Path, site: Mapped, now: datetime, most: int | None = None, policy: FetchPolicy = POLICY, **options: bool
) -> SourceReport:
    """One crawl; `site.asked` is what it asked for."""
    site.asked.clear()
    archive: Archive = open_archive(load_settings(data))

    async def inner() -> list[SourceReport]:
        async with Fetcher(policy, Tagged(site, most)) as fetcher:
            return await crawl(
                archive, fetcher, archive.sources.all(), now, CrawlOptions(**options), pool=ExtractionPool(workers=0)
            )

    try:
        if not archive.sources.all():
            archive.sources.add(Source(f"{site.base}/index.xml", "Mapped"))
        return asyncio.run(inner())[0]
    finally:
        archive.close()


def lists(site: Mapped) -> list[str]:
    return [path for path in site.asked if not path.startswith(("/news/", "/robots.txt", "/index.xml"))]


def known(data: Path) -> set[int]:
    archive = open_archive(load_settings(data))
    try:
        return {int(document.url.rstrip("/").rpartition("-")[2]) for document in archive.documents.all()}
    finally:
        archive.close()


def left(data: Path, site: Mapped) -> set[int]:
    """Which pages are noted as not listed any more."""
    archive = open_archive(load_settings(data))
    try:
        visits = {number: archive.visits.get(document_id(site.url(number))) for number in range(1, site.count + 1)}
        return {number for number, visit in visits.items() if visit and visit.left_at}
    finally:
        archive.close()


OLD = {"a": "2026-01-02", "b": "2026-01-03T08:00:00Z"}


def test_what_did_not_change_by_the_index_is_read_once_a_day(tmp_path: Path) -> None:
    site = Mapped(when=dict(OLD))
    assert run(tmp_path, site, NOW).new == 4
    assert lists(site) == ["/a.xml", "/b.xml"]
    for hours in range(1, 24):
        report = run(tmp_path, site, NOW + hours * HOUR)
        assert lists(site) == []
        assert "2 of its sitemaps have not changed" in report.notes
    run(tmp_path, site, NOW + DAY)
    assert lists(site) == ["/a.xml", "/b.xml"]
    assert left(tmp_path, site) == set()


def test_what_changed_is_read_at_once(tmp_path: Path) -> None:
    site = Mapped(when=dict(OLD))
    run(tmp_path, site, NOW)
    site.maps["b"], site.when["b"] = [3, 4, 5], "2026-01-10T12:30:00Z"
    assert run(tmp_path, site, NOW + HOUR).new == 1
    assert (lists(site), known(tmp_path)) == (["/b.xml"], {1, 2, 3, 4, 5})
    site.maps["c"] = [6]
    run(tmp_path, site, NOW + 2 * HOUR)
    assert (lists(site), known(tmp_path)) == (["/c.xml"], {1, 2, 3, 4, 5, 6})


def test_a_page_that_has_a_later_lastmod_in_it_is_asked_for_again(tmp_path: Path) -> None:
    site = Mapped(when=dict(OLD), modified=dict.fromkeys(range(1, 5), "2026-01-02") | {2: "2026-01-01"})
    run(tmp_path, site, NOW)
    site.when["a"] = site.modified[2] = "2026-01-10T13:30:00Z"
    run(tmp_path, site, NOW + 2 * HOUR)
    assert [path for path in site.asked if path.startswith("/news/")] == ["/news/item-2/"]


def test_a_day_without_a_time_may_not_be_over(tmp_path: Path) -> None:
    site = Mapped(when={"a": "2026-01-10", "b": "2026-01-09"})
    run(tmp_path, site, NOW)
    site.maps["a"] = [1, 2, 5]
    run(tmp_path, site, NOW + HOUR)
    assert lists(site) == ["/a.xml", "/b.xml as before"]
    assert 5 in known(tmp_path)


def test_without_lastmod_they_are_asked_whether_they_changed(tmp_path: Path) -> None:
    site = Mapped()
    run(tmp_path, site, NOW)
    run(tmp_path, site, NOW + HOUR)
    assert lists(site) == ["/a.xml as before", "/b.xml as before"]
    site.maps["b"] = [3, 4, 5]  # while the index is, to the letter, what it was
    run(tmp_path, site, NOW + 2 * HOUR)
    assert (lists(site), known(tmp_path)) == (["/a.xml as before", "/b.xml"], {1, 2, 3, 4, 5})


def test_a_lastmod_that_lied_is_not_believed_again(tmp_path: Path) -> None:
    site = Mapped(when=dict(OLD))
    run(tmp_path, site, NOW)
    site.maps["a"] = [1, 2, 5]
    run(tmp_path, site, NOW + HOUR)
    assert 5 not in known(tmp_path)
    run(tmp_path, site, NOW + DAY)
    assert 5 in known(tmp_path), "found out after a day"
    site.maps["a"] = [1, 2, 5, 6]
    run(tmp_path, site, NOW + DAY + HOUR)
    assert (lists(site), known(tmp_path)) == (["/a.xml"], {1, 2, 3, 4, 5, 6})
    run(tmp_path, site, NOW + DAY + 2 * HOUR)
    assert lists(site) == ["/a.xml as before"]


def test_what_is_not_read_or_cannot_be_had_is_not_taken_for_gone(tmp_path: Path) -> None:
    site = Mapped(when=dict(OLD))
    run(tmp_path, site, NOW)
    site.broken = {"b": 503}
    for at in (NOW + HOUR, NOW + DAY, NOW + DAY + HOUR):
        run(tmp_path, site, at)
        assert left(tmp_path, site) == set()
    assert lists(site) == ["/b.xml"], "what failed is asked for each time"
    site.broken = {}
    run(tmp_path, site, NOW + DAY + 2 * HOUR)
    site.maps["a"] = [1]
    run(tmp_path, site, NOW + 3 * DAY)
    assert left(tmp_path, site) == {2}
    del site.maps["b"]
    run(tmp_path, site, NOW + 5 * DAY)
    assert left(tmp_path, site) == {2, 3, 4}


def test_one_that_is_gone_for_good_does_not_make_all_be_read(tmp_path: Path) -> None:
    site = Mapped(when=dict(OLD), broken={"b": 404})
    report = run(tmp_path, site, NOW)
    assert [failure.status for failure in report.failures] == [404]
    run(tmp_path, site, NOW + HOUR)
    assert lists(site) == ["/b.xml"]


@pytest.mark.parametrize("options", [{"everything": True}, {"full": True}])
def test_the_operator_may_ask_for_all(tmp_path: Path, options: dict[str, bool]) -> None:
    site = Mapped(when=dict(OLD))
    run(tmp_path, site, NOW)
    run(tmp_path, site, NOW + HOUR, **options)
    assert lists(site) == ["/a.xml", "/b.xml"]


def test_a_dry_run_remembers_nothing(tmp_path: Path) -> None:
    site = Mapped(when=dict(OLD))
    run(tmp_path, site, NOW, dry_run=True)
    assert run(tmp_path, site, NOW).new == 4


def test_killed_after_any_request_the_next_run_has_everything(tmp_path: Path) -> None:
    for most in range(1, 9):  # robots.txt, the index, two sitemaps, four pages
        site, data = Mapped(when=dict(OLD)), tmp_path / str(most)
        if most < 8:
            with pytest.raises(Killed):
                run(data, site, NOW, most)
        run(data, site, NOW + HOUR)
        assert known(data) == {1, 2, 3, 4}, most


def test_cut_short_by_the_budget_the_next_runs_have_everything(tmp_path: Path) -> None:
    site = Mapped(when=dict(OLD))
    for hours in range(4):
        run(tmp_path, site, NOW + hours * HOUR, policy=FetchPolicy(delay_seconds=0, max_source_pages=4))
    assert known(tmp_path) == {1, 2, 3, 4}
