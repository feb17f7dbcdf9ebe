"""Secure connections: certificates that are none, in words that say who can mend it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from indexer.fetch import tls as secure
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.transport import HttpTransport
from indexer.model import Failure, FetchPolicy, Response

NOW = datetime.now(UTC)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@contextlib.contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                answer(client)

    threading.Thread(target=accept, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


def secured(certificate: trustme.LeafCert | trustme.CA, version: ssl.TLSVersion | None = None) -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if isinstance(certificate, trustme.CA):  # signed by itself
        with certificate.private_key_pem.tempfile() as key, certificate.cert_pem.tempfile() as chain:
            context.load_cert_chain(chain, key)
    else:
        certificate.configure_cert(context)
    if version is not None:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with warnings.catch_warnings():  # to be told so is the point
            warnings.simplefilter("ignore", DeprecationWarning)
            context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")

    def answer(client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) as secure:
            while secure.recv(65536):
                secure.sendall(ANSWER)

    return answer


async def loopback(name: str, port: int) -> Sequence[str]:
    return ("127.0.0.1",)


def get(port: int, seconds: float = 10, times: int = 1) -> list[Response | Failure]:
    policy = FetchPolicy(delay_seconds=0, timeout_seconds=seconds, allow_private_hosts=True)

    async def run() -> list[Response | Failure]:
        async with Fetcher(policy, HttpTransport(policy, loopback)) as fetcher:
            return [await fetcher.get(f"https://site.example:{port}/", robots=False) for _ in range(times)]

    return asyncio.run(run())


def failed(answer: Callable[[socket.socket], None], seconds: float = 10) -> Failure:
    with serving(answer) as port:
        (failure,) = get(port, seconds)
    assert isinstance(failure, Failure), failure
    return failure


def test_a_good_certificate(authority: trustme.CA) -> None:
    with serving(secured(authority.issue_cert("site.example"))) as port:
        answers = get(port, times=3)
    assert [answer.body for answer in answers if isinstance(answer, Response)] == [b"fine"] * 3


def test_certificates_that_are_none(authority: trustme.CA) -> None:
    expired = authority.issue_cert("site.example", not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=1))
    early = authority.issue_cert("site.example", not_before=NOW + timedelta(days=1), not_after=NOW + timedelta(days=9))
    for certificate, words in (
        (expired, "has expired"),
        (early, "is not valid yet"),
        (authority.issue_cert("other.example"), "is for another name"),
        (trustme.CA().issue_cert("site.example"), "issuer is unknown"),
        (trustme.CA(), "self-signed"),
    ):
        failure = failed(secured(certificate))
        assert failure.reason == "tls"
        assert words in failure.detail, failure.detail


def test_handshakes_that_are_none(authority: trustme.CA) -> None:
    plain = failed(lambda client: client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert (plain.reason, "does not speak TLS" in plain.detail) == ("tls", True), plain.detail
    old = failed(secured(authority.issue_cert("site.example"), ssl.TLSVersion.TLSv1_1))
    assert (old.reason, "outdated" in old.detail) == ("tls", True), old.detail
    gone = failed(lambda client: client.close())
    assert gone.reason in ("tls", "connect")


def test_a_handshake_that_never_ends_is_under_the_same_limit_as_everything() -> None:
    done = threading.Event()
    failure = failed(lambda client: (done.wait(10), None)[1], seconds=0.3)
    done.set()
    assert failure.reason == "timeout"
    assert "timeout_seconds" in failure.detail


def test_reasons_that_python_has_no_name_for_are_read_from_the_text() -> None:
    error = ssl.SSLError(1, "[SSL] legacy sigalg disallowed or unsupported (_ssl.c:992)")
    assert getattr(error, "reason", None) is None
    assert secure.describe(error) == "the server speaks outdated versions of TLS only"
    assert secure.describe(ssl.SSLError(1, "[SSL] something new (_ssl.c:1)")) == "something new"
