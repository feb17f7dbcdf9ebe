"""Every engine under one name, so that a test that takes `engine` runs once for each."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indexer.engines.base import Engine
from indexer.engines.memory import MemoryEngine
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.snapshot import kernel
from indexer.model import RankingWeights
from indexer.snippets import kernel as snippets_kernel

if TYPE_CHECKING:
    from indexer.engines.opensearch.engine import OpenSearchEngine

NOW = datetime(2024, 6, 1, tzinfo=UTC)
WEIGHTS = RankingWeights()

MAKERS: dict[str, Callable[[Path], Engine]] = {
    "memory": lambda _: MemoryEngine(WEIGHTS, now=lambda: NOW),
    "whoosh": lambda path: WhooshEngine(path / "index", WEIGHTS, now=lambda: NOW, compiled=False),
    "whoosh-compiled": lambda path: WhooshEngine(path / "compiled", WEIGHTS, now=lambda: NOW),
}


def cluster_engine(urls: tuple[str, ...], index: str, **access: Any) -> OpenSearchEngine:
    """Return an engine for an index of its own in the test cluster."""
    from indexer.engines.opensearch.cluster_settings import ClusterAccess
    from indexer.engines.opensearch.engine import OpenSearchEngine  # an extra: the other engines need no opensearch-py

    access = {"shards": 2, "replicas": 0, **access}
    return OpenSearchEngine(ClusterAccess(urls=urls, index=index, **access), WEIGHTS, now=lambda: NOW)


def require_kernel() -> None:
    """Skip the test where the kernels are not built; fail in CI, which must build them."""
    is_available = kernel.IS_AVAILABLE and snippets_kernel.IS_AVAILABLE
    if not is_available and os.environ.get("INDEXER_KERNEL") != "0":
        assert not os.environ.get("CI"), "the kernel is not built"
    if not is_available:
        pytest.skip("the kernel is not built")
