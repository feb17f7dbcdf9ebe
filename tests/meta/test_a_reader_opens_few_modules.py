"""Whoever follows one feed entry to the archive, or one query to the page, opens few modules."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from support.sources import ROOT


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("hops")


def test_an_entry_crosses_forty_modules_at_most(hops: ModuleType, tmp_path: Path) -> None:
    modules = hops.trace_of_an_entry(tmp_path).modules
    assert "indexer/feeds/parse" in modules
    assert len(modules) <= hops.MAX_MODULES_OF_AN_ENTRY, sorted(modules)


def test_a_query_crosses_thirty_five_modules_at_most(hops: ModuleType, tmp_path: Path) -> None:
    modules = hops.traces_of_queries(tmp_path)["first query"].modules
    assert "indexer/search/searcher" in modules
    assert len(modules) <= hops.MAX_MODULES_OF_A_QUERY, sorted(modules)
