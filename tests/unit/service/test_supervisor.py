"""The service with a clock of the test: what starts when, and what a crash of one part does to the other."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from indexer.config import Settings, WebSettings, load_settings, open_archive, open_engine, open_searcher
from indexer.config.watch import ConfigurationWatch
from indexer.crawl.crawler import crawl, is_due
from indexer.errors import ArchiveDamaged, SettingsError
from indexer.fetch.fetcher import Fetcher
from indexer.model import FetchPolicy, SearchRequest, Source
from indexer.reindex import catch_up
from indexer.service.data_folder import create_data_folder, next_due
from indexer.service.supervisor import ServiceSupervisor
from support.web import FEED, NOW, SITE, Web


@dataclass
class ScriptedChild:
    """A child that ends when the test says so. `run` is what it does when it starts; it then ends with the result."""

    run: Callable[[], int] | None = None
    starts: int = 0
    stops: int = 0
    code: int | None = 0

    def start(self) -> None:
        self.starts += 1
        self.code = self.run() if self.run else None

    def exit_code(self) -> int | None:
        return self.code

    def stop(self) -> None:
        self.stops += 1
        self.code = 0

    def kill(self) -> None: ...


@dataclass
class Service:
    """A supervisor with scripted children and a simulated clock."""

    server: ScriptedChild = field(default_factory=ScriptedChild)
    crawler: ScriptedChild | None = field(default_factory=ScriptedChild)
    now: datetime = NOW
    due: datetime | None = None
    settings: list[Settings | SettingsError | None] = field(default_factory=lambda: [Settings(Path("data"))])
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.supervisor = ServiceSupervisor(
            self.server,
            self.crawler,
            next_due=lambda settings, now: self.due,
            read_settings=self._read,
            log=self.log.append,
            clock=lambda: self.now,
        )

    def _read(self) -> Settings | None:
        settings = self.settings.pop(0) if self.settings else None
        if isinstance(settings, SettingsError):
            raise settings
        return settings

    def run(self, seconds: int) -> None:
        """Let so many seconds pass, one turn each."""
        for _ in range(seconds):
            assert self.supervisor.turn() == 0
            self.now += timedelta(seconds=1)


def test_the_server_runs_and_nothing_is_crawled_without_a_source() -> None:
    service = Service()
    service.run(3600)
    assert (service.server.starts, service.crawler and service.crawler.starts) == (1, 0)


def test_a_source_that_is_due_is_crawled_once_and_again_when_it_is_due_again() -> None:
    service = Service()
    service.run(10)
    service.due = NOW
    service.run(30)
    assert service.crawler is not None
    assert service.crawler.starts == 1, "within 30 seconds, without a restart"
    service.run(120)
    assert service.crawler.starts == 1, "it still runs"
    service.crawler.code, service.due = 0, service.now + timedelta(minutes=15)
    service.run(14 * 60)
    assert service.crawler.starts == 1
    service.run(2 * 60)
    assert service.crawler.starts == 2


def test_a_crash_of_one_part_does_not_touch_the_other() -> None:
    service = Service(due=NOW)
    service.run(5)
    assert service.crawler is not None
    service.crawler.code = -11
    service.run(5)
    assert (service.server.starts, service.server.stops) == (1, 0)
    assert "ended by signal 11" in service.log[-1]
    service.run(60)
    assert service.crawler.starts == 2
    service.server.code = -9
    service.run(5)
    assert (service.server.starts, service.crawler.starts, service.crawler.code) == (2, 2, None)


def test_a_server_that_refuses_its_first_start_ends_the_service() -> None:
    service = Service(server=ScriptedChild(run=lambda: 2))
    service.supervisor.turn()
    service.now += timedelta(seconds=1)
    assert service.supervisor.turn() == 2
    assert Service(server=ScriptedChild(run=lambda: 2)).supervisor.run(lambda seconds: False) == 2


def test_a_later_refusal_is_repeated_with_growing_pauses() -> None:
    service = Service()
    service.run(60)
    service.server.run, service.server.code = (lambda: 2), 1
    service.run(60)
    assert 5 <= service.server.starts <= 8  # after 1, 2, 4, 8, 16 and 32 seconds
    service.server.run = None
    service.run(300)
    assert service.server.code is None


def test_a_change_of_what_the_server_reads_at_its_start_restarts_it_once() -> None:
    first = Settings(Path("data"))
    changed = dataclasses.replace(first, web=WebSettings(idle_seconds=7))
    service = Service(settings=[first, None, SettingsError("line 3 is wrong"), changed])
    service.run(60)
    assert (service.server.starts, service.server.stops) == (2, 1)
    assert "line 3 is wrong" in service.log[0]


def test_other_settings_do_not_restart_the_server() -> None:
    first = Settings(Path("data"))
    changed = dataclasses.replace(first, crawl=FetchPolicy(delay_seconds=5))
    renamed = dataclasses.replace(first, web=WebSettings(title="News"))  # the server follows by itself
    service = Service(settings=[first, None, changed, renamed], due=NOW)
    service.run(60)
    assert (service.server.starts, service.server.stops) == (1, 0)


def test_stopping_stops_both_parts() -> None:
    service = Service(due=NOW)
    assert service.supervisor.run(lambda seconds: True) == 0
    assert service.crawler is not None
    assert (service.server.stops, service.crawler.stops) == (1, 1)


def test_without_a_crawler_nothing_is_crawled() -> None:
    service = Service(crawler=None, due=NOW)
    service.run(120)
    assert service.server.starts == 1


def test_a_lasting_problem_is_logged_once() -> None:
    service = Service()

    def unreadable(settings: Settings, now: datetime) -> datetime | None:
        raise ArchiveDamaged("archive.db cannot be used")

    service.supervisor._next_due = unreadable
    service.run(3600)
    assert service.log == ["cannot read when sources are due: archive.db cannot be used (" + ArchiveDamaged.default_remedy + ")"]
    assert (service.server.starts, service.server.stops) == (1, 0)


@pytest.mark.slow
def test_a_day_with_a_real_archive(tmp_path: Path) -> None:
    """24 simulated hours: items that appear at any hour are in the index some hours later, and the crawler mostly rests."""
    create_data_folder(tmp_path / "data")
    settings = load_settings(tmp_path / "data", {})
    archive = open_archive(settings)
    archive.sources.add(Source(FEED, "News"))
    web = Web({"/robots.txt": 404})
    service = Service(settings=[settings])

    def publish(hour: int) -> None:
        text = f"In hour {hour} the night ferry reached the harbour, and somebody wrote it down. " * 4
        web.pages[f"/{hour}"] = f"<html lang=en><title>Hour {hour}</title><article><p>{text}</p></article></html>"
        items = "".join(f"<item><title>Hour {n}</title><link>{SITE}/{n}</link></item>" for n in range(hour, -1, -1))
        web.pages["/rss.xml"] = f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>"

    def run_crawl() -> int:
        async def fetch() -> None:
            due = [state for state in archive.sources.all() if is_due(state, service.now)]
            async with Fetcher(FetchPolicy(delay_seconds=0), web, web.clock, web.sleep) as fetcher:
                await crawl(archive, fetcher, due, service.now)

        asyncio.run(fetch())
        catch_up(archive, open_engine(settings))
        return 0

    publish(0)
    assert service.crawler is not None
    service.crawler.run = run_crawl
    supervisor = ServiceSupervisor(
        service.server,
        service.crawler,
        next_due=next_due,
        read_settings=ConfigurationWatch(tmp_path / "data").read,
        log=service.log.append,
        clock=lambda: service.now,
    )
    while service.now < NOW + timedelta(hours=24):
        hour = int((service.now - NOW) / timedelta(hours=1))
        if f"/{hour}" not in web.pages:
            publish(hour)
        supervisor.turn()
        service.now += timedelta(seconds=20)
    assert service.server.starts == 1
    assert service.log == []
    assert archive.counts()["documents"] >= 20  # hours 0 to 23, the last ones may still wait
    assert open_searcher(settings).search(SearchRequest("ferry")).total >= 20
    assert 10 <= supervisor.crawls <= 24 * 4  # a feed is fetched every 15 minutes at most
    archive.close()


def test_new_sources_of_the_file_are_due_immediately(tmp_path: Path) -> None:
    create_data_folder(tmp_path)
    assert next_due(load_settings(tmp_path, {}), NOW) is None
    (tmp_path / "config.toml").write_text(f'[[source]]\nurl = "{FEED}"\n')
    settings = load_settings(tmp_path, {})
    assert next_due(settings, NOW) == NOW
    open_archive(settings).close()
    assert next_due(settings, NOW) == NOW
