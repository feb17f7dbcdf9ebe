"""Crawls of a scripted web: of one source without an index, and of a whole data folder as the command does it."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from pathlib import Path

from indexer.archive.store import Archive
from indexer.cli.reason_text import url_text
from indexer.config import load_settings, open_archive, open_engine, open_searcher
from indexer.crawl.crawler import CrawlOptions, SourceReport, crawl
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.crawl.stale_extractions import reextract_all
from indexer.diagnostics.url_diagnosis import decide, gather_facts, look_up
from indexer.fetch.fetcher import Fetcher
from indexer.model import Document, FetchPolicy, Hit, SearchRequest, Source
from indexer.reindex import catch_up
from support.builders import NAMES
from support.web import FEED, NOW, SITE, Web


class Crawled:
    """An archive of one source, and what its crawls do to it."""

    def __init__(self, folder: Path, web: Web, agent: str = "") -> None:
        self.archive, self.web = Archive(folder / "archive.db"), web
        self.archive.sources.add(Source(FEED, "Tales"))
        self.policy = FetchPolicy(delay_seconds=0, **({"user_agent": agent} if agent else {}))

    def run(self, *, wanted: CrawlOptions | None = None, **later: float) -> SourceReport:
        """One crawl so long after the first, of everything unless told otherwise."""

        async def inner() -> list[SourceReport]:
            async with Fetcher(self.policy, self.web, self.web.clock, self.web.sleep) as fetcher:
                options = wanted or CrawlOptions(everything=True)
                states, now = self.archive.sources.all(), NOW + timedelta(**later)
                return await crawl(self.archive, fetcher, states, now, options, pool=ExtractionPool(workers=0))

        (report,) = asyncio.run(inner())
        return report

    def documents(self) -> dict[str, Document]:
        """By the last part of their addresses."""
        return {document.url.rpartition("/")[2]: document for document in self.archive.documents.all()}

    def text(self, name: str) -> str:
        return self.documents()[name].text


def run(data: Path, web: Web, days: float = 0, *sources: Source, **options: object) -> list[SourceReport]:
    settings = load_settings(data)
    archive = open_archive(settings)

    async def inner() -> list[SourceReport]:
        async with Fetcher(FetchPolicy(delay_seconds=0), web, web.clock, web.sleep) as fetcher:
            wanted = CrawlOptions(**options)
            return await crawl(
                archive, fetcher, archive.sources.all(), NOW + timedelta(days=days), wanted, pool=ExtractionPool(workers=0)
            )

    try:
        with archive.lock(5, "a test"):
            for source in sources or (() if archive.sources.all() else (Source(FEED, "News"),)):
                archive.sources.add(source)
            reports = asyncio.run(inner())
            catch_up(archive, open_engine(settings))
        return reports
    finally:
        archive.close()


def extract_again(data: Path) -> int:
    archive = open_archive(load_settings(data))
    try:
        changed = reextract_all(archive).changed
        catch_up(archive, open_engine(load_settings(data)))
        return changed
    finally:
        archive.close()


def documents(data: Path) -> list[Document]:
    archive = open_archive(load_settings(data))
    try:
        assert archive.integrity_problems() == []
        return sorted(archive.documents.all(), key=lambda document: (document.url, document.title))
    finally:
        archive.close()


def urls(data: Path) -> list[str]:
    return [document.url for document in documents(data)]


def hits(data: Path, query: str) -> list[Hit]:
    """Return every hit by itself: near-duplicates on one page are not folded."""
    settings = dataclasses.replace(load_settings(data), fold_similar=False)
    return list(open_searcher(settings).search(SearchRequest(query, size=50)).hits)


def found_by(data: Path, url: str) -> str | None:
    """The address of the document that an address leads to."""
    archive = open_archive(load_settings(data))
    try:
        document = archive.documents.get(archive.documents.find(url) or "")
        return document.url if document else None
    finally:
        archive.close()


def reason(crawled: Crawled, path: str) -> tuple[str, str]:
    """Code and sentence of why an address is or is not found."""
    found = decide(gather_facts(crawled.archive, look_up(crawled.archive, f"{SITE}{path}"), indexed=True))
    return found.code, url_text(found)


def vanish(crawled: Crawled, count: int) -> None:
    crawled.web.pages |= dict.fromkeys((f"/{name}" for name in NAMES[:count]), 404)
