"""What journeys share: a browser of their own, and a site unless they have another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys import main_site
from tests.journeys.browsing import chromium_at
from tests.journeys.main_site import Site


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with chromium_at(chromium) as browser:
        yield browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with main_site.serve(tmp_path) as site:
        yield site
