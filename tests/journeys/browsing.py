"""A real browser for journeys, and the look that each page must stand up to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

SCREENSHOTS = Path(__file__).resolve().parents[2] / "screenshots"
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
    """axe finds nothing, nothing is wider than the screen; a picture in each size and light."""
    SCREENSHOTS.mkdir(exist_ok=True)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for light in ("light", "dark"):
            page.emulate_media(color_scheme=light)  # type: ignore[arg-type]
            # In the dark nothing but colours is another.
            rules = {"runOnly": COLOURS} if light == "dark" else {}
            found = Axe().run(page, options={"resultTypes": ["violations"], **rules})
            assert found.violations_count == 0, f"{name} {width} {light}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            page.screenshot(
                path=SCREENSHOTS / f"{name}-{width}-{light}.png", full_page=width < 1000
            )
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
