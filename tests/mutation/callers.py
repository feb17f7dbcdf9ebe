"""Which tests call which function: a mutant needs no others."""

from __future__ import annotations

import ast
import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Place = tuple[str, int]  # a module's path and the line where a function begins; 0 for the module itself


class Recorder:
    """A plugin of pytest that notes the functions of the product that each test calls."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.called: dict[str, set[Place]] = {}
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        codes: dict[int, CodeType] = {}

        def note(frame: FrameType, event: str, _: object) -> None:
            codes[id(frame.f_code)] = frame.f_code  # their own hash reads all of the code

        started = time.perf_counter()
        threading.settrace(note)
        sys.settrace(note)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            self.seconds[item.nodeid] = time.perf_counter() - started
            prefix = f"{ROOT}/indexer/"
            self.called[item.nodeid] = {
                (code.co_filename.removeprefix(f"{ROOT}/"), code.co_firstlineno)
                for code in codes.values()
                if code.co_filename.startswith(prefix)
            }

    def pytest_sessionfinish(self) -> None:
        places = {test: sorted(places) for test, places in self.called.items()}
        self.file.write_text(json.dumps({"called": places, "seconds": self.seconds}), "utf-8")


class Callers:
    """Tests by the functions that they call, the fastest first."""

    def __init__(self, file: Path) -> None:
        recorded = json.loads(file.read_text("utf-8"))
        self._seconds: dict[str, float] = recorded["seconds"]
        self.every = sorted(self._seconds, key=self._seconds.__getitem__)
        self._tests: dict[Place, list[str]] = defaultdict(list)
        for test in self.every:
            for path, line in recorded["called"][test]:
                self._tests[path, line].append(test)

    def seconds(self, tests: list[str]) -> float:
        return sum(self._seconds[test] for test in tests)

    def of(self, path: Path, tree: ast.Module, line: int) -> list[str]:
        """Return the tests that call the function around this line; all of them for a line outside of functions."""
        begins = first_line(tree, line, min)
        if not begins:
            return self.every
        return self._tests.get((path.relative_to(ROOT).as_posix(), begins), [])


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
