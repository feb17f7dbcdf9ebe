"""The only socket: one request, one answer, no redirects. Failures are values.

    name -> addresses (all public? the port allowed?) -> connection to one of just these -> request -> head -> body, decoded

Everything in a request is under one time limit: name, connection, handshake, head and body. At most one connection is kept
for each host (`politeness.host_key`).
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from indexer.fetch.connection import BrokenAnswer, ClosedBefore, Connection, Fields
from indexer.fetch.content_encoding import ACCEPTED, Decoder, DecodingError, TooMuch, decoders, unpacked
from indexer.fetch.politeness import host_key, port_of
from indexer.fetch.ssrf_guard import QueryRewriter, SystemResolver, check
from indexer.model import Failure, FailureReason, FetchPolicy, Response

KEPT_SECONDS = 60.0  # a connection at rest
MAX_KEPT = 200  # connections at rest
SOON = 4.0  # seconds for each of a name's addresses but the last: of IPv6 and IPv4 often one leads nowhere
MAX_ADDRESSES = 4  # of one name
BY_LINE = ("set-cookie", "x-robots-tag")  # several of these are lines: in one, what a name stands before would reach further
OTHER_BODY = 64 * 1024  # bytes that are read of a body nobody looks at (redirects, errors), to keep the connection


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    most_bytes: int | None = None  # fewer than the policy's max_page_bytes
    cut: bool = False  # whether what is beyond is left unread instead of refused


class Transport(Protocol):
    async def send(self, request: Request) -> Response | Failure:
        """One request to one address. Never raises for what the network does. The answer's body is empty unless its status
        is 200 or 203; of several headers that stand in `BY_LINE` each is a line."""
        ...

    async def close(self) -> None: ...


class HttpTransport:
    """HTTP/1.1 with the policy's limits on bytes (decoded) and time (whole answer)."""

    def __init__(self, policy: FetchPolicy, resolver: QueryRewriter | None = None) -> None:
        self.policy = policy
        agent = f"{policy.user_agent} (+{policy.contact})" if policy.contact else policy.user_agent
        self._headers = {"user-agent": agent, "accept-encoding": ACCEPTED}
        if "@" in policy.contact and "/" not in policy.contact:
            self._headers["from"] = policy.contact  # RFC 9110, 10.1.2
        self._system = SystemResolver(policy.concurrency)
        self._resolver: QueryRewriter = resolver or self._system
        self._kept: dict[str, Connection] = {}  # by host_key, the one used longest ago first
        self._secure: ssl.SSLContext | None = None

    async def close(self) -> None:
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()
        self._system.close()
        await asyncio.sleep(0)  # asyncio closes sockets in the loop's next round

    async def send(self, request: Request) -> Response | Failure:
        url, seconds = request.url, self.policy.timeout_seconds
        received: list[Connection] = []
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(request, received)
        except _Refused as refused:
            return refused.failure
        except TimeoutError:
            what = f"no whole answer ({received[-1].received} bytes)" if received else "no connection"
            return _failure(url, "timeout", f"{what} within {seconds:g} s (timeout_seconds)")
        except TooMuch:
            most, key = self.policy.max_page_bytes, "max_page_bytes"
            if request.most_bytes is not None and request.most_bytes < most:
                most, key = request.most_bytes, "what max_source_bytes leaves"
            return _failure(url, "too-large", f"larger than {most} bytes ({key})")
        except ssl.SSLError as error:  # before ValueError, which some of them are as well
            from indexer.fetch.tls import words

            return _failure(url, "tls", f"the secure connection failed ({words(error)})")
        except (BrokenAnswer, DecodingError, UnicodeError, ValueError) as error:
            return _failure(url, "protocol", f"the answer is broken ({error})")
        except ClosedBefore:
            return _failure(url, "connect", "the connection was closed without an answer")
        except OSError as error:
            what = "the connection broke" if received else "cannot connect"
            return _failure(url, "connect", f"{what} ({error.strerror or str(error) or type(error).__name__})")

    async def _exchange(self, request: Request, received: list[Connection]) -> Response:
        parts = urlsplit(request.url)
        key, origin = host_key(request.url), f"{parts.scheme}://{parts.netloc}"
        while True:
            connection = self._take(key, origin)
            used = connection is not None
            connection = connection or await self._connect(request.url, parts)
            connection.origin = origin
            received.append(connection)
            try:
                answer = await self._answer(connection, request, parts)
            except (ClosedBefore, ConnectionError) as error:
                connection.close()
                if used and not connection.received:
                    continue  # it was closed while it was at rest; nobody has seen this request
                raise error
            except BaseException:
                connection.close()
                raise
            self._keep(key, connection)
            return answer

    def _take(self, key: str, origin: str) -> Connection | None:
        connection = self._kept.pop(key, None)
        if connection is None:
            return None
        if connection.origin == origin and connection.is_reusable and time.monotonic() - connection.idle_since < KEPT_SECONDS:
            return connection
        connection.close()
        return None

    def _keep(self, key: str, connection: Connection) -> None:
        if not connection.is_reusable:
            connection.close()
            return
        other = self._kept.pop(key, None)
        if other is not None:
            other.close()
        self._kept[key] = connection
        if len(self._kept) > MAX_KEPT:
            self._kept.pop(next(iter(self._kept))).close()

    async def _connect(self, url: str, parts: SplitResult) -> Connection:
        """To an address that was checked just now, and to no other."""
        name, port = parts.hostname or "", port_of(url)
        addresses = await check(url, name, port, allow_private=self.policy.allow_private_hosts, resolver=self._resolver)
        if isinstance(addresses, Failure):
            raise _Refused(addresses)
        if port not in self.policy.allowed_ports and not self.policy.allow_private_hosts:
            detail = f"{url}: port {port} is not one of those that may be asked (allowed_ports under [crawl])"
            raise _Refused(Failure(url, "port", detail))
        secure: dict[str, object] = {}
        if parts.scheme == "https":
            secure = {"ssl": self._context(), "server_hostname": name, "ssl_handshake_timeout": self.policy.timeout_seconds + 1}
        *others, last = addresses[:MAX_ADDRESSES]
        for address in others:
            try:
                async with asyncio.timeout(min(SOON, self.policy.timeout_seconds / 2)):
                    return await _open(address, port, secure)
            except ssl.SSLError:
                raise
            except OSError:
                continue  # the name has more addresses, often one for IPv6 and one for IPv4
        return await _open(last, port, secure)

    def _context(self) -> ssl.SSLContext:
        if self._secure is None:
            from indexer.fetch.tls import make_context  # 20 ms, for those who meet https

            self._secure = make_context()
        return self._secure

    async def _answer(self, connection: Connection, request: Request, parts: SplitResult) -> Response:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"host": parts.netloc, **self._headers, **request.headers}
        # "User-Agent" and not "user-agent", as browsers write them: some firewalls take the latter for an attack.
        fields = [(name.title().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        status, given = await connection.send(target.encode("ascii"), fields)
        named = _named(given)
        body = await self._body(connection, named, request) if status in (200, 203) else b""
        if status not in (200, 203):
            await _pass(connection)
        return Response(request.url, request.url, status, named, body, datetime.now(UTC))

    async def _body(self, connection: Connection, headers: Mapping[str, str], request: Request) -> bytes:
        most = self.policy.max_page_bytes if request.most_bytes is None else request.most_bytes
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > most and not request.cut:
            raise TooMuch
        chain: list[Decoder] = decoders(headers.get("content-encoding", ""))
        body = bytearray()
        while (piece := await connection.piece()) is not None:
            full = False
            for decoder in chain:
                try:
                    piece = decoder.decode(piece, most - len(body) + 1) if piece else piece
                except TooMuch as much:
                    piece, full = much.got, True
            body += piece
            if full or len(body) > most or connection.received > most + OTHER_BODY:
                connection.close()
                if not request.cut:
                    raise TooMuch
                return bytes(body[:most])
        for decoder in chain:
            decoder.finish()
        try:
            return unpacked(bytes(body), headers.get("content-type", "").strip().lower(), most + 1)
        except TooMuch as much:
            if not request.cut:
                raise
            return much.got[:most]


class _Refused(Exception):
    def __init__(self, failure: Failure) -> None:
        self.failure = failure


async def _open(address: str, port: int, secure: Mapping[str, object]) -> Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, address, port, **secure)  # type: ignore[call-overload]
    assert isinstance(connection, Connection)
    return connection


async def _pass(connection: Connection) -> None:
    """Read on to the end of a body that nobody looks at, or close the connection when that is far."""
    while await connection.piece() is not None:
        if connection.received > OTHER_BODY:
            connection.close()
            return


def _named(fields: Fields) -> dict[str, str]:
    """Headers by their names in lower case; several of one name are one, as RFC 9110, 5.3 allows for all but a few."""
    named: dict[str, str] = {}
    for raw, value in fields:
        name, text = raw.decode("latin-1"), _text(value)
        if name not in named or name == "location":
            named[name] = text
        else:
            named[name] += ("\n" if name in BY_LINE else ", ") + text
    return named


def _text(value: bytes) -> str:
    """A header's value: UTF-8 where it is, as servers do, else Latin-1; without what would command a terminal."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return text if text.isprintable() else "".join(sign for sign in text if sign.isprintable())


def _failure(url: str, reason: FailureReason, what: str) -> Failure:
    return Failure(url, reason, f"{url}: {what}")
