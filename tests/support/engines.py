"""Every engine under one name, so that a test that takes `engine` runs once for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

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
