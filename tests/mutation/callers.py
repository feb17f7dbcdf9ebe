"""Which tests call which function: a mutant needs no others."""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.util
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMITS = "tests/unit/test_limits.py"  # compares constants, so that it calls nothing
Place = tuple[str, int]  # a module's path and the line where a function begins; 0 for the module itself


class Recorder:
    """A plugin of pytest that notes the functions of the product that each test calls."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.called: dict[str, list[Place]] = {}
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        CALLED.clear()
        started = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - started
            self.called[item.nodeid] = sorted(CALLED)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        noted = {"called": self.called, "seconds": self.seconds, "failed": sorted(self.failed)}
        self.file.write_text(json.dumps(noted), "utf-8")


CALLED: set[Place] = set()
builtins.__dict__["__called__"] = CALLED  # for the functions that `RecordingLoader` changes


class RecordingLoader(SourceFileLoader):
    """Loads a module whose functions note that they are called. A trace of all calls would take several times as long."""

    def get_code(self, fullname: str) -> CodeType:
        tree = ast.parse(Path(self.path).read_text("utf-8"))
        place = Path(self.path).relative_to(ROOT).as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                begins = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                note = ast.parse(f"__called__.add(({place!r}, {begins}))").body
                node.body[1 if ast.get_docstring(node) else 0 : 0] = note
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class RecordingFinder(importlib.abc.MetaPathFinder):
    """Finds the modules of the product for `RecordingLoader`."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if not fullname.startswith("indexer."):
            return None
        place = ROOT.joinpath(*fullname.split("."))
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if not file.exists():
            return None
        return importlib.util.spec_from_file_location(fullname, file, loader=RecordingLoader(fullname, str(file)))


class Callers:
    """Tests by the functions that they call, the fastest first."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._seconds: dict[str, float] = {}
        self.failed: list[str] = []  # without any fault
        called: dict[str, list[Place]] = {}
        for file in files:
            recorded = json.loads(file.read_text("utf-8"))
            self._seconds |= recorded["seconds"]
            self.failed += recorded["failed"]
            called |= recorded["called"]
        self.every = sorted(self._seconds.keys() - set(self.failed), key=self._seconds.__getitem__)
        self._tests: dict[Place, list[str]] = defaultdict(list)
        for test in self.every:
            for path, line in called[test]:
                self._tests[path, line].append(test)

    def seconds(self, tests: list[str]) -> float:
        return sum(self._seconds[test] for test in tests)

    def fastest(self, tests: list[str], seconds: float) -> list[str]:
        """Return the first of these tests, as many as take so long in all."""
        ends = itertools.accumulate(self._seconds[test] for test in tests)
        return [test for test, end in zip(tests, ends, strict=True) if end <= seconds]

    def of(self, path: Path, tree: ast.Module, line: int) -> list[str]:
        """Return the tests that call the function around this line. For a line outside of functions: those that call any
        function of the module, and those of the documented limits."""
        place = path.relative_to(ROOT).as_posix()
        if begins := first_line(tree, line, min):
            return self._tests.get((place, begins), [])
        there = {test for (module, _), tests in self._tests.items() if module == place for test in tests}
        return [test for test in self.every if test in there or test.startswith(LIMITS)]


def first_line(tree: ast.Module, line: int, choose: Callable[..., Any]) -> int:
    """Return the line where the function around this line begins, or 0. `choose` is `min` for the innermost, `max` for the
    outermost one."""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    if not around:
        return 0
    function = choose(around, key=lambda node: (node.end_lineno or 0) - node.lineno)
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
