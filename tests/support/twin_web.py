"""A scripted web of several hosts, with redirects, and a crawl of it as the command does it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from indexer.config import load_settings, open_archive, open_engine, open_searcher
from indexer.crawl.crawler import CrawlOptions, SourceReport, crawl
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.transport import Request
from indexer.model import Document, Failure, FetchPolicy, Hit, Response, SearchRequest, Source
from indexer.reindex import catch_up, re_extract

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SITE = "https://www.news.example"
FEED = f"{SITE}/rss.xml"
Answer = str | int | tuple[int, str]  # a body, a status, or a redirect


class Web:
    """Absolute addresses to answers; everything asked for is noted."""

    def __init__(self, pages: Mapping[str, Answer]) -> None:
        self.pages = dict(pages)
        self.asked: list[str] = []

    async def send(self, request: Request) -> Response | Failure:
        url = request.url
        self.asked.append(url)
        await asyncio.sleep(0)
        answer = self.pages.get(url, 404)
        if isinstance(answer, tuple):
            return Response(url, url, answer[0], {"location": answer[1]})
        if isinstance(answer, int):
            return Response(url, url, answer)
        kind = "application/rss+xml" if "<rss" in answer else "text/html"
        return Response(url, url, 200, {"content-type": kind}, answer.encode(), NOW)

    async def close(self) -> None: ...


def item(url: str = "", title: str = "", text: str = "", guid: str = "", date: str = "") -> str:
    """An item of a feed; what is empty is left out. `guid` that ends with a ! is a permanent link."""
    link = f"<link>{url.replace('&', '&amp;')}</link>" if url else ""
    name = f'<guid isPermaLink="{str(guid.endswith("!")).lower()}">{guid.rstrip("!")}</guid>' if guid else ""
    day = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<item><title>{title}</title>{link}{name}{day}<description>{text}</description></item>"


def feed(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'


def story(seed: str, words: int = 150) -> str:
    """A text of its own for each seed."""
    random = Random(seed)
    letters = ("bdfgklmnprst", "aeiou", "lmnrst", "aeio")
    names = ["".join(map(random.choice, letters)) for _ in range(400)]
    sentences = [" ".join(random.choice(names) for _ in range(12)).capitalize() for _ in range(words // 12)]
    half = len(sentences) // 2
    return f"{'. the '.join(sentences[:half])}.\n\n{'. the '.join(sentences[half:])}."


def page(text: str, *, title: str = "", head: str = "", lang: str = "en") -> str:
    body = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    return f"<html lang={lang}><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{body}</article></body></html>"


def canonical(url: str) -> str:
    return f'<link rel="canonical" href="{url}">'


def run(data: Path, web: Web, days: float = 0, *sources: Source, **options: object) -> list[SourceReport]:
    settings = load_settings(data)
    archive = open_archive(settings)

    async def inner() -> list[SourceReport]:
        async with Fetcher(FetchPolicy(delay_seconds=0), web) as fetcher:
            wanted = CrawlOptions(**options)
            return await crawl(archive, fetcher, archive.sources(), NOW + timedelta(days=days), wanted)

    try:
        with archive.lock(5, "a test"):
            for source in sources or (() if archive.sources() else (Source(FEED, "News"),)):
                archive.add_source(source)
            reports = asyncio.run(inner())
            catch_up(archive, open_engine(settings))
        return reports
    finally:
        archive.close()


def extract_again(data: Path) -> int:
    archive = open_archive(load_settings(data))
    try:
        changed = re_extract(archive)
        catch_up(archive, open_engine(load_settings(data)))
        return changed
    finally:
        archive.close()


def documents(data: Path) -> list[Document]:
    archive = open_archive(load_settings(data))
    try:
        assert archive.integrity_problems() == []
        return sorted(archive.documents(), key=lambda document: (document.url, document.title))
    finally:
        archive.close()


def urls(data: Path) -> list[str]:
    return [document.url for document in documents(data)]


def hits(data: Path, query: str) -> list[Hit]:
    return list(open_searcher(load_settings(data)).search(SearchRequest(query, size=50)).hits)


def found_by(data: Path, url: str) -> str | None:
    """The address of the document that an address leads to."""
    archive = open_archive(load_settings(data))
    try:
        document = archive.document(archive.find_document(url) or "")
        return document.url if document else None
    finally:
        archive.close()
