"""What an operator copies: the blocks of the README line by line in a fresh shell, the systemd units, the container files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SAMPLE = ROOT / "index_data" / "sample"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, str(SAMPLE / "serve.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield process.stdout.readline().strip().rstrip("/")
    process.terminate()
    process.wait(10)


def blocks(section: str) -> list[str]:
    """The indented blocks of a section of the README."""
    text = (ROOT / "README.md").read_text("utf-8")
    part = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [re.sub(r"^    ", "", block, flags=re.M) for block in re.findall(r"(?:^    .*\n)+", part, re.M)]


def checkout(target: Path) -> Path:
    """A copy of what is needed to install, as a newcomer's checkout."""
    target.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target / name)
    for package in ("indexer", "webui"):
        shutil.copytree(ROOT / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def test_the_blocks_of_the_readme_run_in_a_fresh_shell(tmp_path: Path, site: str) -> None:
    install = next(block for block in blocks("Install") if "-m venv" in block)
    (set_up,) = blocks("Set up search for your site")
    set_up = set_up.replace("https://www.example.org/", f"{site}/rss.xml").replace("night ferry", "harbour")
    assert "serve" in set_up.splitlines()[-1]
    set_up = set_up.replace("feed-search serve", "timeout --signal=TERM 20 feed-search serve --port 0 || test $? = 124")
    set_up = set_up.replace("feed-search crawl", "feed-search crawl || test $? = 1")  # one page of the sample is gone
    (tmp_path / "home").mkdir()
    environment = {"HOME": str(tmp_path / "home"), "PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/local/bin:/usr/bin:/bin"}
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTPS_", "https_"))}
    environment |= {"INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true", "INDEXER_CRAWL_DELAY_SECONDS": "0"}
    started = time.time()
    done = subprocess.run(
        ["bash", "-euxc", install + set_up],
        cwd=checkout(tmp_path / "checkout"), env=environment, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    if "pip" in done.stderr.splitlines()[-1] and not os.environ.get("CI"):
        pytest.skip("the libraries cannot be installed here: check the network and the package index of pip")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "results" in done.stdout
    assert "Search page: http://127.0.0.1:" in done.stdout
    assert (tmp_path / "home" / "feed-search" / "archive.db").exists()
    print(f"from nothing to a stopped service: {time.time() - started:.0f} s")


def units(tmp_path: Path) -> list[str]:
    """The units with the path of this installation, since systemd checks that the command exists."""
    for unit in DEPLOY.glob("feed-search*.*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/feed-search/bin/feed-search", str(BIN / "feed-search")))
    return sorted(str(path) for path in tmp_path.iterdir())


@pytest.mark.skipif(
    not (shutil.which("systemd-analyze") or "CI" in os.environ), reason="systemd-analyze is missing: apt-get install systemd"
)
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", *units(tmp_path)], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "feed-search" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_container_runs_without_rights_and_checks_its_health() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    assert "USER feed-search" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert "--only-binary :all:" in "\n".join(lines), "no compiler in the image"
    compose = (DEPLOY / "compose.yaml").read_text()
    for line in ("read_only: true", "no-new-privileges:true", "127.0.0.1:8080:8080"):
        assert line in compose


@pytest.mark.parametrize("file", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_the_commands_in_the_files_can_be_typed(file: Path) -> None:
    import click

    from indexer.cli.app import feed_search_group

    lines = re.findall(r"^ExecStart=\S+ (.*)$", file.read_text(), re.M)
    if cmd := re.search(r"^CMD (\[.*\])", file.read_text(), re.M):
        lines.append(" ".join(re.findall(r'"([^"]*)"', cmd[1])))
    for line in lines:
        group = feed_search_group()
        context = group.make_context("feed-search", line.split())
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        assert isinstance(command, click.Command)
        command.make_context(name, rest, parent=context)
