"""The program's own source as trees, with what each name in it stands for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("admin_views", "digitalpost")  # the command line speaks Danish only

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass
class Module:
    """One file of Python: its tree, its top-level names and what it imports."""

    name: str
    path: str
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    values: dict[str, list[ast.expr]] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)  # methods too, by name
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)  # name: module, name there

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            if isinstance(node, ast.FunctionDef):
                self.functions[node.name] = node
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (node.module, alias.name)
        for statement in self.tree.body:
            for name, value in bindings(statement):
                self.values.setdefault(name, []).append(value)

    def functions_around(self, node: ast.AST) -> Iterator[Function]:
        """The functions that a node stands in, the nearest first."""
        at: ast.AST | None = node
        while at is not None:
            if isinstance(at, Function):
                yield at
            at = self.parents.get(at)


def read_modules(root: Path = ROOT) -> dict[str, Module]:
    """Every module whose texts people see, by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            place = path.relative_to(root)
            name = ".".join(place.with_suffix("").parts).removesuffix(".__init__")
            found[name] = Module(name, place.as_posix(), ast.parse(path.read_text("utf-8")))
    return found


def bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that one statement or expression gives a value, and the value."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _pairs(target, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, value
        case ast.For(target=target, iter=each) | ast.comprehension(target=target, iter=each):
            yield from _loop_pairs(target, each)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, part in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, part)
    elif isinstance(target, ast.Tuple):
        # Which part of an unknown value it is, is written as the subscript that it would be.
        for position, one in enumerate(target.elts):
            part = ast.Subscript(value=value, slice=ast.Constant(position), ctx=ast.Load())
            yield from _pairs(one, part)


def _loop_pairs(target: ast.expr, each: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """A loop's names: written as a subscript, as each is one of the members."""
    if (
        isinstance(target, ast.Tuple)
        and isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr == "items"
    ):
        target, each = target.elts[-1], each.func.value
    member = ast.Subscript(value=each, slice=ast.Constant(None), ctx=ast.Load())
    yield from _pairs(target, member)
