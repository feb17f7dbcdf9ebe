"""Decide which addresses may be contacted: none that is private, loopback, link-local, metadata, multicast or reserved.

The decision is about the IP address that `fetch.transport` then connects to. So neither a spelling (decimal, octal, IPv4 inside
IPv6) nor a second answer of a name server changes it. Python's `is_global` alone is not enough: it calls [::127.0.0.1],
[64:ff9b::7f00:1], 192.0.0.8 and 224.0.0.1 global.

The operator of a private network may allow it (`allow_private_hosts`), but never link-local addresses. No website is there, but
the metadata service of a cloud is (169.254.169.254, with passwords), and a feed could link to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from indexer.model import Failure

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]  # name, port -> IP addresses; raises OSError, UnicodeError

_REFUSED_V4 = [IPv4Network(net) for net in ("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")]
_REFUSED_V6 = [
    IPv6Network(net)
    for net in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0:0/96",  # SIIT (RFC 2765): an IPv4 address in its last 32 bits
        "64:ff9b:1::/48",  # local NAT64 (RFC 8215)
        "100::/64",  # discard
        "2001::/23",  # Teredo, ORCHID, benchmarking and other protocols' own
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment routing (RFC 9602)
        "fec0::/10",
    )
]
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_ISATAP = (0x5EFE, 0x02005EFE)  # RFC 5214: the interface identifier's first half; an IPv4 address follows
_6TO4, _TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_IPV4_LAST = [IPv6Network(net) for net in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96")]  # compatible, mapped, SIIT
_NEVER_V4 = {
    IPv4Network("169.254.0.0/16"): "a link-local address",
    IPv4Network("100.100.100.200/32"): "the metadata service of a cloud",  # Alibaba
    IPv4Network("168.63.129.16/32"): "the metadata service of a cloud",  # Azure; looks public
    IPv4Network("192.0.0.192/32"): "the metadata service of a cloud",  # Oracle
}
_NEVER_V6 = {
    IPv6Network("fe80::/10"): "a link-local address",
    IPv6Network("fd00:ec2::/32"): "the metadata service of a cloud",  # Amazon: ::254, and its name and time services
    IPv6Network("fd20:ce::254/128"): "the metadata service of a cloud",  # Google
    IPv6Network("fd00:42::42/128"): "the metadata service of a cloud",  # Scaleway
}


def is_public(address: str) -> bool:
    """Return whether an IP address, as text, belongs to the public Internet.

    >>> is_public("93.184.216.34"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False)
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if always_refused(address):
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip in _NAT64:
            ip = IPv4Address(int(ip) & 0xFFFFFFFF)
        elif (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP and not is_public(str(IPv4Address(int(ip) & 0xFFFFFFFF))):
            return False
        else:
            return ip.is_global and not ip.is_multicast and not any(ip in net for net in _REFUSED_V6)
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _REFUSED_V4)


def always_refused(address: str) -> str | None:
    """Return what an address is that is refused even where private ones are allowed, in whatever form; None when it is not.

    >>> always_refused("169.254.169.254"), always_refused("64:ff9b::a9fe:a9fe"), always_refused("10.0.0.1")
    ('a link-local address', 'a link-local address', None)
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, IPv4Address):
        return next((what for net, what in _NEVER_V4.items() if ip in net), None)
    what = next((what for net, what in _NEVER_V6.items() if ip in net), None)
    return what or next((what for inner in _inside(int(ip), ip) if (what := always_refused(str(inner)))), None)


def _inside(bits: int, ip: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address may stand for."""
    last = bits & 0xFFFFFFFF
    values: list[int] = []
    if ip in _NAT64 or any(ip in net for net in _IPV4_LAST) or (bits >> 32) & 0xFFFFFFFF in _ISATAP:
        values = [last]
    elif ip in _6TO4:
        values = [(bits >> 80) & 0xFFFFFFFF]
    elif ip in _TEREDO:
        values = [last ^ 0xFFFFFFFF, (bits >> 64) & 0xFFFFFFFF]  # the client, and the server that relays to it
    elif ip in _LOCAL_NAT64:  # prefixes of 48, 56, 64 and 96 bits (RFC 6052, 2.2), of which bits 64 to 71 are left out
        without = ((bits >> 64) << 56) | (bits & ((1 << 56) - 1))
        values = [last, *((without >> (88 - prefix)) & 0xFFFFFFFF for prefix in (48, 56, 64))]
    return [IPv4Address(each) for each in values]


class SystemResolver:
    """Resolve names with the system's name service, in threads of its own.

    The service blocks, perhaps for long. With asyncio's few threads (six on two cores), some dead name servers would delay all
    hosts.
    """

    def __init__(self, most: int) -> None:
        self._threads = ThreadPoolExecutor(max_workers=most, thread_name_prefix="names")

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        entries = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, name, port)
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in entries))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(name: str, port: int) -> list[tuple[int, int, int, str, tuple[str | int, ...]]]:
    return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)  # type: ignore[return-value]  # the stubs allow bytes for raw sockets


async def check(url: str, name: str, port: int, *, allow_private: bool, resolver: Resolver) -> tuple[str, ...] | Failure:
    """Return the addresses of a host's name, or why it may not be contacted.

    One private address among them is enough to refuse the name: its owner would choose which one is contacted.
    """
    name = name.strip("[]")
    addresses: tuple[str, ...] = ()
    with contextlib.suppress(ValueError):  # 127.1, 0x7f.1 and the like are left to the system's resolver, which reads them
        addresses = (str(ip_address(name)),) if name[:1].isdigit() or ":" in name else ()
    try:
        addresses = addresses or tuple(await resolver(name, port))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Failure(url, "dns", f"{url}: the name {name} cannot be resolved ({reason})")
    for address in addresses:
        if what := always_refused(address):
            at = "" if address == name else f" ({address})"
            detail = f"{url}: {name} is {what}{at}, which is never contacted, not even with allow_private_hosts"
            return Failure(url, "private-address", detail)
    refused = [] if allow_private else [address for address in addresses if not is_public(address)]
    if not addresses:
        return Failure(url, "dns", f"{url}: the name {name} has no address")
    if refused:
        at = "" if refused[0] == name else f" ({refused[0]})"
        detail = f"{url}: {name} is a private address{at}; allow it with allow_private_hosts = true under [crawl]"
        return Failure(url, "private-address", detail)
    return addresses
