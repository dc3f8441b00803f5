"""One running sandbox for the tests here, empty and without faults at the start of each."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox_server import RunningSandbox, start_sandbox


@pytest.fixture(scope="module")
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
        postprocessing_seconds=5,
        latency_ms=0,
        memo_push_url="",
        receipt_removes=0,
    )
    running_sandbox.empty()
    running_sandbox.forget_people()
    return running_sandbox


@pytest.fixture
def eboks(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with sandbox.client() as client:
        yield client
