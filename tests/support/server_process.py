"""Run the `webui` command, or an application that can be made to wait, in a process of its own."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from pathlib import Path

from support.waiting import PATIENCE_SECONDS

# A server with an address /slow that answers when a file appears.
SLOW = """
import sys, time, uuid
from pathlib import Path
from flask import request
from webui.server import prefork, serve
from webui.server.prefork import PreforkSupervisor
from webui import create_app
from webui.server.serve import answer, listen
prefork.STOP_SECONDS = serve.MAX_DRAIN_SECONDS = 3600  # a stop that waits for the wrong thing never ends
gate = Path(sys.argv[3])
app = create_app(sys.argv[1], cache_before_flask=True)
@app.get("/slow")
def slow():
    (gate.parent / f"arrived-{uuid.uuid4()}").touch()
    while not gate.exists():
        time.sleep(0.01)
    return "x" * 3_000_000
@app.get("/until-left")
def until_left():
    (gate.parent / f"arrived-{uuid.uuid4()}").touch()
    while not request.environ["feed_search.client_has_left"]():
        time.sleep(0.01)
    (gate.parent / "left").touch()
    return ""
sockets = listen("127.0.0.1", 0)
says = "- - http://127.0.0.1:%d/" % sockets[0].getsockname()[1]
if sys.argv[2] == "1":
    answer(app, sockets, lambda: print(says, flush=True))
else:
    children = PreforkSupervisor(int(sys.argv[2]), lambda number: answer(app, sockets), sockets)
    children.start()
    print(says, flush=True)
    children.supervise()
"""


class Served:
    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        assert self.process.stderr
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.port = int(line.split()[2].rstrip("/").rpartition(":")[2])

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, errors


def arrived(gate: Path) -> list[Path]:
    """Return a file for each request for /slow that a thread has begun to answer."""
    return list(gate.parent.glob("arrived-*"))
