"""A whole site killed -9 at random while it sends over every channel: nothing lost, nothing twice.

The long run is `python -m benchmarks.crashes`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashing import CrashSite

KILLS = 12


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[CrashSite]:
    site = CrashSite(tmp_path / "home", database_url)
    try:
        site.start()
        yield site
    finally:
        site.close()


def test_a_site_that_is_killed_all_the_time_sends_each_letter_once(site: CrashSite) -> None:
    site.kill_for(KILLS, random.Random(5), every=0.6, letters=6)
    site.drain(within=120, hurry=True)
    count = site.count()
    assert count.is_right, count
    assert sum(count.kills.values()) == KILLS
    assert set(count.by_channel) == {"eboks", "digital_post", "remote_print", "local_print"}
