"""A real browser, and the sample newsroom crawled, indexed and served for it."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "index_data" / "sample"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MENDS = "chromium is missing: apt-get install chromium"
WIDE = {"width": 1280, "height": 900}

playwright = (
    pytest.importorskip("playwright.sync_api") if not os.environ.get("CI") else __import__("playwright.sync_api").sync_api
)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(MENDS)
        pytest.skip(MENDS)
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Host(http.server.SimpleHTTPRequestHandler):
    """A foreign page that embeds the widget."""

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture(scope="module")
def embedding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("foreign")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Host, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, embedding: tuple[str, Path]) -> Iterator[str]:
    data = tmp_path_factory.mktemp("served")
    env = {
        **os.environ,
        "INDEXER_DATA": str(data),
        "INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true",
        "INDEXER_CRAWL_DELAY_SECONDS": "0",
        "INDEXER_WEB_TITLE": "Orrin search",
        "INDEXER_WEB_CORS_ORIGINS": embedding[0],
    }
    site = subprocess.Popen([sys.executable, str(SAMPLE / "serve.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert site.stdout
    url = site.stdout.readline().strip()
    for line in (
        ["add", f"{url}rss.xml", f"{url}atom.xml"],
        ["crawl"],
        ["search", "wall harbour"],
    ):  # an operator's search is listed
        subprocess.run([sys.executable, "-m", "indexer", *line], env=env, check=False, capture_output=True, timeout=120)
    web = subprocess.Popen([sys.executable, "-m", "webui", "--port", "0"], env=env, stdout=subprocess.PIPE, text=True)
    assert web.stdout
    yield web.stdout.readline().split()[2].rstrip("/")
    for process in (web, site):
        process.terminate()
        process.wait(120)


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[object]:
    """A page whose console must stay silent: no script error, no breach of the security policy."""
    context = browser.new_context(**{"viewport": WIDE, **getattr(request, "param", {})})
    opened = context.new_page()
    complaints: list[str] = []
    opened.complaints = complaints
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert not complaints
    context.close()
