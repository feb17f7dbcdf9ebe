"""A site on loopback that publishes and corrects articles: its feed lists the newest ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.builders import story

LISTED = 24  # articles in the feed


class NewsSite:
    """`day` is the number of days since its first one. Each day has two new articles; three old ones are corrected."""

    def __init__(self) -> None:
        self.day = 0
        self.base = ""

    def numbers(self) -> range:
        return range(2 * self.day + LISTED)

    def version(self, number: int) -> int:
        """Return how often an article has been corrected: only listed ones are."""
        return (min(self.day, number // 2 + 1) + number % 8) // 8

    def text(self, number: int) -> str:
        return f"{story(str(number), 150)} article{number} version{self.version(number)}"

    def url(self, number: int) -> str:
        return f"{self.base}/news/{number}"

    def expected(self) -> dict[str, str]:
        """Return the last words of each article that was ever listed, by URL."""
        return {self.url(number): f"version{self.version(number)}" for number in self.numbers()}

    def answer(self, path: str) -> tuple[str, str] | None:
        if path == "/rss.xml":
            items = "".join(
                f"<item><title>Article {n}</title><link>{self.url(n)}</link><guid>{n}-{self.version(n)}</guid>"
                f"<description>It has version {self.version(n)}.</description></item>"
                for n in self.numbers()[-LISTED:][::-1]
            )
            return "application/rss+xml", f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>"
        name, _, number = path[1:].partition("/")
        if name != "news" or not number.isdigit() or int(number) not in self.numbers():
            return None
        paragraphs = "".join(f"<p>{part}</p>" for part in self.text(int(number)).split("\n\n"))
        page = f"<html lang=en><title>Article {number}</title><article><h1>Article {number}</h1>{paragraphs}</article>"
        return "text/html; charset=utf-8", page

    @contextmanager
    def served(self) -> Iterator[NewsSite]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = site.answer(self.path)
                body = answer[1].encode() if answer else b""
                self.send_response(200 if answer else 404)
                self.send_header("Content-Type", answer[0] if answer else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None: ...

        class Server(ThreadingHTTPServer):
            def handle_error(self, *args: object) -> None: ...  # a client that was killed

        server = Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
