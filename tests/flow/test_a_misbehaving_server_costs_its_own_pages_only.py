"""Whatever a server sends: one clear line for its page, bounded memory, and the next page as if nothing had been."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import threading
from collections.abc import Iterator, Sequence

import pytest

from indexer.fetch.fetcher import Fetcher
from indexer.fetch.politeness import Budget
from indexer.fetch.transport import HttpTransport
from indexer.model import Failure, FetchPolicy, Response
from support.misbehaving_server import WAYS, MisbehavingServer, Say, Visitor, bomb, serving, to

POLICY = FetchPolicy(delay_seconds=0, timeout_seconds=20, max_page_bytes=1_000_000, allow_private_hosts=True)
HASTY = dataclasses.replace(POLICY, timeout_seconds=0.5)  # for servers that would take for ever


def get(*urls: str, policy: FetchPolicy = POLICY, **options: object) -> list[Response | Failure]:
    async def run() -> list[Response | Failure]:
        async with Fetcher(policy) as fetcher:
            return [await fetcher.get(url, **options) for url in urls]

    return asyncio.run(run())


@pytest.fixture(scope="module")
def server() -> Iterator[MisbehavingServer]:
    with serving() as running:
        yield running


def clear(answer: Response | Failure, url: str) -> Failure:
    assert isinstance(answer, Failure), answer
    assert url in answer.detail
    assert answer.detail.isprintable(), "one line, and no control character of the server's"
    assert len(answer.detail) < 700
    return answer


@pytest.mark.parametrize("path", WAYS)
def test_each_way_of_misbehaving_gives_one_clear_line_or_the_page(server: MisbehavingServer, path: str) -> None:
    way, url = WAYS[path], server.url + path
    policy = HASTY if way.reason == "timeout" else POLICY
    answer, next_one = get(url, f"{server.url}/fine?after", policy=policy)
    if way.reason:
        failure = clear(answer, server.url)
        assert (failure.reason, failure.url) == (way.reason, url), failure.detail
        assert way.word in failure.detail
    else:
        assert isinstance(answer, Response), answer
        assert answer.body == way.body
    assert isinstance(next_one, Response), next_one
    assert next_one.body == b"fine"


def test_nothing_that_a_server_writes_into_a_location_gets_into_a_request(server: MisbehavingServer) -> None:
    get(f"{server.url}/redirect/split", f"{server.url}/redirect/user", f"{server.url}/redirect/tab")
    assert "/evil" not in server.asked
    assert not [visitor for visitor in server.visitors if "x-evil" in visitor.headers or "authorization" in visitor.headers]


def test_headers_command_no_terminal() -> None:
    evil = "Content-Type: text/\x1b[31mhtml\x07\xc2\x9b\xe2\x80\xae"  # escape, bell, an 8-bit escape, right-to-left override
    with serving(pages={"/page": robots_of(b"fine", evil)}) as server:
        (answer,) = get(f"{server.url}/page")
    assert isinstance(answer, Response)
    assert answer.headers["content-type"] == "text/[31mhtml"


# -- connections -----------------------------------------------------------------------------------------------------


def test_one_connection_is_enough_for_a_host() -> None:
    with serving() as server:
        get(*(f"{server.url}/fine?{number}" for number in range(5)))
        assert len(server.asked) == 6
        assert server.connections == 1


def test_a_connection_that_the_server_closed_meanwhile_is_no_failure() -> None:
    def one_answer(visitor: Visitor) -> None:
        visitor.answer(b"fine")  # no word of "Connection: close"
        visitor.socket.close()

    with serving(pages={"/page": one_answer}) as server:
        answers = get(*(f"{server.url}/page" for _ in range(4)))
        assert [isinstance(answer, Response) for answer in answers] == [True] * 4


def test_what_comes_while_nobody_asks_is_never_an_answer() -> None:
    sent, sleep = threading.Event(), threading.Event()

    def afterwards(visitor: Visitor) -> None:
        visitor.answer(b"fine")
        sleep.wait(120)
        visitor.answer(b"evil")
        sent.set()

    async def run(url: str) -> Response | Failure:
        async with Fetcher(POLICY) as fetcher:
            await fetcher.get(f"{url}/page")
            sleep.set()
            await asyncio.to_thread(sent.wait, 10)
            await asyncio.sleep(0.05)
            return await fetcher.get(f"{url}/fine")

    with serving(pages={"/page": afterwards}) as server:
        answer = asyncio.run(run(server.url))
    assert isinstance(answer, Response)
    assert answer.body == b"fine"


async def loopback(name: str, port: int) -> Sequence[str]:
    """Every name is this machine."""
    return ("127.0.0.1",)


def test_hosts_are_asked_side_by_side_and_one_host_never_twice_at_a_time() -> None:
    together, busy, twice = threading.Barrier(16), set[str](), list[str]()

    def wait_for_others(visitor: Visitor) -> None:
        host = visitor.headers["host"]
        if host in busy:
            twice.append(host)
        busy.add(host)
        together.wait(120)  # 16 requests must be here before one is answered
        busy.discard(host)
        visitor.answer(b"fine")

    async def run(port: int) -> list[Response | Failure]:
        policy = dataclasses.replace(POLICY, concurrency=16)
        async with Fetcher(policy, HttpTransport(policy, loopback)) as fetcher:
            urls = [f"http://site{number}.example:{port}/page" for number in range(16)] * 2
            return await asyncio.gather(*(fetcher.get(url) for url in urls))

    with serving(pages={"/page": wait_for_others}) as server:
        answers = asyncio.run(run(server.port))
    assert all(isinstance(answer, Response) for answer in answers), answers
    assert not twice


# -- robots.txt ------------------------------------------------------------------------------------------------------


def robots_of(text: bytes, *headers: str, status: str = "200 OK") -> Say:
    return lambda visitor: visitor.answer(text, *headers, status=status)


RULES = b"User-agent: *\nDisallow: /fine\n"
LONG = b"User-agent: *\n" + b"# comment\n" * 51_198 + b"\n\nDisallow: /search\n"  # the limit is inside the last line


@pytest.mark.parametrize(
    ("robots", "reason"),
    [
        (robots_of(RULES), "robots"),
        (robots_of(b"\xef\xbb\xbf" + RULES), "robots"),
        (robots_of(gzip.compress(RULES), "Content-Encoding: gzip"), "robots"),
        (robots_of(RULES + b"#" * 3_000_000), "robots"),  # longer than a page may be
        (robots_of(gzip.compress(RULES + b"#" * 3_000_000), "Content-Encoding: gzip"), "robots"),
        (robots_of(b"#" * 600_000 + b"\n" + RULES), None),  # only 500 KiB are read
        (robots_of(LONG), None),  # "Disallow: /" is the beginning of another rule
        (robots_of(bomb("gzip"), "Content-Encoding: gzip"), None),
        (robots_of(bytes(range(256)) * 1000), None),
        (robots_of(b"", status="403 Forbidden"), None),
        (robots_of(b"", status="404 Not Found"), None),
        (robots_of(b"", status="500 No"), "robots-unreachable"),
        (robots_of(b"", status="503 No"), "robots-unreachable"),
        (robots_of(b"", status="429 No"), "robots-unreachable"),
        (robots_of(b"not gzip", "Content-Encoding: gzip"), "robots-unreachable"),
        (lambda visitor: visitor.flood(b"HTTP/1.1 103 Hints\r\n\r\n"), "robots-unreachable"),
        (lambda visitor: visitor.socket.close(), "robots-unreachable"),
        (lambda visitor: visitor.drip(b"H"), "robots-unreachable"),
        (to("/robots.txt"), None),  # more than five redirects are as good as no file
        (to("ftp://127.0.0.1/robots.txt"), None),
        (to("/elsewhere"), "robots"),
    ],
)
def test_robots_of_every_kind(robots: Say, reason: str | None) -> None:
    with serving(robots, {"/elsewhere": robots_of(RULES)}) as server:
        first, second = get(f"{server.url}/fine", f"{server.url}/fine?2", policy=dataclasses.replace(POLICY, timeout_seconds=2))
        for answer in (first, second):
            assert (answer.reason if isinstance(answer, Failure) else None) == reason, answer
        if reason:
            clear(first, server.url)
        assert server.asked.count("/robots.txt") <= 6
        assert ("/fine" in server.asked) == (reason is None)


# -- cookies ---------------------------------------------------------------------------------------------------------


def test_cookies_live_as_long_as_the_crawl_and_go_to_their_own_site_alone() -> None:
    seen: list[tuple[str, str]] = []

    def note(visitor: Visitor) -> None:
        seen.append((visitor.headers["host"].partition(":")[0], visitor.headers.get("cookie", "")))
        visitor.answer(b"fine", "Set-Cookie: id=7; Path=/", "Set-Cookie: all=1; Path=/; Domain=example", "Set-Cookie: bad")

    async def run(port: int) -> list[Response | Failure]:
        async with Fetcher(POLICY, HttpTransport(POLICY, loopback)) as fetcher:
            names = ("one.example", "one.example", "two.example", "one.example")
            paths = ("page", "page", "page", "away")
            return [await fetcher.get(f"http://{name}:{port}/{path}") for name, path in zip(names, paths, strict=True)]

    def away(visitor: Visitor) -> None:
        visitor.answer(b"", f"Location: http://three.example:{visitor.port}/page", status="302 Found")

    with serving(pages={"/page": note, "/away": away}) as server:
        answers = asyncio.run(run(server.port))
        assert seen == [("one.example", ""), ("one.example", "id=7"), ("two.example", ""), ("three.example", "")]
        assert not [answer for answer in answers if isinstance(answer, Response) and "set-cookie" in answer.headers]
        get(f"{server.url}/page")
        assert seen[-1][1] == ""


def test_of_several_headers_with_wishes_for_robots_each_is_a_line() -> None:
    tags = ("X-Robots-Tag: googlebot: noindex", "x-robots-tag: nofollow,", "  noarchive", "X-Other: a", "X-Other: b")
    with serving(pages={"/page": robots_of(b"fine", *tags)}) as server:
        (answer,) = get(f"{server.url}/page")
        assert isinstance(answer, Response)
        assert answer.headers["x-robots-tag"] == "googlebot: noindex\nnofollow, noarchive"
        assert answer.headers["x-other"] == "a, b"


def test_a_flood_of_cookies_is_forgotten() -> None:
    many = [f"Set-Cookie: c{number}=1" for number in range(500)]
    with serving(
        pages={"/many": robots_of(b"fine", *many), "/long": robots_of(b"fine", "Set-Cookie: a=" + "b" * 5000)}
    ) as server:
        get(f"{server.url}/many", f"{server.url}/long", f"{server.url}/fine")
        assert len(server.visitors[-1].headers.get("cookie", "")) < 1000


# -- budget ----------------------------------------------------------------------------------------------------------


def test_a_source_has_so_many_requests_and_bytes_in_one_crawl() -> None:
    with serving(pages={"/big": robots_of(b"x" * 400_000)}) as server:
        pages = Budget(10_000_000, 2)
        answers = get(*(f"{server.url}/fine?{number}" for number in range(3)), budget=pages)
        assert [isinstance(answer, Response) for answer in answers] == [True, True, False]
        assert "max_source_pages" in clear(answers[2], server.url).detail
        loops = Budget(10_000_000, 3)
        assert clear(get(f"{server.url}/endless/0", budget=loops)[0], server.url).reason == "budget"
        size = Budget(1_000_000, 100)
        answers = get(*(f"{server.url}/big" for _ in range(4)), budget=size)
        assert [isinstance(answer, Response) for answer in answers] == [True, True, False, False]
        assert [answer.reason for answer in answers if isinstance(answer, Failure)] == ["too-large", "budget"]
        assert all("max_source_bytes" in clear(answer, server.url).detail for answer in answers[2:])
        assert size.bytes == 1_000_000
