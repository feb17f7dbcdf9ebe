"""Slow, idle, greedy and vanishing clients do not keep others from searching."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.amount import amount
from support.server_process import SLOW, Served, arrived
from support.waiting import PATIENCE_SECONDS, eventually
from webui.server.asgi_bridge import MAX_QUEUE, MAX_THREADS

Serve = Callable[..., Served]
SEARCH = "/api/v1/search?q=ferry"


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def connect(clients: ExitStack, port: int, sent: bytes = b"") -> socket.socket:
    client = clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS))
    client.sendall(sent)
    return client


def healthz(client: socket.socket) -> bytes:
    """Send a request for /healthz on an open connection, and return the answer as far as it comes."""
    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while not answer.endswith(b'"ok"}\n') and (part := client.recv(65_536)):
        answer += part
    return answer


def received(client: socket.socket) -> bytes:
    """Return all that a connection brings until the server closes it."""
    parts = []
    try:
        while part := client.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def test_thousands_of_idle_and_slow_connections_do_not_affect_searches(serve: Serve, clients: ExitStack) -> None:
    web = serve()
    idle = [connect(clients, web.port) for _ in range(1_000)]
    kept = [connect(clients, web.port) for _ in range(1_000)]
    for each in kept:
        assert healthz(each).startswith(b"HTTP/1.1 200")
    slow = [connect(clients, web.port, b"GET /") for _ in range(100)]
    slow += [
        connect(clients, web.port, b"POST /api/v1/opened HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nq")
        for _ in range(100)
    ]
    for number in range(20):
        assert web.get(f"{SEARCH}{number}")[0] == 200
        slow[number].sendall(b"x")
    assert idle
    assert web.stop()[0] == 0


def test_the_connection_that_has_been_idle_longest_makes_room(
    serve: Serve, clients: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEXER_WEB_MAX_CONNECTIONS", "20")
    web = serve()
    opened = [connect(clients, web.port) for _ in range(60)]
    assert all(healthz(each).startswith(b"HTTP/1.1 200") for each in opened[-10:])
    assert opened[0].recv(1) == b""
    assert web.get(SEARCH)[0] == 200
    assert web.stop() == (0, "")


def test_a_request_that_does_not_arrive_is_given_up(serve: Serve, clients: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXER_WEB_REQUEST_SECONDS", "1")
    monkeypatch.setenv("INDEXER_WEB_IDLE_SECONDS", "1")
    web = serve()
    post = b"POST /api/v1/opened HTTP/1.1\r\nHost: localhost\r\n"
    assert received(connect(clients, web.port)) == b""
    assert received(connect(clients, web.port, b"GET / HTTP/1.1\r\nHost: loc")) == b""
    assert received(connect(clients, web.port, post + b"Content-Length: 9\r\n\r\nq=")).startswith(b"HTTP/1.1 408")
    assert received(connect(clients, web.port, post + b"Transfer-Encoding: chunked\r\n\r\n1\r\nq")).startswith(b"HTTP/1.1 408")
    idle = received(connect(clients, web.port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    assert idle.startswith(b"HTTP/1.1 200")
    assert web.get(SEARCH)[0] == 200
    assert web.stop() == (0, "")


def test_a_body_that_is_too_long_is_refused_before_it_is_stored(serve: Serve, clients: ExitStack) -> None:
    web = serve()
    head = b"POST /api/v1/opened HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    declared = received(connect(clients, web.port, head + b"Content-Length: 1000000000\r\n\r\n"))  # none of it is sent
    assert declared.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in declared
    assert received(connect(clients, web.port, head + b"Content-Length: -5\r\n\r\n")).startswith(b"HTTP/1.1 4")
    chunked = connect(clients, web.port, head + b"Transfer-Encoding: chunked\r\n\r\n")
    sent = 0
    try:
        for _ in range(1_000):
            chunked.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
            sent += 65_536
    except OSError:
        pass
    assert sent < 50_000_000  # the server stopped reading
    assert b"HTTP/1.1 413" in received(chunked) or sent
    assert web.get(SEARCH)[0] == 200
    assert web.stop() == (0, "")


def test_endless_header_fields_are_refused(serve: Serve, clients: ExitStack) -> None:
    web = serve()
    client = connect(clients, web.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    for _ in range(100):
        try:
            client.sendall(b"X-Filler: " + b"y" * 4_000 + b"\r\n")
        except OSError:
            break
    answer = received(client)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert web.stop() == (0, "")


@pytest.fixture
def busy(data: Path) -> Iterator[tuple[Served, Path]]:
    """Return a server whose threads all wait for a file, and that file."""
    gate = data / "gate"
    web = Served("-c", SLOW, str(data), "1", str(gate))
    assert web.get(SEARCH)[0] == 200
    asking = [threading.Thread(target=web.get, args=("/slow",)) for _ in range(MAX_THREADS)]
    for each in asking:
        each.start()
    assert eventually(lambda: len(arrived(gate)) == MAX_THREADS)
    yield web, gate
    gate.touch()
    for each in asking:
        each.join(PATIENCE_SECONDS)
    web.stop()


def test_health_and_metrics_wait_for_nothing(busy: tuple[Served, Path]) -> None:
    web, _ = busy
    for path in ("/healthz", "/readyz", "/metrics", "/robots.txt"):
        assert web.get(path)[0] == 200


def test_of_the_requests_that_wait_only_so_many_are_kept(busy: tuple[Served, Path], clients: ExitStack) -> None:
    web, gate = busy
    waiting = [connect(clients, web.port, b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(MAX_QUEUE + 20)]
    refused = b""
    answers = 0
    for each in reversed(waiting):
        each.settimeout(0.5)
        try:
            refused = each.recv(65_536)
            answers += 1
        except TimeoutError:
            break
    assert answers == 20
    assert refused.startswith(b"HTTP/1.1 503")
    assert b"retry-after" in refused.lower()
    assert len(arrived(gate)) == MAX_THREADS


def test_nothing_is_done_for_a_client_that_has_gone(busy: tuple[Served, Path], clients: ExitStack) -> None:
    web, gate = busy
    for _ in range(10):
        connect(clients, web.port, b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
    clients.close()
    web.get("/healthz")  # the loop has seen the end of the connections before it
    gate.touch()
    assert web.get("/slow")[0] == 200
    assert len(arrived(gate)) == MAX_THREADS + 1


def test_a_request_in_progress_learns_that_its_client_has_gone(data: Path, tmp_path: Path, clients: ExitStack) -> None:
    gate = tmp_path / "gate"
    web = Served("-c", SLOW, str(data), "1", str(gate))
    try:
        connect(clients, web.port, b"GET /until-left HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert eventually(lambda: arrived(gate))
        assert not (gate.parent / "left").exists()
        clients.close()
        assert eventually((gate.parent / "left").exists)
    finally:
        web.process.kill()
        web.process.communicate()


def test_the_last_answer_on_a_connection_says_that_it_closes(busy: tuple[Served, Path], clients: ExitStack) -> None:
    web, gate = busy
    idle = connect(clients, web.port)
    assert b"connection: close" not in healthz(idle).lower()
    web.process.terminate()
    assert eventually(lambda: b"connection: close" in healthz(idle).lower())
    assert idle.recv(1) == b""
    gate.touch()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_stops_under_load_lose_no_request(serve: Serve, processes: str) -> None:
    stops, answered = amount(small=2, full=50), 0
    for _ in range(stops):
        web = serve("--processes", processes)
        assert web.get(SEARCH)[0] == 200
        losses: list[str] = []
        counts = [0] * 8
        asking = [threading.Thread(target=ask_until_refused, args=(web.port, number, counts, losses)) for number in range(8)]
        for each in asking:
            each.start()
        assert eventually(lambda counts=counts: min(counts) > 5)
        assert web.stop() == (0, "")
        for each in asking:
            each.join(PATIENCE_SECONDS)
        assert losses == []
        answered += sum(counts)
    print(f"\n{processes} processes, {stops} stops under load: {answered} requests, 0 lost")


def ask_until_refused(port: int, number: int, counts: list[int], losses: list[str]) -> None:
    """Search over connections that stay open (even numbers) or that are new each time, until no connection is accepted."""
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        except OSError:
            return
        with client, client.makefile("rb") as answers:
            while True:
                closes = number % 2 == 1
                field = b"Connection: close\r\n" if closes else b""
                try:
                    client.sendall(f"GET {SEARCH}{counts[number] % 3} HTTP/1.1\r\nHost: localhost\r\n".encode() + field + b"\r\n")
                    status = answers.readline()
                    fields = dict(line.strip().lower().split(b": ", 1) for line in iter(answers.readline, b"\r\n") if line)
                    body = answers.read(int(fields[b"content-length"]))
                    assert status.startswith(b"HTTP/1.1 200")
                    assert json.loads(body)["query"].startswith("ferry")
                except Exception as error:
                    losses.append(repr(error))
                    break
                counts[number] += 1
                if closes or fields.get(b"connection") == b"close":
                    break


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_stop_during_the_start_answers_what_was_accepted(data: Path, clients: ExitStack, processes: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "webui", "--data", str(data), "--port", str(port), "--processes", processes]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    assert eventually(lambda: is_open(port))
    client = connect(clients, port)
    server.terminate()
    assert healthz(client).startswith(b"HTTP/1.1 200")
    assert server.wait(PATIENCE_SECONDS) == 0


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


def test_a_proxy_on_this_machine_is_believed_only_if_it_is_named(data: Path, serve: Serve, clients: ExitStack) -> None:
    fields = b"Host: localhost\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: %b\r\nConnection: close\r\n\r\n"
    request = b"GET /healthz HTTP/1.1\r\n" + fields
    settings = '[web]\nallowed_hosts = ["localhost", "search.example.org"]\n'
    for proxies, name, status in (
        ("[]", b"other.example", b"200"),
        ('["127.0.0.1"]', b"other.example", b"421"),
        ('["127.0.0.1"]', b"search.example.org", b"200"),
    ):
        (data / "config.toml").write_text(f"{settings}trusted_proxies = {proxies}\n")
        web = serve()
        answer = received(connect(clients, web.port, request % name))
        assert answer.startswith(b"HTTP/1.1 " + status), (proxies, name, answer)
        code, errors = web.stop()
        assert code == 0
        assert ("127.0.0.1 forwards requests" in errors) == (proxies == "[]"), errors
