"""Rules of the code that neither ruff nor mypy nor import-linter checks: sizes, reasons of exceptions, what tests may assert."""

from __future__ import annotations

import ast
import configparser
import re
from collections import defaultdict
from pathlib import Path

import pytest

from support.sources import ROOT, Function, functions, modules_of_tests, name_of, nodes_of, product_modules, text_of

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
CLOCKS = {"perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "process_time_ns", "thread_time"}
IGNORED_TYPE = re.compile(r"#\s*type:\s*ignore(?P<code>\[[\w, -]+\])?(?P<rest>.*)$")


def test_no_module_is_over_400_lines() -> None:
    modules = [*product_modules(), *ROOT.glob("webui/static/*.js"), *ROOT.glob("indexer/**/*.[ch]")]
    assert {name_of(m): n for m in modules if (n := len(text_of(m).splitlines())) > MAX_MODULE_LINES} == {}


def test_no_function_is_over_60_lines() -> None:
    long = {
        f"{name_of(module)}:{function.name}": lines
        for module in (*product_modules(), *modules_of_tests())
        for function in functions(module)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_no_class_name_has_two_meanings() -> None:
    """`Connection` alone does not say of what: `HttpConnection`, `ClusterConnection`. An underscore makes no other name."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for module in product_modules():
        for node in nodes_of(module):
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].append(f"{name_of(module)}:{node.lineno}")
    assert {name: several for name, several in places.items() if len(several) > 1} == {}


def test_no_value_is_named_by_a_past_participle() -> None:
    """`found` does not say what was found: `matches`, `documents`, `addresses`."""
    vague = set("found kept told asked known held odd met had got said given wanted made taken sent".split())
    named = [
        f"{name_of(module)}:{node.lineno}: {name}"
        for module in product_modules()
        for node in nodes_of(module)
        if (name := defined_name(node)).strip("_") in vague
    ]
    assert named == []


def defined_name(node: ast.AST) -> str:
    """Return the name that a node gives to a value, a parameter, an attribute, a function or a class."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
    return ""


def test_no_import_contract_is_ignored() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert {name for name in config.sections() if "ignore_imports" in config[name]} == set()


def test_every_ignored_type_error_has_a_code_and_a_reason() -> None:
    """A reason follows the code as a comment of its own: `# type: ignore[attr-defined]  # Linux has it, the stubs do not`."""
    bare = [
        f"{name_of(module)}:{number}: {line.strip()}"
        for module in (*product_modules(), *modules_of_tests())
        if module != Path(__file__)
        for number, line in enumerate(text_of(module).splitlines(), 1)
        if (ignored := IGNORED_TYPE.search(line)) and not (ignored["code"] and re.fullmatch(r"\s*#\s*\w.{7,}", ignored["rest"]))
    ]
    assert bare == []


def test_no_test_asserts_elapsed_time() -> None:
    """Count steps, wait for an event, or compare two sizes with `support.growth.assert_linear`."""
    timed = [
        f"{name_of(module)}:{node.lineno}"
        for module in modules_of_tests()
        for function in functions(module)
        for node in timed_asserts(function)
    ]
    assert timed == []


def timed_asserts(function: Function) -> list[ast.Assert]:
    """Return the assertions that compare a reading of a clock, or a value that was computed from one."""
    timed: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and is_timed(node.value, timed):
            timed |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Assert)
        for part in [node.test]
        if any(isinstance(inner, ast.Compare) and is_timed(inner, timed) for inner in ast.walk(part))
    ]


def is_timed(node: ast.AST, timed: set[str]) -> bool:
    """Return whether the expression reads a clock, or subtracts a value in `timed` from another one."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            name = inner.func.attr if isinstance(inner.func, ast.Attribute) else getattr(inner.func, "id", "")
            if name in CLOCKS:
                return True
        if isinstance(inner, ast.Name) and inner.id in timed:
            return True
    return False


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("assert time.perf_counter() - started < 5", 1),
        ("spent = monotonic() - started\n    assert spent < 5", 1),
        ("until = monotonic() + 5\n    while monotonic() < until: pass", 0),
        ("assert waited == 3", 0),
    ],
)
def test_assertions_about_time_are_recognised(line: str, found: int) -> None:
    (function,) = ast.parse(f"def test_x():\n    {line}\n").body
    assert isinstance(function, Function)
    assert len(timed_asserts(function)) == found


def test_no_test_imports_from_another_test_file() -> None:
    """What two files need is in `tests/support`."""
    imports = [
        f"{name_of(module)}: {node.module}"
        for module in modules_of_tests()
        for node in nodes_of(module)
        if isinstance(node, ast.ImportFrom) and node.module and re.search(r"(^|\.)(test_\w+|conftest)$", node.module)
    ]
    assert imports == []
