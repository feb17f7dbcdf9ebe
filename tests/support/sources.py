"""The source files of this project, each parsed at most once for all tests that check the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def product_modules() -> list[Path]:
    return sorted([*ROOT.glob("indexer/**/*.py"), *ROOT.glob("webui/**/*.py")])


def modules_of_tests() -> list[Path]:
    return sorted([*ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")])


def name_of(path: Path) -> str:
    """Return the path below the root, as it is written in messages."""
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    return path.read_text("utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path), str(path))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a module, in the order of `ast.walk`."""
    return tuple(ast.walk(tree_of(path)))


@cache
def imported_names(path: Path) -> frozenset[str]:
    """Return the full names of the modules that this one imports when it runs; those under `if TYPE_CHECKING` do not count."""
    return frozenset(_imported(nodes_of(path)))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in nodes_of(path) if isinstance(node, Function))


def _imported(nodes: tuple[ast.AST, ...]) -> Iterator[str]:
    typing_only = {
        id(inner)
        for node in nodes
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in nodes:
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
