"""One running sandbox with mail for the school, and a school that fetches there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digitalpost.institution import Institution
from tests.incoming.fetching.outbox import SchoolPost
from tests.make import make_institution, make_unit
from tests.sandbox_server import RunningSandbox, start_sandbox


@pytest.fixture(scope="session")
def outbox_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with start_sandbox(tmp_path_factory.mktemp("outbox")) as running:
        yield running


@pytest.fixture
def post(outbox_sandbox: RunningSandbox) -> SchoolPost:
    """The mail that waits for the school, none at the start, on a line without faults."""
    outbox_sandbox.clear_faults()
    outbox_sandbox.settings(latency_ms=0, receipt_removes=0, memo_push_url="")
    outbox_sandbox.empty()
    return SchoolPost(outbox_sandbox)


@pytest.fixture
def school(database_url: str, tmp_path: Path, post: SchoolPost) -> Iterator[Institution]:
    """A school whose sandbox is the running one, on each kind of database."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "sandbox").symlink_to(post.sandbox.home)
    found = make_institution(home, tables=False, DATABASE_URL=database_url)
    make_unit(found, "Kontoret")
    yield found
    found.close()
