"""Whoever searches while somebody writes gets an answer at once."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from indexer.config import load_settings, open_archive, open_engine
from indexer.model import Document, Source
from indexer.reindex import catch_up
from webui import create_app


def test_a_search_does_not_wait_for_the_crawler(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    archive = open_archive(settings)
    with archive.lock(5, "a test"):
        archive.add_source(Source("https://example.org/rss.xml", "News"))
        archive.put_document(
            Document("0" * 16, "https://example.org/1", "Ferry", "The ferry returns."), archive.sources()[0].id, 1
        )
        catch_up(archive, open_engine(settings))
    client = create_app(settings=settings).test_client()
    crawler = sqlite3.connect(settings.archive_path, isolation_level=None)
    crawler.execute("BEGIN IMMEDIATE")
    started = time.perf_counter()
    for path in ("/?q=ferry", "/api/v1/search?q=ferry", "/search.rss?q=ferry", "/status"):
        assert client.get(path).status_code == 200
    assert time.perf_counter() - started < 10  # SQLite's patience alone would be 30 s for each
    crawler.execute("ROLLBACK")
    client.get("/?q=ferry")
    client.application.extensions["feed_search"].notes.flush()
    assert [row["query"] for row in archive.top_queries(5)] == ["ferry"]
    archive.close()
