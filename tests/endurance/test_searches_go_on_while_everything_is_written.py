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
        f"searches: {sum(sum(each.statuses.values()) for each in answers)}, failed:"
        f" {sum(count for each in answers for status, count in each.statuses.items() if status != 200)}",
        f"memory in each sixth of the time: {', '.join(f'{size / 1e6:.0f} MB' for size in sixths(memory))}",
        sep="\n",
    )
    assert [set(each.statuses) for each in answers] == [{200}] * len(answers)
    assert indexer.hits("article7") == [site.url(7)]
    if len(memory) >= 6:
        _, second, *_, last = sixths(memory)
        assert last < MAX_GROWTH * second
    assert served.stop() == (0, "")


def sixths(values: list[int]) -> list[float]:
    """Return the median of each sixth of the values: of an hour, of each ten minutes."""
    size = max(1, len(values) // 6)
    return [statistics.median(values[start : start + size]) for start in range(0, min(6 * size, len(values)), size)]
