"""Small faults that a programmer might make: every mutant of a module is one of them at one place."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
Mutate = Callable[[ast.AST], None]


@dataclass(frozen=True)
class Mutant:
    """One fault: the number of a node in the order of `ast.walk`, and what becomes of it."""

    node: int
    line: int
    what: str
    mutate: Mutate

    def applied(self, tree: ast.Module) -> ast.Module:
        """Return a copy of the module that has the fault."""
        changed = copy.deepcopy(tree)
        self.mutate(list(ast.walk(changed))[self.node])
        return ast.fix_missing_locations(changed)


def mutants_of(tree: ast.Module) -> Iterator[Mutant]:
    """Yield all mutants of a module. Texts, type hints and code that runs for type checkers only have none."""
    ignored = _ignored(tree)
    for number, node in enumerate(ast.walk(tree)):
        if id(node) not in ignored:
            for what, mutate in _mutations(node):
                yield Mutant(number, getattr(node, "lineno", 0), what, mutate)


def _ignored(tree: ast.Module) -> set[int]:
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) or (isinstance(node, ast.arg) and node.annotation):
            roots.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            roots += [*node.decorator_list, *([node.returns] if node.returns else [])]
        elif isinstance(node, ast.ClassDef):
            roots += node.decorator_list
        elif (
            (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING")
            or isinstance(node, ast.JoinedStr)
            or (isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp | ast.Subscript) and _names_types(node))
        ):
            roots.append(node)
    return {id(inner) for root in roots for inner in ast.walk(root)}


def _names_types(node: ast.Assign) -> bool:
    """Return whether an assignment defines a name for a type, such as `Answer = str | int`."""
    (target,) = node.targets[:1]
    return isinstance(target, ast.Name) and target.id[:1].isupper() and not target.id.isupper()


def _mutations(node: ast.AST) -> Iterator[tuple[str, Mutate]]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            other = COMPARISONS[type(op)]
            yield f"{type(op).__name__} -> {other.__name__}", lambda n: setattr(n, "ops", [other()])
        case ast.BoolOp(op=op):
            swapped = ast.Or if isinstance(op, ast.And) else ast.And
            yield f"{type(op).__name__} -> {swapped.__name__}", lambda n: setattr(n, "op", swapped())
        case ast.BinOp(op=op, left=left) if type(op) in ARITHMETIC and not isinstance(left, ast.Constant | ast.JoinedStr):
            instead = ARITHMETIC[type(op)]
            yield f"{type(op).__name__} -> {instead.__name__}", lambda n: setattr(n, "op", instead())
        case ast.UnaryOp(op=ast.Not()):
            yield "not removed", lambda n: _become(n, ast.Call(ast.Name("bool", ast.Load()), [n.operand], []))
        case ast.If() | ast.While() | ast.IfExp():
            yield "condition negated", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", lambda n: setattr(n, "value", not value)
        case ast.Constant(value=int(value)):
            changed = value + 1 if value < 10 else 2 * value
            yield f"{value} -> {changed}", lambda n: setattr(n, "value", changed)
        case ast.Constant(value=float(value)):
            yield f"{value} -> {value * 2 or 1.0}", lambda n: setattr(n, "value", value * 2 or 1.0)
        case ast.Call(func=ast.Name(id=name)) if name in NAMES:
            yield f"{name} -> {NAMES[name]}", lambda n: setattr(n.func, "id", NAMES[name])
        case ast.Continue():
            yield "continue -> break", lambda n: _become(n, ast.Break())
        case ast.Break():
            yield "break -> continue", lambda n: _become(n, ast.Continue())
        case ast.Return(value=ast.AST() as value) if not isinstance(value, ast.Constant):
            yield "return None", lambda n: setattr(n, "value", ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield "call removed", lambda n: _become(n, ast.Pass())
        case ast.AugAssign():
            yield "assignment removed", lambda n: _become(n, ast.Pass())


def _become(node: ast.AST, other: ast.AST) -> None:
    """Turn a node into another one where it stands, as its parent is not known."""
    location = {name: getattr(node, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")}
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(other.__dict__, **location)
