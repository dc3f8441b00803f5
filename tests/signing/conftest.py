"""A running sandbox, and an institution whose letters can be signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digitalpost.institution import Institution
from tests.make import make_institution
from tests.sandbox_server import RunningSandbox, start_sandbox
from tests.signing.asking import signing_line, write_roots


@pytest.fixture(scope="package")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with start_sandbox(tmp_path_factory.mktemp("home"), postprocessing_seconds=0) as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: RunningSandbox) -> RunningSandbox:
    running_sandbox.clear_faults()
    running_sandbox.empty()
    return running_sandbox


@pytest.fixture
def institution(
    database_url: str, tmp_path: Path, sandbox: RunningSandbox
) -> Iterator[Institution]:
    """An open institution that trusts the tests' own authority."""
    found = make_institution(
        tmp_path / "home",
        tables=False,
        DATABASE_URL=database_url,
        **signing_line(sandbox, roots=write_roots(tmp_path)),
    )
    yield found
    found.close()
