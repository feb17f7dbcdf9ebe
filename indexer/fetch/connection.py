"""One connection to one server: send a request, read the answer piece by piece, and bound every part of it.

h11 implements the protocol without input and output; the bytes come from asyncio. Harmless mistakes of servers (a line among the
headers that is not one) are repaired. Everything else raises `BrokenAnswer`, whose text is for people.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence

import h11

from indexer.fetch.proxy import Proxy

MAX_HEAD_BYTES = 64 * 1024  # of a status line with its headers, or of one chunk's head
MAX_INTERIM_ANSWERS = 10  # such as "100 Continue", before the real one
MAX_BUFFER_BYTES = 256 * 1024  # unread; beyond it the server has to wait

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:(.*)", re.DOTALL)
_BAD_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f]")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP(?:/(\d)(?:\.(\d))?)?[ \t]+(\d{3})(?:[ \t]+([\x20-\xff]*))?\s*", re.I)

Fields = Sequence[tuple[bytes, bytes]]


class BrokenAnswer(Exception):
    """The answer is not HTTP, or is incomplete."""


class ClosedBefore(Exception):
    """The connection was closed before a byte of the answer came. On a reused connection that is not a failure."""


class HttpConnection(asyncio.Protocol):
    """Made by `loop.create_connection`. One request at a time: `send`, then `piece` until None, then perhaps again."""

    def __init__(self) -> None:
        self.origin = ""
        self.proxy: Proxy | None = None  # that takes requests for other servers; None also in a tunnel
        self.idle_since = 0.0
        self.received = 0  # bytes of this answer as they came
        self._transport: asyncio.Transport | None = None
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._reader: asyncio.Future[None] | None = None
        self._ended = self._paused = self._is_busy = False
        self._error: Exception | None = None
        self._head = bytearray()  # of this answer, to be repaired if need be

    # -- called by asyncio ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._is_busy:  # there was no request: it would be taken for the next answer
            self.close()
            return
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > MAX_BUFFER_BYTES and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended, self._error = True, error
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    # -- called by the transport ---------------------------------------------------------------------------------------

    @property
    def is_reusable(self) -> bool:
        """Return whether it is open and idle: the last answer was read to its end and nothing followed."""
        return not self._ended and not self._is_busy and self._h11.our_state is h11.IDLE

    def close(self) -> None:
        self._ended = True
        if self._transport is not None:
            self._transport.abort()

    async def send(self, target: bytes, headers: Fields) -> tuple[int, Fields]:
        """Send a GET request; return the answer's status and headers. Raises BrokenAnswer, ClosedBefore, OSError."""
        assert self._transport is not None
        self._is_busy, self.received = True, 0
        self._head.clear()
        request = h11.Request(method=b"GET", target=target, headers=list(headers))
        data = (self._h11.send(request) or b"") + (self._h11.send(h11.EndOfMessage()) or b"")
        self._transport.write(data)
        try:
            return await self._answer()
        except h11.RemoteProtocolError as error:
            if not self.received and self._ended:
                raise ClosedBefore from self._error
            repaired = _repaired(bytes(self._head))
            if repaired is None:
                raise BrokenAnswer(self._words(error)) from error
            self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
            self._h11.send(request)
            self._h11.send(h11.EndOfMessage())
            self._h11.receive_data(repaired)
            try:
                return await self._answer()
            except h11.RemoteProtocolError as again:
                raise BrokenAnswer(self._words(again)) from again

    async def _answer(self) -> tuple[int, Fields]:
        for _ in range(MAX_INTERIM_ANSWERS + 1):
            event = self._h11.next_event()
            while event is h11.NEED_DATA:
                data = await self._read()
                if data and not self._head:  # empty lines after the previous answer
                    data = data.lstrip(b"\r\n")
                    if not data:
                        continue
                if len(self._head) <= MAX_HEAD_BYTES:
                    self._head += data
                event = self._fed(data)
            if isinstance(event, h11.Response):
                return event.status_code, event.headers
            if not isinstance(event, h11.InformationalResponse):
                raise h11.RemoteProtocolError("the connection was closed without an answer")
        raise BrokenAnswer(f"more than {MAX_INTERIM_ANSWERS} interim answers (1xx) and no real one")

    async def piece(self) -> bytes | None:
        """Return the next part of the body, still compressed; None at its end. Raises BrokenAnswer, OSError."""
        try:
            event = self._h11.next_event()
            while event is h11.NEED_DATA:
                event = self._fed(await self._read())
        except h11.RemoteProtocolError as error:
            raise BrokenAnswer(self._words(error)) from error
        if isinstance(event, h11.Data):
            return bytes(event.data)
        if not isinstance(event, h11.EndOfMessage):
            raise BrokenAnswer("the connection was closed inside the answer")
        self._rest()
        return None

    def _rest(self) -> None:
        """End a complete answer. Bytes that followed it without a request must never be taken for the next answer."""
        trailing = self._waiting or self._h11.trailing_data[0]
        if trailing or self._ended or self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            self.close()
            return
        self._h11.start_next_cycle()
        self._is_busy, self.idle_since = False, time.monotonic()

    def _fed(self, data: bytes) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        self._h11.receive_data(data)
        return self._h11.next_event()

    async def _read(self) -> bytes:
        """Return the bytes received so far; b"" at the end."""
        while not self._waiting:
            if self._ended:
                if self._error is not None:
                    raise self._error
                return b""
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        data = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        self.received += len(data)
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    def _words(self, error: Exception) -> str:
        text = str(error)
        if "Receive buffer too long" in text:
            return f"a head of more than {MAX_HEAD_BYTES // 1024} KB"
        head = bytes(self._head[:40])
        if head and not head.upper().startswith(b"HTTP/") and self.received == len(self._head):
            return f"this is not HTTP: it begins with {head.decode('ascii', 'replace')!a}"
        if "complete message body" in text or "chunked" in text:
            return f"it is incomplete, {text[text.find('(') :].strip('()')}" if "(" in text else f"it ends early: {text}"
        return text[:200]


def _repaired(head: bytes) -> bytes | None:
    """Return an answer with its status line and headers in the standard's form; None when there is nothing to repair.

    Lines that are not headers are left out, and so are repeated and meaningless transfer encodings.

    >>> _repaired(b"http/2  200\\r\\nX : 1\\r\\nno header\\r\\nA: b\\x00c\\r\\n\\r\\nbody")
    b'HTTP/1.1 200 \\r\\nX: 1\\r\\nA: bc\\r\\n\\r\\nbody'
    """
    end = _HEAD_END.search(head)
    if end is None:
        return None
    status, *lines = re.split(rb"\r?\n(?![ \t])", head[: end.start()])
    line = _STATUS.fullmatch(status)
    if line is None:
        return None
    version = b"1.0" if (line[1], line[2]) == (b"1", b"0") else b"1.1"
    lines_out: list[bytes] = [b"HTTP/%s %s %s" % (version, line[3], (line[4] or b"").strip())]
    transfer: set[bytes] = {b"identity"}
    for match in map(_LINE.fullmatch, lines):
        value = _BAD_IN_VALUE.sub(b"", match[2]).strip() if match else b""
        if match is None or (match[1].lower() == b"transfer-encoding" and value.lower() in transfer):
            continue
        transfer |= {value.lower()} if match[1].lower() == b"transfer-encoding" else set()
        lines_out.append(match[1] + b": " + value)
    repaired = b"\r\n".join(lines_out) + b"\r\n\r\n" + head[end.end() :]
    return repaired if repaired != head else None
