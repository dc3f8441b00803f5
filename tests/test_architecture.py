"""The house rules that a machine can see: who imports whom, nothing made at import, sizes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("digitalpost", "admin_views", "jobs", "sandbox", "cli", "benchmarks", "migrations")
LONGEST_FILE = 300

# What each package must not import (design.md section 2).
FORBIDDEN = {
    "digitalpost": (
        *("flask", "flask_admin", "flask_login", "flask_babel", "werkzeug", "rq", "redis"),
        *("admin_views", "jobs", "sandbox", "cli", "app", "tests"),
    ),
    "admin_views": ("jobs", "sandbox", "cli", "app", "tests"),
    "jobs": ("flask", "flask_admin", "admin_views", "sandbox", "cli", "app", "tests"),
    "sandbox": ("flask_admin", "rq", "admin_views", "jobs", "cli", "app", "tests"),
    "cli": ("tests",),
}
SANDBOX_MAY_IMPORT = "digitalpost.identifiers"
GENERATED = ROOT / "migrations" / "versions"  # a step once taken is never edited
LEFT_OVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|breakpoint\(\)|pdb\.set_trace")


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def everything() -> list[Path]:
    return [ROOT / "app.py", *sources(*PACKAGES, "tests")]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, inside functions too, with its line."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{name.name}") for name in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield node.lineno, str(first.value)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(package)
        for line, module in imports(path)
        for forbidden in FORBIDDEN[package]
        if is_in(module, forbidden)
    ]
    assert not wrong


def test_the_sandbox_shares_no_code_with_the_clients_it_stands_against() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources("sandbox")
        for line, module in imports(path)
        if is_in(module, "digitalpost")
        and module != "digitalpost"
        and not is_in(module, SANDBOX_MAY_IMPORT)
    ]
    assert not wrong


def test_nothing_is_made_at_import(tmp_path: Path) -> None:
    """All modules, in a fresh process without settings and in an empty folder."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in [ROOT / "app.py", *sources("digitalpost", "admin_views", "jobs", "sandbox")]
        if path.name != "__main__.py"
    ]
    program = f"""
import importlib, os, socket, subprocess, sys, threading
sys.dont_write_bytecode = True
import sqlalchemy
def refuse(*args, **kwargs):
    raise AssertionError("made at import")
sqlalchemy.create_engine = sqlalchemy.Engine.connect = refuse
socket.socket.connect = socket.socket.bind = subprocess.Popen.__init__ = refuse
threading.Thread.start = refuse
sys.path.insert(0, {str(ROOT)!r})
from digitalpost.settings import Settings
Settings.from_env = classmethod(refuse)
for name in {modules!r}:
    importlib.import_module(name)
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())


def test_no_file_is_too_long_to_read() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in everything()}
    too_long = [
        f"{path.relative_to(ROOT)}: {length} lines"
        for path, length in lengths.items()
        if length > LONGEST_FILE and path.parent != GENERATED
    ]
    assert not too_long


def test_no_marks_of_unfinished_work_are_left() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in everything()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if LEFT_OVER.search(line)
    ]
    assert not wrong


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in everything()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def test_public_functions_of_the_domain_say_what_they_mean() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources("digitalpost")
        for node in public(ast.parse(path.read_text()).body)
        if not ast.get_docstring(node)
    ]
    assert not wrong


def public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """What a module offers to others."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def test_every_kind_of_work_that_the_rows_ask_for_has_a_task() -> None:
    from jobs.tasks import TASKS

    tree = ast.parse((ROOT / "digitalpost" / "sweep.py").read_text())
    asked = {
        first.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple) and node.elts
        if isinstance(first := node.elts[0], ast.Constant) and isinstance(first.value, str)
    }
    assert asked
    assert asked <= set(TASKS)


def test_every_command_of_the_table_is_there() -> None:
    missing = []
    for command in COMMANDS:
        module, _, function = command.function.partition(":")
        path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
        body = ast.parse(path.read_text()).body if path.exists() else []
        if not any(isinstance(n, ast.FunctionDef) and n.name == function for n in body):
            missing.append(f"{command.name}: {command.function}")
    assert not missing
