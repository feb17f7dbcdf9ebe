"""The runner of mutants changes the function that the tests call."""

from __future__ import annotations

import gc
import importlib
from types import ModuleType

import pytest

from indexer.crawl import plan
from support.sources import ROOT


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "tests" / "mutation")
    return importlib.import_module("run")


def test_a_fault_is_put_into_a_function_that_was_imported_before(runner: ModuleType) -> None:
    """The runner freezes its objects before it forks. The collector then shows none of them."""
    functions = runner.imported_functions()
    (negated,) = [
        case
        for case in runner.cases("indexer/crawl/plan.py")
        if case.mutant.what == "condition negated" and "pause_seconds > 1" in line_of(case)
    ]
    code = plan._rate.__code__
    gc.freeze()
    try:
        assert plan._rate(10.0) == "one every 10 seconds"
        assert runner.replaced(negated, functions)
        assert plan._rate(10.0) == "0.1 a second"
    finally:
        gc.unfreeze()
        plan._rate.__code__ = code


def line_of(case: object) -> str:
    path, mutant = case.path, case.mutant  # type: ignore[attr-defined]  # run.Case, which mypy does not see
    return str(path.read_text("utf-8").splitlines()[mutant.line - 1])


def test_a_fault_in_a_default_needs_another_import(runner: ModuleType) -> None:
    (case,) = [each for each in runner.cases("indexer/search/searcher.py") if "refresh_seconds: float = 0.0" in line_of(each)]
    assert not runner.replaced(case, runner.imported_functions())


def test_a_fault_outside_of_functions_needs_another_import(runner: ModuleType) -> None:
    case = next(each for each in runner.cases("indexer/crawl/batch_writer.py") if each.mutant.what == "1.0 -> 2.0")
    assert not runner.replaced(case, runner.imported_functions())
