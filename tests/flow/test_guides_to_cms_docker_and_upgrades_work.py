"""The guides to CMS, Docker and upgrades, as far as a test can run them.

Hugo builds a site with the documented partial. The steps of the Dockerfile run in a folder instead of an image, because a build
needs a registry. TYPO3, WordPress and Drupal themselves are not run: their guides are checked for what they name and load.
"""

from __future__ import annotations

import html.parser
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.config import load_settings
from support.debian import debian_program
from support.served import document, fill
from webui import create_app

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "embed-in-a-cms.md").read_text("utf-8")
OLD_ARCHIVE = ROOT / "tests" / "unit" / "archive" / "data" / "archive_of_version_23.sql"


def blocks(text: str) -> list[str]:
    return [re.sub(r"^    ", "", block, flags=re.M) for block in re.findall(r"(?:^    .*\n)+", text, re.M)]


class Tags(html.parser.HTMLParser):
    """Collects the start tags of a text, and fails at one that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def test_the_two_lines_load_the_widget_and_the_setting_admits_the_site(tmp_path: Path) -> None:
    tags = Tags(blocks(GUIDE)[0]).tags
    assert tags == [("script", {"type": "module", "src": "https://search.example.org/widget.js"}), ("feed-search", {})]
    (line,) = re.findall(r"`(cors_origins = .*?)`", GUIDE)
    (tmp_path / "config.toml").write_text(f"[web]\n{line}\n")
    settings = load_settings(tmp_path)
    fill(settings, document(1))
    client = create_app(settings=settings).test_client()
    assert client.get("/widget.js").status_code == 200
    origin = settings.web.cors_origins[0]
    admitted = client.get("/api/v1/search?q=ferry", headers={"Origin": origin})
    assert admitted.headers["Access-Control-Allow-Origin"] == origin


def test_the_typoscript_loads_the_script_as_a_module() -> None:
    (typoscript,) = [block for block in blocks(GUIDE) if "includeJSFooter" in block]
    values = {}
    for line in typoscript.splitlines():
        match = re.fullmatch(r"([A-Za-z][\w.]*) = (\S+)", line)
        assert match, line
        values[match[1]] = match[2]
    name = "page.includeJSFooter.feedSearch"
    assert values == {name: "https://search.example.org/widget.js", f"{name}.external": "1", f"{name}.type": "module"}


def test_hugo_builds_a_page_with_the_partial(tmp_path: Path) -> None:
    packages = ("hugo", "libsass1", "libwebp7")
    program, environment, _ = debian_program("hugo", *packages)
    (call,) = re.findall(r"`(\{\{ partial .*? \}\})`", GUIDE)
    (path,) = re.findall(r"`(layouts/partials/\S+?)`", GUIDE)
    for name, text in {
        "config.toml": 'baseURL = "https://www.example.org/"\ntitle = "Gazette"\nrssLimit = -1\n',
        path: blocks(GUIDE)[0],
        "layouts/index.html": f"<html><body>{call}</body></html>",
        "content/a.md": "---\ntitle: Ferry\n---\nThe night ferry.\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    done = subprocess.run([program, "--quiet"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 127:
        pytest.skip(f"hugo does not start: {done.stderr[:200]}")
    assert done.returncode == 0, done.stderr + done.stdout
    page = (tmp_path / "public" / "index.html").read_text()
    assert ("feed-search", {}) in Tags(page).tags
    assert (tmp_path / "public" / "index.xml").exists(), "the feed that the guide names"


def run(folder: Path, *words: str, codes: tuple[int, ...] = (0,)) -> str:
    environment = {**os.environ, "INDEXER_DATA": str(folder)}
    line = [sys.executable, "-m", "indexer", *words]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in codes, (words, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_a_data_folder_of_an_earlier_version_is_upgraded_as_the_guide_says(tmp_path: Path) -> None:
    old = tmp_path / "data"
    old.mkdir()
    (old / "config.toml").write_text("[crawl]\ndelay_seconds = 1.0\n")
    archive = sqlite3.connect(old / "archive.db")
    archive.executescript(OLD_ARCHIVE.read_text("utf-8"))
    documents = archive.execute("SELECT COUNT(*) FROM documents").fetchone()[0]
    archive.close()
    shutil.copytree(old, tmp_path / "kept")  # earlier versions had no command for a backup

    status = json.loads(run(old, "--json", "status"))  # the first command migrates the archive
    assert status["documents"] > 0
    web = create_app(settings=load_settings(old)).test_client()
    assert web.get("/?q=the").status_code == 503
    run(old, "reindex")
    assert json.loads(run(old, "--json", "status"))["pending"] == 0
    assert web.get("/?q=the").status_code == 200
    assert json.loads(run(old, "--json", "check"))["ok"]
    run(old, "backup", str(tmp_path / "backup.zst"))
    run(tmp_path / "new", "restore", str(tmp_path / "backup.zst"))
    assert json.loads(run(tmp_path / "new", "--json", "status"))["documents"] == status["documents"]
    assert 0 < status["documents"] <= documents
    before = sqlite3.connect(tmp_path / "kept" / "archive.db")
    assert before.execute("SELECT COUNT(*) FROM documents").fetchone()[0] == documents, "the copy can be used to go back"
    before.close()


def test_the_steps_of_the_dockerfile_give_a_healthy_server(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    build, _, final = text.partition("\nFROM python:3.13-slim\n")
    source = tmp_path / "source"
    source.mkdir()
    for names, target in re.findall(r"^COPY ([^-].*) (\S+)$", build, re.M):
        for name in names.split():
            path = ROOT / name
            if path.is_dir():
                ignored = shutil.ignore_patterns("*.so", "__pycache__")  # the image is built from a clean checkout
                shutil.copytree(path, source / target, ignore=ignored)
            else:
                shutil.copy(path, source / target)
    (step,) = re.findall(r"^RUN (python -m venv .*(?:\n    && .*)+)", build, re.M)
    step = step.replace("\\\n", " ").replace("/opt/feed-search", f"{tmp_path}/opt").replace("/wheels", f"{tmp_path}/wheels")
    step = step.replace("--no-cache-dir ", "")  # the cache of the machine that tests
    step = step.replace("python -m venv", f"{sys.executable} -m venv")
    done = subprocess.run(
        ["sh", "-euc", step], cwd=source, capture_output=True, text=True, check=False, env={**os.environ, "EXTRAS": ""}
    )
    assert done.returncode == 0, done.stderr[-2000:]

    data = tmp_path / "data"
    environment = {"PATH": f"{tmp_path}/opt/bin:/usr/bin:/bin", "INDEXER_DATA": str(data), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONUNBUFFERED"] = "1"
    (command,) = re.findall(r"^CMD (\[.*\])", final, re.M)
    words = [{"8080": "0", "0.0.0.0": "127.0.0.1"}.get(word, word) for word in json.loads(command)]
    server = subprocess.Popen(
        [f"{tmp_path}/opt/bin/feed-search", *words], env=environment, stdout=subprocess.PIPE, text=True, cwd="/"
    )
    try:
        assert server.stdout
        port = next(match[1] for line in server.stdout if (match := re.search(r"http://127\.0\.0\.1:(\d+)", line)))
        (check,) = re.findall(r'"-c", \\\n\s+"(.*)"\]', final)
        healthy = [f"{tmp_path}/opt/bin/python", "-c", check.replace("8080", port)]
        assert subprocess.run(healthy, check=False, timeout=60).returncode == 0
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
        connection.request("GET", "/readyz")
        assert connection.getresponse().status in (200, 503)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    assert subprocess.run(healthy, check=False, timeout=60, capture_output=True).returncode != 0, (
        "the check fails without a server"
    )
