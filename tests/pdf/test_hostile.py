"""Whatever a file holds: no crash, no hang, and no number left, or a refusal that says where."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitalpost.pdf.child import Limits
from digitalpost.pdf.pool import Workers
from tests.inputs.hostile import GROUPS
from tests.inputs.hostile.trial import try_case

CASES = [(group, name) for group, cases in GROUPS.items() for name in cases]
# Files that use up a limit are met with small ones here; `python -m benchmarks.hostile` has the
# product's own.
SMALL = Limits(cpu_seconds=1, memory=3 << 30)
SHORT = {"DIGITALPOST_OFFICE_SECONDS": "10"}


@pytest.fixture(scope="module")
def workers() -> Iterator[dict[bool, Workers]]:
    with Workers(1) as usual, Workers(1, limits=SMALL) as small:
        yield {False: usual, True: small}


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 170
    assert all(GROUPS.values())


@pytest.mark.parametrize(("group", "name"), CASES, ids=[f"{one}: {two}" for one, two in CASES])
def test_it_is_clean_or_refused(
    tmp_path: Path,
    workers: dict[bool, Workers],
    group: str,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    case = GROUPS[group][name]
    outcome = try_case(case, tmp_path, workers[case.slow], **(SHORT if case.slow else {}))
    assert outcome.failures == []
