"""Fixtures of the tests that run servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.config import load_settings, open_archive, open_engine
from indexer.model import Document, Source
from indexer.reindex import catch_up
from support.server_process import Served


@pytest.fixture
def data(tmp_path: Path) -> Path:
    settings = load_settings(tmp_path)
    archive = open_archive(settings)
    with archive.lock(5, "a test"):
        archive.sources.add(Source("https://example.org/rss.xml", "News"))
        archive.documents.put(
            Document("0" * 16, "https://example.org/1", "Ferry", "The ferry returns."), archive.sources.all()[0].id, 1
        )
        catch_up(archive, open_engine(settings))
    archive.close()
    return tmp_path


@pytest.fixture
def serve(data: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*options: str) -> Served:
        started.append(Served("-m", "webui", "--data", str(data), "--port", "0", *options))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.communicate()
