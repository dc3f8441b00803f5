"""A real browser for journeys, and the look that each page must stand up to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

_FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
_WANTED = "SCREENSHOTS" in os.environ  # for people to look at: make test SCREENSHOTS=1
SIZES = [(1440, 900), (390, 844)]
COLOURS = ["color-contrast", "link-in-text-block"]  # axe's rules that the colour scheme can break


@contextmanager
def chromium_at(path: str) -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


def look(page: Page, name: str) -> None:
    """axe finds nothing, nothing is wider than the screen; a picture of each, where wanted."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for light in ("light", "dark"):
            page.emulate_media(color_scheme=light)  # type: ignore[arg-type]
            # In the dark nothing but colours is another.
            rules = {"runOnly": COLOURS} if light == "dark" else {}
            found = Axe().run(page, options={"resultTypes": ["violations"], **rules})
            assert found.violations_count == 0, f"{name} {width} {light}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            picture(page, f"{name}-{width}-{light}", full_page=width < 1000)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def picture(page: Page, name: str, *, full_page: bool = False) -> None:
    """A picture of the page in screenshots/, where pictures are wanted."""
    if _WANTED:
        _FOLDER.mkdir(exist_ok=True)
        page.screenshot(path=_FOLDER / f"{name}.png", full_page=full_page)
