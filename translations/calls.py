"""What a call hands over, and what a function gives back: small readings of Python's trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from translations.source import Function


def name_called(call: ast.Call) -> str | None:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None


def parameters(function: Function) -> list[str]:
    arguments = function.args
    return [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def argument(function: ast.FunctionDef, call: ast.Call, parameter: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == parameter:
            return keyword.value
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    if parameter in names and names.index(parameter) < len(call.args):
        return call.args[names.index(parameter)]
    return None


def passed_on(function: ast.FunctionDef, call: ast.Call) -> Iterator[ast.expr]:
    """What a helper takes as ``**values``, to put it into the sentence that it makes."""
    if function.args.kwarg is not None:
        own = parameters(function)
        yield from (keyword.value for keyword in call.keywords if keyword.arg not in own)


def returned(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value


def filled_in(call: ast.Call) -> Iterator[ast.expr]:
    """The values that are put into a sentence."""
    yield from (keyword.value for keyword in call.keywords if keyword.arg not in {"code", "file"})
    if len(call.args) > 1 and isinstance(call.args[1], ast.Dict):
        yield from call.args[1].values
