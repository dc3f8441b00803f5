"""Every page of the console in a browser, by its address: axe finds nothing, nothing overflows."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from admin_views import create_console
from tests.console.school import ADMINISTRATOR, make_school
from tests.console.test_pages import pages_of
from tests.journeys.browsing import chromium_at, look
from tests.make import PASSWORD, make_institution
from tests.serving import served


def test_axe_finds_nothing_on_any_page(tmp_path: Path, chromium: str) -> None:
    institution = make_institution(tmp_path)
    school = make_school(institution)
    console = create_console(institution)
    addresses = [*pages_of(console, school), "/cases/999999/", "/nowhere"]
    looked_at = 0
    with closing(institution), served(console) as url, chromium_at(chromium) as browser:
        page = browser.new_page(base_url=url, reduced_motion="reduce")
        page.goto("/account/sign-in")
        look(page, "page-sign-in")
        page.fill("#email", ADMINISTRATOR)
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Log ind").click()
        page.wait_for_url("**/")
        for address in addresses:
            page.goto(address)
            look(page, f"page{re.sub(r'[^a-z0-9]+', '-', address).rstrip('-')}")
            looked_at += 1
        page.goto("/users/new")
        page.locator("main form button.main").first.click()
        look(page, "page-form-with-errors")
    assert looked_at > 20
