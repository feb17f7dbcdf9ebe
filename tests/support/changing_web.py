"""A small site that changes as a test says, and a crawl of it without an index."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from indexer.archive.store import Archive
from indexer.crawl.crawler import CrawlOptions, SourceReport, crawl
from indexer.crawl.extraction_pool import ExtractionPool
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.transport import Request
from indexer.model import Document, Failure, FetchPolicy, Response, Source

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SITE = "https://news.example"
FEED = f"{SITE}/rss.xml"
NAMES = ("ant", "bee", "cow", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay", "kiwi", "lark", "mole", "newt", "owl", "pug")


@dataclass
class Answer:
    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Web:
    """Addresses on the site to what they answer: an `Answer`, a text, a status, a `Failure`'s reason, or "-> /elsewhere"."""

    pages: dict[str, Answer | str | int]
    asked: list[str] = field(default_factory=list)

    async def send(self, request: Request) -> Response | Failure:
        path = request.url.removeprefix(SITE)
        self.asked.append(path)
        await asyncio.sleep(0)
        answer = self.pages.get(path, 404)
        if isinstance(answer, str) and answer in ("timeout", "dns", "tls", "connect"):
            return Failure(request.url, answer, f"{request.url}: {answer}")
        if isinstance(answer, str) and answer.startswith("-> "):
            answer = Answer(status=302, headers={"location": answer[3:]})
        if isinstance(answer, int):
            answer = Answer(status=answer)
        if isinstance(answer, str):
            answer = Answer(answer)
        etag = f'"{hash((answer.body, str(answer.headers)))}"'
        headers = {"content-type": kind_of(answer.body), "etag": etag, **answer.headers}
        if answer.status == 200 and request.headers.get("if-none-match") == etag:
            return Response(request.url, request.url, 304, headers)
        return Response(request.url, request.url, answer.status, headers, answer.body.encode(), NOW)

    async def close(self) -> None: ...


def kind_of(body: str) -> str:
    return "application/xml" if body.startswith(("<rss", "<urlset")) else "text/plain" if "User-agent" in body else "text/html"


def feed(names: Iterable[str], text: str = "short words about {}") -> str:
    items = "".join(
        f"<item><title>The tale of the {n}</title><link>/{n}</link><description>{text.format(n)}</description></item>"
        for n in names
    )
    return f"<rss version='2.0'><channel><title>Tales</title>{items}</channel></rss>"


def article(name: str, head: str = "", times: int = 6, words: str = "") -> str:
    """A page with some 800 characters of text."""
    text = " ".join(
        f"In chapter {n} the {name} went to the {name} market, met its {name} friends there and told them story {n} {words}."
        for n in range(times)
    )
    title = f"The tale of the {name}"
    return (
        f"<html lang=en><head><title>{title} - Tales</title>{head}</head><article><h1>{title}</h1><p>{text}</p></article></html>"
    )


def site(names: Iterable[str] = NAMES[:3]) -> dict[str, Answer | str | int]:
    return {"/rss.xml": feed(names), **{f"/{name}": article(name) for name in names}}


class Crawled:
    """An archive of one source, and what its crawls do to it."""

    def __init__(self, folder: Path, web: Web, agent: str = "") -> None:
        self.archive, self.web = Archive(folder / "archive.db"), web
        self.archive.add_source(Source(FEED, "Tales"))
        self.policy = FetchPolicy(delay_seconds=0, **({"user_agent": agent} if agent else {}))

    def run(self, *, wanted: CrawlOptions | None = None, **later: float) -> SourceReport:
        """One crawl so long after the first, of everything unless told otherwise."""

        async def inner() -> list[SourceReport]:
            async with Fetcher(self.policy, self.web) as fetcher:
                options = wanted or CrawlOptions(everything=True)
                states, now = self.archive.sources(), NOW + timedelta(**later)
                return await crawl(self.archive, fetcher, states, now, options, understander=ExtractionPool(workers=0))

        (report,) = asyncio.run(inner())
        return report

    def documents(self) -> dict[str, Document]:
        """By the last part of their addresses."""
        return {document.url.rpartition("/")[2]: document for document in self.archive.documents()}

    def text(self, name: str) -> str:
        return self.documents()[name].text
