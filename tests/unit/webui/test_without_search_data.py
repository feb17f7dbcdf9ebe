"""Without search data the server answers 503 and creates nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.config import load_settings
from webui import create_app

PATHS = [
    "/",
    "/?q=ferry",
    "/api/v1/search?q=ferry",
    "/api/v1/suggest?q=fe",
    "/api/v1/status",
    "/status",
    "/readyz",
    "/search.rss?q=ferry",
    "/changes.json",
]


@pytest.mark.parametrize("exists", [False, True], ids=["no folder", "a folder with a configuration"])
def test_pages_answer_503_and_nothing_is_created(tmp_path: Path, exists: bool) -> None:
    data = tmp_path / "data"
    if exists:
        data.mkdir()
        (data / "config.toml").write_text("[web]\n")
    client = create_app(settings=load_settings(data)).test_client()
    answers = {path: client.get(path, environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code for path in PATHS}
    del answers["/"]  # a form without a search
    assert set(answers.values()) == {503}, answers
    assert client.get("/healthz").status_code == 200
    assert sorted(path.name for path in tmp_path.rglob("*")) == (["config.toml", "data"] if exists else [])


@pytest.mark.parametrize("state", ["none", "damaged"])
def test_no_answer_tells_a_visitor_where_the_files_are(tmp_path: Path, state: str) -> None:
    data = tmp_path / "data"
    (data / "index").mkdir(parents=True)
    if state == "damaged":
        (data / "index" / "CURRENT").write_text("x")
    client = create_app(settings=load_settings(data)).test_client()
    for path in [*PATHS, "/healthz", "/metrics", "/api/v1/documents/0123456789abcdef", "/static/x", "/x"]:
        assert str(tmp_path) not in client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).text, path
    assert str(tmp_path) in client.get("/readyz", environ_base={"REMOTE_ADDR": "127.0.0.1"}).text
