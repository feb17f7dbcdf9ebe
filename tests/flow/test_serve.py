"""`feed-search serve` as an operator runs it: real processes, the bundled sample site, crashes, changes and a stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.waiting import eventually, has_ended

SAMPLE = Path(__file__).resolve().parents[2] / "index_data" / "sample"
LINUX = sys.platform == "linux"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, str(SAMPLE / "serve.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield process.stdout.readline().strip().rstrip("/")
    process.terminate()
    process.wait(10)


class Served:
    """A running `feed-search serve` on a free port."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        environment = {k: v for k, v in os.environ.items() if not k.startswith("INDEXER_")}
        self.environment = environment | {"INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true", "INDEXER_CRAWL_DELAY_SECONDS": "0"}
        self.output = data.parent / f"{data.name}-{len(list(data.parent.glob('*.log')))}.log"
        with self.output.open("w") as log:
            self.process = subprocess.Popen(
                self.command("serve", "--port", "0", *options), env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.children: set[int] = set()

    def command(self, *arguments: str) -> list[str]:
        start = "import sys; from indexer.cli import feed_search; feed_search()"
        return [sys.executable, "-c", start, "--data", str(self.data), *arguments]

    def call(self, *arguments: str) -> str:
        done = subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    @property
    def log(self) -> str:
        return self.output.read_text()

    @property
    def address(self) -> str:
        """The address that was printed last, as port 0 is another one after each start."""
        return [line.split()[2] for line in self.log.splitlines() if line.startswith("Search page: ")][-1]

    def get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=10) as answer:
                return answer.read().decode()
        except (OSError, IndexError):
            return None

    def total(self, query: str) -> int:
        return json.loads(self.get(f"api/v1/search?q={query}") or '{"total": 0}')["total"]

    def running(self) -> set[int]:
        """The process ids of all children so far that still run."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.children |= {int(each) for each in listed}
        return {each for each in self.children if not has_ended(each)}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    service = Served(tmp_path / "data")
    yield service
    if service.process.poll() is None:
        service.process.kill()
    service.process.wait(10)


@pytest.mark.skipif(not LINUX, reason="reads /proc to find the processes")
def test_it_crawls_what_is_added_survives_crashes_follows_changes_and_stops(served: Served, site: str) -> None:
    assert eventually(lambda: served.get("healthz") is not None)
    assert "no sources yet" in served.log
    assert (served.data / "config.toml").exists()
    served.call("add", f"{site}/rss.xml")
    assert eventually(lambda: served.total("harbour") > 0), served.log

    assert eventually(lambda: len(served.running()) == 1), "the crawl ends, the page stays"
    (page,) = served.running()
    os.kill(page, signal.SIGKILL)
    assert eventually(lambda: served.log.count("Search page: ") == 2 and served.total("harbour") > 0), served.log
    assert "was ended by signal 9" in served.log

    text = (served.data / "config.toml").read_text()
    (served.data / "config.toml").write_text(text.replace("[web]\n", '[web]\ntitle = "Harbour news"\n'))
    assert eventually(lambda: "Harbour news" in (served.get("") or "")), served.log
    (served.data / "config.toml").write_text("[web]\nnonsense = 1\n")
    assert eventually(lambda: 'unknown setting "nonsense"' in served.log), served.log
    assert "Harbour news" in (served.get("") or "")

    served.running()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(60) == 0
    assert all(has_ended(child) for child in served.children)
    assert "Traceback" not in served.log


@pytest.mark.parametrize("damage", ["deleted", "emptied"])
def test_it_refuses_to_crawl_without_the_archive_of_the_index(tmp_path: Path, damage: str) -> None:
    service = Served(tmp_path / "data", "--no-crawl")
    try:
        lines = tmp_path / "lines.jsonl"
        lines.write_text(json.dumps({"url": "https://example.org/1", "title": "Ferry", "text": "The ferry returns."}))
        service.call("import", str(lines))
        archive = service.data / "archive.db"
        archive.unlink() if damage == "deleted" else archive.write_bytes(b"")
        refused = Served(service.data)
        assert refused.process.wait(60) == 3
        assert "an index of 1 documents" in refused.log
        assert "--from-index" in refused.log
        assert eventually(lambda: service.total("ferry") == 1), "searches go on"
    finally:
        service.process.terminate()
        service.process.wait(60)


@pytest.mark.skipif(not LINUX, reason="reads /proc to find the processes")
def test_no_child_outlives_a_killed_parent(served: Served) -> None:
    assert eventually(lambda: served.get("healthz") is not None)
    children = served.running()
    assert children
    served.process.kill()
    assert eventually(lambda: all(has_ended(child) for child in children))


def test_a_port_in_use_is_an_error_and_no_loop(served: Served, tmp_path: Path) -> None:
    assert eventually(lambda: served.get("healthz") is not None)
    port = served.address.rpartition(":")[2].strip("/")
    other = Served(tmp_path / "other", "--port", port, "--no-crawl")
    assert other.process.wait(60) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in other.log
    assert "--port" in other.log
