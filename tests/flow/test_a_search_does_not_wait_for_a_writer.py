"""A search does not wait for a writer."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from indexer.config import load_settings, open_archive, open_engine
from indexer.model import Document, Source
from indexer.reindex import catch_up
from support.waiting import PATIENCE_SECONDS
from webui import create_app


def test_a_search_does_not_wait_for_the_crawler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: connect(path, **{**options, "timeout": 3600}))
    settings = load_settings(tmp_path)
    archive = open_archive(settings)
    with archive.lock(5, "a test"):
        archive.sources.add(Source("https://example.org/rss.xml", "News"))
        archive.documents.put(
            Document("0" * 16, "https://example.org/1", "Ferry", "The ferry returns."), archive.sources.all()[0].id, 1
        )
        catch_up(archive, open_engine(settings))
    client = create_app(settings=settings).test_client()
    crawler = sqlite3.connect(settings.archive_path, isolation_level=None)
    statuses: list[int] = []

    def visit() -> None:
        for path in ("/?q=ferry", "/api/v1/search?q=ferry", "/search.rss?q=ferry", "/status"):
            statuses.append(client.get(path).status_code)

    crawler.execute("BEGIN IMMEDIATE")
    visitor = threading.Thread(target=visit, daemon=True)
    visitor.start()
    visitor.join(PATIENCE_SECONDS)
    assert statuses == [200] * 4
    crawler.execute("ROLLBACK")
    client.get("/?q=ferry", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    client.application.extensions["feed_search"].recorder.flush()
    assert [row["query"] for row in archive.top_queries(5)] == ["ferry"]
    archive.close()
