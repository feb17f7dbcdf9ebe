"""Establish who sends a request and to which address, before anything else reads it.

trusted proxies -> client address, scheme, host, prefix -> is the host admitted? -> is the client on this machine?

Each proxy appends to the X-Forwarded fields, so only their right end is trustworthy: the addresses are read from there until
the first that is not a trusted proxy. This is the client. The other fields are ignored unless the connection comes from a
trusted proxy.

A page of another site can let its own name point to this machine (DNS rebinding), and a wrong name in a cached or copied link
leads visitors elsewhere. The server therefore answers only to names it knows, if it knows any.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flask import Flask

from indexer.config import WebSettings
from indexer.errors import SettingsError
from webui.environ_keys import HOST_IS_KNOWN, IS_LOCAL
from webui.json_provider import to_bytes
from webui.metrics import Metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MISDIRECTED: Final = "421 Misdirected Request"


def install(app: Flask, *, loopback_only: bool) -> HostsAndProxiesMiddleware:
    """Wrap an application. Raises SettingsError."""
    state = app.extensions["feed_search"]
    gateway = HostsAndProxiesMiddleware(app.wsgi_app, state.settings.web, state.metrics, loopback_only=loopback_only)
    gateway.follow_settings = state.follow_settings
    state.on_new_settings.append(lambda settings: gateway.use(settings.web))
    app.wsgi_app = gateway  # type: ignore[method-assign]  # Flask documents this assignment
    return gateway


class HostsAndProxiesMiddleware:
    """Corrects the environ of each request, and refuses hosts that are not admitted."""

    def __init__(self, application: WSGIApplication, web: WebSettings, metrics: Metrics, *, loopback_only: bool) -> None:
        """Raise SettingsError on a wrong `trusted_proxies`."""
        self._application, self._metrics, self._loopback_only = application, metrics, loopback_only
        self._warned = False
        self.follow_settings: Callable[[], None] = lambda: None
        self.use(web)

    def use(self, web: WebSettings) -> None:
        """Follow changed settings. Raises SettingsError on a wrong `trusted_proxies`."""
        self._proxies = TrustedProxies(web.trusted_proxies)
        self._hosts = AllowedHosts(web.base_url, web.allowed_hosts, loopback_only=self._loopback_only)
        self._prefix = urlsplit(web.base_url).path.rstrip("/")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if IS_LOCAL not in environ:
            self.prepare(environ)
        host, is_local = environ.get("HTTP_HOST", ""), is_loopback(environ.get("REMOTE_ADDR") or "")
        admission = self._hosts.check(host, is_local)
        if admission is HostAdmission.REFUSED:
            return self._refuse(host, start_response)
        environ[HOST_IS_KNOWN] = admission is HostAdmission.BY_NAME
        return self._application(environ, start_response)

    def prepare(self, environ: WSGIEnvironment) -> None:
        """Set client address, scheme, host and prefix, and whether the client is the operator at this machine."""
        self.follow_settings()
        peer = environ.get("REMOTE_ADDR") or ""
        has_no_foreign_fields = self._proxies.passes_fields_of(environ)
        self._proxies.apply(environ)
        client = environ.get("REMOTE_ADDR") or ""
        if self._prefix:
            environ["SCRIPT_NAME"] = self._prefix
            path = environ.get("PATH_INFO", "")
            if path == self._prefix or path.startswith(self._prefix + "/"):
                environ["PATH_INFO"] = path[len(self._prefix) :] or "/"
        # A proxy on this machine that trusted_proxies does not name must not turn its visitors into the operator.
        # One that adds no field at all, as nginx does by default, is known by its HTTP/1.0.
        is_direct = (
            client == peer
            and has_no_foreign_fields
            and environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
            and is_loopback_name(host_name(environ.get("HTTP_HOST", "localhost")))
        )
        environ[IS_LOCAL] = is_loopback(client) and (is_direct or client != peer)
        if not has_no_foreign_fields and not self._warned:
            self._warned = True
            text = "%s forwards requests but web.trusted_proxies does not name it: its visitors are counted as one client"
            logging.getLogger(__name__).warning(text, peer)

    def _refuse(self, host: str, start_response: StartResponse) -> Iterable[bytes]:
        self._metrics.count_response(None, 421)
        detail = f"This server does not answer to {host[:100]!r}. The operator can admit it with web.allowed_hosts."
        problem = {"type": "about:blank", "title": "Misdirected request", "status": 421, "detail": detail}
        body = to_bytes(problem)
        start_response(_MISDIRECTED, [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))])
        return [body]


# -- trusted proxies ----------------------------------------------------------------------------------------------------

# Fields that only proxies send
FIELDS: Final = frozenset(
    (
        "HTTP_X_FORWARDED",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_X_FORWARDED_PORT",
        "HTTP_X_FORWARDED_PREFIX",
        "HTTP_X_FORWARDED_SERVER",
        "HTTP_X_FORWARDED_SSL",
        "HTTP_X_ORIGINAL_FORWARDED_FOR",
        "HTTP_FORWARDED",
        "HTTP_FORWARDED_FOR",
        "HTTP_X_REAL_IP",
        "HTTP_X_CLIENT_IP",
        "HTTP_CLIENT_IP",
        "HTTP_X_CLUSTER_CLIENT_IP",
        "HTTP_TRUE_CLIENT_IP",
        "HTTP_CF_CONNECTING_IP",
        "HTTP_CF_RAY",
        "HTTP_CDN_LOOP",
        "HTTP_FASTLY_CLIENT_IP",
        "HTTP_X_ENVOY_EXTERNAL_ADDRESS",
        "HTTP_X_AMZN_TRACE_ID",
        "HTTP_X_ARR_LOG_ID",
        "HTTP_VIA",
    )
)
MAX_HOPS: Final = 20
UNKNOWN: Final = "unknown"  # the client of a proxy that does not name it
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


class TrustedProxies:
    """The proxies whose fields are trusted."""

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
        return FIELDS.isdisjoint(environ) or self._is_trusted(environ.get("REMOTE_ADDR") or "")

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


# -- allowed hosts ------------------------------------------------------------------------------------------------------

_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")


class HostAdmission(Enum):
    """How a Host was admitted."""

    REFUSED = 0
    BY_NAME = 1
    ANY = 2  # no name is configured, so every name is admitted, and no link may contain it


class AllowedHosts:
    """The names of one server."""

    def __init__(self, base_url: str, names: Iterable[str], *, loopback_only: bool) -> None:
        """`loopback_only`: the server listens on loopback addresses only, so without names it admits loopback names only."""
        configured = [name.strip().lower().rstrip(".") for name in names if name.strip()]
        if host := (urlsplit(base_url).hostname or "").lower():
            configured.append(host)
        self.admits_any = "*" in configured or not (configured or loopback_only)
        self._names = frozenset(name for name in configured if not name.startswith("*"))
        self._suffixes = tuple(name[1:] for name in configured if name.startswith("*."))
        self.check = lru_cache(maxsize=1_024)(self._check)

    def _check(self, host: str, is_local: bool) -> HostAdmission:
        """Return how a Host is admitted. `is_local`: the client is on this machine."""
        match = _HOST.fullmatch(host)
        name = match[1].lower().rstrip(".").strip("[]") if match else ""
        if name in self._names or (match and host.lower() in self._names) or (name and name.endswith(self._suffixes)):
            return HostAdmission.BY_NAME
        if is_local and (is_loopback_name(name) or not host):
            return HostAdmission.BY_NAME if host else HostAdmission.ANY
        return HostAdmission.ANY if self.admits_any and (match or not host) else HostAdmission.REFUSED


def is_loopback_name(name: str) -> bool:
    """Return whether a name means this machine, for any resolver.

    >>> [is_loopback_name(name) for name in ("localhost", "127.0.0.1", "::1", "localhost.example.org", "0.0.0.0")]
    [True, True, True, False, False]
    """
    address = parse_address(name)
    return name == "localhost" or (address is not None and address.is_loopback)


def host_name(host: str) -> str:
    """Return the name in a Host field, without its port.

    >>> [host_name(host) for host in ("Example.org:80", "[::1]:8080", "bad host")]
    ['example.org', '::1', '']
    """
    match = _HOST.fullmatch(host)
    return match[1].lower().rstrip(".").strip("[]") if match else ""
