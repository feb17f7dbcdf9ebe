"""Every engine that there is, under one name: a test that takes `engine` runs once for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.engines.base import Engine
from indexer.engines.memory import MemoryEngine
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.model import RankingWeights

NOW = datetime(2024, 6, 1, tzinfo=UTC)
WEIGHTS = RankingWeights()

MAKERS: dict[str, Callable[[Path], Engine]] = {
    "memory": lambda _: MemoryEngine(WEIGHTS, now=lambda: NOW),
    "whoosh": lambda path: WhooshEngine(path / "index", WEIGHTS, now=lambda: NOW),
}


@pytest.fixture(params=sorted(MAKERS))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return MAKERS[request.param](tmp_path)


@pytest.fixture
def whoosh(tmp_path: Path) -> WhooshEngine:
    return WhooshEngine(tmp_path / "index", WEIGHTS, now=lambda: NOW)
