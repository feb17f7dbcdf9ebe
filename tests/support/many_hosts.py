"""Many small sites on one machine, each a host of its own (a port), with a log of every request."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer

from support.small_site import SmallSite


@dataclass(frozen=True)
class Request:
    """A request as the server received it. `at`: by time.monotonic. `agent`: the User-Agent."""

    host: int
    path: str
    agent: str
    at: float


class ManyHosts:
    """`count` sites with a feed of `pages` pages each. `feeds`: how many feeds of each site list these pages."""

    def __init__(self, count: int, pages: int, feeds: int = 1) -> None:
        self.log: list[Request] = []
        self._servers = [_Server(pages, self.log) for _ in range(count)]
        names = ["feed.xml", *(f"feed.xml?{number}" for number in range(2, feeds + 1))]
        self.urls = [f"http://127.0.0.1:{server.server_port}/{name}" for server in self._servers for name in names]
        self.documents = {f"http://127.0.0.1:{s.server_port}/{number}" for s in self._servers for number in range(pages)}

    def start(self) -> None:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def by_page(self) -> dict[tuple[int, str], list[Request]]:
        """Return the requests of each page, in their order."""
        pages: defaultdict[tuple[int, str], list[Request]] = defaultdict(list)
        for request in self.log:
            if request.path.removeprefix("/").isdecimal():
                pages[request.host, request.path].append(request)
        return pages

    def shortest_pause(self) -> float:
        """Return the shortest time between two requests to the same host."""
        last: dict[int, float] = {}
        pauses = [float("inf")]
        for request in sorted(self.log, key=lambda each: each.at):
            if request.host in last:
                pauses.append(request.at - last[request.host])
            last[request.host] = request.at
        return min(pauses)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, pages: int, log: list[Request]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages, self.log = pages, log


class _Handler(SmallSite):
    server: _Server

    def do_GET(self) -> None:
        here = f"http://127.0.0.1:{self.server.server_port}"
        self.server.log.append(Request(self.server.server_port, self.path, self.headers["user-agent"], time.monotonic()))
        number = self.path.removeprefix("/")
        if self.path.partition("?")[0] == "/feed.xml":
            items = "".join(
                f"<item><title>Story {each}</title><link>{here}/{each}</link></item>" for each in range(self.server.pages)
            )
            self.answer(f"<rss version='2.0'><channel><title>Site {here}</title>{items}</channel></rss>", "application/rss+xml")
        elif number.isdecimal():
            chance = random.Random(f"{self.server.server_port}/{number}")  # no two pages are duplicates
            words = " ".join(f"word{chance.randrange(10_000)}" for _ in range(60))
            text = f"<h1>Story {number}</h1><p>At {here} the story {number} tells: {words}.</p>"
            self.answer(f"<html lang=en><title>Story {number}</title><article>{text}</article></html>", "text/html")
        else:
            self.send_error(404)


@contextmanager
def many_hosts(count: int, pages: int, feeds: int = 1) -> Iterator[ManyHosts]:
    hosts = ManyHosts(count, pages, feeds)
    hosts.start()
    try:
        yield hosts
    finally:
        hosts.stop()
