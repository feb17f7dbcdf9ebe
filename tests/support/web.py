"""A web that answers what a test has written down. It stands in for the transport, so no socket is opened."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from indexer.fetch.transport import Request
from indexer.model import Failure, Response

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SITE = "https://www.news.example"
FEED = f"{SITE}/rss.xml"


@dataclass
class Answer:
    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Scripted = Answer | Failure | str | int | tuple[int, str]


class Web:
    """Answers by URL, or by path for the site `base`. What is not scripted answers 404; every request is noted in `asked`.

    An answer is an `Answer`, a `Failure`, a body, a status, the reason of a `Failure` ("timeout"), a redirect as
    "-> /elsewhere" or (301, "https://elsewhere.example/"). With `validators`, bodies have an ETag and answer 304.
    """

    def __init__(self, pages: Mapping[str, Scripted], base: str = SITE, *, validators: bool = True) -> None:
        self.pages = dict(pages)
        self.base, self.validators = base, validators
        self.asked: list[str] = []
        self.seconds = 0.0  # only waiting moves this clock

    def clock(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Let a politeness pause pass at once."""
        self.seconds += seconds
        await asyncio.sleep(0)

    @property
    def paths(self) -> list[str]:
        """The requests, without the address of the site."""
        return [url.removeprefix(self.base) for url in self.asked]

    async def send(self, request: Request) -> Response | Failure:
        self.asked.append(request.url)
        await asyncio.sleep(0)
        answer = self.answer_to(request.url)
        if isinstance(answer, Failure):
            return answer
        headers = {
            "content-type": kind_of(answer.body) if isinstance(answer.body, str) else "application/octet-stream",
            **answer.headers,
        }
        if self.validators and answer.status == 200:
            etag = hashlib.sha256(f"{request.url} {answer.body} {answer.headers}".encode()).hexdigest()
            headers = {"etag": f'"{etag}"', **headers}
            if request.headers.get("if-none-match") == headers["etag"]:
                return Response(request.url, request.url, 304, headers)
        return Response(
            request.url,
            request.url,
            answer.status,
            headers,
            answer.body if isinstance(answer.body, bytes) else answer.body.encode(),
            NOW,
        )

    def answer_to(self, url: str) -> Answer | Failure:
        scripted = self.pages.get(url)
        if scripted is None:
            scripted = self.pages.get(url.removeprefix(self.base), 404)
        match scripted:
            case int():
                return Answer(status=scripted)
            case (int() as status, str() as location):
                return Answer(status=status, headers={"location": location})
            case "timeout" | "dns" | "tls" | "connect":
                return Failure(url, scripted, f"{url}: {scripted}")
            case str() if scripted.startswith("-> "):
                return Answer(status=302, headers={"location": scripted[3:]})
            case str():
                return Answer(scripted)
        return scripted

    async def close(self) -> None: ...


def kind_of(body: str) -> str:
    """Return the media type with which a server would send this body."""
    if body.startswith("<rss"):
        return "application/rss+xml"
    if body.startswith(("<urlset", "<sitemapindex")):
        return "application/xml"
    return "text/plain" if "User-agent" in body else "text/html"
