"""Connections: which one makes room, and what an answer may contain."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from uvicorn import Config

from webui.server.connection import ClientConnection, ConnectionLimits, ConnectionPool


class Wire(asyncio.Transport):
    """A transport that remembers what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.is_closed = b"", False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Leave the answer to the test."""
    await asyncio.Event().wait()


def opened(pool: ConnectionPool) -> tuple[ClientConnection, Wire]:
    connection, wire = ClientConnection(pool, asyncio.get_running_loop()), Wire()
    connection.connection_made(wire)
    return connection, wire


def pool_of(count: int) -> ConnectionPool:
    config = Config(application, http="httptools", ws="none", lifespan="off", log_config=None)
    config.load()
    return ConnectionPool(config, ConnectionLimits(max_connections=count))


def run(test: Any) -> None:
    asyncio.run(test())


def test_the_one_that_has_been_idle_longest_makes_room_and_busy_ones_stay() -> None:
    async def test() -> None:
        pool = pool_of(3)
        (busy, _), (first, _), (second, _) = opened(pool), opened(pool), opened(pool)
        busy.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert pool.make_room()
        assert pool.open == {busy, second}
        assert cast("Wire", first.transport).is_closed
        opened(pool)
        second.data_received(b"GET / HT")  # a request has begun
        third = next(iter(pool.idle))
        assert pool.make_room()
        assert pool.open == {busy, second}
        assert third not in pool.open

    run(test)


def test_fields_behind_a_body_are_not_among_the_fields_of_the_request() -> None:
    async def test() -> None:
        connection, _ = opened(pool_of(1))
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.data_received(head + b"1\r\nx\r\n0\r\nX-Forwarded-For: 127.0.0.1\r\nHost: other.example\r\n\r\n")
        assert not connection.cycle.more_body
        names = [name for name, _ in connection.cycle.scope["headers"]]
        assert names == [b"host", b"transfer-encoding"]

    run(test)


def test_without_an_idle_connection_there_is_no_room() -> None:
    async def test() -> None:
        pool = pool_of(1)
        connection, _ = opened(pool)
        connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert not pool.make_room()

    run(test)


def test_an_answer_is_written_in_one_piece_and_the_connection_becomes_idle() -> None:
    async def test() -> None:
        pool = pool_of(9)
        connection, wire = opened(pool)
        connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection not in pool.idle
        connection.respond(connection.cycle, 200, [("Content-Length", "2")], b"ok")
        assert wire.written == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        assert connection in pool.idle

    run(test)


@pytest.mark.parametrize("request_line", [b"HEAD / HTTP/1.1", b"GET / HTTP/1.0"])
def test_a_head_answer_has_no_body_and_an_old_client_is_told_that_the_connection_closes(request_line: bytes) -> None:
    async def test() -> None:
        pool = pool_of(9)
        connection, wire = opened(pool)
        connection.data_received(request_line + b"\r\nHost: a\r\n\r\n")
        connection.respond(connection.cycle, 200, [("Content-Length", "2")], b"ok")
        if request_line.startswith(b"HEAD"):
            assert wire.written.endswith(b"\r\n\r\n")
        else:
            assert b"connection: close\r\n" in wire.written
            assert wire.is_closed

    run(test)


def test_while_the_server_drains_each_connection_gets_one_more_answer() -> None:
    async def test() -> None:
        pool = pool_of(9)
        connection, wire = opened(pool)
        pool.is_draining = True
        connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.respond(connection.cycle, 200, [("Content-Length", "2")], b"ok")
        assert b"connection: close\r\n" in wire.written
        assert wire.is_closed

    run(test)


@pytest.mark.parametrize("field", [("X-A", "b\r\nX-Evil: 1"), ("X-A\n", "b"), ("X-A", "b\x0bc\x85d")])
def test_a_field_with_a_line_break_is_not_sent(field: tuple[str, str]) -> None:
    async def test() -> None:
        pool = pool_of(9)
        connection, wire = opened(pool)
        connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        with pytest.raises(ValueError, match="line break"):
            connection.respond(connection.cycle, 200, [field], b"")
        assert wire.written == b""

    run(test)


def test_the_work_for_a_client_that_leaves_is_dropped() -> None:
    async def test() -> None:
        pool = pool_of(9)
        connection, _ = opened(pool)
        connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        dropped: list[bool] = []
        connection.cancel_work = lambda: dropped.append(True)
        connection.connection_lost(None)
        assert dropped == [True]
        assert pool.open == set()

    run(test)


def test_no_pipelined_request_is_answered_after_its_client_has_left() -> None:
    async def test() -> None:
        connection, wire = opened(pool_of(9))
        connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        first = connection.cycle
        connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        wire.close()
        connection.connection_lost(None)
        connection.respond(first, 200, [], b"late")
        assert wire.written == b""
        assert first.disconnected  # otherwise uvicorn itself answers, and logs that it cannot

    run(test)
