"""Which Host names the server answers to."""

from __future__ import annotations

import pytest

from webui.hosts_and_proxies import AllowedHosts, HostAdmission

BY_NAME, ANY, REFUSED = HostAdmission.BY_NAME, HostAdmission.ANY, HostAdmission.REFUSED


@pytest.mark.parametrize(
    ("host", "local", "remote"),
    [
        ("search.example.org", BY_NAME, BY_NAME), ("SEARCH.example.org.:443", BY_NAME, BY_NAME), ("a.example.net", BY_NAME, BY_NAME),
        ("a.b.example.net:1", BY_NAME, BY_NAME), ("example.net", REFUSED, REFUSED), ("evil.example", REFUSED, REFUSED),
        ("localhost:8080", BY_NAME, REFUSED), ("127.0.0.1", BY_NAME, REFUSED), ("[::1]:80", BY_NAME, REFUSED),
        ("search.example.org@evil.example", REFUSED, REFUSED), ("search.example.org/x", REFUSED, REFUSED), ("", ANY, REFUSED),
    ],
)  # fmt: skip
def test_with_names_only_these_and_loopback_names_on_this_machine(host: str, local: HostAdmission, remote: HostAdmission) -> None:
    hosts = AllowedHosts("https://search.example.org/find", ["*.example.net"], loopback_only=False)
    assert (hosts.check(host, True), hosts.check(host, False)) == (local, remote)


@pytest.mark.parametrize(("host", "expected"), [("localhost", BY_NAME), ("127.0.0.1:80", BY_NAME), ("evil.example", REFUSED)])
def test_a_server_on_loopback_admits_loopback_names_only(host: str, expected: HostAdmission) -> None:
    assert AllowedHosts("", [], loopback_only=True).check(host, True) is expected


@pytest.mark.parametrize(("host", "expected"), [("any.example", ANY), ("localhost", ANY), ("bad host", REFUSED)])
def test_a_public_server_without_names_admits_any_but_not_for_links(host: str, expected: HostAdmission) -> None:
    assert AllowedHosts("", [], loopback_only=False).check(host, False) is expected


def test_a_star_admits_any_host() -> None:
    assert AllowedHosts("https://search.example.org", ["*"], loopback_only=True).check("any.example", False) is ANY
