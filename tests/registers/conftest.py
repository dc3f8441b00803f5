"""One running sandbox for the tests here, and an institution that finds its registers there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digitalpost.institution import Institution
from digitalpost.register_settings import RegisterSettings
from digitalpost.settings import Settings
from tests.rows import make_institution
from tests.sandbox_server import RunningSandbox, start_sandbox


@pytest.fixture(scope="session")
def registers_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with start_sandbox(tmp_path_factory.mktemp("registers")) as running:
        yield running


@pytest.fixture
def sandbox(registers_sandbox: RunningSandbox) -> RunningSandbox:
    registers_sandbox.clear_faults()
    registers_sandbox.settings(latency_ms=0)
    registers_sandbox.forget_people()
    return registers_sandbox


@pytest.fixture
def home(sandbox: RunningSandbox, tmp_path: Path) -> Path:
    """The home of an installation whose sandbox is the running one."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "sandbox").symlink_to(sandbox.home)
    return home


@pytest.fixture
def settings(home: Path) -> RegisterSettings:
    return Settings.from_env({"DIGITALPOST_HOME": str(home)}).registers


@pytest.fixture
def institution(database_url: str, home: Path) -> Iterator[Institution]:
    with make_institution(database_url, home) as institution:
        yield institution
