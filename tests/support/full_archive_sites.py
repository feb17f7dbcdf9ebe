"""Small sites, each with its past behind another road; to be served on loopback or asked directly.

Every item has a page at /news/item-K/, the newest has the highest number. `asked` holds every address that was asked for.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from indexer.fetch.transport import Request
from indexer.model import Failure, Response
from support.crashes import Killed

FIRST_DAY = datetime(2020, 1, 1, 9, tzinfo=UTC)
Answer = tuple[int, str, str | bytes, Mapping[str, str]]
RSS, ATOM, XML, HTML, TEXT, JSON = (
    "application/rss+xml", "application/atom+xml", "application/xml", "text/html; charset=utf-8", "text/plain", "application/json",
)  # fmt: skip


def ok(kind: str, body: str | bytes, **headers: str) -> Answer:
    return 200, kind, body, {name.replace("_", "-"): value for name, value in headers.items()}


def lost(status: int = 404) -> Answer:
    return status, HTML, f"<title>{status}</title>", {}


@dataclass
class Site:
    """A site of `count` items that lists nothing but its feed; its servers ignore query strings."""

    count: int = 12
    size: int = 3  # items in the feed, and on each page of a list
    robots: str = ""
    base: str = "http://past.example"
    asked: list[str] = field(default_factory=list)
    index: ClassVar[str] = ""  # the sitemap that robots.txt names

    def answer(self, url: str) -> Answer:
        parts = urlsplit(url)
        self.asked.append(parts.path + (f"?{parts.query}" if parts.query else ""))
        if parts.path == "/robots.txt":
            rules = self.robots + (f"\nSitemap: {self.base}{self.index}\n" if self.index else "")
            return ok(TEXT, rules) if rules else lost()
        if parts.path.startswith("/news/item-"):
            number = parts.path.removeprefix("/news/item-").rstrip("/")
            return ok(HTML, page(int(number))) if number.isdigit() and 0 < int(number) <= self.count else lost()
        return self.other(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))

    def other(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/feed.xml":
            return ok(RSS, self.rss(self.page_of(1)))
        return lost()

    # -- what its lists are made of ----------------------------------------------------------------------------------

    @property
    def items(self) -> list[int]:
        return list(range(self.count, 0, -1))

    @property
    def urls(self) -> set[str]:
        return {self.url(number) for number in self.items}

    @property
    def pages(self) -> int:
        return -(-self.count // self.size)

    @property
    def lists_asked(self) -> list[str]:
        """Everything but items."""
        return [path for path in self.asked if not path.startswith("/news/item-")]

    def url(self, number: int) -> str:
        return f"{self.base}/news/item-{number}/"

    def page_of(self, number: int, size: int | None = None) -> list[int]:
        size = size or self.size
        return self.items[(number - 1) * size : number * size] if number > 0 else []

    def rss(self, numbers: list[int], head: str = "") -> str:
        items = "".join(
            f"<item><title>Item {n}</title><link>{self.url(n)}</link><description>Summary {n}</description>"
            f"<pubDate>{day(n):%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
            for n in numbers
        )
        return f'<rss version="2.0"><channel><title>Past</title><link>{self.base}/</link>{head}{items}</channel></rss>'

    def links(self, numbers: list[int]) -> str:
        return "".join(f'<li><a href="/news/item-{n}/">Item {n}</a></li>' for n in numbers)

    def urlset(self, numbers: list[int], more: str = "") -> str:
        rows = "".join(f"<url><loc>{self.url(n)}</loc><lastmod>{day(n):%Y-%m-%d}</lastmod></url>" for n in numbers)
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}{more}</urlset>'


def day(number: int) -> datetime:
    return FIRST_DAY + timedelta(days=number)


def page(number: int) -> str:
    text = f"The number {number} stood on the quay and waited for somebody to come and explain what all of this was about. "
    return f"<html lang=en><title>Item {number}</title><body><nav>menu</nav><article><h1>Item {number}</h1><p>{text}</p><p>{text}</p>"


class Archived(Site):
    """RFC 5005, section 4: documents linked by prev-archive; each repeats the last item of the newer one."""

    def other(self, path: str, query: dict[str, str]) -> Answer:
        if path != "/feed.xml" and not path.startswith("/archive-"):
            return lost()
        number = 1 if path == "/feed.xml" else int(path.removeprefix("/archive-").removesuffix(".xml"))
        numbers = self.page_of(number)
        if number > 1:
            numbers = [numbers[0] + 1, *numbers]
        older = f'<link rel="prev-archive" href="/archive-{number + 1}.xml"/>' if number < self.pages else ""
        entries = "".join(
            f'<entry><title>Item {n}</title><id>urn:{n}</id><link href="{self.url(n)}"/><updated>{day(n).isoformat()}</updated></entry>'
            for n in numbers
        )
        return ok(ATOM, f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Past</title>{older}{entries}</feed>')


class JsonFeed(Site):
    def other(self, path: str, query: dict[str, str]) -> Answer:
        if path != "/feed.xml":
            return lost()
        number = int(query.get("n", 1))
        items = [{"id": str(n), "url": self.url(n), "title": f"Item {n}"} for n in self.page_of(number)]
        data = {"version": "https://jsonfeed.org/version/1.1", "title": "Past", "items": items}
        more = {"next_url": f"{self.base}/feed.xml?n={number + 1}"} if number < self.pages else {}
        return ok("application/feed+json", json.dumps(data | more))


class Paged(Site):
    """A feed that turns pages by a parameter; beyond the last page it answers as `beyond` says."""

    parameter, first, generator, beyond = "page", 0, "", "empty"

    def other(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/":
            return ok(
                HTML, f"<title>Past</title><meta name=generator content='{self.generator}'>" if self.generator else "<p>Hello"
            )
        if path not in ("/feed.xml", "/feed/"):
            return lost()
        number = int(query.get(self.parameter, self.first)) - self.first + 1
        if self.parameter.startswith("start"):
            number = int(query.get(self.parameter, 0)) // self.size + 1
        numbers = self.page_of(number)
        if not numbers:
            if self.beyond == "404":
                return lost()
            numbers = self.page_of(self.pages if self.beyond == "last" else 1) if self.beyond != "empty" else []
        return ok(
            RSS, self.rss(numbers, f"<generator>{self.generator}</generator>" if self.generator and path == "/feed/" else "")
        )


class Drupal(Paged):
    """No feed says that it is Drupal's; pages count from 0."""


