"""The question that a crawl asks before much of a source goes: commands, exit codes, what is shown. On a server of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.builders import NAMES, article, feed_of

HIDDEN = "<meta name=robots content=noindex>"


class Tales(BaseHTTPRequestHandler):
    hidden = frozenset[str]()

    def do_GET(self) -> None:
        name = self.path.strip("/")
        body = feed_of(NAMES) if name == "rss.xml" else article(name, HIDDEN if name in self.hidden else "")
        there = name == "rss.xml" or name in NAMES
        self.send_response(200 if there else 404)
        self.send_header("content-type", "application/rss+xml" if name == "rss.xml" else "text/html")
        self.end_headers()
        self.wfile.write(body.encode() if there else b"")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    served = ThreadingHTTPServer(("127.0.0.1", 0), Tales)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def test_the_question_its_exit_code_and_its_answer(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def indexer(*words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("INDEXER_")}
        env |= {"INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true", "INDEXER_CRAWL_DELAY_SECONDS": "0"}
        line = [sys.executable, "-m", "indexer", "--data", str(tmp_path), *words]
        done = subprocess.run(line, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == expect, (words, done.stdout[-500:], done.stderr[-500:])
        return done

    def documents() -> int:
        return int(json.loads(indexer("--json", "status").stdout)["documents"])

    indexer("add", f"{server}/rss.xml")
    indexer("crawl")
    monkeypatch.setattr(Tales, "hidden", frozenset(NAMES[:12]))
    asked = indexer("crawl", "--all", expect=1)
    assert "would remove 12 of 16 documents" in asked.stderr
    assert f"indexer crawl --accept-removals {server}/rss.xml" in asked.stderr
    assert documents() == 16
    (source,) = json.loads(indexer("--json", "sources").stdout)["sources"]
    assert source["state"] == "asking"
    assert "12 of 16" in source["last_error"]
    assert "12 of 16" in indexer("status").stdout
    indexer("crawl", "--accept-removals")  # though nothing is due
    assert documents() == 4
    assert "asks not to be indexed" in indexer("show", f"{server}/ant").stdout
    assert json.loads(indexer("--json", "sources").stdout)["sources"][0]["state"] == "ok"
