"""Fixtures that open each engine in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.engines.base import Engine
from indexer.engines.whoosh.engine import WhooshEngine
from support.engines import MAKERS, NOW, WEIGHTS, require_kernel


@pytest.fixture(params=[*sorted(MAKERS), pytest.param("opensearch", marks=pytest.mark.cluster)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "opensearch":
        opensearch: Engine = request.getfixturevalue("opensearch")
        return opensearch
    if request.param == "whoosh-compiled":
        require_kernel()
    return MAKERS[request.param](tmp_path)


@pytest.fixture
def whoosh(tmp_path: Path) -> WhooshEngine:
    return WhooshEngine(tmp_path / "index", WEIGHTS, now=lambda: NOW)
