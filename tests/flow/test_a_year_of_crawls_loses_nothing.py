"""A simulated year: how often sources of four habits are asked, how stale the archive gets, and that nothing is lost.

The clock is an argument. The program is run whenever a source is due, as a cron job would, a few minutes late.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from indexer.archive.store import Archive
from indexer.crawl.crawler import crawl, is_due
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.transport import Request
from indexer.model import Failure, FetchPolicy, Response, Source
from indexer.urls import document_id

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = 365
LISTED = 10  # items in a feed
TEXT = "On day {n} the {name} ferry was late again, and the harbour master wrote down version {v} of why it had been so. "


@dataclass
class Site:
    """A site that is what it would be at the web's present time."""

    name: str
    published: Callable[[int], list[int]]  # day of the year -> the days on which items were published by then, oldest first
    version: Callable[[int, int], int] = lambda item, day: 0  # of an item's text on a day
    down: Callable[[int], bool] = lambda day: False
    asked: Counter[str] = field(default_factory=Counter)

    def answer(self, path: str, day: int) -> tuple[int, str]:
        """Status and body."""
        if self.down(day):
            return 404, ""
        items = self.published(day)
        if path == "/feed":
            listed = "".join(
                f"<item><title>{self.name} on day {n}</title><link>/{n}</link></item>" for n in items[-LISTED:][::-1]
            )
            return 200, f"<rss version='2.0'><channel><title>{self.name}</title>{listed}</channel></rss>"
        if path == "/robots.txt" or not path[1:].isdigit() or int(path[1:]) not in items:
            return 404, ""
        text = TEXT.format(n=path[1:], name=self.name, v=self.version(int(path[1:]), day)) * 3
        return 200, f"<html lang=en><title>{self.name} on day {path[1:]}</title><article><p>{text}</p></article></html>"


class Web:
    def __init__(self, sites: list[Site]) -> None:
        self.sites, self.now = {f"{site.name}.example": site for site in sites}, START

    @property
    def day(self) -> int:
        return (self.now - START) // DAY

    async def send(self, request: Request) -> Response | Failure:
        host, _, path = request.url.removeprefix("https://").partition("/")
        site = self.sites[host]
        status, body = site.answer(f"/{path}", self.day)
        site.asked["feed" if path == "feed" else "robots" if path == "robots.txt" else "pages"] += 1
        etag = f'"{hash(body)}"'
        if status == 200 and request.headers.get("if-none-match") == etag:
            return Response(request.url, request.url, 304, {"etag": etag})
        kind = "application/rss+xml" if path == "feed" else "text/html"
        return Response(request.url, request.url, status, {"etag": etag, "content-type": kind}, body.encode(), self.now)

    async def close(self) -> None: ...


def every(days: int, until: int = YEAR) -> Callable[[int], list[int]]:
    return lambda day: list(range(0, min(day, until) + 1, days))


DAILY = Site("daily", every(1))
WEEKLY = Site("weekly", every(7), version=lambda item, day: int(day - item >= 90))  # its pages are mended after a quarter
NEVER = Site("never", lambda day: list(range(8)))
VANISHING = Site("vanishing", every(7), down=lambda day: 100 <= day < 130)


@dataclass
class Year:
    """What was seen of a year, by a site's name."""

    web: Web
    archive: Archive
    late: dict[str, timedelta] = field(default_factory=lambda: defaultdict(timedelta))  # the longest wait for a new item
    stale: dict[str, timedelta] = field(default_factory=lambda: defaultdict(timedelta))  # the longest wait for a changed text
    lost: int = 0
    _waiting: dict[tuple[str, int, int], datetime] = field(default_factory=dict)  # site, item, version: since when
    _met: set[tuple[str, int, int]] = field(default_factory=set)

    def compare(self) -> None:
        """The archive with the web of now. What appeared while its site was away counts from its return."""
        for host, site in self.web.sites.items():
            if site.down(self.web.day):
                continue
            for item in site.published(self.web.day):
                wanted = (host, item, site.version(item, self.web.day))
                if wanted in self._met:
                    continue
                since = self._waiting.setdefault(wanted, START + self.web.day * DAY)
                document = self.archive.documents.get(document_id(f"https://{host}/{item}"))
                if document is not None and f"version {wanted[2]} of" in document.text:
                    self._met.add(wanted)
                    table = self.stale if wanted[2] else self.late
                    table[site.name] = max(table[site.name], self.web.now - since)

    def missing(self) -> list[tuple[str, int, int]]:
        """What is not in the archive at the year's end, though it appeared more than a day before; texts that are still the old ones
        count as stale until now."""
        late = {wanted: self.web.now - since for wanted, since in self._waiting.items() if wanted not in self._met}
        for (host, _, version), wait in late.items():
            name = self.web.sites[host].name
            self.stale[name] = max(self.stale[name], wait if version else timedelta(0))
        return [wanted for wanted, wait in late.items() if not wanted[2] and wait > DAY]


def run_due(archive: Archive, web: Web) -> None:
    due = [state for state in archive.sources.all() if is_due(state, web.now)]

    async def inner() -> None:
        async with Fetcher(FetchPolicy(delay_seconds=0), web) as fetcher:
            await crawl(archive, fetcher, due, web.now, pool=ExtractionPool(workers=0))

    asyncio.run(inner())


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    web = Web([DAILY, WEEKLY, NEVER, VANISHING])
    archive = Archive(tmp_path_factory.mktemp("year") / "archive.db")
    for site in web.sites.values():
        archive.sources.add(Source(f"https://{site.name}.example/feed", site.name))
    seen, documents = Year(web, archive), 0
    while web.now < START + YEAR * DAY:
        run_due(archive, web)
        seen.compare()
        there = archive.counts()["documents"]
        seen.lost += max(0, documents - there)
        documents = there
        soonest = min(state.next_crawl for state in archive.sources.all() if state.next_crawl)
        web.now = max(soonest, web.now) + timedelta(minutes=3)
    yield seen
    archive.close()


def test_nothing_is_lost_and_nothing_is_missed(year: Year) -> None:
    assert year.lost == 0
    assert year.missing() == []
    found = {state.source.name: year.archive.documents.count_of_source(state.id) for state in year.archive.sources.all()}
    assert found["daily"] >= 364  # the last day's may be on its way
    assert (found["weekly"], found["never"], found["vanishing"]) == (53, 8, 53)


def test_listings_are_asked_for_as_often_as_they_change(year: Year) -> None:
    asked = {site.name: site.asked["feed"] for site in year.web.sites.values()}
    assert 365 < asked["daily"] < 1_200  # hourly it would be 8,760
    assert 350 < asked["weekly"] < 420
    assert 350 < asked["never"] < 420
    assert 330 < asked["vanishing"] < 420


def test_new_items_are_found_within_a_day(year: Year) -> None:
    assert year.late["daily"] < timedelta(hours=14)
    assert max(year.late.values()) < timedelta(hours=25)  # a month away included: from the return on


def test_pages_are_asked_for_the_seldomer_the_less_they_change(year: Year) -> None:
    asked = {site.name: site.asked["pages"] for site in year.web.sites.values()}
    assert asked["never"] < 8 * 15
    assert asked["daily"] < 365 * 9
    assert asked["weekly"] < 53 * 11
    year.missing()
    assert timedelta(0) < year.stale["weekly"] < timedelta(days=61)  # pages that are mended once, when they are a quarter old
