"""Run a crawl with the whole past of a site, and look at what the archive has then."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from indexer.archive.store import Archive
from indexer.config import load_settings, open_archive
from indexer.crawl.crawler import CrawlOptions, SourceReport, crawl
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.transport import HttpTransport
from indexer.model import Document, FetchPolicy, Source
from support.full_archive_sites import (
    ROADS,
    Direct,
    Site,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


POLICY = FetchPolicy(delay_seconds=0, allow_private_hosts=True)


FEED = {"wordpress": "/feed/", "wp-json": "/feed/"}


def run(
    data: Path, site: Site, feed: str = "/feed.xml", *, most: int | None = None, now: datetime = NOW, kind: str = "auto",
    policy: FetchPolicy = POLICY, **options: object,
) -> SourceReport:  # fmt: skip
    """One crawl of one source; over sockets when the site is served, and broken off after `most` requests."""
    archive: Archive = open_archive(load_settings(data))
    transport = HttpTransport(policy) if "127.0.0.1" in site.base and most is None else Direct(site, most)

    async def inner() -> list[SourceReport]:
        async with Fetcher(policy, transport) as fetcher:
            return await crawl(
                archive,
                fetcher,
                archive.sources.all(),
                now,
                CrawlOptions(**{"full": True} | options),
                pool=ExtractionPool(workers=0),
            )

    try:
        if not archive.sources.all():
            archive.sources.add(Source(site.base + feed, "Past", kind=kind))
        return asyncio.run(inner())[0]
    finally:
        archive.close()


def documents(data: Path) -> list[Document]:
    archive = open_archive(load_settings(data))
    try:
        return list(archive.documents.all())
    finally:
        archive.close()


def urls(data: Path) -> list[str]:
    return sorted(document.url for document in documents(data))


def waiting(data: Path) -> int:
    archive = open_archive(load_settings(data))
    try:
        return archive.frontier(1).waiting()
    finally:
        archive.close()


def site_of(road: str) -> tuple[Site, str]:
    return ROADS[road](), FEED.get(road, "/feed.xml")


def archive_urls(archive: Archive) -> list[str]:
    return [page.url for page in archive.pages.all()]
