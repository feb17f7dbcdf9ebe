"""Which addresses may be reached: none that is private, loopback, link-local, metadata, multicast or reserved.

Judged is the IP address that is then connected to (`fetch.transport`), so that no spelling of it (decimal, octal, IPv6
with an IPv4 inside) and no second answer of a name server makes a difference. Python's `is_global` alone is not enough:
it calls [::127.0.0.1], [64:ff9b::7f00:1], 192.0.0.8 and 224.0.0.1 global.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from indexer.model import Failure

_REFUSED_V4 = [IPv4Network(net) for net in ("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")]
_REFUSED_V6 = [IPv6Network(net) for net in ("::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10", "100::/64")]
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


def is_public(address: str) -> bool:
    """Whether an IP address, as text, belongs to the public Internet.

    >>> is_public("93.184.216.34"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False)
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip in _NAT64:
            ip = IPv4Address(int(ip) & 0xFFFFFFFF)
        else:
            return ip.is_global and not ip.is_multicast and not any(ip in net for net in _REFUSED_V6)
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _REFUSED_V4)


async def check(url: str, name: str, port: int, *, allow_private: bool) -> tuple[str, ...] | Failure:
    """The addresses that a host's name stands for, or why it may not be reached. One private address is one too many: the
    name's owner would choose which one we meet."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(name.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Failure(url, "dns", f"{url}: the name {name} cannot be resolved ({reason})")
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    refused = [] if allow_private else [address for address in addresses if not is_public(address)]
    if refused or not addresses:
        what = refused[0] if refused else "no address"
        detail = f"{url}: {name} is a private address ({what}); allow it with allow_private_hosts = true under [crawl]"
        return Failure(url, "private-address", detail)
    return addresses
