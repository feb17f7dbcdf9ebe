"""Private addresses in all their forms, and names that change what they mean."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest

from indexer.doctor.check_feed import remedy_for
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.ssrf_guard import SystemResolver, always_refused, is_public
from indexer.fetch.transport import HttpTransport
from indexer.model import Failure, FetchPolicy, Response

POLICY = FetchPolicy(delay_seconds=0, timeout_seconds=5)


@pytest.mark.parametrize(
    "address",
    [
        # IPv4
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        # IPv6
        "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "2001:db8::1", "3fff::1", "5f00::1",
        # IPv4 inside of IPv6: mapped, compatible, translated, NAT64 (well-known and local), 6to4, Teredo, ISATAP
        "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1",
        "64:ff9b:1::5db8:d822", "2002:7f00:1::", "2002:0a00:0001::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2606:2800:220:1:0:5efe:127.0.0.1", "2606:2800:220:1:200:5efe:10.0.0.1", "fe80::5efe:93.184.216.34",
        # none at all
        "nonsense", "", "127.1", "0177.0.0.1", "1.2.3.4.5",
    ],
)  # fmt: skip
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "11.0.0.1", "2606:4700:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8",
     "64:ff9b::5db8:d822", "2606:2800:220:1:0:5efe:93.184.216.34"],
)  # fmt: skip
def test_public(address: str) -> None:
    assert is_public(address)


class Names:
    """A name service that gives the next answer each time; the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where connections would have gone; each is refused."""
    went: list[str] = []

    async def refuse(loop: object, protocol: object, host: str, port: int, **options: object) -> None:
        went.append(f"{host}:{port}")
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", refuse)
    return went


def get(url: str, names: Names, policy: FetchPolicy = POLICY, times: int = 1) -> list[Response | Failure]:
    async def run() -> list[Response | Failure]:
        async with Fetcher(policy, HttpTransport(policy, names)) as fetcher:
            return [await fetcher.get(url, robots=False) for _ in range(times)]

    return asyncio.run(run())


def reasons(answers: Sequence[Response | Failure]) -> list[str]:
    return [answer.reason if isinstance(answer, Failure) else "" for answer in answers]


def test_connected_to_is_what_was_checked_whatever_the_name_means_a_moment_later(connected: list[str]) -> None:
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    assert reasons(get("http://rebind.example/", names, times=2)) == ["connect", "private-address"]
    assert connected == ["93.184.216.34:80"]
    assert names.asked == 2, "once for each connection: nobody asks again between check and connection"


@pytest.mark.parametrize("answer", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["64:ff9b::7f00:1"], ["fd12::1"]])
def test_one_private_address_is_one_too_many(connected: list[str], answer: list[str]) -> None:
    (failure,) = get("http://site.example/", Names(answer))
    assert isinstance(failure, Failure)
    assert (failure.reason, connected) == ("private-address", [])
    assert "allow_private_hosts" in failure.detail


def test_each_address_of_a_name_is_tried_but_not_a_hundred(connected: list[str]) -> None:
    get("http://site.example/", Names(["2606:4700:4700::1111", "93.184.216.34"]))
    assert connected == ["2606:4700:4700::1111:80", "93.184.216.34:80"]
    connected.clear()
    get("http://site.example/", Names([f"93.184.216.{number}" for number in range(100)]))
    assert len(connected) == 4


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_name_that_cannot_be_resolved_says_so(error: Exception) -> None:
    async def names(name: str, port: int) -> Sequence[str]:
        raise error

    (failure,) = get("http://site.example/", names)
    assert isinstance(failure, Failure)
    assert failure.reason == "dns"
    assert "site.example" in failure.detail
    assert reasons(get("http://site.example/", Names([]))) == ["dns"]


def test_ports_of_public_hosts(connected: list[str]) -> None:
    public = Names(["93.184.216.34"])
    assert reasons(get("http://site.example:8080/", public)) == ["port"]
    assert reasons(get("https://site.example:22/", public)) == ["port"]
    assert connected == []
    (private,) = get("http://site.example:8080/", Names(["10.0.0.1"]))
    assert isinstance(private, Failure)
    assert private.reason == "private-address", "of two reasons the one whose remedy mends both"
    policy = FetchPolicy(delay_seconds=0, allowed_ports=(80, 443, 8080))
    assert reasons(get("http://site.example:8080/", public, policy)) == ["connect"]
    assert connected == ["93.184.216.34:8080"]
    (failure,) = get("http://site.example:6379/", public, policy)
    assert isinstance(failure, Failure)
    assert "port 6379" in failure.detail
    assert "allowed_ports" in failure.detail


def test_where_private_hosts_are_allowed_every_port_is(connected: list[str]) -> None:
    policy = FetchPolicy(delay_seconds=0, allow_private_hosts=True)
    assert reasons(get("http://site.example:8080/", Names(["10.0.0.1"]), policy)) == ["connect"]
    assert connected == ["10.0.0.1:8080"]


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.170.2", "169.254.0.1", "169.254.255.255", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "fe80::1", "fe80::1%eth0", "febf:ffff::1", "fe80::a9fe:a9fe", "fd00:ec2::254", "fd00:ec2::123", "fd20:ce::254", "fd00:42::42",
        # mapped, compatible, translated, NAT64 (well-known; local with each length of prefix), 6to4, Teredo (client, server), ISATAP
        "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::169.254.169.254", "::ffff:0:169.254.169.254", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe", "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:12a9:fe:a9fe::", "64:ff9b:1:1234:a9:fea9:fe00:0", "2002:a9fe:a9fe::1",
        "2001:0:4136:e378:8000:63bf:5601:5601", "2001:0:a9fe:a9fe::1", "fd12::5efe:169.254.169.254", "fd12::200:5efe:169.254.169.254",
        "::ffff:100.100.100.200",
    ],
)  # fmt: skip
def test_link_local_and_metadata_addresses_are_never_asked(connected: list[str], address: str) -> None:
    assert always_refused(address)
    assert not is_public(address)
    policy = FetchPolicy(delay_seconds=0, allow_private_hosts=True)
    for answer in ([address], ["10.0.0.1", address]):
        (failure,) = get("http://site.example/latest/meta-data/", Names(answer), policy)
        assert isinstance(failure, Failure)
        assert (failure.reason, connected) == ("private-address", [])
        assert f"({address}), which is never contacted" in failure.detail
    (failure,) = get("http://site.example/", Names([address]))
    assert isinstance(failure, Failure)
    assert "allow it with" not in failure.detail, "no remedy that is none"
    assert remedy_for(failure, "bot") == "use the site's public address"


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "192.168.1.1", "169.253.255.255", "169.255.0.1", "100.64.0.1", "100.100.100.201", "::1", "fec0::1", "fd00::254",
     "fd12:3456::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "2002:0a00:0001::1", "fd12::5efe:10.0.0.1",
     "2606:4700:4700::1111", "2606:4700::a9fe:a9fe", "8.8.8.8"],
)  # fmt: skip
def test_other_private_addresses_may_be_allowed(connected: list[str], address: str) -> None:
    policy = FetchPolicy(delay_seconds=0, allow_private_hosts=True)
    assert always_refused(address) is None
    assert reasons(get("http://site.example/", Names([address]), policy)) == ["connect"]
    assert connected == [f"{address}:80"]


@pytest.mark.parametrize("name", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"])
def test_nor_in_any_spelling(connected: list[str], name: str) -> None:
    policy = FetchPolicy(delay_seconds=0, allow_private_hosts=True)

    async def run() -> Response | Failure:
        async with Fetcher(policy, HttpTransport(policy)) as fetcher:
            return await fetcher.get(f"http://{name}/latest/meta-data/", robots=False)

    failure = asyncio.run(run())
    assert isinstance(failure, Failure)
    assert (failure.reason, connected) == ("private-address", [])
    assert "169.254.169.254" in failure.detail


@pytest.mark.parametrize("name", ["2130706433", "0x7f.1", "017700000001", "127.1", "0", "localhost"])
def test_the_system_reads_every_spelling_of_an_address(name: str) -> None:
    async def run() -> Sequence[str]:
        resolver = SystemResolver(1)
        try:
            return await resolver(name, 80)
        finally:
            resolver.close()

    addresses = asyncio.run(run())
    assert addresses
    assert not any(is_public(address) for address in addresses)


@pytest.mark.parametrize(
    ("address", "said"), [("127.0.0.1", "is a private address;"), ("169.254.169.254", "is a link-local address, which")]
)
def test_an_address_that_is_its_own_name_is_named_once(connected: list[str], address: str, said: str) -> None:
    (failure,) = get(f"http://{address}/", Names([]))
    assert isinstance(failure, Failure)
    assert f"{address} {said}" in failure.detail
    assert connected == []
