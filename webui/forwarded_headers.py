"""Take client address, scheme, host and prefix from the X-Forwarded fields of trusted proxies.

Each proxy appends to a field, so only its right end is trustworthy: the addresses are read from there until the first that is
not a trusted proxy. This is the client. The other fields are ignored unless the connection comes from a trusted proxy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from indexer.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Fields that only proxies send
FIELDS: Final = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
    "HTTP_CF_CONNECTING_IP",
    "HTTP_VIA",
)
MAX_HOPS: Final = 20
UNKNOWN: Final = "unknown"  # the client of a proxy that does not name it
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


class TrustedProxies:
    """The proxies whose fields are believed."""

    def __init__(self, networks: Iterable[str]) -> None:
        """Take addresses and networks. Raises SettingsError."""
        try:
            self._networks = tuple(ip_network(each, strict=False) for each in networks)
        except ValueError as error:
            remedy = 'write addresses or networks, as in ["127.0.0.1", "10.0.0.0/8"]'
            raise SettingsError(f"web.trusted_proxies: {error}", remedy=remedy) from error
        self._is_trusted = lru_cache(maxsize=1_024)(self._is_in_networks)

    def apply(self, environ: WSGIEnvironment) -> None:
        """Replace the address, scheme, host and prefix of a request that comes from a trusted proxy."""
        peer = environ.get("REMOTE_ADDR") or ""
        if not self._networks or not self._is_trusted(peer):
            return
        hops, client = 1, peer
        for entry in reversed(_values(environ, "HTTP_X_FORWARDED_FOR")[-MAX_HOPS:]):
            address = _without_port(entry)
            if parse_address(address) is None:
                client = UNKNOWN
                break
            client = address
            if not self._is_trusted(address):
                break
            hops += 1
        environ["REMOTE_ADDR"] = client
        if (scheme := _last(environ, "HTTP_X_FORWARDED_PROTO", hops).lower()) in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        if host := _last(environ, "HTTP_X_FORWARDED_HOST", hops):
            environ["HTTP_HOST"] = host
        prefix = _last(environ, "HTTP_X_FORWARDED_PREFIX", hops).rstrip("/")
        if prefix and _PREFIX.fullmatch(prefix) and "/../" not in f"{prefix}/":
            environ["SCRIPT_NAME"] = prefix + environ.get("SCRIPT_NAME", "")

    def passes_fields_of(self, environ: WSGIEnvironment) -> bool:
        """Return whether the fields of a request are those of a trusted proxy, or absent."""
        return not any(name in environ for name in FIELDS) or self._is_trusted(environ.get("REMOTE_ADDR") or "")

    def _is_in_networks(self, address: str) -> bool:
        parsed = parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)


@lru_cache(maxsize=4_096)
def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an IP address, IPv4 for an IPv4 address in IPv6 notation; None if the text is not an address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=4_096)
def is_loopback(address: str) -> bool:
    """Return whether an address belongs to this machine.

    >>> [is_loopback(each) for each in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "")]
    [True, True, True, False, False]
    """
    parsed = parse_address(address)
    return parsed is not None and parsed.is_loopback


def _values(environ: WSGIEnvironment, name: str) -> list[str]:
    return [value.strip() for value in environ.get(name, "").split(",") if value.strip()]


def _last(environ: WSGIEnvironment, name: str, hops: int) -> str:
    """Return the value that the farthest trusted proxy added. A proxy may also replace the values of those before it."""
    values = _values(environ, name)
    return values[-min(hops, len(values))] if values else ""


def _without_port(entry: str) -> str:
    """Return the address of an entry, which may have a port.

    >>> [_without_port(each) for each in ("10.0.0.1:1234", "[::1]:80", "::1", '"[::1]"')]
    ['10.0.0.1', '::1', '::1', '::1']
    """
    entry = entry.strip('"')
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
