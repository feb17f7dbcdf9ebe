"""Reach sites through a proxy: tunnels for https, whole addresses for http, and who decides about names."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from indexer.fetch.fetcher import Fetcher
from indexer.fetch.proxy import proxy_for
from indexer.model import Credential, Failure, FetchPolicy, Response

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"


class Proxy:
    """A proxy for one site: it leads every tunnel to a server of its own, and answers http requests itself."""

    def __init__(self, certificate: trustme.LeafCert, status: str = "200 OK") -> None:
        self.heads: list[str] = []
        self.inner: list[str] = []
        self._status = status
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._context)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            while head := _read_head(client):
                self.heads.append(head)
                if not head.startswith("CONNECT"):
                    client.sendall(ANSWER)
                    continue
                client.sendall(f"HTTP/1.1 {self._status}\r\nX: y\r\n\r\n".encode())
                if not self._status.startswith("200"):
                    return
                with self._context.wrap_socket(client, server_side=True) as secure:
                    while inner := _read_head(secure):
                        self.inner.append(inner)
                        secure.sendall(ANSWER)
                return


def _read_head(client: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = client.recv(1)
        if not piece:
            return ""
        head += piece
    return head.decode("latin-1")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def environment(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture
def proxy(authority: trustme.CA) -> Iterator[Proxy]:
    made = Proxy(authority.issue_cert("site.example"))
    yield made
    made.close()


def get(*urls: str, **policy: object) -> list[Response | Failure]:
    async def run() -> list[Response | Failure]:
        given = FetchPolicy(delay_seconds=0, timeout_seconds=10, **policy)  # type: ignore[arg-type]  # fields of any type
        async with Fetcher(given) as fetcher:
            return [await fetcher.get(url, robots=False) for url in urls]

    return asyncio.run(run())


def test_https_goes_through_one_tunnel_and_is_secure_end_to_end(proxy: Proxy) -> None:
    answers = get("https://site.example/a", "https://site.example/b", proxy=f"http://{proxy.address}")
    assert [getattr(answer, "body", answer) for answer in answers] == [b"fine", b"fine"]
    (head,) = proxy.heads
    assert head.startswith("CONNECT site.example:443 HTTP/1.1\r\n")
    assert "User-Agent" not in head
    assert [inner.split("\r\n")[0] for inner in proxy.inner] == ["GET /a HTTP/1.1", "GET /b HTTP/1.1"]


def test_http_sends_the_whole_address_and_the_password_to_the_proxy_only(proxy: Proxy) -> None:
    secret = "Proxy-Authorization: Basic " + base64.b64encode(b"me:p@ss").decode()
    answers = get("http://site.example/a?b=1", "https://site.example/c", proxy=f"http://me:p%40ss@{proxy.address}")
    assert [getattr(answer, "body", answer) for answer in answers] == [b"fine", b"fine"]
    assert proxy.heads[0].startswith("GET http://site.example/a?b=1 HTTP/1.1\r\n")
    assert all(secret in head for head in proxy.heads)
    assert not any("Proxy-Authorization" in inner for inner in proxy.inner)


def test_the_environment_names_the_proxy_and_its_exceptions(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv("NO_PROXY", ".direct.example,other.example")
    assert isinstance(get("https://site.example/a")[0], Response)
    for url in ("https://www.direct.example/", "https://other.example/", "http://site.example/"):
        assert proxy_for(url, "") is None
    assert proxy_for("https://site.example/", "none") is None
    assert str(proxy_for("https://site.example/", "http://p.example:1")) == "p.example:1"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("407 Proxy Authentication Required", "needs a name and a password"),
        ("403 Forbidden", "refuses site.example:443 (403 Forbidden)"),
    ],
)
def test_a_refusal_of_the_proxy_is_named(authority: trustme.CA, status: str, words: str) -> None:
    refusing = Proxy(authority.issue_cert("site.example"), status)
    (failure,) = get("https://site.example/a", proxy=f"http://me:secret@{refusing.address}")
    refusing.close()
    assert isinstance(failure, Failure)
    assert words in failure.detail
    assert "secret" not in failure.detail


def test_an_unreachable_proxy_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    (failure,) = get("https://site.example/a", proxy=f"http://{address}")
    assert isinstance(failure, Failure)
    assert failure.detail.startswith(f"https://site.example/a: the proxy {address} is unreachable (")


@pytest.mark.parametrize("name", ["127.0.0.1", "169.254.169.254", "[::1]", "2130706433", "0x7f.1", "localhost", "a.localhost"])
def test_no_proxy_is_asked_for_private_addresses_in_numbers(proxy: Proxy, name: str) -> None:
    (failure,) = get(f"http://{name}/", proxy=f"http://{proxy.address}")
    assert isinstance(failure, Failure)
    assert failure.reason in ("private-address", "dns")
    assert proxy.heads == []


def test_other_ports_are_refused_before_the_proxy(proxy: Proxy) -> None:
    (failure,) = get("https://site.example:8443/", proxy=f"http://{proxy.address}")
    assert isinstance(failure, Failure)
    assert failure.reason == "port"
    assert proxy.heads == []


def test_a_secret_header_goes_to_its_site_only(proxy: Proxy) -> None:
    credentials = (Credential("https://site.example/members/", (("x-api-key", "secret"),)),)
    urls = ("https://site.example/members/a", "https://site.example/public", "http://site.example/members/a")
    get(*urls, proxy=f"http://{proxy.address}", credentials=credentials)
    assert ["X-Api-Key: secret" in inner for inner in proxy.inner] == [True, False]
    assert not any("secret" in head for head in proxy.heads)
