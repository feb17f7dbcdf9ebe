"""Four crawlers on one PostgreSQL archive are killed at random, and PostgreSQL with them: nothing is lost or fetched twice.

Each crawler has its own data folder, as on a machine of its own. A page may be requested again only if the crawler that requested
it was killed before it could store it. The pauses are those that the sites saw.
Two feeds of each site list the same pages, and mostly two crawlers read them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from indexer.archive.postgres_address import postgres_address
from indexer.archive.store import Archive
from support.amount import amount, dice
from support.commands import Indexer, Running
from support.many_hosts import ManyHosts, many_hosts
from support.postgres import PostgresServer, postgres_server

HOSTS, PAGES = amount(small=12, full=40), amount(small=5, full=25)
KILLS, SERVER_KILLS = amount(small=4, full=60), amount(small=1, full=8)
DELAY_SECONDS, LEASE_SECONDS, TIMEOUT_SECONDS = 0.2, 4, 20
CRAWLERS = 4


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def sites() -> Iterator[ManyHosts]:
    with many_hosts(HOSTS, PAGES, feeds=2) as sites:
        yield sites


class Crawler:
    """A machine that crawls again and again. Each run has a User-Agent of its own, by which the sites tell them apart."""

    def __init__(self, folder: Path, number: int, url: str) -> None:
        self.number, self._folder, self._url = number, folder, url
        self._runs = 0
        self.running: Running | None = None
        self.killed: set[str] = set()  # agents
        self.failures: list[str] = []
        self._agent = ""

    def start(self) -> None:
        self._runs += 1
        self._agent = f"crawler-{self.number}-{self._runs}"
        settings = {
            "INDEXER_ARCHIVE_URL": self._url,
            "INDEXER_ARCHIVE_LEASE_SECONDS": str(LEASE_SECONDS),
            "INDEXER_CRAWL_USER_AGENT": self._agent,
            "INDEXER_CRAWL_DELAY_SECONDS": str(DELAY_SECONDS),
            "INDEXER_CRAWL_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
        }
        indexer = Indexer(self._folder / f"data{self.number}", self._folder / f"output{self.number}-{self._runs}", settings)
        self.running = indexer.start("crawl", "--no-index")

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.killed.add(self._agent)
            self.running = None

    def keep_running(self) -> None:
        """Start the next crawl when one has ended."""
        if self.running is not None and self.running.wait(0):
            self.finish()
        if self.running is None:
            self.start()

    def finish(self) -> None:
        """Wait for the crawl."""
        if self.running is not None:
            ended, self.running = self.running.ended(), None
            if ended.code == 1 and "check that PostgreSQL runs" in ended.err:
                self.killed.add(self._agent)  # its last batch was lost with the connection, as by a kill, and it says so
            elif ended.code != 0 or ended.broken:
                self.failures.append(str(ended))


def test_nothing_is_lost_or_fetched_twice(server: PostgresServer, sites: ManyHosts, tmp_path: Path) -> None:
    random = dice("crawlers")
    with server.schema() as url:
        first = Indexer(tmp_path / "first", tmp_path / "output", {"INDEXER_ARCHIVE_URL": url})
        first("add", *sites.urls)
        sites.log.clear()
        crawlers = [Crawler(tmp_path, number, url) for number in range(CRAWLERS)]
        faults = ["crawler"] * KILLS + ["server"] * SERVER_KILLS
        random.shuffle(faults)
        try:
            for crawler in crawlers:
                crawler.start()
            for fault in faults:
                until = time.monotonic() + random.uniform(0.5, 2.0)
                while time.monotonic() < until:
                    for crawler in crawlers:
                        crawler.keep_running()
                    time.sleep(0.02)
                if fault == "crawler":
                    random.choice(crawlers).kill()
                else:
                    server.kill()
                    server.start()
            for _ in range(200):
                for crawler in crawlers:
                    crawler.keep_running()
                    crawler.finish()
                if is_complete(url):
                    break
        finally:
            for crawler in crawlers:
                crawler.kill()
        assert [failure for crawler in crawlers for failure in crawler.failures] == []
        assert set(first.documents()) == sites.documents
        first("reindex")
        assert first.json("check")["ok"]
        killed = {agent for crawler in crawlers for agent in crawler.killed}
        twice = {page: [each.agent for each in requests] for page, requests in sites.by_page().items() if len(requests) > 1}
        assert {page: agents for page, agents in twice.items() if not set(agents[:-1]) <= killed} == {}
        assert sites.shortest_pause() >= DELAY_SECONDS
        assert len({request.agent for request in sites.log}) > 1


def is_complete(url: str) -> bool:
    """Return whether every source was crawled to its end."""
    with closing(Archive(postgres_address(url))) as archive:
        return all(state.state == "ok" for state in archive.sources.all()) and not archive.leased_until()
