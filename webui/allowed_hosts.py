"""Decide which Host names the server answers to.

A page of another site can let its own name point to this machine (DNS rebinding), and a wrong name in a cached or copied link
leads visitors elsewhere. The server therefore answers only to names it knows, if it knows any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from webui.forwarded_headers import parse_address

_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")


class Admission(Enum):
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

    def _check(self, host: str, is_local: bool) -> Admission:
        """Return how a Host is admitted. `is_local`: the client is on this machine."""
        match = _HOST.fullmatch(host)
        name = match[1].lower().rstrip(".").strip("[]") if match else ""
        if name in self._names or (match and host.lower() in self._names) or (name and name.endswith(self._suffixes)):
            return Admission.BY_NAME
        if is_local and (is_loopback_name(name) or not host):
            return Admission.BY_NAME if host else Admission.ANY
        return Admission.ANY if self.admits_any and (match or not host) else Admission.REFUSED


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
