"""The `webui` command for real: it starts, answers, loses a process, and stops without dropping anybody."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from indexer.config import load_settings, open_archive
from support.server_process import SLOW, Served, arrived
from support.waiting import PATIENCE_SECONDS, eventually, has_ended
from webui.server.asgi_bridge import MAX_THREADS

DYING = """
from webui.server.prefork import PreforkSupervisor
children = PreforkSupervisor(1, lambda number: 1 / 0)
children.start()
print("-", "-", "http://127.0.0.1:1/", flush=True)
children.supervise()
"""


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except TimeoutError:  # a stopping server ignores it for a moment
        return False
    return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads Linux's /proc")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_process_answers_stops_with_0_and_has_noted_the_last_search(serve, data: Path, number: signal.Signals) -> None:
    web = serve()
    status, body = web.get("/api/v1/search?q=ferry")
    assert (status, json.loads(body)["total"]) == (200, 1)
    assert web.stop(number) == (0, "")
    archive = open_archive(load_settings(data))
    assert [row["searches"] for row in archive.searches_by_day()] == [1]
    archive.close()


@needs_proc
def test_several_processes_share_a_port_their_counts_and_the_archive(serve, data: Path) -> None:
    web = serve("--processes", "3")
    assert len(web.children()) == 3
    for _ in range(30):
        assert web.get("/api/v1/search?q=ferry")[0] == 200
    metrics = web.get("/metrics")[1].decode()
    assert 'feedsearch_requests_total{endpoint="api.search_json",status="200"} 30' in metrics
    assert "feedsearch_search_seconds_count 30" in metrics
    assert "feedsearch_processes 3" in metrics
    children = web.children()
    assert web.stop() == (0, "")
    assert all(has_ended(child) for child in children)
    archive = open_archive(load_settings(data))
    assert archive.searches_by_day()[0]["searches"] == 30
    archive.close()


def sockets_of(process: int) -> int:
    links = [os.readlink(link) for link in Path(f"/proc/{process}/fd").iterdir() if link.is_symlink()]
    return sum(link.startswith("socket:") for link in links)


def kept_open(port: int, count: int) -> list[http.client.HTTPConnection]:
    """Connections that have been answered once each."""
    opened = []
    for _ in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        opened.append(connection)
    return opened


@needs_proc
def test_connections_are_shared_out_between_processes(serve) -> None:
    web = serve("--processes", "2")

    def evenly() -> bool:
        before = [sockets_of(child) for child in web.children()]
        opened = kept_open(web.port, 8)
        more = [sockets_of(child) - was for child, was in zip(web.children(), before, strict=True)]
        for each in opened:
            each.close()
        return min(more) >= 3

    assert eventually(evenly)  # at first one of them may not be there yet
    assert web.stop() == (0, "")


@needs_proc
def test_connections_do_not_wait_for_a_process_that_does_not_answer(serve) -> None:
    web = serve("--processes", "2")
    first = kept_open(web.port, 2)
    stuck = web.children()[0]
    os.kill(stuck, signal.SIGSTOP)
    try:
        opened = kept_open(web.port, 6)
    finally:
        os.kill(stuck, signal.SIGCONT)
    for each in (*first, *opened):
        each.close()
    assert web.stop() == (0, "")


@needs_proc
def test_a_process_that_dies_is_started_again_and_its_counts_stay(serve) -> None:
    web = serve("--processes", "2")
    for _ in range(10):
        web.get("/healthz")
    killed = web.children()
    for child in killed:
        os.kill(child, signal.SIGKILL)
    assert eventually(lambda: len(web.children()) == 2 and not set(killed) & set(web.children()))
    assert web.get("/healthz")[0] == 200
    assert 'feedsearch_requests_total{endpoint="health.healthz",status="200"} 11' in web.get("/metrics")[1].decode()
    code, errors = web.stop()
    assert code == 0
    assert sorted(errors.splitlines()) == sorted(
        f"webui: process {child} was ended by signal 9; another is started in 0.1 s" for child in killed
    )


def test_a_process_that_cannot_live_is_started_again_less_and_less_often() -> None:
    web = Served("-c", DYING)
    assert web.process.stderr
    messages: list[str] = []
    while len(messages) < 3 and (line := web.process.stderr.readline()):
        if line.startswith("webui: process"):
            messages.append(line.strip())
    assert [message.rpartition("started in ")[2] for message in messages] == ["0.1 s", "0.2 s", "0.4 s"]
    assert "ended with exit code 1" in messages[0]
    assert web.stop()[0] == 0


@needs_proc
def test_processes_end_with_their_parent(serve) -> None:
    web = serve("--processes", "2")
    children = web.children()
    web.process.kill()
    web.process.communicate()
    assert eventually(lambda: all(has_ended(child) for child in children))


@pytest.mark.parametrize("options", [["--processes", "2"], []], ids=["two processes", "one process"])
def test_a_stop_answers_the_requests_that_have_arrived(serve, options: list[str]) -> None:
    web = serve(*options)
    with socket.create_connection(("127.0.0.1", web.port), timeout=PATIENCE_SECONDS) as client:
        client.sendall(b"GET /api/v1/search?q=ferry HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        got = client.recv(1)
        assert web.stop() == (0, "")
        while more := client.recv(65_536):
            got += more
    assert got.count(b"HTTP/1.1 200 OK") == 20


def test_what_was_answered_before_waits_for_nobody(data: Path) -> None:
    """Four long requests keep all threads busy: a search that was answered before is answered again all the same."""
    gate = data / "gate"
    web = Served("-c", SLOW, str(data), "1", str(gate))
    search = "/api/v1/search?q=ferry"
    first = web.get(search)[1]
    asking = [threading.Thread(target=web.get, args=("/slow",)) for _ in range(MAX_THREADS + 1)]
    for each in asking:
        each.start()
    assert eventually(lambda: len(arrived(gate)) >= MAX_THREADS)
    body = web.get(search)[1]  # while none of the long requests has been answered
    gate.touch()
    for each in asking:
        each.join(PATIENCE_SECONDS)
    assert {**json.loads(body), "took_ms": 0} == {**json.loads(first), "took_ms": 0}
    assert web.stop() == (0, "")


def test_requests_on_one_connection_are_answered_in_their_order(serve) -> None:
    web = serve()
    paths = ["/api/v1/search?q=ferry", "/healthz", "/api/v1/search?q=ferry", "/api/v1/search?q=returns", "/nowhere"] * 4
    with socket.create_connection(("127.0.0.1", web.port), timeout=PATIENCE_SECONDS) as client:
        answers = client.makefile("rb")
        for _ in range(2):
            client.sendall(b"".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in paths))
            for path in paths:
                status = int(answers.readline().split()[1])
                fields = dict(line.strip().lower().split(b": ", 1) for line in iter(answers.readline, b"\r\n"))
                body = json.loads(answers.read(int(fields[b"content-length"])))
                assert status == (404 if path == "/nowhere" else 200)
                if "search" in path:
                    assert body["query"] == path.partition("=")[2]
    assert web.stop() == (0, "")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_stop_waits_for_a_long_answer_not_for_idle_connections_and_lets_nobody_in(data: Path, processes: str) -> None:
    gate = data / "gate"
    web = Served("-c", SLOW, str(data), processes, str(gate))
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(web.get("/slow")))
    with socket.create_connection(("127.0.0.1", web.port)):
        asking.start()
        assert eventually(lambda: arrived(gate))
        web.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: refused(web.port))
        gate.touch()
        assert web.stop() == (0, "")
    asking.join(PATIENCE_SECONDS)
    assert [(status, len(body)) for status, body in answers] == [(200, 3_000_000)]


STOPPED_CLOCK = """
import time, types
from webui import rate_limits
from webui.__main__ import main
rate_limits.time = types.SimpleNamespace(monotonic=lambda: 30.0)  # a new minute would bring a new allowance
main()
"""


def test_a_client_is_limited_over_all_processes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXER_WEB_REQUESTS_PER_MINUTE", "20")
    web = Served("-c", STOPPED_CLOCK, "--data", str(data), "--port", "0", "--processes", "3")
    statuses = [web.get("/api/v1/search?q=ferry")[0] for _ in range(40)]
    assert (statuses.count(200), statuses.count(429)) == (20, 20)
    assert web.stop()[0] == 0


def test_a_port_in_use_is_one_line_for_several_processes_too(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = ["-m", "webui", "--data", str(data), "--processes", "2", "--port", str(taken.getsockname()[1])]
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "--port" in done.stderr
