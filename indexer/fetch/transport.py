"""Open the only socket: one request, one answer, no redirects. Failures are values.

    name -> addresses (all public? the port allowed?) -> connection to one of just these -> request -> head -> body, decoded

One time limit covers the whole request: name, connection, handshake, head and body. At most one idle connection is kept open for
each host (`politeness.host_key`).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from indexer.fetch.connection import BrokenAnswer, ClosedBefore, Fields, HttpConnection
from indexer.fetch.content_encoding import ACCEPTED, Decoder, DecodingError, TooManyBytes, decoders, decompress_unlabelled
from indexer.fetch.credentials import headers_for
from indexer.fetch.politeness import host_key, port_of
from indexer.fetch.proxy import Proxy, ProxyRefused, connect, is_local_name, open_tunnel, proxy_for
from indexer.fetch.ssrf_guard import Resolver, SystemResolver, check, is_public
from indexer.model import Failure, FetchPolicy, Response
from indexer.reasons import FailureReason

MAX_IDLE_SECONDS = 60.0  # of a connection
MAX_IDLE_CONNECTIONS = 200
MAX_CONNECT_SECONDS = 4.0  # for each address of a name but the last, since often only IPv6 or only IPv4 works
MAX_ADDRESSES = 4  # of one name
LINE_HEADERS = ("set-cookie", "x-robots-tag")  # joined by line ends: joined by commas, an agent's name would reach further
MAX_SKIPPED_BYTES = 64 * 1024  # of a body that is not used (redirects, errors), to keep the connection open


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    max_bytes: int | None = None  # less than the policy's max_page_bytes
    cut: bool = False  # leave the rest unread instead of refusing the answer


class Transport(Protocol):
    async def send(self, request: Request) -> Response | Failure:
        """Send one request to one address. Never raises for what the network does.

        The answer's body is empty unless its status is 200 or 203. Several headers of a name in `LINE_HEADERS` are one a line.
        """
        ...

    async def close(self) -> None: ...


class HttpTransport:
    """Speak HTTP/1.1 within the policy's limits on bytes (decoded) and seconds (whole answer)."""

    def __init__(self, policy: FetchPolicy, resolver: Resolver | None = None) -> None:
        self.policy = policy
        agent = f"{policy.user_agent} (+{policy.contact})" if policy.contact else policy.user_agent
        self._headers = {"user-agent": agent, "accept-encoding": ACCEPTED}
        if "@" in policy.contact and "/" not in policy.contact:
            self._headers["from"] = policy.contact  # RFC 9110, 10.1.2
        self._system = SystemResolver(policy.concurrency)
        self._resolver: Resolver = resolver or self._system
        self._idle: dict[str, HttpConnection] = {}  # by host_key, the least recently used first
        self._secure: ssl.SSLContext | None = None

    async def close(self) -> None:
        for connection in self._idle.values():
            connection.close()
        self._idle.clear()
        self._system.close()
        await asyncio.sleep(0)  # asyncio closes sockets in the loop's next round

    async def send(self, request: Request) -> Response | Failure:
        url, seconds = request.url, self.policy.timeout_seconds
        received: list[HttpConnection] = []
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(request, received)
        except _Refused as refused:
            return refused.failure
        except TimeoutError:
            what = f"no whole answer ({received[-1].received} bytes)" if received else "no connection"
            return _failure(url, "timeout", f"{what} within {seconds:g} s (timeout_seconds)")
        except TooManyBytes:
            most, key = self.policy.max_page_bytes, "max_page_bytes"
            if request.max_bytes is not None and request.max_bytes < most:
                most, key = request.max_bytes, "what max_source_bytes leaves"
            return _failure(url, "too-large", f"larger than {most} bytes ({key})")
        except ProxyRefused as refused:
            return _failure(url, "connect", str(refused))
        except ssl.SSLError as error:  # before ValueError, which some of them are as well
            from indexer.fetch.tls import describe

            return _failure(url, "tls", f"the secure connection failed ({describe(error)})")
        except (BrokenAnswer, DecodingError, UnicodeError, ValueError) as error:
            return _failure(url, "protocol", f"the answer is broken ({error})")
        except ClosedBefore:
            return _failure(url, "connect", "the connection was closed without an answer")
        except OSError as error:
            what = "the connection broke" if received else "cannot connect"
            return _failure(url, "connect", f"{what} ({error.strerror or str(error) or type(error).__name__})")

    async def _exchange(self, request: Request, received: list[HttpConnection]) -> Response:
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
                    continue  # it was closed while it was idle; the server has not seen this request
                raise error
            except BaseException:
                connection.close()
                raise
            self._keep(key, connection)
            return answer

    def _take(self, key: str, origin: str) -> HttpConnection | None:
        connection = self._idle.pop(key, None)
        if connection is None:
            return None
        if connection.origin == origin and connection.is_reusable and time.monotonic() - connection.idle_since < MAX_IDLE_SECONDS:
            return connection
        connection.close()
        return None

    def _keep(self, key: str, connection: HttpConnection) -> None:
        if not connection.is_reusable:
            connection.close()
            return
        other = self._idle.pop(key, None)
        if other is not None:
            other.close()
        self._idle[key] = connection
        if len(self._idle) > MAX_IDLE_CONNECTIONS:
            self._idle.pop(next(iter(self._idle))).close()

    async def _connect(self, url: str, parts: SplitResult) -> HttpConnection:
        """Connect to an address that was checked just now, and to no other; or to the proxy, which resolves the name."""
        name, port = parts.hostname or "", port_of(url)
        proxy = proxy_for(url, self.policy.proxy)
        if proxy is not None and not is_local_name(name):
            self._require_allowed_port(url, port)
            return await self._connect_by_proxy(parts, proxy, port)
        addresses = await check(url, name, port, allow_private=self.policy.allow_private_hosts, resolver=self._resolver)
        if isinstance(addresses, Failure):
            raise _Refused(addresses)
        self._require_allowed_port(url, port)
        if proxy is not None and all(map(is_public, addresses)):
            return await self._connect_by_proxy(parts, proxy, port)
        secure = self._tls_options(parts)
        *others, last = addresses[:MAX_ADDRESSES]
        for address in others:
            try:
                async with asyncio.timeout(min(MAX_CONNECT_SECONDS, self.policy.timeout_seconds / 2)):
                    return await _open(address, port, secure)
            except ssl.SSLError:
                raise
            except OSError:
                continue  # the name has more addresses, often one for IPv6 and one for IPv4
        return await _open(last, port, secure)

    async def _connect_by_proxy(self, parts: SplitResult, proxy: Proxy, port: int) -> HttpConnection:
        """Connect through a proxy: by a tunnel for https, to the proxy itself for http."""
        if parts.scheme == "https":
            return await _adopt(await open_tunnel(proxy, parts.hostname or "", port), self._tls_options(parts))
        connection = await _adopt(await connect(proxy), {})
        connection.proxy = proxy
        return connection

    def _require_allowed_port(self, url: str, port: int) -> None:
        if port not in self.policy.allowed_ports and not self.policy.allow_private_hosts:
            detail = f"{url}: port {port} may not be contacted (allowed_ports under [crawl])"
            raise _Refused(Failure(url, "port", detail))

    def _tls_options(self, parts: SplitResult) -> dict[str, object]:
        if parts.scheme != "https":
            return {}
        seconds = self.policy.timeout_seconds + 1
        return {"ssl": self._context(), "server_hostname": parts.hostname or "", "ssl_handshake_timeout": seconds}

    def _context(self) -> ssl.SSLContext:
        if self._secure is None:
            from indexer.fetch.tls import make_context  # 20 ms, which http alone does not need

            self._secure = make_context()
        return self._secure

    async def _answer(self, connection: HttpConnection, request: Request, parts: SplitResult) -> Response:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"host": parts.netloc, **self._headers, **request.headers, **headers_for(request.url, self.policy.credentials)}
        if connection.proxy is not None:
            target = f"{parts.scheme}://{parts.netloc}{target}"
            if connection.proxy.authorization:
                headers["proxy-authorization"] = connection.proxy.authorization
        # "User-Agent" and not "user-agent", as browsers write them: some firewalls take the latter for an attack.
        fields = [(name.title().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        status, raw_headers = await connection.send(target.encode("ascii"), fields)
        named = _named(raw_headers)
        body = await self._body(connection, named, request) if status in (200, 203) else b""
        if status not in (200, 203):
            await _skip_body(connection)
        return Response(request.url, request.url, status, named, body, datetime.now(UTC))

    async def _body(self, connection: HttpConnection, headers: Mapping[str, str], request: Request) -> bytes:
        most = self.policy.max_page_bytes if request.max_bytes is None else request.max_bytes
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > most and not request.cut:
            raise TooManyBytes
        chain: list[Decoder] = decoders(headers.get("content-encoding", ""))
        body = bytearray()
        while (piece := await connection.piece()) is not None:
            full = False
            for decoder in chain:
                try:
                    piece = decoder.decode(piece, most - len(body) + 1) if piece else piece
                except TooManyBytes as much:
                    piece, full = much.prefix, True
            body += piece
            if full or len(body) > most or connection.received > most + MAX_SKIPPED_BYTES:
                connection.close()
                if not request.cut:
                    raise TooManyBytes
                return bytes(body[:most])
        for decoder in chain:
            decoder.finish()
        try:
            return decompress_unlabelled(bytes(body), headers.get("content-type", "").strip().lower(), most + 1)
        except TooManyBytes as much:
            if not request.cut:
                raise
            return much.prefix[:most]


class _Refused(Exception):
    def __init__(self, failure: Failure) -> None:
        self.failure = failure


async def _open(address: str, port: int, secure: Mapping[str, object]) -> HttpConnection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(HttpConnection, address, port, **secure)  # type: ignore[call-overload]  # the stubs want each option by name
    assert isinstance(connection, HttpConnection)
    return connection


async def _adopt(connected: socket.socket, secure: Mapping[str, object]) -> HttpConnection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(HttpConnection, sock=connected, **secure)  # type: ignore[call-overload]  # the stubs want each option by name
    assert isinstance(connection, HttpConnection)
    return connection


async def _skip_body(connection: HttpConnection) -> None:
    """Read to the end of a body that is not used, or close the connection when that is far."""
    while await connection.piece() is not None:
        if connection.received > MAX_SKIPPED_BYTES:
            connection.close()
            return


def _named(fields: Fields) -> dict[str, str]:
    """Return the headers by name in lower case. Several of one name are joined, as RFC 9110, 5.3 allows for all but a few."""
    named: dict[str, str] = {}
    for raw, value in fields:
        name, text = raw.decode("latin-1"), _text(value)
        if name not in named or name == "location":
            named[name] = text
        else:
            named[name] += ("\n" if name in LINE_HEADERS else ", ") + text
    return named


def _text(value: bytes) -> str:
    """Return a header's value: UTF-8 where it is valid, otherwise Latin-1; without characters that would control a terminal."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return text if text.isprintable() else "".join(sign for sign in text if sign.isprintable())


def _failure(url: str, reason: FailureReason, what: str) -> Failure:
    return Failure(url, reason, f"{url}: {what}")