class Counted(Paged):
    first, beyond = 1, "last"


class Joomla(Paged):
    parameter, beyond = "start", "first"


class Typo3(Paged):
    parameter, first, generator, beyond = "tx_news_pi1[currentPage]", 1, "TYPO3 CMS", "first"


class WordPress(Paged):
    """Its API is turned off."""

    parameter, first, beyond, generator = "paged", 1, "404", "https://wordpress.org/?v=6.8"


class WordPressApi(WordPress):
    """The API gives four at a time, so that small sites have pages."""

    def other(self, path: str, query: dict[str, str]) -> Answer:
        if path != "/wp-json/wp/v2/posts":
            return super().other(path, query)
        number, size = int(query["page"]), 4
        last = -(-self.count // size)
        if number > last:
            return 400, JSON, '{"code": "rest_post_invalid_page_number"}', {}
        posts = [
            {
                "link": self.url(n), "guid": {"rendered": f"{self.base}/?p={n}"}, "title": {"rendered": f"Item {n}"},
                "content": {"rendered": f"<p>The whole text of number {n}.</p>"}, "date_gmt": f"{day(n):%Y-%m-%dT%H:%M:%S}",
            }
            for n in self.page_of(number, size)
        ]  # fmt: skip
        return ok(JSON, json.dumps(posts), X_WP_Total=str(self.count), X_WP_TotalPages=str(last))


class Lists(Site):
    """Web pages linked by rel=next, the first of which is the site's; with a menu, tags and numbers of pages."""

    def other(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/feed.xml":
            return super().other(path, query)
        if path == "/":
            number = 1
        elif path.startswith("/news/page/"):
            number = int(path.removeprefix("/news/page/").rstrip("/"))
        else:
            return lost()
        menu = '<a href="/about/">About</a><a href="/news/tag/sea/">Sea</a><a href="/news/page/2/">2</a><a href="/news/plan.pdf">Plan</a>'
        more = f'<a rel="next" href="/news/page/{number + 1}/">Older</a>' if number < self.pages else ""
        return ok(HTML, f"<title>Past</title><nav>{menu}</nav><ul>{self.links(self.page_of(number))}</ul>{more}")


class Sitemaps(Site):
    """robots.txt names an index: one sitemap is compressed, one is an index in turn, one is a text, one is broken (`error`)."""

    index = "/maps/index.xml"
    error = 500

    def other(self, path: str, query: dict[str, str]) -> Answer:
        index = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'
        rows = "".join(
            f"<sitemap><loc>{self.base}/maps/{name}</loc></sitemap>" for name in ("new.xml.gz", "broken.xml", "old/index.xml")
        )
        a, b, c = self.items[: self.size * 2], self.items[self.size * 2 : self.size * 3], self.items[self.size * 3 :]
        match path:
            case "/maps/index.xml":
                return ok(XML, index.format(rows))
            case "/maps/new.xml.gz":
                others = "".join(
                    f"<url><loc>{self.base}/{each}</loc></url>" for each in ("about/", "news/", "news/tag/sea/", "news/a.pdf")
                )
                picture = (
                    '<url xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><image:image><image:loc>'
                    f"{self.base}/news/picture-1</image:loc><image:title>No title of a page</image:title></image:image>"
                    f"<loc>{self.url(a[0])}</loc></url>"
                )
                return ok("application/x-gzip", gzip.compress(self.urlset(a, others + picture).encode()))
            case "/maps/broken.xml":
                return lost(self.error) if self.error else ok(XML, self.urlset([1]))
            case "/maps/old/index.xml":
                return ok(XML, index.format("<sitemap><loc>/maps/old/b.xml</loc></sitemap><sitemap><loc>c.txt</loc></sitemap>"))
            case "/maps/old/b.xml":
                return ok(XML, self.urlset(b))
            case "/maps/old/c.txt":
                return ok(TEXT, "\n".join(self.url(n) for n in c))
        return super().other(path, query)


ROADS: dict[str, type[Site]] = {
    "archive": Archived, "json": JsonFeed, "drupal": Drupal, "counted": Counted, "joomla": Joomla, "typo3": Typo3,
    "wordpress": WordPress, "wp-json": WordPressApi, "lists": Lists, "sitemaps": Sitemaps,
}  # fmt: skip


class Direct:
    """A transport that asks the site without a socket; after `most` requests it breaks, as a kill would."""

    now = FIRST_DAY

    def __init__(self, site: Site, most: int | None = None) -> None:
        self.site, self.left = site, most

    async def send(self, request: Request) -> Response | Failure:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        await asyncio.sleep(0)
        status, kind, body, more = self.site.answer(request.url)
        raw = body if isinstance(body, bytes) else body.encode()
        headers = {"content-type": kind, **{name.lower(): value for name, value in more.items()}}
        return Response(request.url, request.url, status, headers, raw, self.now)

    async def close(self) -> None: ...


@contextmanager
def served(site: Site) -> Iterator[Site]:
    """The site on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, kind, body, more = site.answer(site.base + self.path)
            raw = body if isinstance(body, bytes) else body.encode()
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
