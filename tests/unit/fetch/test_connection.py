"""Whatever bytes come over a connection: an answer within its bounds, or an error whose text is for people."""

from __future__ import annotations

import asyncio

from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer.fetch.connection import BrokenAnswer, ClosedBefore, HttpConnection


class Wire(asyncio.Transport):
    """Where a connection writes to; nobody is at the other end but the test."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_open = True

    def write(self, data: bytes | bytearray | memoryview[int]) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.is_open = False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


HEADERS = [(b"Host", b"example.org")]
parts = st.sampled_from([
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 404\r\n", b"HTTP/1.1 103 Hints\r\n", b"HTTP/1.1 304 Not Modified\r\n", b"\r\n", b"\n", b"\r", b"Content-Length: 4\r\n",
    b"Content-Length: 4\r\n\r\nfine", b"Transfer-Encoding: chunked\r\n\r\n", b"Connection: close\r\n", b"4\r\nfine\r\n", b"0\r\n\r\n", b"0\r\n", b"fine",
    b"X: \x00\xff\x1b\r\n", b" folded\r\n", b"no colon\r\n", b"A : b\r\n", b": empty\r\n", b"Content-Length: x\r\n", b"Transfer-Encoding: gzip\r\n", b"A" * 70_000,
])  # fmt: skip


async def talk(pieces: list[bytes], ends: bool) -> tuple[Wire, HttpConnection, bytes | None]:
    """Send a request, let the pieces come, and read the answer as far as it goes."""
    wire, connection = Wire(), HttpConnection()
    connection.connection_made(wire)
    answer = asyncio.create_task(read(connection))
    for piece in pieces:
        await asyncio.sleep(0)
        if wire.is_open and piece:
            connection.data_received(piece)
    await asyncio.sleep(0)
    if ends:
        connection.connection_lost(None)
    done, _ = await asyncio.wait([answer], timeout=0 if not ends else None)
    if not done:
        answer.cancel()
        return wire, connection, None
    return wire, connection, answer.result()


async def read(connection: HttpConnection) -> bytes | None:
    try:
        await connection.send(b"/", HEADERS)
        body = b""
        while (piece := await connection.piece()) is not None:
            body += piece
        return body
    except (BrokenAnswer, ClosedBefore) as error:
        connection.close()
        if not str(error).isprintable() or len(str(error)) > 400:
            raise ValueError(f"not for people: {error}") from error
        return None


@settings(max_examples=400)
@given(st.lists(parts | st.binary(max_size=20), max_size=12), st.booleans())
@example([b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 4\r\n\r\nfine"], True)
def test_any_bytes_in_any_pieces(pieces: list[bytes], ends: bool) -> None:
    wire, connection, _ = asyncio.run(talk(pieces, ends))
    if connection.is_reusable:
        assert wire.is_open


def test_an_answer_leaves_the_connection_open_for_the_next() -> None:
    wire, connection, body = asyncio.run(talk([b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 4\r\n\r\nfi", b"ne"], ends=False))
    assert body == b"fine"
    assert wire.written == b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"
    assert connection.is_reusable
    connection.data_received(b"unasked")
    assert not connection.is_reusable
    assert not wire.is_open


def test_the_server_is_made_to_wait_while_nobody_reads() -> None:
    paused: list[str] = []

    class Slow(Wire):
        def pause_reading(self) -> None:
            paused.append("pause")

        def resume_reading(self) -> None:
            paused.append("resume")

    async def run() -> bytes | None:
        wire, connection = Slow(), HttpConnection()
        connection.connection_made(wire)
        answer = asyncio.create_task(read(connection))
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n\r\n")
        for _ in range(6):
            connection.data_received(bytes(100_000))
        assert paused == ["pause"]
        return await answer

    assert asyncio.run(run()) == bytes(600_000)
    assert paused == ["pause", "resume"]
