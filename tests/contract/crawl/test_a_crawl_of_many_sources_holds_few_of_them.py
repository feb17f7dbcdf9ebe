"""A crawl's memory follows the sources that it crawls at one moment, not all of them."""

from __future__ import annotations

import asyncio
import gc
import weakref
from pathlib import Path

import pytest

from indexer.archive.store import Archive, SourceState
from indexer.crawl.crawler import MAX_ACTIVE_SOURCES_OF_HOST, crawl
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.crawl.page_queue import CrawlServices
from indexer.crawl.source_crawl import SourceCrawl
from indexer.extract.template_learning import Pages
from indexer.fetch.fetcher import Fetcher
from indexer.model import Entry, FetchPolicy, Response, Source
from support.builders import article, feed_of
from support.web import NOW, SITE, Web

PAGES = 6  # of each source that is learned from


def most_alive(folder: Path, monkeypatch: pytest.MonkeyPatch, sources: int) -> int:
    """Crawl so many sources of one host; return how many of them were in memory at the same time."""
    alive: weakref.WeakSet[SourceCrawl] = weakref.WeakSet()
    most = 0
    begin = SourceCrawl.__init__

    def counting(self: SourceCrawl, services: CrawlServices, state: SourceState) -> None:
        nonlocal most
        alive.add(self)
        if len(alive) > most:
            gc.collect()
        most = max(most, len(alive))
        begin(self, services, state)

    pages = {f"/{n}.xml": feed_of([f"tale{n}"]) for n in range(sources)} | {
        f"/tale{n}": article(f"tale{n}") for n in range(sources)
    }
    web = Web(pages)
    archive = Archive(folder / f"{sources}.db")
    for n in range(sources):
        archive.sources.add(Source(f"{SITE}/{n}.xml", f"Tales {n}"))

    async def run() -> int:
        async with Fetcher(FetchPolicy(delay_seconds=0), web, web.clock, web.sleep) as fetcher:
            reports = await crawl(archive, fetcher, archive.sources.all(), NOW, pool=ExtractionPool(workers=0))
        return sum(report.new for report in reports)

    with monkeypatch.context() as patched:
        patched.setattr(SourceCrawl, "__init__", counting)
        assert asyncio.run(run()) == sources
    archive.close()
    return most


def test_a_source_that_is_crawled_is_not_held_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (most_alive(tmp_path, monkeypatch, sources) for sources in (2 * MAX_ACTIVE_SOURCES_OF_HOST, 60))
    assert few == many == MAX_ACTIVE_SOURCES_OF_HOST


@pytest.mark.parametrize("sources", [4, 8])
def test_only_the_sources_that_a_worker_learns_from_have_their_pages_in_memory(sources: int) -> None:
    """A crawl of 128 sources that all waited for a worker held 140 MB of pages."""
    bodies = {f"{SITE}/learn/{n}": article(f"tale{n}").encode() for n in range(PAGES)}
    most = 0

    def read() -> Pages:
        nonlocal most
        pages = [(Entry(url), Response(url, url, 200, {"content-type": "text/html"}, body)) for url, body in bodies.items()]
        gc.collect()
        most = max(most, sum(isinstance(each, Response) and each.url in bodies for each in gc.get_objects()))
        return pages

    async def run() -> None:
        async with ExtractionPool(workers=1) as pool:
            learned = await asyncio.gather(*(pool.learn(Source(f"{SITE}/{n}.xml"), read) for n in range(sources)))
        assert [each.pages for each in learned if each] == [PAGES] * sources

    asyncio.run(run())
    assert most == PAGES
