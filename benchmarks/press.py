"""Serve a news site of many pages on loopback: python benchmarks/press.py PAGES

The program prints its address and ends when its stdin ends. A page has about 40 kB, as one of a content management system: menus,
teasers of other pages, a cookie notice, share bars, JSON-LD, inline scripts, and an article of about 400 words. Each has an ETag.
The server shares the machine with the crawl, so it does little: it is an asyncio protocol and joins prepared parts of pages.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from functools import cache

from words import FUNCTION_WORDS, vocabulary

MENU_LINKS, TEASERS = 70, 12
SECTION_PAGES = 50  # that one section's feed lists
HOSTS = 8  # loopback addresses at which the site answers, so that it counts as so many hosts


def sentence(chance: random.Random, words: tuple[str, ...]) -> str:
    picked = [
        chance.choice(FUNCTION_WORDS[:60]) if chance.random() < 0.42 else words[int(len(words) * chance.random() ** 3)]
        for _ in range(chance.randint(9, 24))
    ]
    return " ".join(picked).capitalize() + "."


@cache
def paragraphs() -> tuple[str, ...]:
    """Return a pool of paragraphs from which each article takes some."""
    chance, words = random.Random(11), vocabulary(30_000)
    return tuple(" ".join(sentence(chance, words) for _ in range(chance.randint(2, 5))) for _ in range(6_000))


@cache
def titles() -> tuple[str, ...]:
    chance, words = random.Random(12), vocabulary(30_000)
    return tuple(" ".join(words[int(4_000 * chance.random() ** 2)] for _ in range(7)).capitalize() for _ in range(5_000))


def title(number: int) -> str:
    return f"{titles()[number % len(titles())]} {number}"


def article(number: int) -> list[str]:
    """Return the paragraphs of an article. An extraction should find these and nothing else."""
    chance, pool = random.Random(number), paragraphs()
    found = [pool[chance.randrange(len(pool))] for _ in range(chance.randint(5, 12))]
    return [f"Report number {number} of our desk. {found[0]}", *found[1:]]


@cache
def frame() -> tuple[str, str, str]:
    """Return what all pages share: the start of the head, what stands before the article, and what follows it."""
    chance, words = random.Random(13), vocabulary(30_000)
    style = "".join(f".c{n}{{margin:{n % 7}px;color:#{n * 4099 % 0xFFFFFF:06x};display:block}}" for n in range(150))
    links = [f"<li class='menu-item'><a href='/topic/{n}/'>{words[n * 3]} {words[n * 5 + 1]}</a></li>" for n in range(MENU_LINKS)]
    menu = "".join(links)
    foot = "".join(f"<li><a href='/about/{n}/'>{words[n * 7 + 2]} {words[n + 90]}</a></li>" for n in range(40))
    script = f"<script>window.dataLayer=[{','.join(str(chance.random()) for _ in range(300))}];</script>"
    head = f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><style>{style}</style>{script}"
    top = (
        "</head><body class='news'><div id='cookie-notice'><p>We use cookies to make this site work for its readers.</p>"
        f"<button>Accept</button></div><header><a href='/'>The Harbour Press</a><nav><ul>{menu}</ul></nav></header>"
        "<div class='wrap'><main>"
    )
    bottom = (
        "<section class='newsletter'><h3>Newsletter</h3><p>Get the news of the week into your mailbox every Friday morning.</p>"
        f"<form><input name='mail'><button>Subscribe</button></form></section></div><footer><ul>{foot}</ul>"
        "<p>© The Harbour Press. All rights reserved. Imprint, privacy, contact.</p></footer></body></html>"
    )
    return head, top, bottom


def page(number: int, many: int) -> bytes:
    head, top, bottom = frame()
    name, texts = title(number), article(number)
    day = f"20{10 + number % 15:02}-{1 + number % 12:02}-{1 + number % 28:02}"
    about = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": name, "datePublished": f"{day}T08:00:00Z",
             "author": {"@type": "Person", "name": f"Writer {number % 90}"}}  # fmt: skip
    near = ((number + step) % many for step in range(1, TEASERS + 1))
    teasers = "".join(
        f"<div class='teaser card'><a href='/news/{n}/'><img src='/i/{n}.jpg' alt=''><h4>{title(n)}</h4></a>"
        f"<p>{paragraphs()[n % 900][:120]}…</p></div>"
        for n in near
    )
    pieces = (
        f"{head}<title>{name} | The Harbour Press</title><link rel='canonical' href='/news/{number}/'>",
        f"<meta property='og:title' content='{name}'><script type='application/ld+json'>{json.dumps(about)}</script>{top}",
        f"<article><h1>{name}</h1><p class='meta'>By Writer {number % 90} <time datetime='{day}'>{day}</time></p>",
        "<div class='share'><a href='#'>Share</a> <a href='#'>Tweet</a> <a href='#'>Mail</a></div>",
        f"<div class='entry-content'>{''.join(f'<p>{text}</p>' for text in texts)}</div></article>",
        f"<aside><h3>Read also</h3>{teasers}</aside></main>{bottom}",
    )
    return "".join(pieces).encode()


def feed(many: int) -> bytes:
    items = "".join(
        f"<item><title>{title(n)}</title><link>/news/{n}/</link><description>{paragraphs()[n % 900][:160]}</description></item>"
        for n in range(10)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>The Harbour Press</title>{items}</channel></rss>".encode()


def feed_of_section(number: int, many: int) -> bytes:
    """Return one of the feeds that together list all pages. Each lists `SECTION_PAGES` of them."""
    items = "".join(
        f"<item><title>{title(n)}</title><link>/news/{n}/</link><description>{paragraphs()[n % 900]}</description></item>"
        for n in range(number * SECTION_PAGES, min(many, (number + 1) * SECTION_PAGES))
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Desk {number}</title>{items}</channel></rss>".encode()


def sitemap(many: int) -> bytes:
    lines = "".join(f"<url><loc>/news/{n}/</loc></url>" for n in range(many))
    return f"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{lines}</urlset>".encode()


class Site(asyncio.Protocol):
    many = 0
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.waiting = transport, b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            request, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
            lines = request.split(b"\r\n")
            wants = next((line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"if-none-match:")), b"")
            self.transport.write(self.answer(lines[0].split(b" ")[1].decode(), wants))

    def answer(self, path: str, wants: bytes) -> bytes:
        kind, body = "text/html; charset=utf-8", b""
        if path.startswith("/news/") and path[6:-1].isdigit() and int(path[6:-1]) < self.many:
            etag = f'"{path[6:-1]}"'.encode()
            if wants == etag:
                return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n"
            body = page(int(path[6:-1]), self.many)
        elif path in ("/rss.xml", "/sitemap.xml"):
            kind, body, etag = "application/xml", feed(self.many) if path == "/rss.xml" else sitemap(self.many), b'"list"'
            if wants == etag:
                return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n"
        elif path.startswith("/feeds/") and path[7:-4].isdigit():
            kind, body, etag = "application/xml", feed_of_section(int(path[7:-4]), self.many), b'"feed"'
        else:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nETag: {etag.decode()}\r\n\r\n"
        return head.encode() + body


async def serve(many: int) -> None:
    Site.many = many
    page(0, many)  # the pool is made before the first request
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Site, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for host in range(2, HOSTS + 1):
        await loop.create_server(Site, f"127.0.0.{host}", port)
    print(f"http://127.0.0.1:{port}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
