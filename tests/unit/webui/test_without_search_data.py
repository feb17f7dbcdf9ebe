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
