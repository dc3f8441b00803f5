"""Mending in a browser: a merge with a page that names two people and one that names nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.console.mailings import name_recipients
from tests.inputs.letters import lines_of, write_pages
from tests.inputs.people import make_people
from tests.journeys.browsing import look
from tests.journeys.main_site import Site, complaints, open_page, upload


@pytest.mark.parametrize("script", [True, False])
def test_a_doubtful_letter_is_mended_by_keyboard_and_sent(
    browser: Browser,
    site: Site,
    tmp_path: Path,
    script: bool,
) -> None:
    one, two, three = make_people(3, seed=8)
    name_recipients(site.school, [one, two, three])
    merge = write_pages(
        tmp_path / "breve.pdf",
        [[*lines_of(one), "", *lines_of(two)], lines_of(three), ["Bilag", "", "Uden modtager."]],
    )
    page = open_page(browser, site, java_script_enabled=script)
    heard = complaints(page)
    upload(page, merge)
    page.wait_for_selector("[data-stage=review]")
    page.get_by_role("link", name=re.compile(r"^Ret\b")).first.click()
    expect(page.get_by_role("heading", name="Ret brev 1")).to_be_visible()
    if script:
        look(page, "mend")
    page.get_by_label("CPR- eller CVR-nummer").fill(one.cpr)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Ja, brevet er til {one.name}")).to_be_visible()
    if script:
        look(page, "mend-who")
    page.get_by_role("button", name=f"Ja, brevet er til {one.name}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Modtageren er valgt.")).to_be_visible()
    page.get_by_role("link", name="Tilbage til gennemsyn").click()
    page.wait_for_selector("[data-stage=review]")  # it loads itself anew when the letter is made
    expect(page.get_by_text("2 breve er klar")).to_be_visible()
    if script:
        look(page, "review-mended")
    assert not heard
