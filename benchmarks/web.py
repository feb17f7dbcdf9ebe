"""Put load on the web server of the product over loopback: by wrk if it is installed, else by a slower program in Python.

The module is not called `http.py`, because that name would hide the `http` of the standard library from scripts in this folder.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from measure import born, family
from queries import Query

HERE = Path(__file__).resolve().parent
CONNECTIONS = 8
DIFFERENT = 5_000  # queries that people ask, of which the most popular are asked all the time


def has_processes() -> bool:
    """Return whether `webui` can serve with several processes."""
    told = subprocess.run([sys.executable, "-m", "webui", "--help"], capture_output=True, text=True, check=True)
    return "--processes" in told.stdout


def path_of(query: Query, prefix: str = "/api/v1/search") -> str:
    return f"{prefix}?{urlencode({'q': query.for_ours()})}"


class Server:
    """Run a web server in processes of its own while the context lasts."""

    def __init__(self, *command: str, port: int) -> None:
        self.port = port
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the server runs
        self.process = subprocess.Popen([sys.executable, *command], stdout=self._said, stderr=self._said)
        deadline = time.monotonic() + 30
        while True:
            with suppress(OSError, http.client.HTTPException):
                if self.get("/readyz")[0] == 200:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                self._said.seek(0)
                raise RuntimeError(f"it does not serve: {' '.join(command)}\n{self._said.read().decode('utf-8', 'replace')}")
            time.sleep(0.05)

    @classmethod
    def of(cls, data: Path, processes: int) -> Server:
        """Serve with `webui`. Old commits that lack `--processes` serve with one process."""
        port = free_port()
        more = ["--processes", str(processes)] if processes > 1 and has_processes() else []
        return cls("-m", "webui", "--data", str(data), "--port", str(port), *more, port=port)

    @classmethod
    def with_fixed(cls, data: Path, processes: int) -> Server:
        """Serve the harness, which has a fixed answer at /fixed."""
        port = free_port()
        return cls(str(HERE / "harness.py"), str(data), str(port), str(processes), port=port)

    def get(self, path: str) -> tuple[int, Any]:
        """Return the status and the JSON of a path, over a new connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if "json" in (answer.headers["content-type"] or "") else None
        finally:
            connection.close()

    def stop(self) -> None:
        """Send SIGTERM, and kill the processes that are still running 15 seconds later."""
        family_then = {pid: born(pid) for pid in family(self.process.pid)}
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        for pid, birth in family_then.items():
            if birth and born(pid) == birth:  # the same process, not another of its number
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait(15)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- load --------------------------------------------------------------------------------------------------------------


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "a Python client"


def load(port: int, paths: Sequence[str], seconds: int, folder: Path) -> dict[str, float]:
    """Request the paths over 8 open connections. Return requests per second, p50 and p99 in milliseconds, and errors."""
    file = folder / "paths.txt"
    file.write_text("\n".join(paths) + "\n", "utf-8")
    if generator() == "wrk":
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(HERE / "urls.lua"), f"http://127.0.0.1:{port}"]
    else:
        command = [sys.executable, __file__, str(port), str(seconds)]
    done = subprocess.run(
        command, env={**os.environ, "PATHS": str(file)}, capture_output=True, text=True, check=True, timeout=seconds + 60
    )
    found = json.loads(next(line[5:] for line in done.stdout.splitlines() if line.startswith("JSON ")))
    return {**found, "rate": found["requests"] / found["seconds"], "each": found["requests"] / len(paths)}


def in_python(port: int, seconds: int) -> None:
    """Do what wrk does, with threads of this process."""
    paths = Path(os.environ["PATHS"]).read_text("utf-8").splitlines()
    lock, taken, errors, at = threading.Lock(), [], [0], iter(range(10**9))
    started = time.perf_counter()

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while (begun := time.perf_counter()) < started + seconds:
            with lock:
                path = paths[next(at) % len(paths)]
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                errors[0] += answer.status != 200
            except (OSError, http.client.HTTPException):
                errors[0] += 1
                connection.close()
            taken.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.sort()
    print("JSON " + json.dumps({
        "requests": len(taken), "seconds": time.perf_counter() - started, "p50": taken[len(taken) // 2] * 1000,
        "p99": taken[int(len(taken) * 0.99)] * 1000, "errors": errors[0],
    }))  # fmt: skip


def rates(data: Path, queries: Sequence[Query], folder: Path, seconds: int, rounds: int = 3) -> dict[str, dict[str, float]]:
    """Return the medians of the rounds for fixed JSON, the API and the search page, which take turns.

    Queries are drawn by Zipf's law, as people ask them: a few all the time, most of them once. "api, new" asks each query once.
    """
    share = len(queries) // (4 * rounds)
    found: dict[str, list[dict[str, float]]] = {"fixed": [], "api": [], "page": [], "api, new": []}
    with Server.with_fixed(data, 2) as server:
        load(server.port, [path_of(query) for query in queries[-50:]], 1, folder)
        load(server.port, [path_of(query, "/") for query in queries[-50:]], 1, folder)
        popular = as_people_ask(queries[2 * rounds * share :][:DIFFERENT], rounds)
        for prefix in ("/api/v1/search", "/"):  # a site's popular searches have been asked before
            load(server.port, [path_of(query, prefix) for query in popular], 3 * seconds, folder)
        for n in range(rounds):
            once = queries[2 * n * share : 2 * (n + 1) * share]
            asked = as_people_ask(queries[2 * rounds * share :][:DIFFERENT], n)
            found["fixed"].append(load(server.port, ["/fixed"], seconds, folder))
            found["api"].append(load(server.port, [path_of(query) for query in asked], seconds, folder))
            found["page"].append(load(server.port, [path_of(query, "/") for query in asked], seconds, folder))
            found["api, new"].append(load(server.port, [path_of(query) for query in once], seconds, folder))
    return {name: {key: median(one[key] for one in every) for key in every[0]} for name, every in found.items()}


def as_people_ask(queries: Sequence[Query], seed: int, count: int = 30_000) -> list[Query]:
    """Draw queries by Zipf's law: the n-th most popular one is 1/n times as frequent as the first."""
    weights = [1 / rank for rank in range(1, len(queries) + 1)]
    return random.Random(seed).choices(queries, weights, k=count)


if __name__ == "__main__":
    in_python(int(sys.argv[1]), int(sys.argv[2]))
