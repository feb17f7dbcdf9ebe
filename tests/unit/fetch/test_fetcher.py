"""The fetcher against a real server on loopback, and against a scripted transport where time matters."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import brotli
import pytest

from indexer.fetch.fetcher import Fetcher
from indexer.fetch.politeness import pause, retry_after
from indexer.fetch.ssrf_guard import is_public
from indexer.fetch.transport import Request
from indexer.model import Failure, FetchPolicy, Response

BOMB = gzip.compress(b"0" * 50_000_000)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        path = self.path
        if path == "/robots.txt":
            return self.answer(200, b"User-agent: *\nDisallow: /private/\n")
        if path.startswith("/status/"):
            return self.answer(int(path.split("/")[2]), b"no")
        if path.startswith("/to/"):
            _, _, status, target = path.split("/", 3)
            return self.answer(int(status), b"", {"Location": target if "://" in target else "/" + target})
        if path == "/loop":
            return self.answer(302, b"", {"Location": "/to/302/loop"})
        if path == "/bomb":
            return self.answer(200, BOMB, {"Content-Encoding": "gzip"})
        if path in ("/gzip", "/deflate", "/br"):
            made = {"/gzip": gzip.compress, "/deflate": zlib.compress, "/br": brotli.compress}[path](b"packed " * 100)
            return self.answer(200, made, {"Content-Encoding": path[1:]})
        if path == "/lies":
            return self.answer(200, b"not gzip", {"Content-Encoding": "gzip"})
        if path == "/short":
            return self.answer(200, b"abc", length=100)
        if path == "/slow":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(40):
                time.sleep(0.05)
                try:
                    self.wfile.write(b"x")
                except OSError:
                    return None
            return None
        if path == "/etag":
            if self.headers.get("If-None-Match") == '"1"':
                return self.answer(304, b"")
            return self.answer(200, b"fresh", {"ETag": '"1"'})
        if path == "/challenge":
            return self.answer(403, b"Just a moment...", {"CF-Mitigated": "challenge"})
        return self.answer(200, b"hello", {"Content-Type": "text/html; charset=utf-8"})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()


POLICY = FetchPolicy(
    delay_seconds=0, timeout_seconds=1, max_page_bytes=1_000_000, allow_private_hosts=True, contact="me@example.org"
)


def get(url: str, policy: FetchPolicy = POLICY, **options: object) -> Response | Failure:
    async def run() -> Response | Failure:
        async with Fetcher(policy) as fetcher:
            return await fetcher.get(url, **options)

    return asyncio.run(run())


def failed(answer: Response | Failure) -> Failure:
    assert isinstance(answer, Failure), answer
    assert answer.detail.startswith("http") or answer.url in answer.detail
    return answer


def test_a_page_comes_with_its_headers_and_we_say_who_we_are(server: str) -> None:
    answer = get(f"{server}/page#part")
    assert isinstance(answer, Response)
    assert (answer.body, answer.headers["content-type"]) == (b"hello", "text/html; charset=utf-8")
    sent = Handler.seen[-1][1]
    assert sent["user-agent"] == f"{POLICY.user_agent} (+me@example.org)"
    assert sent["from"] == "me@example.org"  # RFC 9110, 10.1.2: a mail address, so not that of a page
    get(f"{server}/page", dataclasses.replace(POLICY, contact="https://example.org/bot"))
    sent = Handler.seen[-1][1]
    assert sent["user-agent"] == f"{POLICY.user_agent} (+https://example.org/bot)"
    assert "from" not in sent


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_encodings_are_undone(server: str, encoding: str) -> None:
    answer = get(f"{server}/{encoding}")
    assert isinstance(answer, Response)
    assert answer.body == b"packed " * 100


@pytest.mark.parametrize(
    ("path", "reason", "says"),
    [
        ("/bomb", "too-large", "max_page_bytes"),
        ("/slow", "timeout", "timeout_seconds"),
        ("/lies", "protocol", "broken"),
        ("/short", "protocol", "broken"),
        ("/status/404", "status", "404"),
        ("/challenge", "status", "answered 403 with a bot check"),  # the operator can ask to be let in
        ("/status/500", "status", "500"),
        ("/status/204", "status", "204"),
        ("/private/x", "robots", "robots.txt"),
        ("/to/302/private/x", "robots", "robots.txt"),
        ("/loop", "redirects", "circle"),
        ("/to/302/ftp://example.org/", "scheme", "ftp"),
    ],
)
def test_failures_are_values_and_say_what(server: str, path: str, reason: str, says: str) -> None:
    answer = failed(get(server + path))
    assert answer.reason == reason
    assert says in answer.detail


def test_redirects_are_followed_and_permanent_ones_remembered(server: str) -> None:
    answer = get(f"{server}/to/301/to/308/page")
    assert isinstance(answer, Response)
    assert answer.url == answer.permanent_url == f"{server}/page"
    assert answer.requested_url == f"{server}/to/301/to/308/page"
    mixed = get(f"{server}/to/301/to/302/page")
    assert isinstance(mixed, Response)
    assert mixed.permanent_url == f"{server}/to/302/page"
    many = "".join("/to/302" for _ in range(9)) + "/page"
    assert failed(get(server + many)).reason == "redirects"


def test_conditional_requests(server: str) -> None:
    answer = get(f"{server}/etag", etag='"1"')
    assert isinstance(answer, Response)
    assert answer.not_modified


def test_nobody_there() -> None:
    assert failed(get("http://127.0.0.1:9/")).reason == "robots-unreachable"
    assert failed(get("http://127.0.0.1:9/", robots=False)).reason == "connect"
    assert failed(get("http://no-such-host.invalid/")).reason == "dns"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://017700000001/", "http://[::1]/", "http://localhost/",
        "http://[::ffff:127.0.0.1]/", "http://0/", "http://169.254.169.254/latest/meta-data/", "http://10.1.2.3/", "http://127.1/",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_before_any_request(url: str) -> None:
    answer = failed(get(url, FetchPolicy(delay_seconds=0, timeout_seconds=2)))
    assert answer.reason == "private-address"
    assert "private" in answer.detail
    assert "robots" not in answer.detail
    assert "allow_private_hosts" in answer.detail


@pytest.mark.parametrize(
    "address",
    ["::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "192.0.0.8", "224.0.0.1", "100.64.0.1", "fe80::1%eth0", "fc00::1",
     "::", "0.0.0.0", "255.255.255.255", "2001::1", "ff02::1", "198.18.0.1", "192.168.1.1", "nonsense"],
)  # fmt: skip
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public(address: str) -> None:
    assert is_public(address)


class Scripted:
    """A transport that answers from a function, on a clock that only sleeping moves."""

    def __init__(self, answer: Callable[[str], Response | Failure]) -> None:
        self.answer, self.now, self.log = answer, 0.0, []

    async def send(self, request: Request) -> Response | Failure:
        self.log.append((round(self.now, 3), request.url))
        return self.answer(request.url)

    async def close(self) -> None: ...

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def fetch(self, policy: FetchPolicy, *urls: str) -> list[Response | Failure]:
        async def run() -> list[Response | Failure]:
            async with Fetcher(policy, self, lambda: self.now, self.sleep) as fetcher:
                return [await fetcher.get(url) for url in urls]

        return asyncio.run(run())


def plain(url: str) -> Response:
    return Response(url, url, 404 if url.endswith("robots.txt") else 200, {}, b"x")


def test_a_host_is_left_alone_between_requests_and_others_are_not_waited_for() -> None:
    script = Scripted(plain)
    script.fetch(FetchPolicy(delay_seconds=2), "https://a.example/1", "https://a.example/2", "https://b.example/1")
    assert [at for at, _ in script.log] == [0, 2, 4, 4, 6]
    assert [url for _, url in script.log][:2] == ["https://a.example/robots.txt", "https://a.example/1"]


def test_crawl_delay_is_kept_and_bounded() -> None:
    text = b"User-agent: feed-search-indexer\nCrawl-delay: 5"
    script = Scripted(lambda url: Response(url, url, 200, {}, text if url.endswith("robots.txt") else b""))
    script.fetch(FetchPolicy(delay_seconds=1), "https://a.example/1", "https://a.example/2")
    assert script.log[2][0] - script.log[1][0] == 5
    assert pause(1, 9999) == 30
    assert pause(0, 5) == 0


ROBOTS = [(500, "robots-unreachable"), (429, "robots-unreachable"), (403, None), (404, None)]


@pytest.mark.parametrize(("status", "reason"), ROBOTS)
def test_robots_that_cannot_be_had(status: int, reason: str | None) -> None:
    script = Scripted(lambda url: Response(url, url, status if url.endswith("robots.txt") else 200))
    answer = script.fetch(FetchPolicy(delay_seconds=0), "https://a.example/1")[0]
    assert (answer.reason if isinstance(answer, Failure) else None) == reason


def test_a_short_retry_after_is_waited_for_and_a_long_one_defers_the_host() -> None:
    answers = {"/soon": ["3", None], "/later": ["120"]}

    def answer(url: str) -> Response:
        left = answers.get(url.removeprefix("https://a.example"), [])
        wait = left.pop(0) if left else None
        return Response(url, url, 503 if wait else plain(url).status, {"retry-after": wait} if wait else {})

    script = Scripted(answer)
    urls = [f"https://a.example/{name}" for name in ("soon", "later", "other")]
    soon, later, other = script.fetch(FetchPolicy(delay_seconds=0), *urls)
    assert isinstance(soon, Response)
    assert isinstance(later, Failure)
    assert (later.status, later.retry_after_seconds) == (503, 120)
    assert isinstance(other, Failure)
    assert other.reason == "deferred"
    assert not [url for _, url in script.log if url.endswith("/other")]


def test_retry_after_dates_and_nonsense() -> None:
    now = datetime(2020, 5, 27, 12, 0, tzinfo=UTC)
    assert retry_after("Wed, 27 May 2020 12:01:00 GMT", now) == 60
    assert retry_after("Wed, 27 May 2020 11:00:00 GMT", now) == 0
    assert retry_after("soon", now) is None
    assert retry_after("90 seconds", now) == retry_after("90.5", now) == 90
    assert retry_after("9" * 20, now) == 7 * 86_400, "whoever asks for ever is left alone for as long as we can"
    assert retry_after(None, now) is None
