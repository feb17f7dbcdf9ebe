"""Who sends a request, as the proxies report it."""

from __future__ import annotations

from typing import Any

import pytest

from indexer.errors import SettingsError
from webui.hosts_and_proxies import TrustedProxies

PROXIES = TrustedProxies(["127.0.0.1", "10.0.0.0/8", "::1"])


def applied(peer: str, **fields: str) -> dict[str, Any]:
    environ: dict[str, Any] = {"REMOTE_ADDR": peer, "HTTP_HOST": "inner:8080", "wsgi.url_scheme": "http", "SCRIPT_NAME": ""}
    environ |= {f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in fields.items()}
    PROXIES.apply(environ)
    return environ


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the left part is the client's invention
        ("127.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, 10.1.2.3", "203.0.113.9"),  # through two trusted proxies
        ("127.0.0.1", "10.0.0.7", "10.0.0.7"),
        ("127.0.0.1", "203.0.113.9:5123", "203.0.113.9"),
        ("127.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "unknown", "unknown"),
        ("127.0.0.1", "203.0.113.9, <script>", "unknown"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("203.0.113.5", "127.0.0.1", "203.0.113.5"),  # not a proxy of ours
        ("", "127.0.0.1", ""),
    ],
)
def test_the_client_is_the_last_address_that_is_not_a_trusted_proxy(peer: str, forwarded: str, client: str) -> None:
    assert applied(peer, **{"for": forwarded})["REMOTE_ADDR"] == client


def test_scheme_host_and_prefix_come_from_a_trusted_proxy_only() -> None:
    fields = {"for": "203.0.113.9", "proto": "https", "host": "search.example.org", "prefix": "/find/"}
    trusted, other = applied("127.0.0.1", **fields), applied("203.0.113.5", **fields)
    assert [trusted[name] for name in ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME")] == ["https", "search.example.org", "/find"]
    assert [other[name] for name in ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME")] == ["http", "inner:8080", ""]


def test_of_several_values_the_one_of_the_farthest_trusted_proxy_counts() -> None:
    assert (
        applied("127.0.0.1", **{"for": "203.0.113.9", "host": "evil.example, search.example.org"})["HTTP_HOST"]
        == "search.example.org"
    )
    two = {"for": "203.0.113.9, 10.0.0.2", "host": "evil.example, search.example.org, inner"}
    assert applied("127.0.0.1", **two)["HTTP_HOST"] == "search.example.org"


@pytest.mark.parametrize("prefix", ["//evil.example", "/a/../b", "/a b", "/<script>", "evil", "/a?b", "/a//b"])
def test_a_prefix_that_is_not_a_plain_path_is_ignored(prefix: str) -> None:
    assert applied("127.0.0.1", **{"for": "203.0.113.9", "prefix": prefix})["SCRIPT_NAME"] == ""


def test_a_wrong_network_names_the_setting() -> None:
    with pytest.raises(SettingsError, match="trusted_proxies"):
        TrustedProxies(["10.0.0.0/99"])
