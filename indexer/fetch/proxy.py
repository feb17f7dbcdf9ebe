"""Reach the web through an HTTP proxy: `[crawl] proxy`, or HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment.

https   a tunnel by CONNECT (RFC 9110, 9.3.6), in which TLS is end to end
http    the whole address as the target (RFC 9112, 3.2.2), as most proxies open no tunnel to port 80

The proxy resolves the names, so it is the proxy that must refuse private addresses. This program checks only addresses that are
written as numbers. Private ones among them, if they are allowed, are contacted directly.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

NO_PROXY_AT_ALL: Final = "none"
MAX_HEAD_BYTES: Final = 16 * 1024  # of the proxy's answer to CONNECT
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})([^\r\n]*)")
_NUMBERS: Final = re.compile(r"[0-9a-fx.:\[\]]*[0-9:][0-9a-fx.:\[\]]*", re.I)


class ProxyRefused(Exception):
    """The proxy does not connect. The text is for people."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy. `authorization` is the value of Proxy-Authorization, or empty."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def proxy_for(url: str, setting: str) -> Proxy | None:
    """Return the proxy for an address, or None to connect directly. `setting` is `[crawl] proxy`; it precedes the environment."""
    if setting == NO_PROXY_AT_ALL:
        return None
    parts, environment = urlsplit(url), getproxies_environment()
    if environment and proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    address = setting or environment.get(parts.scheme) or environment.get("all")
    return read_proxy(address) if address else None


def read_proxy(address: str) -> Proxy | None:
    """Read http://[user:password@]host[:port]; None if it is not such an address.

    >>> read_proxy("http://proxy.example:3128"), read_proxy("socks5://x")
    (Proxy(host='proxy.example', port=3128), None)
    """
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        host, port = parts.hostname, parts.port or 3128
    except ValueError:
        return None
    if parts.scheme != "http" or not host:
        return None
    if parts.username is None:
        return Proxy(host, port)
    user, password = unquote(parts.username), unquote(parts.password or "")
    return Proxy(host, port, "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())


def is_local_name(name: str) -> bool:
    """Return whether this machine must read the name of a host itself: addresses in numbers, in any spelling, and its own name.

    >>> is_local_name("127.0.0.1"), is_local_name("0x7f.1"), is_local_name("localhost"), is_local_name("cafe.example")
    (True, True, True, False)
    """
    name = name.rstrip(".").lower()
    return _NUMBERS.fullmatch(name) is not None or name == "localhost" or name.endswith(".localhost")


async def open_tunnel(proxy: Proxy, host: str, port: int) -> socket.socket:
    """Return a socket that leads to the host through the proxy. Raises ProxyRefused and OSError."""
    loop = asyncio.get_running_loop()
    connected = await connect(proxy)
    try:
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if proxy.authorization:
            lines.append(f"Proxy-Authorization: {proxy.authorization}")
        await loop.sock_sendall(connected, ("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            # Byte by byte, so that nothing after the head is read. A proxy sends little, once for each connection.
            byte = await loop.sock_recv(connected, 1)
            head += byte
            if not byte or len(head) > MAX_HEAD_BYTES:
                raise ProxyRefused(f"the proxy {proxy} does not answer as a proxy")
        _require_success(head, proxy, authority)
    except BaseException:
        connected.close()
        raise
    return connected


async def connect(proxy: Proxy) -> socket.socket:
    """Connect to the proxy. Raises ProxyRefused."""
    loop = asyncio.get_running_loop()
    error: OSError | None = None
    try:
        addresses = await loop.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
    except OSError as unresolved:
        raise ProxyRefused(f"the proxy {proxy} is unreachable ({unresolved.strerror or unresolved})") from unresolved
    for family, kind, protocol, _, address in addresses:
        candidate = socket.socket(family, kind, protocol)
        candidate.setblocking(False)
        try:
            await loop.sock_connect(candidate, address)
            return candidate
        except OSError as failed:
            candidate.close()
            error = failed
        except BaseException:
            candidate.close()
            raise
    raise ProxyRefused(f"the proxy {proxy} is unreachable ({error.strerror if error else 'it has no address'})")


def _require_success(head: bytes, proxy: Proxy, authority: str) -> None:
    status = _STATUS.match(head)
    if status is None:
        raise ProxyRefused(f"the proxy {proxy} does not answer as a proxy")
    if status[1] == b"407":
        raise ProxyRefused(f"the proxy {proxy} needs a name and a password (http://NAME:PASSWORD@{proxy})")
    if not status[1].startswith(b"2"):
        reason = status[2].decode("latin-1").strip()
        raise ProxyRefused(f"the proxy {proxy} refuses {authority} ({status[1].decode()} {reason})".replace(" )", ")"))
