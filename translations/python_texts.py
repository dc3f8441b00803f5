"""Finding the texts in Python: every string that reaches `gettext`, `Sentence` or a refusal.

A text may be written far from where it is said: in a table, in a constant of another module, in an
argument of a helper. So each argument is followed back to the strings that it can be, and a helper
that passes a parameter on is followed to its callers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from translations.calls import (
    argument,
    filled_in,
    name_called,
    parameters,
    passed_on,
    returned,
)
from translations.source import Function, Module, bindings

# Who says a text, and which arguments it is.
SAYERS: dict[str, tuple[int, ...]] = {
    "_": (0,),
    "gettext": (0,),
    "ngettext": (0, 1),
    "mark": (0,),
    "word": (0,),
    "Sentence": (0,),
    "Refused": (0,),
    "Forbidden": (0,),
    "InvalidIdentifier": (0,),
    "Damaged": (0,),
}
_PLURAL = "ngettext"
_FILLED = frozenset({"Sentence", "Refused", "Forbidden"})  # their values may be words as well


@dataclass(frozen=True)
class Place:
    """Where in the source something stands."""

    path: str
    line: int


@dataclass
class Found:
    """The texts with the files they stand in; and what could not be followed to a string."""

    texts: dict[str | tuple[str, str], set[str]] = field(default_factory=dict)
    lost: set[Place] = field(default_factory=set)


class Finder:
    """Follows texts through all modules until nothing new is found."""

    def __init__(self, modules: dict[str, Module]) -> None:
        self.modules = modules
        self.found = Found()
        # (module, function): its parameters, and whether each is a text (or words put into one)
        self.helpers: dict[tuple[str, str], dict[str, bool]] = {}
        self.methods = {
            (name, node.name)
            for name, module in modules.items()
            for node in module.functions.values()
            if isinstance(module.parents[node], ast.ClassDef)
        }
        self._following: set[tuple[str, str]] = set()

    def run(self) -> Found:
        """Everything that there is."""
        known: object = None
        while known != (known := {key: dict(each) for key, each in self.helpers.items()}):
            for module in self.modules.values():
                self._read(module)
        return self.found

    def _read(self, module: Module) -> None:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                self._read_call(module, node)
            elif isinstance(node, ast.FunctionDef) and node.name == "label":
                for value in returned(node):
                    self._say(module, value, strict=True)

    def _read_call(self, module: Module, call: ast.Call) -> None:
        name = name_called(call)
        if name == _PLURAL:
            one, many = (self._first(module, argument) for argument in call.args[:2])
            self.found.texts.setdefault((one, many), set()).add(module.path)
            return
        if name in SAYERS:
            for position in SAYERS[name]:
                if position < len(call.args):
                    self._say(module, call.args[position], strict=True)
            if name in _FILLED:
                for value in filled_in(call):
                    self._say(module, value, strict=False)
        for home, function, taken in self._helpers_called(module, call):
            for parameter, strict in taken.items():
                value = argument(self.modules[home].functions[function], call, parameter)
                if value is not None:
                    self._say(module, value, strict=strict)
            for value in passed_on(self.modules[home].functions[function], call):
                self._say(module, value, strict=False)

    def _say(self, module: Module, value: ast.expr, *, strict: bool) -> None:
        for home, end in self._ends(module, value, strict=strict):
            if isinstance(end, str):
                if end.strip():
                    self.found.texts.setdefault(end, set()).add(home.path)
            elif strict:
                self.found.lost.add(Place(home.path, end.lineno))

    def _first(self, module: Module, value: ast.expr) -> str:
        return next(
            end for _, end in self._ends(module, value, strict=True) if isinstance(end, str)
        )

    def _ends(
        self, module: Module, value: ast.expr, *, strict: bool
    ) -> Iterator[tuple[Module, str | ast.expr]]:
        """The strings that an expression can be; itself where it is put together at run time."""
        match value:
            case ast.Constant(value=str() as text):
                yield module, text
            case ast.IfExp(body=body, orelse=other):
                yield from self._ends(module, body, strict=strict)
                yield from self._ends(module, other, strict=strict)
            case ast.BoolOp(values=values):
                for one in values:
                    yield from self._ends(module, one, strict=strict)
            case ast.NamedExpr(value=inner):
                yield from self._ends(module, inner, strict=strict)
            case ast.Name(id=name):
                yield from self._ends_of_name(module, value, name, strict=strict)
            case ast.Subscript(value=inner, slice=which):
                for home, one in self._members(module, inner, which):
                    yield from self._ends(home, one, strict=strict)
            case ast.Call(func=ast.Attribute(value=inner, attr="get"), args=[_, *default]):
                for home, one in self._members(module, inner, ast.Constant(None)):
                    yield from self._ends(home, one, strict=strict)
                for one in default:
                    yield from self._ends(module, one, strict=strict)
            case ast.Call(func=ast.Name(id=name)) if name in module.functions:
                for one in returned(module.functions[name]):
                    yield from self._ends(module, one, strict=strict)
            case ast.JoinedStr() | ast.BinOp():
                yield module, value
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                home = self.modules.get(".".join(module.imports.get(owner, ("", ""))))
                for one in home.values.get(name, []) if home else []:
                    yield from self._ends(home, one, strict=strict)

    def _ends_of_name(
        self, module: Module, at: ast.AST, name: str, *, strict: bool
    ) -> Iterator[tuple[Module, str | ast.expr]]:
        for function in module.functions_around(at):
            inner = [
                value
                for node in ast.walk(function)
                for bound, value in bindings(node)
                if bound == name
            ]
            if name in parameters(function):
                self._note_helper(module, function, name, strict=strict)
            if inner or name in parameters(function):
                for value in inner:
                    yield from self._once(module, value, name, strict=strict)
                return
        for home, value in self._global(module, name):
            yield from self._ends(home, value, strict=strict)

    def _once(
        self, module: Module, value: ast.expr, name: str, *, strict: bool
    ) -> Iterator[tuple[Module, str | ast.expr]]:
        """A name may be made from itself (``text = text or other``): not followed in a circle."""
        key = (module.name, f"{name}:{value.lineno}" if hasattr(value, "lineno") else name)
        if key in self._following:
            return
        self._following.add(key)
        yield from list(self._ends(module, value, strict=strict))
        self._following.discard(key)

    def _note_helper(
        self, module: Module, function: Function, parameter: str, *, strict: bool
    ) -> None:
        if isinstance(function, ast.FunctionDef):
            known = self.helpers.setdefault((module.name, function.name), {})
            known[parameter] = strict or known.get(parameter, False)

    def _global(self, module: Module, name: str) -> Iterator[tuple[Module, ast.expr]]:
        if name in module.values:
            yield from ((module, value) for value in module.values[name])
        elif name in module.imports:
            home, there = module.imports[name]
            if home in self.modules and self.modules[home] is not module:
                yield from self._global(self.modules[home], there)

    def _members(
        self, module: Module, value: ast.expr, which: ast.expr
    ) -> Iterator[tuple[Module, ast.expr]]:
        """What a table holds: all of it, or one position of each row."""
        match value:
            case ast.Dict(values=values):
                yield from ((module, one) for one in values)
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                position = which.value if isinstance(which, ast.Constant) else None
                if isinstance(position, int) and -len(parts) <= position < len(parts):
                    parts = [parts[position]]
                yield from ((module, one) for one in parts)
            case ast.DictComp(value=one) | ast.ListComp(elt=one) | ast.GeneratorExp(elt=one):
                yield module, one
            case ast.Subscript(value=inner, slice=inner_which):
                for home, one in self._members(module, inner, inner_which):
                    yield from self._members(home, one, which)
            case ast.Call(func=ast.Attribute(value=inner, attr="values" | "items" | "get")):
                yield from self._members(module, inner, which)
            case ast.Name(id=name):
                local = [
                    bound_value
                    for function in module.functions_around(value)
                    for node in ast.walk(function)
                    for bound, bound_value in bindings(node)
                    if bound == name and bound_value is not value
                ]
                for one in local:
                    if not _mentions(one, name):
                        yield from self._members(module, one, which)
                yield from ((module, one) for one in _appended(module, value, name))
                for home, one in [] if local else self._global(module, name):
                    yield from self._members(home, one, which)

    def _helpers_called(
        self, module: Module, call: ast.Call
    ) -> Iterator[tuple[str, str, dict[str, bool]]]:
        name = name_called(call)
        if name is None:
            return
        homes = [(module.name, name)]
        if isinstance(call.func, ast.Name):
            homes.append(module.imports.get(name, ("", "")))
        elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            homes.append((".".join(module.imports.get(call.func.value.id, ("", ""))), name))
        if isinstance(call.func, ast.Attribute):  # whose method it is, is not known
            homes += [one for one in self.methods if one[1] == name != "__init__"]
        for home, function in homes:
            if (home, function) in self.helpers:
                yield home, function, dict(self.helpers[home, function])


def _appended(module: Module, at: ast.AST, name: str) -> Iterator[ast.expr]:
    """What is put into a list after it was made."""
    for function in module.functions_around(at):
        for node in ast.walk(function):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=owner), attr="append"), args=[one]
                ) if owner == name:
                    yield one


def _mentions(value: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))
