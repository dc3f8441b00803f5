"""Fetchers killed -9 at random: nothing is lost, nothing doubled, nothing acknowledged too early.

The long run is `python -m benchmarks.crash_fetch`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fetch_crashing import FetchSite

KILLS = 15


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[FetchSite]:
    site = FetchSite(tmp_path / "home", database_url)
    yield site
    site.close()


def test_fetchers_that_are_killed_all_the_time_store_each_message_once(site: FetchSite) -> None:
    site.kill_for(KILLS, random.Random(7))
    site.drain(within=120)
    count = site.result()
    assert count.is_right, count
    assert count.kills == KILLS and count.messages >= 40
