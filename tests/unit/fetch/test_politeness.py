"""How hosts are treated over hours and days, on a clock that only sleeping moves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.fetch.fetcher import Fetcher
from indexer.fetch.politeness import HostState, host_key, retry_after, slower
from indexer.fetch.transport import Request
from indexer.model import Failure, FetchPolicy, Response

NOW = datetime(2026, 1, 1, tzinfo=UTC)
A = "https://a.example"
Answer = Callable[[Request], Response | Failure]


class World:
    """Servers that answer from a function; a clock and a calendar; one `Fetcher` at a time, as one run after another."""

    def __init__(self, answer: Answer, policy: FetchPolicy | None = None) -> None:
        self.answer, self.policy = answer, policy or FetchPolicy(delay_seconds=1)
        self.seconds = 0.0
        self.log: list[tuple[float, str]] = []
        self.states: tuple[HostState, ...] = ()
        self.robots_asked = 0

    async def send(self, request: Request) -> Response | Failure:
        self.log.append((self.seconds, request.url))
        return self.answer(request)

    async def close(self) -> None: ...

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def run(self, *urls: str, between: float = 0.0) -> list[Response | Failure]:
        """One run: addresses one after the other, with `between` seconds of other work."""

        async def inner() -> list[Response | Failure]:
            now = NOW + timedelta(seconds=self.seconds)
            fetcher = Fetcher(
                self.policy, self, lambda: self.seconds, self.sleep, states=self.states, now=now, chance=lambda: 0.0
            )
            answers = []
            for url in urls:
                answers.append(await fetcher.get(url))
                self.seconds += between
            self.states = fetcher.host_states()
            return answers

        return asyncio.run(inner())

    def times(self, *, robots: bool = False) -> list[float]:
        return [round(at, 3) for at, url in self.log if url.endswith("/robots.txt") == robots]

    def state(self, host: str = "a.example") -> HostState:
        return next(state for state in self.states if state.host == host)


def reply(request: Request, status: int = 200, body: bytes = b"", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(request.url, request.url, status, named, body)


def with_robots(text: str, pages: Answer = reply) -> Answer:
    return lambda request: reply(request, body=text.encode()) if request.url.endswith("/robots.txt") else pages(request)


def pages(count: int, origin: str = A) -> list[str]:
    return [f"{origin}/{number}" for number in range(count)]


# -- whose turn it is ------------------------------------------------------------------------------------------------


def test_http_and_https_and_www_of_a_name_are_one_host_and_another_port_is_not() -> None:
    world = World(with_robots(""))
    world.run("http://a.example/1", "https://a.example/2", "https://www.a.example/3")
    assert [at for at, _ in world.log] == [0, 1, 2, 3, 4, 5]  # and each origin's robots.txt is asked for
    assert host_key("https://www.a.example:443/") == host_key("http://a.example/") == "a.example"
    assert host_key("http://a.example:8080/") != host_key("http://a.example/")


def test_who_waits_for_a_pause_keeps_nobody_else_from_being_asked() -> None:
    first_waits = asyncio.Event()

    async def run() -> list[Response | Failure]:
        async def sleep(seconds: float) -> None:
            await first_waits.wait()

        world = World(with_robots(""), FetchPolicy(delay_seconds=1, concurrency=1))
        async with Fetcher(world.policy, world, lambda: 0.0, sleep) as fetcher:
            waiting = asyncio.create_task(fetcher.get(f"{A}/page"))
            await asyncio.sleep(0)
            other = await fetcher.get("https://b.example/page", robots=False)
            assert not waiting.done()
            first_waits.set()
            return [other, await waiting]

    assert all(isinstance(answer, Response) for answer in asyncio.run(run()))


# -- robots.txt ------------------------------------------------------------------------------------------------------


def test_robots_are_asked_for_again_after_a_day_and_what_they_say_then_counts() -> None:
    texts = ["User-agent: *\nDisallow: /never\n", "User-agent: *\nDisallow: /\n"]

    def answer(request: Request) -> Response:
        return reply(request, body=texts.pop(0).encode()) if request.url.endswith("robots.txt") else reply(request)

    world = World(answer)
    answers = world.run(*pages(26), between=3600)
    assert world.times(robots=True) == [0, pytest.approx(86_400, abs=3600)]
    assert [isinstance(each, Response) for each in answers] == [True] * 24 + [False] * 2


def test_robots_that_cannot_be_had_are_no_permission_and_asked_for_again_soon() -> None:
    down = [True]

    def answer(request: Request) -> Response | Failure:
        if request.url.endswith("robots.txt") and down[0]:
            return Failure(request.url, "timeout", f"{request.url}: no answer")
        return reply(request)

    world = World(answer)
    answers = world.run(*pages(4), between=300)
    assert [each.reason for each in answers if isinstance(each, Failure)] == ["robots-unreachable"] * 4
    assert world.times(robots=True) == [0, 600]
    assert world.times() == []
    down[0] = False
    assert isinstance(world.run(f"{A}/1")[0], Response)


def test_a_permission_that_was_had_does_not_outlive_its_day_when_robots_cannot_be_had_any_more() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        if request.url.endswith("robots.txt"):
            asked.append(request.url)
            return reply(request, 200 if len(asked) == 1 else 500)
        return reply(request)

    answers = World(answer).run(*pages(3), between=50_000)
    assert [each.reason if isinstance(each, Failure) else "" for each in answers] == ["", "", "robots-unreachable"]


def test_the_longest_crawl_delay_of_a_hosts_origins_counts() -> None:
    world = World(with_robots("User-agent: *\nCrawl-delay: 7\n"))
    world.run(*pages(3))
    assert world.times() == [7, 14, 21]


# -- too fast --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "count"), [(429, 2), (503, 4)])
def test_the_pause_grows_with_each_too_fast_and_sinks_with_each_good_answer(status: int, count: int) -> None:
    bad = set(pages(count))  # after 429 a page is asked for once more
    world = World(with_robots("", lambda request: reply(request, status if request.url in bad else 200)))
    world.run(*pages(40))
    times = world.times()
    pauses = [round(b - a, 2) for a, b in pairwise(times)]
    assert max(pauses) > 7
    peak = pauses.index(max(pauses))
    assert pauses[:peak] == sorted(pauses[:peak])
    assert pauses[peak:] == sorted(pauses[peak:], reverse=True)
    assert pauses[-1] < 2
    assert world.state().failures == 0
    assert slower(10_000, 1) == 60


def test_a_grown_pause_is_remembered_by_the_next_run() -> None:
    world = World(with_robots("", lambda request: reply(request, 503)))
    world.run(*pages(3))
    slowed, since = world.state().slowed_seconds, world.state().slowed_since
    assert slowed > 5
    assert since is not None
    assert since < NOW + timedelta(seconds=10)
    world.answer = with_robots("")
    begin = world.seconds
    world.run(*pages(2))
    assert world.times()[3] - begin > 5
    assert world.state().slowed_since == since, "for as long as it is asked more slowly"
    world.run(*pages(60))
    assert world.state().is_plain


def test_retry_after_in_both_forms_leaves_the_host_alone_beyond_the_run() -> None:
    for wait in ("7200", "Thu, 01 Jan 2026 02:00:01 GMT"):
        world = World(with_robots("", lambda request, wait=wait: reply(request, 503, retry_after=wait)))
        first, second = world.run(f"{A}/1", f"{A}/2")
        assert isinstance(first, Failure)
        assert first.retry_after_seconds == 7200
        assert isinstance(second, Failure)
        assert second.reason == "deferred"
        assert len(world.times()) == 1
        world.answer = with_robots("")
        world.seconds = 7000
        (again,) = world.run(f"{A}/3")
        assert isinstance(again, Failure)
        assert again.reason == "deferred"
        assert "asked for a pause" in again.detail
        assert again.retry_after_seconds == pytest.approx(201, abs=2)
        world.seconds = 7202
        assert isinstance(world.run(f"{A}/3")[0], Response)
        assert world.state().not_before is None


@pytest.mark.parametrize(
    "value", ["-5", "1e9", "99999999999999999999", "Mon, 99 Foo 2026", "\x00", "Fri, 31 Dec 9999 23:59:59 -2359", "٣"]
)
def test_a_retry_after_that_cannot_be_read(value: str) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= 7 * 86_400


# -- failing again and again -----------------------------------------------------------------------------------------


def test_a_host_that_fails_in_each_run_is_left_alone_twice_as_long_each_time_up_to_a_day() -> None:
    world = World(lambda request: Failure(request.url, "connect", f"{request.url}: cannot connect (refused)"))
    asked: list[float] = []
    for _ in range(24 * 20):  # an hourly crawl, for twenty days
        before = len(world.log)
        (answer,) = world.run(f"{A}/feed")
        assert isinstance(answer, Failure)
        asked += [world.seconds] if len(world.log) > before else []
        world.seconds += 3600
    gaps = [b - a for a, b in pairwise(asked)]
    assert max(gaps) <= 86_400 + 3600
    assert gaps == sorted(gaps)
    assert len(asked) < 40
    state = world.state()
    assert state.failing_since == NOW
    assert "refused" in state.error
    last = world.run(f"{A}/feed")[0]
    assert isinstance(last, Failure)
    world.answer = with_robots("")
    world.seconds += 86_400
    assert isinstance(world.run(f"{A}/feed")[0], Response)
    assert world.state().is_plain


def test_who_is_left_alone_is_told_with_since_when_and_why() -> None:
    world = World(lambda request: Failure(request.url, "dns", f"{request.url}: the name cannot be resolved"))
    for _ in range(4):
        (answer,) = world.run(f"{A}/feed")
    assert isinstance(answer, Failure)
    assert answer.reason == "deferred"
    assert "failed 3 times since 2026-01-01 00:00 UTC" in answer.detail
    assert "cannot be resolved" in answer.detail


def test_a_broken_section_of_a_site_does_not_close_the_rest_at_once() -> None:
    world = World(with_robots("", lambda request: reply(request, 500 if "/bad/" in request.url else 200)))
    answers = world.run(*pages(20, f"{A}/bad"), f"{A}/good", *pages(40, f"{A}/bad"), f"{A}/good")
    assert isinstance(answers[20], Response)
    assert [each.reason for each in answers[21:] if isinstance(each, Failure)].count("status") == 25
    assert isinstance(answers[-1], Failure)
    assert world.state().failures == 25


def test_what_says_nothing_about_the_host_does_not_count() -> None:
    reasons = ("too-large", "private-address", "scheme", "redirects")
    for reason in reasons:
        world = World(with_robots("", lambda request, r=reason: Failure(request.url, r, f"{request.url}: no")))
        world.run(*pages(50))
        assert world.state().is_plain
    world = World(with_robots("", lambda request: reply(request, 404)))
    world.run(*pages(50))
    assert world.state().is_plain


def test_chance_shortens_a_wait_so_that_hosts_do_not_come_back_together() -> None:
    waits = set()
    for chance in (0.0, 0.5, 1.0):
        fetcher_state: list[HostState] = []

        async def run(chance: float = chance, found: list[HostState] = fetcher_state) -> None:
            world = World(lambda request: Failure(request.url, "connect", f"{request.url}: no"))
            states = [HostState("a.example", failures=5, failing_since=NOW, backed_off=3)]
            fetcher = Fetcher(world.policy, world, lambda: 0.0, world.sleep, states=states, now=NOW, chance=lambda: chance)
            await fetcher.get(f"{A}/1")
            found.extend(fetcher.host_states())

        asyncio.run(run())
        waits.add(fetcher_state[0].waits(NOW))
    assert waits == {480, 420, 360}


# -- what is kept ----------------------------------------------------------------------------------------------------

moments = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
states = st.builds(
    HostState, st.text(), st.integers(0, 9), moments, st.text(max_size=500), moments, st.integers(0, 9), st.floats(0, 60), moments
)


@given(states)
def test_a_state_comes_back_as_it_was_written(state: HostState) -> None:
    assert HostState.from_mapping(json.loads(json.dumps(state.to_mapping()))) == state


@given(
    st.dictionaries(st.sampled_from(list(HostState.__slots__)), st.none() | st.text() | st.integers() | st.lists(st.integers()))
)
def test_what_another_version_wrote_does_no_harm(values: dict[str, object]) -> None:
    state = HostState.from_mapping(values)
    assert state.waits(NOW) >= 0
    json.dumps(state.to_mapping())


def test_states_of_hosts_that_were_not_asked_are_kept() -> None:
    world = World(with_robots(""))
    world.states = (HostState("z.example", failures=3),)
    world.run(f"{A}/1")
    assert [state.host for state in world.states] == ["a.example", "z.example"]


# -- who we are ------------------------------------------------------------------------------------------------------


def test_validators_that_would_break_the_request_are_left_out() -> None:
    sent: list[Request] = []

    async def run() -> None:
        world = World(with_robots("", lambda request: (sent.append(request), reply(request))[1]))
        async with Fetcher(world.policy, world, lambda: 0.0, world.sleep) as fetcher:
            await fetcher.get(f"{A}/1", etag='"1"\r\nEvil: 1', last_modified="x" * 5000)
            await fetcher.get(f"{A}/1", etag='"1"', last_modified="Thu, 01 Jan 2026 00:00:00 GMT")

    asyncio.run(run())
    assert set(sent[0].headers) == {"accept"}
    assert set(sent[1].headers) == {"accept", "if-none-match", "if-modified-since"}


def test_the_retry_after_of_one_page_stops_its_host_for_a_day_at_most() -> None:
    week = 7 * 86_400
    world = World(with_robots("", lambda request: reply(request, 503, retry_after=str(week))))
    (first,) = world.run(f"{A}/1")
    assert isinstance(first, Failure)
    assert first.retry_after_seconds == week, "the page itself is left alone for as long as it asks"
    world.answer = with_robots("")
    world.seconds = 86_000
    (soon,) = world.run(f"{A}/2")
    assert isinstance(soon, Failure)
    assert soon.reason == "deferred"
    world.seconds = 86_402
    assert isinstance(world.run(f"{A}/2")[0], Response)


def test_a_pause_that_a_clock_in_the_future_has_stored_does_not_count() -> None:
    state = HostState("example.org", failures=9, not_before=NOW + timedelta(days=400))
    assert state.waits(NOW) == 0.0
    assert HostState("example.org", not_before=NOW + timedelta(days=1)).waits(NOW) == 86_400
