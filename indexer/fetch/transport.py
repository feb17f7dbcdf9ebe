"""The only socket: one request, one answer, no redirects. Failures are values.

httpcore is the engine under httpx; it is used directly because it lets the one thing that matters be replaced in public:
how a name becomes a connection. `_GuardedBackend` resolves, checks, and connects to the very address it has checked;
certificates are still verified against the name. Redirects, decoding and limits are our own anyway.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpcore

from indexer.fetch.decode import ACCEPTED, Decoder, DecodingError, TooMuch, decoders
from indexer.fetch.guard import check
from indexer.model import Failure, FailureReason, FetchPolicy, Response


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    async def send(self, request: Request) -> Response | Failure:
        """One request to one address. Never raises for what the network does."""
        ...

    async def close(self) -> None: ...


class HttpTransport:
    """HTTP/1.1 with the policy's limits on bytes (decoded) and time (whole answer)."""

    def __init__(self, policy: FetchPolicy) -> None:
        self.policy = policy
        agent = f"{policy.user_agent} (+{policy.contact})" if policy.contact else policy.user_agent
        self._headers = {"user-agent": agent, "accept-encoding": ACCEPTED}
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=policy.concurrency,
            max_keepalive_connections=policy.concurrency,
            keepalive_expiry=15,
            network_backend=_GuardedBackend(policy),
        )

    async def close(self) -> None:
        await self._pool.aclose()

    async def send(self, request: Request) -> Response | Failure:
        url = request.url
        try:
            async with asyncio.timeout(self.policy.timeout_seconds):
                return await self._send(request)
        except _Refused as refused:
            return Failure(url, refused.failure.reason, refused.failure.detail.replace("{url}", url))
        except (TimeoutError, httpcore.TimeoutException):
            return self._failure(url, "timeout", f"no whole answer within {self.policy.timeout_seconds:g} s (timeout_seconds)")
        except TooMuch:
            return self._failure(url, "too-large", f"larger than {self.policy.max_page_bytes} bytes (max_page_bytes)")
        except httpcore.ConnectError as error:
            cause = error.__cause__ or error.__context__
            if isinstance(cause, ssl.SSLError):
                return self._failure(url, "tls", f"the secure connection failed ({cause.reason or cause})")
            return self._failure(url, "connect", f"cannot connect ({str(error) or 'refused'})")
        except (httpcore.ProtocolError, DecodingError, UnicodeError, ValueError) as error:
            return self._failure(url, "protocol", f"the answer is broken ({error})")
        except (httpcore.NetworkError, httpcore.UnsupportedProtocol, ssl.SSLError, OSError) as error:
            return self._failure(url, "connect", f"the connection broke ({str(error) or type(error).__name__})")

    async def _send(self, request: Request) -> Response:
        seconds = self.policy.timeout_seconds
        headers = {**self._headers, **request.headers, "host": _authority(request.url)}
        extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}
        async with self._pool.stream(
            "GET",
            request.url.encode("ascii"),
            headers=[(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()],
            extensions=extensions,
        ) as answer:
            fields: dict[str, str] = {}
            for name, value in answer.headers:
                key = name.decode("latin-1").lower()
                text = _text(value)
                fields[key] = f"{fields[key]}, {text}" if key in fields and key != "location" else text
            body = b"" if answer.status in (204, 304) else await self._body(answer, fields)
            return Response(request.url, request.url, answer.status, fields, body, datetime.now(UTC))

    async def _body(self, answer: httpcore.Response, headers: Mapping[str, str]) -> bytes:
        most = self.policy.max_page_bytes
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            raise TooMuch
        chain: list[Decoder] = decoders(headers.get("content-encoding", ""))
        body = bytearray()
        async for piece in answer.aiter_stream():
            for decode in chain:
                piece = decode(piece, most - len(body) + 1) if piece else piece
            body += piece
            if len(body) > most:
                raise TooMuch
        return bytes(body)

    @staticmethod
    def _failure(url: str, reason: FailureReason, what: str) -> Failure:
        return Failure(url, reason, f"{url}: {what}")


class _Refused(Exception):
    def __init__(self, failure: Failure) -> None:
        self.failure = failure


class _GuardedBackend(httpcore.AnyIOBackend):
    """Connects to checked addresses only."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._allow_private = policy.allow_private_hosts

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await check("{url}", host, port, allow_private=self._allow_private)
        if isinstance(addresses, Failure):
            raise _Refused(addresses)
        for address in addresses[:-1]:
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # the name has more addresses, often one for IPv6 and one for IPv4
        return await super().connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("no sockets but TCP")


def _authority(url: str) -> str:
    return urlsplit(url).netloc


def _text(value: bytes) -> str:
    """A header's value: UTF-8 where it is, as servers do, else Latin-1."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
