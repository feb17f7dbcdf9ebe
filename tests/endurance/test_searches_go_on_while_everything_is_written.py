"""Searches, crawls and rebuilds at the same time: no search fails, and the server's memory does not grow."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from support.amount import amount
from support.commands import Indexer
from support.load import Watching, resident_bytes
from support.news_site import NewsSite
from support.server_process import Served

SECONDS = amount(small=10, full=3_600)
MAX_GROWTH = 1.3  # of the memory in the last sixth compared with the second one: the first fills the caches


def test_no_search_fails_while_crawls_and_rebuilds_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXER_WEB_REQUESTS_PER_MINUTE", "0")
    indexer, memory = Indexer(tmp_path / "data", tmp_path / "output"), []
    with NewsSite().served() as site:
        indexer("add", f"{site.base}/rss.xml")
        indexer("crawl", "--all")
        served = Served("-m", "webui", "--data", str(indexer.data), "--port", "0")
        watching = [
            Watching(served.port, path, 0.02) for path in ("/?q=article7", "/api/v1/search?q=version0&facets=1", "/?q=sun~")
        ]
        for each in watching:
            each.start()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            memory.append(resident_bytes(served.process.pid))
            site.day += 1
            indexer("crawl", "--all")
            indexer(*(("reindex",) if site.day % 3 else ("reindex", "--re-extract")))
        answers = [each.stop() for each in watching]
    print(
        f"\n{site.day} crawls and rebuilds",
        *answers,
        f"memory: {[f'{size / 1e6:.0f} MB' for size in memory[:: max(1, len(memory) // 6)]]}",
        sep="\n",
    )
    assert [set(each.statuses) for each in answers] == [{200}] * len(answers)
    assert indexer.hits("article7") == [site.url(7)]
    part = len(memory) // 6
    if part:
        assert statistics.median(memory[-part:]) < MAX_GROWTH * statistics.median(memory[part : 2 * part])
    assert served.stop() == (0, "")
