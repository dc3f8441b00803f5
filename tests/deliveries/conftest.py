"""A running sandbox, empty and without faults at the start of each test, and a line to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digitalpost.institution import Institution
from digitalpost.models import Delivery, DeliveryStatus
from tests.deliveries.arriving import deliveries, dispatch, on_the_platform
from tests.make import make_institution
from tests.make_mailings import ANNA, line_of, make_approved
from tests.sandbox_server import RunningSandbox, start_sandbox


@pytest.fixture(scope="package")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with start_sandbox(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: RunningSandbox) -> RunningSandbox:
    running_sandbox.clear_faults()
    running_sandbox.settings(
        mode="proxy",
        duplicate_status=409,
        duplicate_memo="receipt",
        postprocessing_seconds=0,
        latency_ms=0,
    )
    running_sandbox.empty()
    return running_sandbox


@pytest.fixture
def institution(
    database_url: str, tmp_path: Path, sandbox: RunningSandbox
) -> Iterator[Institution]:
    """An open institution whose letters go to the sandbox."""
    found = make_institution(
        tmp_path / "home",
        tables=False,
        DATABASE_URL=database_url,
        EBOKS_TIMEOUT="10",
        REMOTE_PRINT_FOLDER=sandbox.address["remote_print"],
        **line_of(sandbox),
    )
    yield found
    found.close()


@pytest.fixture
def everywhere(database_url: str, tmp_path: Path, sandbox: RunningSandbox) -> Iterator[Institution]:
    """An open institution with every channel and every register of the sandbox."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "sandbox").symlink_to(sandbox.home)
    found = make_institution(
        home, tables=False, DATABASE_URL=database_url, DIGITALPOST_OWN_CVR="99000015",
        EBOKS_TIMEOUT="10", DIGITAL_POST_TIMEOUT="10", EBOKS_CONNECTIONS="2",
        DIGITAL_POST_CONNECTIONS="2",
    )  # fmt: skip
    yield found
    found.close()


@pytest.fixture
def platform(database_url: str, tmp_path: Path, sandbox: RunningSandbox) -> Iterator[Institution]:
    """An open institution whose letters go to the Serviceplatform."""
    found = on_the_platform(tmp_path / "home", database_url, sandbox)
    yield found
    found.close()


@pytest.fixture
def sent(platform: Institution) -> Delivery:
    """One letter that the Serviceplatform took."""
    make_approved(platform, [ANNA])
    assert dispatch(platform) == 1
    (found,) = deliveries(platform)
    assert found.status is DeliveryStatus.ACCEPTED
    return found
