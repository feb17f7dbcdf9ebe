"""A scripted site whose feed lists three stories, and a crawl of it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from indexer.archive.store import Archive
from indexer.config import load_settings, open_archive, open_engine, open_searcher
from indexer.crawl.crawler import CrawlOptions, SourceReport, crawl
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.fetch.fetcher import Fetcher
from indexer.model import Document, FetchPolicy, SearchRequest, Source
from indexer.reindex import catch_up
from support.web import FEED, NOW, Web


def feed(*names: str, more: str = "") -> str:
    items = "".join(
        f"<item><title>{n}</title><link>/news/{n}/</link><description>feedtext{n}</description></item>" for n in names
    )
    atom = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="prev-archive" href="{more}"/>' if more else ""
    return f'<rss version="2.0"><channel><title>News</title>{atom}{items}</channel></rss>'


def page(word: str) -> str:
    text = f"The {word} stood on the quay and waited for somebody to come along and explain what all of this was about. "
    return (
        f"<html lang=en><title>{word}</title><body><nav>menuword</nav><article><p>{text}</p><p>{text}</p></article></body></html>"
    )


def site() -> dict[str, str | int]:
    return {"/rss.xml": feed("one", "two", "three"), **{f"/news/{n}/": page(f"page{n}") for n in ("one", "two", "three")}}


def run(
    data: Path, web: Web, now: datetime = NOW, *, pool: ExtractionPool | None = None, **options: object
) -> list[SourceReport]:
    """Crawl and index, as the command does. Pages are extracted by `pool`, otherwise as in a crawl without one."""
    settings = load_settings(data)
    archive: Archive = open_archive(settings)

    async def inner() -> list[SourceReport]:
        async with Fetcher(FetchPolicy(delay_seconds=0), web, web.clock, web.sleep) as fetcher:
            wanted = CrawlOptions(**options)
            return await crawl(archive, fetcher, archive.sources.all(), now, wanted, pool=pool)

    try:
        with archive.lock(5, "a test"):
            if not archive.sources.all():
                archive.sources.add(Source(FEED, "News"))
            reports = asyncio.run(inner())
            catch_up(archive, open_engine(settings))
        return reports
    finally:
        archive.close()


def documents(data: Path) -> list[Document]:
    archive = open_archive(load_settings(data))
    try:
        return sorted(archive.documents.all(), key=lambda document: document.url)
    finally:
        archive.close()


def total(data: Path, query: str) -> int:
    return open_searcher(load_settings(data)).search(SearchRequest(query)).total
