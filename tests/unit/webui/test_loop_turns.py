"""The event loop runs brief requests in turns with its sockets, and none that takes long."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from webui.environ_keys import CLIENT_HAS_LEFT, IN_EVENT_LOOP
from webui.server import loop_turns
from webui.server.asgi_bridge import WsgiBridge
from webui.server.connection import CONNECTION_KEY, CYCLE_KEY
from webui.server.loop_turns import MAX_LOOP_SECONDS, MAX_TURN_SECONDS, PAUSE_SECONDS, LoopTurns, NeedsThread


class Clock:
    """A clock that only work moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    monotonic = perf_counter

    def work(self, seconds: float, *, fails: bool = False) -> Callable[[], str]:
        """Return work that takes some time."""

        def run() -> str:
            self.now += seconds
            if fails:
                raise NeedsThread
            return "done"

        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(loop_turns, "time", clock)
    return clock


def test_the_sockets_have_their_turn_after_the_work_of_one_turn(clock: Clock) -> None:
    async def test() -> list[str]:
        turns, order = LoopTurns(), []

        async def request(name: str, seconds: float) -> None:
            await turns.wait()
            turns.run(clock.work(seconds))
            order.append(name)

        def read() -> None:
            order.append(ours.recv(10).decode())

        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.send(b"sockets")
            asyncio.get_running_loop().add_reader(ours, read)
            await asyncio.gather(*(request(name, MAX_TURN_SECONDS * 0.6) for name in "abcd"))
        return order

    assert asyncio.run(test()) == ["a", "b", "sockets", "c", "d"]


@pytest.mark.parametrize(
    ("seconds", "needs_thread", "pauses"),
    [
        (MAX_LOOP_SECONDS * 0.9, False, False),
        (MAX_LOOP_SECONDS, False, True),
        (MAX_TURN_SECONDS * 0.9, True, False),
        (MAX_TURN_SECONDS, True, True),
    ],
)
def test_requests_go_to_threads_for_a_while_after_one_that_took_long(
    clock: Clock, seconds: float, needs_thread: bool, pauses: bool
) -> None:
    async def test() -> None:
        turns = LoopTurns()
        assert turns.run(clock.work(seconds, fails=needs_thread)) == (None if needs_thread else "done")
        assert turns.is_paused is pauses
        clock.now += PAUSE_SECONDS
        assert not turns.is_paused

    asyncio.run(test())


class Connection:
    """What the bridge uses of a connection."""

    def __init__(self) -> None:
        self.flow, self.keep_alive, self.disconnected = self, True, False
        self.cancel_work: object = None
        self.answers: list[tuple[int, bytes]] = []

    async def drain(self) -> None: ...

    def respond(self, cycle: object, status: int, headers: object, content: bytes) -> None:
        self.answers.append((status, content))


def answer(application: Any, connection: Connection) -> list[tuple[int, bytes]]:
    """Send one request that may be brief."""
    scope = {
        "method": "GET", "raw_path": b"/a", "query_string": b"", "http_version": "1.1", "scheme": "http",
        "server": None, "client": None, "headers": [], CONNECTION_KEY: connection, CYCLE_KEY: connection,
    }  # fmt: skip
    bridge = WsgiBridge(application, lambda environ: False, lambda environ: True)
    asyncio.run(bridge(scope, None, None))
    bridge.close()
    return connection.answers


@pytest.mark.parametrize("is_brief", [True, False])
def test_a_thread_answers_what_turns_out_not_to_be_brief(is_brief: bool) -> None:
    calls: list[tuple[bool, bool, bool]] = []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        in_loop = threading.current_thread() is threading.main_thread()
        calls.append((in_loop, IN_EVENT_LOOP in environ, CLIENT_HAS_LEFT in environ))
        if in_loop and not is_brief:
            raise NeedsThread
        start_response("200 OK", [])
        return [b"x"]

    assert answer(application, Connection()) == [(200, b"x")]
    assert calls == ([(True, True, False)] if is_brief else [(True, True, False), (False, False, True)])


def test_nothing_is_done_for_a_client_that_left_before_its_turn() -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        raise AssertionError("it was called")

    connection = Connection()
    connection.disconnected = True
    assert answer(application, connection) == []
