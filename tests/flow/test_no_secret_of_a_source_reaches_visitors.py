"""The address of a feed may hold a password or a token. Nothing that visitors get repeats it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from indexer.config import load_settings
from support.small_site import SmallSite, serving
from webui import create_app

SECRET = "s3cr3t-4711"
VISITOR = {"REMOTE_ADDR": "203.0.113.9"}
PATHS = (
    "/?q=lantern",
    "/api/v1/search?q=lantern&facets=1",
    "/api/v1/search?q=url:story",
    "/api/v1/suggest?q=lant",
    "/search.rss?q=lantern",
    "/search.json?q=lantern",
    "/changes.json",
    "/api/v1/status",
    "/opensearch.xml",
)


class Site(SmallSite):
    """A feed for subscribers: its token is repeated in the address of each page and picture."""

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        host = f"http://{self.headers['Host']}"
        if split.path == "/robots.txt":
            return self.send_error(404)
        if SECRET not in parse_qs(split.query).get("token", []):
            return self.send_error(403)
        if split.path == "/rss.xml":
            items = "".join(
                f"<item><title>Lantern {n}</title><link>{host}/story?token={SECRET}&amp;n={n}&amp;key=section</link>"
                f"<description>A lantern story, number {n}.</description></item>"
                for n in range(3)
            )
            return self.answer(
                f"<rss version='2.0'><channel><title>Lanterns</title>{items}</channel></rss>", "application/rss+xml"
            )
        picture = f'<meta property="og:image" content="{host}/p.png?token={SECRET}">'
        text = " ".join(f"A lantern burns at number {split.query[-20:]} and lights street {n}." for n in range(20))
        return self.answer(
            f"<html><head><title>Lantern</title>{picture}</head><body><article><p>{text}</p></article></body></html>", "text/html"
        )


@pytest.fixture
def site() -> Iterator[str]:
    with serving(Site) as host:
        yield host


@pytest.fixture
def client(site: str, tmp_path: Path) -> FlaskClient:
    (tmp_path / "config.toml").write_text("[crawl]\nallow_private_hosts = true\ndelay_seconds = 0\n")

    def run(*words: str) -> None:
        line = [sys.executable, "-m", "indexer", "--data", str(tmp_path), *words]
        done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert SECRET not in done.stdout + done.stderr

    run("add", f"http://reader:{SECRET}@{site}/rss.xml?token={SECRET}")
    run("crawl", "-v")
    return create_app(settings=load_settings(tmp_path)).test_client()


def test_no_answer_holds_the_secret_and_other_parameters_stay(client: FlaskClient) -> None:
    found = client.get("/api/v1/search?q=lantern", environ_base=VISITOR).json
    assert found["total"] == 3
    assert all("token=***" in hit["url"] and "key=section" in hit["url"] for hit in found["hits"]), found["hits"]
    similar = [f"/api/v1/{path}{hit['id']}" for hit in found["hits"] for path in ("similar?id=", "documents/")]
    for path in (*PATHS, *similar, *(f"/similar?id={hit['id']}" for hit in found["hits"])):
        answer = client.get(path, environ_base=VISITOR)
        assert answer.status_code == 200, path
        assert SECRET not in answer.text, path
        assert SECRET not in str(answer.headers), path


def test_a_rebuilt_index_and_a_second_crawl_agree(client: FlaskClient, tmp_path: Path) -> None:
    for words in (["reindex"], ["crawl", "--all"], ["check"]):
        line = [sys.executable, "-m", "indexer", "--data", str(tmp_path), "--json", *words]
        done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        assert SECRET not in done.stdout + done.stderr
    assert json.loads(done.stdout)["ok"]
    hits = client.get("/api/v1/search?q=lantern", environ_base=VISITOR).json["hits"]
    assert len(hits) == 3
    assert all("token=***" in hit["url"] for hit in hits)
